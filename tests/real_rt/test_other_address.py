"""RTs that are reached under another address than their own."""

from collections.abc import AsyncIterator, Iterator
import re

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.ha_rt.diagnostics import async_get_config_entry_diagnostics
from custom_components.ha_rt.rt.models import NewTicket
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    ClientFor,
    SetUp,
    begin_flow,
    choose_queue,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.conftest import serve
from tests.real_rt.relay import Forward, forward, relay
from tests.real_rt.sessions import Watch

BEHIND_A_PROXY = "Set($WebDomain, 'rt.example.test'); Set($WebPort, 443);"


@pytest.fixture(scope="module")
def rt_behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a server that takes itself for https://rt.example.test."""
    yield from serve(tmp_path_factory.mktemp("rt-behind-proxy"), BEHIND_A_PROXY)


@pytest.fixture(params=["relay", "relay below a path", "proxy"])
async def address(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[RTServer, str]]:
    """Return a server and an address of it that is not the server's own."""
    if request.param == "proxy":
        rt = request.getfixturevalue("rt_behind_proxy")
        yield rt, rt.url
    else:
        below_path = "path" in request.param
        name = "real_rt_below_path" if below_path else "real_rt"
        rt = request.getfixturevalue(name)
        async with relay(rt, Watch()) as url:
            yield rt, url + rt.web_path


# Of localhost, the tests' network has only this half.
@pytest.mark.filterwarnings("ignore:A test tried to use socket.socket.connect")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_rights_are_told(
    client_for: ClientFor, address: tuple[RTServer, str], host: str
) -> None:
    """RT's web pages tell rights and fields, and a session is used."""
    rt, url = address
    client = client_for("no-ShowTicket", url.replace("127.0.0.1", host))

    await client.queue(FACILITY)

    assert await client.queues_with_right("ShowTicket", FACILITY) == []
    assert await client.queues_with_right("CommentOnTicket", FACILITY) == [FACILITY]
    fields = await client.fillable_fields(rt.queues[FACILITY])
    assert fields is not None
    assert rt.custom_fields["DeviceId"] in fields
    assert client.sessions == "on"


@pytest.mark.usefixtures("entries")
async def test_queue_check(hass: HomeAssistant, address: tuple[RTServer, str]) -> None:
    """The config flow offers the queues for new tickets, and knows what is missing."""
    rt, url = address

    step = await begin_flow(hass, url, rt.tokens["no-CreateTicket"])
    schema = step["data_schema"]
    assert schema is not None
    assert schema.schema["queue"].config["options"] == []
    step = await choose_queue(hass, step, FACILITY)
    assert step["errors"] == {"queue": "rights_missing"}

    step = await begin_flow(hass, url, rt.tokens["no-ShowTicket"])
    step = await choose_queue(hass, step, FACILITY)
    assert step["errors"] == {"queue": "rights_missing"}
    assert step["description_placeholders"]["rights"] == "ShowTicket"

    step = await begin_flow(hass, url, rt.tokens["ha-service"])
    step = await choose_queue(hass, step, FACILITY)
    assert step["type"] is FlowResultType.CREATE_ENTRY


async def test_change_before_anything_is_read(
    client_for: ClientFor, address: tuple[RTServer, str]
) -> None:
    """RT has not told its address then, and takes the request for another site's."""
    rt, url = address
    client = client_for("all-queues", url)

    assert (await client.queue("IT/Support")).id == rt.queues["IT/Support"]

    ticket = NewTicket(queue=rt.queues[FACILITY], subject="Leak", content="It drips.")
    number = await client.create_ticket(ticket)
    assert await client.comment(number, "It drips.")


async def test_nobody_says_where_requests_come_from(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Reports arrive by token where something takes the address away, and that is told."""
    watch = Watch()

    async def without_referer(request: bytes, _forward: Forward) -> bytes:
        bare = re.sub(rb"\r\nReferer: [^\r]*", b"", request)
        return await watch(bare, lambda: forward(real_rt, bare))

    async with relay(real_rt, without_referer) as url:
        entry = await set_up(url=url)
        device_id = new_device()
        answers = [await report(hass, device_id) for _ in range(3)]
        found = await async_get_config_entry_diagnostics(hass, entry)
        await hass.config_entries.async_unload(entry.entry_id)
    if any(sent.token for sent in watch.sent if "/comment" in sent.path):
        assert found["sessions"].startswith("on, but not for changes: ")
    else:
        assert found["sessions"] == "on"
    assert tickets_of(real_rt, device_id) == [answers[0]["ticket_id"]]
    assert [one["action"] for one in answers] == ["created", "commented", "commented"]


async def test_reports(
    hass: HomeAssistant, set_up: SetUp, address: tuple[RTServer, str]
) -> None:
    """A report creates a ticket, and the next one comments on it."""
    rt, url = address
    await set_up(rt=rt, url=url)
    device_id = new_device()

    first = await report(hass, device_id)

    assert first["action"] == "created"
    assert (await report(hass, device_id))["action"] == "commented"
