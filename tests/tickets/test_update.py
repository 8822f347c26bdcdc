"""The action update_ticket."""

import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.ha_rt.const import CONF_SEVERITY_FIELD
from tests import DEVICE, FACILITY, change_options, methods, perform, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, Person, faults


@pytest.fixture
async def ticket(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, alice: Person
) -> FakeTicket:
    """Return the open ticket of a device, in a queue with more custom fields."""
    fake_rt.add_field("Building", FACILITY)
    fake_rt.add_field("Level", FACILITY, choices=["info", "warning", "critical"])
    fake_rt.add_field("Tags", FACILITY, multiple=True)
    await setup_integration(hass, config_entry)
    ticket = fake_rt.add_ticket(
        DEVICE, custom_fields={"Building": "North", "Tags": ["a", "b"]}
    )
    fake_rt.requests.clear()
    return ticket


# --- Changes --------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "changes", "attributes"),
    [
        (
            {"status": "Stalled"},
            {"status": {"old": "new", "new": "stalled"}},
            {"status": "stalled"},
        ),
        (
            {"owner": "Alice"},
            {"owner": {"old": None, "new": "alice"}},
            {"owner": "alice"},
        ),
        ({"priority": 70}, {"priority": {"old": 0, "new": 70}}, {"priority": 70}),
        (
            {"severity": "warning"},
            {"priority": {"old": 0, "new": 50}},
            {"priority": 50},
        ),
        (
            {"severity": "critical", "priority": 7},
            {"priority": {"old": 0, "new": 7}},
            {"priority": 7},
        ),
        (
            {"subject": " Two\nlines "},
            {"subject": {"old": "A ticket", "new": "Two lines"}},
            {"subject": "Two lines"},
        ),
        (
            {"custom_fields": {"building": "South"}},
            {"Building": {"old": "North", "new": "South"}},
            {
                "custom_fields": {
                    "DeviceId": DEVICE,
                    "Building": "South",
                    "Tags": ["a", "b"],
                }
            },
        ),
        (
            {"custom_fields": {"Tags": ["b", "c"], "Building": ""}},
            {
                "Tags": {"old": ["a", "b"], "new": ["b", "c"]},
                "Building": {"old": "North", "new": None},
            },
            {},
        ),
        (
            {"custom_fields": {"Building": "NORTH"}},
            {"Building": {"old": "North", "new": "NORTH"}},
            {},
        ),
        (
            {"custom_fields": {"Level": "WARNING"}},
            {"Level": {"old": None, "new": "warning"}},
            {},
        ),
        (
            {"refers_to": ["https://x.test/wiki", 2, "#2"]},
            {"refers_to": {"old": [], "new": ["https://x.test/wiki", "2"]}},
            {"refers_to": ["https://x.test/wiki", "2"]},
        ),
    ],
)
async def test_change(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    wanted: dict[str, Any],
    changes: dict[str, Any],
    attributes: dict[str, Any],
) -> None:
    """A change is made, confirmed and told, in three requests."""
    fake_rt.add_ticket("another")
    response = await perform(hass, "update_ticket", ticket_id=1, **wanted)
    assert response == {
        "ticket_id": 1,
        "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id=1",
        "changes": changes,
    }
    assert {name: getattr(ticket, name) for name in attributes} == attributes
    assert methods(fake_rt) == "GET PUT GET"


