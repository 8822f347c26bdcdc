"""Reports of one key that come at once."""

import asyncio

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import DEVICE, create_ticket, methods, perform
from tests.fake_rt import FakeRT, FakeTicket, Person


async def test_new_device(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Only the first looks for a ticket: the others know that it is open."""
    answers = await asyncio.gather(*(create_ticket(hass) for _ in range(4)))
    assert [one["action"] for one in answers] == ["created", *["commented"] * 3]
    assert methods(fake_rt) == "GET GET POST GET POST POST POST"


async def test_known_device(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """One looks whether it is open still, for all that came before it looked."""
    await asyncio.gather(*(create_ticket(hass) for _ in range(4)))
    # The first was on its way when the second came.
    assert methods(fake_rt) == "GET POST GET POST POST POST"
    assert len(ticket.comments) == 4


async def test_closed_meanwhile(
    hass: HomeAssistant, alice: Person, ticket: FakeTicket
) -> None:
    """What comes after the look gets a look of its own."""
    await create_ticket(hass)
    alice.resolve(ticket)
    answer = await create_ticket(hass)
    assert answer["action"] == "created"


async def test_recovery_among_them(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """What comes after a recovery does not go by what was seen before."""
    *_, last = await asyncio.gather(
        create_ticket(hass),
        create_ticket(hass),
        perform(hass, "resolve_ticket", device_id=DEVICE),
        create_ticket(hass),
    )
    assert (ticket.status, len(ticket.comments)) == ("resolved", 2)
    assert (last["action"], last["ticket_id"]) == ("created", 2)


async def test_severe(hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket) -> None:
    """To raise the severity, a report looks how severe the ticket is."""
    await asyncio.gather(*(create_ticket(hass, severity="info") for _ in range(2)))
    assert methods(fake_rt).startswith("GET POST GET POST")
