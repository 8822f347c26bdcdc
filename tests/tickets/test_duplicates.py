"""A second ticket for a key, which another Home Assistant creates at the same moment."""

from aiohttp import web
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import DEVICE, create_ticket, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, faults


@pytest.fixture(params=["before", "after"])
def other(request: pytest.FixtureRequest, fake_rt: FakeRT) -> list[FakeTicket]:
    """Return where the other ticket will be, which comes with the first one of ours."""
    made: list[FakeTicket] = []

    async def together(call: web.BaseRequest, work: faults.Work) -> web.StreamResponse:
        if request.param == "before":
            made.append(fake_rt.add_ticket(DEVICE))
        answer = await work()
        if request.param == "after":
            made.append(fake_rt.add_ticket(DEVICE))
        return answer

    fake_rt.fail("POST", "/ticket$", together)
    return made


async def test_kept(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    other: list[FakeTicket],
) -> None:
    """By default both stay as they are, and no request is made for it."""
    await setup_integration(hass, config_entry)
    fake_rt.requests.clear()
    first = await create_ticket(hass)
    assert [one.method for one in fake_rt.requests] == ["GET", "GET", "POST", "GET"]
    assert (await create_ticket(hass))["ticket_id"] == first["ticket_id"]
    assert {ticket.status for ticket in fake_rt.tickets.values()} == {"new"}
    assert other[0].comments == []


async def test_merged(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    other: list[FakeTicket],
) -> None:
    """The younger one is merged into the older one, which all answers name."""
    await setup_integration(hass, config_entry, twins="merge")
    first = await create_ticket(hass)
    again = await create_ticket(hass, text="Still")
    assert (first["action"], first["ticket_id"]) == ("created", 1)
    assert (again["action"], again["ticket_id"]) == ("commented", 1)
    assert fake_rt.tickets[2].merged_into == 1
    assert fake_rt.tickets[1].comments == ["Still"]


async def test_linked(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    other: list[FakeTicket],
) -> None:
    """The younger one refers to the older one, which gets what comes later."""
    await setup_integration(hass, config_entry, twins="link")
    first = await create_ticket(hass)
    again = await create_ticket(hass, text="Still")
    assert first["ticket_id"] != other[0].id
    assert again["ticket_id"] == 1
    assert fake_rt.tickets[2].refers_to == ["1"]
    assert fake_rt.tickets[1].comments == ["Still"]


@pytest.mark.parametrize("how", ["merge", "link"])
async def test_refused(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    other: list[FakeTicket],
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without the right, the report has its ticket all the same, and the log says why."""
    fake_rt.rights -= {"ModifyTicket"}
    await setup_integration(hass, config_entry, twins=how)
    answer = await create_ticket(hass)
    assert answer["action"] == "created"
    assert answer["ticket_id"] != other[0].id
    assert f"could not be joined with #{answer['ticket_id']}" in caplog.text


async def test_older_is_closed(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Nothing is merged into a ticket that somebody has just closed."""

    async def together(call: web.BaseRequest, work: faults.Work) -> web.StreamResponse:
        fake_rt.add_ticket(DEVICE)
        return await work()

    async def closing(call: web.BaseRequest, work: faults.Work) -> web.StreamResponse:
        fake_rt.person("alice").resolve(fake_rt.tickets[1])
        return await work()

    await setup_integration(hass, config_entry, twins="merge")
    fake_rt.fail("POST", "/ticket$", together)
    fake_rt.fail("GET", "/ticket/1$", closing)
    assert (await create_ticket(hass))["ticket_id"] == 2
    assert fake_rt.tickets[2].merged_into is None
    assert fake_rt.tickets[2].status == "new"


async def test_alone(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Nothing is joined where there is nothing to join."""
    await setup_integration(hass, config_entry, twins="merge")
    assert (await create_ticket(hass))["ticket_id"] == 1
    assert fake_rt.sent("PUT") == []