async def test_several_changes(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """All is changed at once; what is so already is left out."""
    response = await perform(
        hass,
        "update_ticket",
        ticket_id=1,
        status="open",
        owner="alice",
        subject="A TICKET",
        priority=0,
        custom_fields={"Building": "North", "Tags": ["c"]},
    )
    assert list(response["changes"]) == ["status", "owner", "subject", "Tags"]
    (put,) = fake_rt.sent("PUT")
    tags = str(fake_rt.fields["Tags"])
    assert put.json == {
        "Status": "open",
        "Owner": "alice",
        "Subject": "A TICKET",
        "CustomFields": {tags: ["c"]},
    }


async def test_nothing_changes(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """What is so already is no error, and RT is not asked to change it."""
    alice.take(ticket)
    response = await perform(
        hass,
        "update_ticket",
        ticket_id=1,
        status="NEW",
        owner="ALICE",
        custom_fields={"Tags": ["b", "a"]},
    )
    assert response["changes"] == {}
    assert methods(fake_rt) == "GET"


@pytest.mark.parametrize("blank", ["", " ", None, []])
async def test_clear(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, blank: Any
) -> None:
    """A blank value clears a field, in the one way that leaves nothing in RT."""
    fields = {"Building": blank, "Tags": blank, "Level": blank}
    response = await perform(hass, "update_ticket", ticket_id=1, custom_fields=fields)
    assert response["changes"] == {
        "Building": {"old": "North", "new": None},
        "Tags": {"old": ["a", "b"], "new": None},
    }
    (put,) = fake_rt.sent("PUT")
    building, tags = (str(fake_rt.fields[name]) for name in ("Building", "Tags"))
    assert put.json == {"CustomFields": {building: None, tags: []}}


async def test_clear_the_only_one(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """The only value of a field for several goes, too."""
    fields = {"custom_fields": {"Tags": ["x"]}}
    await perform(hass, "update_ticket", ticket_id=1, **fields)
    fields["custom_fields"]["Tags"] = []
    response = await perform(hass, "update_ticket", ticket_id=1, **fields)
    assert response["changes"] == {"Tags": {"old": "x", "new": None}}
    assert ticket.values("Tags") == []


@pytest.mark.parametrize("nobody", ["Nobody", " nobody "])
async def test_give_to_nobody(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, nobody: str
) -> None:
    """A ticket can be given back."""
    Person(fake_rt, "ha-service").take(ticket)
    response = await perform(hass, "update_ticket", ticket_id=1, owner=nobody)
    assert response["changes"] == {"owner": {"old": "ha-service", "new": None}}
    assert ticket.owner == "Nobody"


async def test_links_are_added(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """Links that are there stay; a merged ticket stands for the one it is in."""
    merged, target = fake_rt.add_ticket("a"), fake_rt.add_ticket("b")
    alice.merge(merged, target)
    alice.link(ticket, "https://x.test/old")
    response = await perform(
        hass,
        "update_ticket",
        ticket_id=1,
        refers_to=["https://x.test/old", "https://x.test/new", merged.id],
    )
    assert ticket.refers_to == ["https://x.test/old", "https://x.test/new", "3"]
    assert response["changes"]["refers_to"]["new"] == ticket.refers_to


async def test_severity_field(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    config_entry: MockConfigEntry,
) -> None:
    """The severity goes to its custom field too, and by the options' priorities."""
    await change_options(
        hass, config_entry, **{CONF_SEVERITY_FIELD: "Level", "priority_critical": 99}
    )
    response = await perform(hass, "update_ticket", ticket_id=1, severity="critical")
    assert response["changes"] == {
        "priority": {"old": 0, "new": 99},
        "Level": {"old": None, "new": "critical"},
    }
    assert ticket.custom_fields["Level"] == "critical"


async def test_long_subject(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A subject is cut where RT would cut it, and visibly so."""
    await perform(hass, "update_ticket", ticket_id=1, subject="ü" * 150)
    assert ticket.subject == "ü" * 98 + "…"


# --- Which ticket ---------------------------------------------------------


async def test_by_device(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """The open ticket of the device is meant, of that type of event if given."""
    fake_rt.add_ticket(DEVICE, custom_fields={"EventType": "battery"})
    first = await perform(hass, "update_ticket", device_id=DEVICE, priority=1)
    second = await perform(
        hass, "update_ticket", device_id=DEVICE, event_type="battery", priority=2
    )
    assert (first["ticket_id"], second["ticket_id"]) == (1, 2)
    assert [t.priority for t in fake_rt.tickets.values()] == [1, 2]


async def test_moved_and_merged(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """A ticket is changed wherever people put it."""
    fake_rt.add_queue("Incidents", lifecycle="incident", fields=["DeviceId"])
    other = fake_rt.add_ticket("other")
    alice.move(other, "Incidents")
    alice.merge(ticket, other)
    response = await perform(hass, "update_ticket", ticket_id=1, status="in_progress")
    assert response["changes"] == {"status": {"old": "open", "new": "in_progress"}}
    assert other.status == "in_progress"


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"priority": 1}, "ticket_or_device"),
        ({"ticket_id": 1, "device_id": DEVICE, "priority": 1}, "ticket_or_device"),
        ({"device_id": "sensor.other", "priority": 1}, "nothing_open"),
        ({"device_id": "cf.1", "priority": 1}, "device_id_reserved"),
        ({"ticket_id": 1}, "nothing_to_change"),
        ({"ticket_id": 1, "status": " "}, "nothing_to_change"),
        ({"ticket_id": 1, "subject": " "}, "nothing_to_change"),
        ({"ticket_id": 1, "custom_fields": {"Floor": 1}}, "unknown_custom_fields"),
        ({"ticket_id": 1, "custom_fields": {"DeviceId": 1}}, "reserved_custom_field"),
    ],
)
async def test_wrong_arguments(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    arguments: dict[str, Any],
    key: str,
) -> None:
    """What the caller has to put right is said, and nothing is changed."""
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "update_ticket", **arguments)
    assert error.value.translation_key == key
    assert not fake_rt.sent("PUT")


@pytest.mark.parametrize(
    "arguments",
    [
        {"priority": -1},
        {"priority": "high"},
        {"severity": "bad"},
        {"ticket_id": -1},
        {"refers_to": ["no address"]},
        {"custom_fields": ["a"]},
        {"bogus": 1},
    ],
)
async def test_invalid_arguments(
    hass: HomeAssistant, ticket: FakeTicket, arguments: dict[str, Any]
) -> None:
    """Values of a wrong kind are refused."""
    with pytest.raises(vol.Invalid):
        await perform(hass, "update_ticket", **{"ticket_id": 1, **arguments})


# --- Refusals -------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            {"status": "bogus"},
            "status not changed: Ticket 1: Status 'bogus' isn't a valid status",
        ),
        ({"owner": "bob"}, "owner not changed: Ticket 1: That user does not exist"),
        (
            {"owner": "reader"},
            "owner not changed: Ticket 1: That user may not own tickets in that queue",
        ),
        (
            {"custom_fields": {"Level": "extreme"}},
            "Level not changed: Invalid value for custom field",
        ),
        (
            {"refers_to": [99]},
            "refers_to not changed: Couldn't resolve '99' into a link.",
        ),
        (
            {"status": "bogus", "priority": 3, "custom_fields": {"Tags": "x"}},
            "(changed: priority, Tags)",
        ),
    ],
)
async def test_refused(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    wanted: dict[str, Any],
    message: str,
) -> None:
    """What RT refuses raises with its words, and tells what it did all the same."""
    fake_rt.add_account("reader", {"ShowTicket"})
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "update_ticket", ticket_id=1, **wanted)
    assert error.value.translation_key == "not_changed"
    assert message in error.value.translation_placeholders["message"]


async def test_refused_transition(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """So is a change that the queue's lifecycle does not let."""
    fake_rt.add_queue("Incidents", lifecycle="incident")
    incident = fake_rt.add_ticket(queue="Incidents", status="false_positive")
    with pytest.raises(HomeAssistantError, match="from 'false_positive' to 'closed'"):
        await perform(hass, "update_ticket", ticket_id=incident.id, status="closed")
    assert incident.status == "false_positive"


@pytest.mark.parametrize(
    ("rights", "wanted", "refused"),
    [
        (
            {"ModifyTicket"},
            {"status": "open", "owner": "alice", "refers_to": [1]},
            "status, owner, refers_to not changed",
        ),
        (
            {"ModifyCustomField"},
            {"custom_fields": {"Building": "South"}},
            "Building not changed: Could not add a new value",
        ),
        (
            {"ModifyTicket"},
            {"priority": 5, "custom_fields": {"Building": "South"}},
            "changed to South (changed: Building)",
        ),
    ],
)
async def test_missing_right(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    rights: set[str],
    wanted: dict[str, Any],
    refused: str,
) -> None:
    """A missing right is a refusal, of which RT says nothing but in words."""
    fake_rt.rights -= rights
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "update_ticket", ticket_id=1, **wanted)
    assert refused in error.value.translation_placeholders["message"]


async def test_refused_in_silence(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A refusal without words is one, too."""
    fake_rt.fail("PUT", "/ticket/1$", faults.answer(200, "[]"))
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "update_ticket", ticket_id=1, priority=9)
    message = error.value.translation_placeholders["message"]
    assert message == "priority not changed: RT gives no reason"


async def test_no_such_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A wrong number is told from a missing right."""
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "update_ticket", ticket_id=99, priority=9)
    assert error.value.translation_key == "not_found"
    fake_rt.rights -= {"ShowTicket"}
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "update_ticket", ticket_id=1, priority=9)
    assert error.value.translation_key == "missing_right"
    assert not fake_rt.sent("PUT")


# --- Dry run --------------------------------------------------------------


async def test_dry_run(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    alice: Person,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is written, and what would be is told and logged."""
    await change_options(hass, config_entry, dry_run=True)
    alice.link(ticket, "https://x.test/old")
    alice.take(ticket)
    caplog.set_level(logging.INFO)
    response = await perform(
        hass,
        "update_ticket",
        device_id=DEVICE,
        status="resolved",
        owner="Nobody",
        priority=0,
        custom_fields={"Tags": ["c"], "Building": ""},
        refers_to=["7"],
    )
    changes = {
        "status": {"old": "new", "new": "resolved"},
        "owner": {"old": "alice", "new": None},
        "refers_to": {
            "old": ["https://x.test/old"],
            "new": ["https://x.test/old", "7"],
        },
        "Building": {"old": "North", "new": None},
        "Tags": {"old": ["a", "b"], "new": "c"},
    }
    assert response == {
        "ticket_id": 1,
        "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id=1",
        "changes": changes,
        "action": "dry_run",
    }
    assert not fake_rt.writes
    assert not fake_rt.sent("PUT")
    assert "Dry run: ticket 1 would be changed" in caplog.text
