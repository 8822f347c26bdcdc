"""A server below a path: all that leads to it keeps the path."""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.ha_rt.const import CONF_WEB_URL
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    SetUp,
    begin_flow,
    by_hand,
    choose_queue,
    contents,
    new_device,
    report,
)
from tests.real_rt.conftest import serve


@pytest.fixture(scope="module")
def rt_below_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a server below folders that are called like RT's own."""
    folder = tmp_path_factory.mktemp("rt-below-folders")
    yield from serve(folder, web_path="/tools/ticket")


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("pasted", ["", "/Search/", "/Ticket/Display.html?id=1"])
async def test_below_folders_like_those_of_rt(
    hass: HomeAssistant, rt_below_folders: RTServer, pasted: str
) -> None:
    """What is kept of the address is where RT answers."""
    rt = rt_below_folders
    step = await begin_flow(hass, rt.url + pasted, rt.tokens["ha-service"])
    step = await choose_queue(hass, step, FACILITY)
    assert step["data"][CONF_URL] == rt.url
    assert rt.url.endswith("/tools/ticket")
    assert (await report(hass, new_device()))["action"] == "created"


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "/",
        "/REST/2.0/",
        "/Ticket/Display.html?id=1",
        "/Search/Results.html?Query=id%20%3E%200&Rows=50",
        "/SelfService/index.html",
        "//index.html",
    ],
)
async def test_from_pasted_address_to_ticket(
    hass: HomeAssistant, real_rt_below_path: RTServer, pasted: str
) -> None:
    """Whatever page was pasted, reports arrive and their links lead to the ticket."""
    rt = real_rt_below_path
    device_id = new_device()

    step = await begin_flow(hass, rt.url + pasted, rt.tokens["ha-service"])
    step = await choose_queue(hass, step, FACILITY)
    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert step["data"][CONF_URL] == rt.url
    assert rt.url.endswith("/rt")
    first = await report(hass, device_id, subject=f"Leak of {device_id}")
    second = await report(hass, device_id)

    assert second == {**first, "action": "commented"}
    assert len(contents(rt, first["ticket_id"])) == 2
    assert first["ticket_url"] == (
        f"{rt.url}/Ticket/Display.html?id={first['ticket_id']}"
    )
    link = urlsplit(first["ticket_url"].removeprefix(rt.url))
    answer, page = by_hand(rt, "GET", f"{link.path}?{link.query}", user="ha-service")
    assert answer.status == HTTPStatus.OK
    assert f"#{first['ticket_id']}: Leak of {device_id}" in page.decode()


async def test_address_without_the_path(
    hass: HomeAssistant, real_rt_below_path: RTServer
) -> None:
    """The form says that RT is not there, and goes on with the right address."""
    rt = real_rt_below_path

    step = await begin_flow(hass, rt.url.removesuffix("/rt"), rt.tokens["ha-service"])
    assert step["errors"] == {"url": "not_rt"}

    step = await begin_flow(
        hass, rt.url, rt.tokens["ha-service"], flow_id=step["flow_id"]
    )
    assert step["step_id"] == "queue"


async def test_address_for_people(
    hass: HomeAssistant, set_up: SetUp, real_rt_below_path: RTServer
) -> None:
    """Links lead where the options say, requests where the entry says."""
    await set_up(
        rt=real_rt_below_path, **{CONF_WEB_URL: "https://tickets.example.test/desk"}
    )

    answer = await report(hass, new_device())

    assert answer["ticket_url"] == (
        "https://tickets.example.test/desk/Ticket/Display.html"
        f"?id={answer['ticket_id']}"
    )
