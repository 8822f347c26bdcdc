"""A new report after the ticket was closed: the table of the README, row by row."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import CONF_QUEUE
from tests import create_ticket, setup_integration
from tests.fake_rt import FakeRT

INCIDENT = {
    "reopen_status": "in_progress",
    "resolve_status": "closed",
}

pytestmark = pytest.mark.usefixtures("noon")


async def close(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    status: str = "resolved",
    **options: Any,
) -> None:
    """Set an entry up, report, and let a person close the ticket."""
    await setup_integration(hass, entry, **options)
    await create_ticket(hass)
    fake_rt.person("alice").set_status(fake_rt.tickets[1], status)
    fake_rt.requests.clear()


REOPEN = {"reopen_hours": 2}
QUIET = {"quiet_statuses": ["Rejected"], "quiet_hours": 3}


@pytest.mark.parametrize(
    ("options", "status", "hours", "becomes"),
    [
        # Neither option: always a new ticket.
        ({}, "resolved", 0, "new"),
        ({}, "rejected", 0, "new"),
        # Reopen within 2 hours.
        (REOPEN, "resolved", 0, "reopened"),
        (REOPEN, "resolved", 1.9, "reopened"),
        (REOPEN, "resolved", 2, "new"),
        (REOPEN, "rejected", 1, "reopened"),
        # Stay quiet for 3 hours.
        (QUIET, "rejected", 0, "quiet"),
        (QUIET, "rejected", 2.9, "quiet"),
        (QUIET, "rejected", 3, "new"),
        (QUIET, "resolved", 1, "new"),
        # Both.
        ({**REOPEN, **QUIET}, "resolved", 1, "reopened"),
        ({**REOPEN, **QUIET}, "resolved", 2.5, "new"),
        ({**REOPEN, **QUIET}, "rejected", 1, "quiet"),
        ({**REOPEN, **QUIET}, "rejected", 2.5, "quiet"),
        ({**REOPEN, **QUIET}, "rejected", 4, "new"),
        # A silence that ended does not lead back to the ticket.
        ({**QUIET, "reopen_hours": 9}, "rejected", 4, "new"),
        # A silence of no time is none.
        ({**REOPEN, **QUIET, "quiet_hours": 0}, "rejected", 1, "new"),
    ],
)
async def test_table(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    options: dict[str, Any],
    status: str,
    hours: float,
    becomes: str,
) -> None:
    """The options and the ticket's end decide what becomes of the next report."""
    await close(hass, fake_rt, config_entry, status, **options)
    freezer.tick(timedelta(hours=hours))
    answer = await create_ticket(hass, text="Again")
    ticket = fake_rt.tickets[1]
    if becomes == "new":
        assert (answer["action"], answer["ticket_id"]) == ("created", 2)
        assert ticket.status == status
        assert ticket.comments == []
    elif becomes == "reopened":
        assert answer == {
            "ticket_id": 1,
            "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id=1",
            "action": "commented",
            "reopened": True,
        }
        assert ticket.status == "open"
        assert ticket.comments == ["Again"]
        assert list(fake_rt.tickets) == [1]
        # It is the open ticket again.
        answer = await create_ticket(hass)
        assert (answer["action"], answer["ticket_id"]) == ("commented", 1)
        assert "reopened" not in answer
    else:
        assert (answer["action"], answer["reason"]) == ("skipped", "quiet")
        assert answer["ticket_id"] == 1
        assert ticket.status == status
        assert ticket.comments == []
        assert list(fake_rt.tickets) == [1]
        assert fake_rt.writes == []


async def test_resolved_by_home_assistant(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A recovery that was none reopens the ticket as well."""
    await setup_integration(hass, config_entry, **REOPEN)
    for _ in range(2):
        await create_ticket(hass)
        await hass.services.async_call(
            "ha_rt",
            "resolve_ticket",
            {"device_id": "binary_sensor.leak"},
            blocking=True,
        )
        assert fake_rt.tickets[1].status == "resolved"
    assert (await create_ticket(hass))["reopened"]
    assert list(fake_rt.tickets) == [1]


@pytest.mark.parametrize(
    ("options", "status", "becomes"),
    [
        (REOPEN | INCIDENT, "closed", "in_progress"),
        (REOPEN | INCIDENT, "false_positive", "in_progress"),
        (REOPEN | {"reopen_status": "IN_PROGRESS"}, "closed", "in_progress"),
        ({"quiet_statuses": ["false_positive"]}, "false_positive", "quiet"),
        # Not a status of this lifecycle.
        (REOPEN | {"reopen_status": "stalled"}, "closed", "refused"),
        # Not allowed from there.
        (REOPEN | {"reopen_status": "closed"}, "false_positive", "refused"),
    ],
)
async def test_other_lifecycle(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
    status: str,
    becomes: str,
) -> None:
    """The options name the statuses of the queue; what RT refuses is a new ticket."""
    fake_rt.add_queue("Incidents", lifecycle="incident")
    config_entry = MockConfigEntry(
        domain=config_entry.domain,
        data={**config_entry.data, CONF_QUEUE: "Incidents"},
        options=config_entry.options,
    )
    await close(hass, fake_rt, config_entry, status, **options)
    answer = await create_ticket(hass)
    if becomes == "refused":
        assert answer["ticket_id"] == 2
        assert "reopened" not in answer
        assert fake_rt.tickets[1].comments == []
        assert "RT did not reopen ticket 1: " in caplog.text
        assert options["reopen_status"] in caplog.text
    elif becomes == "quiet":
        assert answer["reason"] == "quiet"
    else:
        assert answer["reopened"]
        assert fake_rt.tickets[1].status == becomes


async def test_reopening_not_allowed(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without the right to modify, there is a new ticket, and a word in the log."""
    await close(hass, fake_rt, config_entry, **REOPEN)
    fake_rt.rights -= {"ModifyTicket"}
    assert (await create_ticket(hass))["ticket_id"] == 2
    assert "RT did not reopen ticket 1: Ticket 1: Permission Denied" in caplog.text
    assert fake_rt.tickets[1].comments == []


async def test_severity(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A reopened ticket becomes as severe as the report."""
    await close(hass, fake_rt, config_entry, **REOPEN)
    await create_ticket(hass, severity="critical")
    assert fake_rt.tickets[1].priority == 100


async def test_last_one_counts(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Of several closed tickets, the one that was closed last decides."""
    await close(hass, fake_rt, config_entry, **REOPEN, **QUIET)
    others = [fake_rt.add_ticket("binary_sensor.leak") for _ in range(2)]
    others.append(fake_rt.add_ticket("BINARY_SENSOR.LEAK"))
    for ticket, status in zip(
        others, ("resolved", "resolved", "rejected"), strict=True
    ):
        freezer.tick(60)
        fake_rt.person("alice").set_status(ticket, status)
    assert (await create_ticket(hass))["ticket_id"] == 3


@pytest.mark.parametrize(
    ("options", "status", "action"),
    [
        (REOPEN, "resolved", "commented"),
        (QUIET, "rejected", "skipped"),
        ({}, "resolved", "created"),
    ],
)
async def test_moved_and_closed(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    options: dict[str, Any],
    status: str,
    action: str,
) -> None:
    """A ticket that was moved and then closed is still the key's."""
    await setup_integration(hass, config_entry, **options)
    await create_ticket(hass)
    alice = fake_rt.person("alice")
    alice.move(fake_rt.tickets[1], "General")
    alice.set_status(fake_rt.tickets[1], status)
    answer = await create_ticket(hass)
    assert answer["action"] == action
    assert answer["ticket_id"] == (2 if action == "created" else 1)
    assert fake_rt.tickets[1].status == ("open" if action == "commented" else status)


async def test_memory_ends(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A ticket that was moved and closed long ago does not matter any more."""
    await setup_integration(hass, config_entry, **REOPEN)
    await create_ticket(hass)
    alice = fake_rt.person("alice")
    alice.move(fake_rt.tickets[1], "General")
    alice.resolve(fake_rt.tickets[1])
    freezer.tick(timedelta(hours=2))
    assert (await create_ticket(hass))["ticket_id"] == 2


async def test_event_types(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A ticket that silences its device does so for its own event only."""
    await close(hass, fake_rt, config_entry, "rejected", **QUIET)
    assert (await create_ticket(hass, event_type="battery"))["action"] == "created"
    assert (await create_ticket(hass))["reason"] == "quiet"


async def test_forced(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A ticket that is forced is made in any case."""
    await close(hass, fake_rt, config_entry, "rejected", **QUIET)
    assert (await create_ticket(hass, force_create=True))["action"] == "created"


async def test_reopened_into_a_closed_status(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A ticket that stays closed is not reopened: a new one is created."""
    await close(hass, fake_rt, config_entry, **REOPEN, reopen_status="rejected")
    answer = await create_ticket(hass)
    assert (answer["action"], answer["ticket_id"]) == ("created", 2)
