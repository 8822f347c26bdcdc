"""The actions get_ticket and search_tickets."""

from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
import voluptuous as vol

from custom_components.ha_rt.const import (
    CONF_EVENT_TYPE_FIELD,
    CONF_OPEN_STATUSES,
    CONF_SEVERITY_FIELD,
)
from tests import DEVICE, FACILITY, NOW, Load, ago, perform, search
from tests.fake_rt import FakeRT, Person, faults

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture(autouse=True)
def _fields(fake_rt: FakeRT) -> None:
    """Add custom fields to the queue."""
    fake_rt.add_field("Tags", FACILITY, multiple=True)
    fake_rt.add_field("Level", FACILITY)


# --- One ticket -----------------------------------------------------------


async def test_get_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """All of a ticket is told, in two requests."""
    await load(**{CONF_SEVERITY_FIELD: "Level"})
    created = ago(fake_rt, hours=3)
    ticket = fake_rt.add_ticket(
        DEVICE,
        custom_fields={"EventType": "leak", "Tags": ["a", "b"], "Level": "WARNING"},
    )
    ticket.requestors = ["care@x.test", "bob"]
    ticket.priority = 7
    ticket.due = NOW + timedelta(days=1)
    responded = ago(fake_rt, hours=2, minutes=29, seconds=1)
    alice.reply(ticket, "On my way")
    ago(fake_rt, hours=1)
    alice.take(ticket)
    alice.link(ticket, "https://x.test/", fake_rt.add_ticket("another").id)
    resolved = ago(fake_rt, minutes=59)
    alice.resolve(ticket)

    answer = await perform(hass, "get_ticket", ticket_id=1)

    # the ticket, the responses, and what RT takes its status for, which is kept
    assert len(fake_rt.requests) == 4
    fake_rt.requests.clear()
    assert answer == {
        "ticket_id": 1,
        "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id=1",
        "subject": "A ticket",
        "status": "resolved",
        "is_open": False,
        "queue": FACILITY,
        "owner": "alice",
        "requestors": ["care@x.test", "bob"],
        "priority": 7,
        "severity": "warning",
        "device_id": DEVICE,
        "event_type": "leak",
        "created": created.isoformat(),
        "started": responded.isoformat(),
        "due": ticket.due.isoformat(),
        "resolved": resolved.isoformat(),
        "updated": resolved.isoformat(),
        "first_response": responded.isoformat(),
        "first_response_minutes": 30,
        "resolution_minutes": 121,
        "overdue": False,
        "refers_to": ["https://x.test/", "2"],
        "custom_fields": {
            "DeviceId": DEVICE,
            "EventType": "leak",
            "Level": "WARNING",
            "Tags": ["a", "b"],
        },
    }
    assert created.isoformat().endswith("+00:00")
    # That the status is a closed one, RT has told now.
    assert await perform(hass, "get_ticket", ticket_id=1) == answer
    assert len(fake_rt.requests) == 2


async def test_get_fresh_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load
) -> None:
    """What a ticket does not have is None."""
    await load()
    fake_rt.add_ticket()
    answer = await perform(hass, "get_ticket", ticket_id=1)
    empty = {name for name, value in answer.items() if value is None}
    assert empty == {
        "owner",
        "device_id",
        "event_type",
        "started",
        "due",
        "resolved",
        "first_response",
        "first_response_minutes",
        "resolution_minutes",
    }
    assert answer["custom_fields"] == dict.fromkeys(
        ["DeviceId", "EventType", "Level", "Tags"]
    )
    assert (answer["is_open"], answer["severity"]) == (True, "info")
    assert json.loads(json.dumps(answer)) == answer


async def test_get_by_device(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """The open ticket of a device is told, of that type of event if given."""
    await load()
    fake_rt.add_ticket(DEVICE, status="resolved")
    fake_rt.add_ticket(DEVICE)
    fake_rt.add_ticket(DEVICE, custom_fields={"EventType": "battery"})
    first = await perform(hass, "get_ticket", device_id=DEVICE)
    second = await perform(hass, "get_ticket", device_id=DEVICE, event_type="battery")
    assert (first["ticket_id"], second["ticket_id"]) == (2, 3)
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "get_ticket", device_id="sensor.other")
    assert error.value.translation_key == "nothing_open"
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "get_ticket")
    assert error.value.translation_key == "ticket_or_device"


async def test_get_no_ticket(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """A wrong number is told from a missing right."""
    await load()
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "get_ticket", ticket_id=1)
    assert error.value.translation_key == "not_found"
    fake_rt.add_ticket()
    fake_rt.rights -= {"ShowTicket"}
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "get_ticket", ticket_id=1)
    assert error.value.translation_key == "missing_right"


async def test_get_moved_and_merged(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """A ticket is told of where it is, and what it was merged into."""
    await load()
    fake_rt.add_queue("Incidents", lifecycle="incident", fields=["DeviceId"])
    ticket, other = fake_rt.add_ticket(DEVICE), fake_rt.add_ticket("other")
    alice.reply(ticket, "Before it was merged")
    alice.merge(ticket, other)
    alice.move(other, "Incidents")
    answer = await perform(hass, "get_ticket", ticket_id=1)
    assert (answer["ticket_id"], answer["queue"]) == (2, "Incidents")
    assert answer["custom_fields"] == {"DeviceId": "other"}
    assert answer["first_response"] is None


@pytest.mark.parametrize(("queue", "shown"), [(FACILITY, FACILITY), ("General", "1")])
async def test_get_ticket_of_hidden_queue(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, queue: str, shown: str
) -> None:
    """Without SeeQueue, RT does not tell the name of a queue."""
    await load()
    fake_rt.add_ticket(queue=queue)

    async def nameless(request: Any, work: faults.Work) -> Any:
        data = json.loads((await work()).body)
        data["Queue"]["Name"] = ""
        return await faults.answer(200, json.dumps(data))(request, work)

    fake_rt.fail("GET", "/ticket/1$", nameless)
    assert (await perform(hass, "get_ticket", ticket_id=1))["queue"] == shown


async def test_get_reopened(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """RT keeps the time of a resolution that no longer holds; it is not told."""
    await load()
    ticket = fake_rt.add_ticket()
    alice.resolve(ticket)
    closed = await perform(hass, "get_ticket", ticket_id=1)
    alice.set_status(ticket, "open")
    opened = await perform(hass, "get_ticket", ticket_id=1)
    assert (closed["is_open"], opened["is_open"]) == (False, True)
    assert closed["resolved"]
    assert closed["resolution_minutes"] == 0
    assert opened["resolved"] is opened["resolution_minutes"] is None


async def test_open_statuses(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """Which statuses are open, the options say."""
    await load(**{CONF_OPEN_STATUSES: ["new", "Open"]})
    for status in ("open", "stalled"):
        fake_rt.add_ticket(status=status)
    states = [
        (await perform(hass, "get_ticket", ticket_id=number))["is_open"]
        for number in (1, 2)
    ]
    assert states == [True, False]
    assert await search(hass, state="open") == [1]
    assert await search(hass, state="closed") == [2]


@pytest.mark.parametrize(
    ("deed", "minutes"),
    [
        (lambda _me, alice, ticket: alice.reply(ticket, "x"), 60),
        (lambda _me, alice, ticket: alice.take(ticket), 60),
        (lambda _me, alice, ticket: alice.give(ticket, "ha-service"), 60),
        (lambda _me, alice, ticket: alice.comment(ticket, "x"), None),
        (lambda _me, alice, ticket: alice.set_status(ticket, "open"), None),
        (lambda me, _alice, ticket: me.reply(ticket, "x"), None),
        (lambda me, _alice, ticket: me.give(ticket, "alice"), None),
    ],
)
async def test_first_response(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    load: Load,
    alice: Person,
    deed: Callable[..., None],
    minutes: int | None,
) -> None:
    """A response is an answer or a change of the owner by somebody else."""
    await load()
    ago(fake_rt, hours=2)
    ticket = fake_rt.add_ticket(DEVICE)
    ago(fake_rt, hours=1)
    deed(Person(fake_rt, "ha-service"), alice, ticket)
    ago(fake_rt, minutes=30)
    if minutes:
        alice.reply(ticket, "Again")
    answer = await perform(hass, "get_ticket", ticket_id=1)
    assert answer["first_response_minutes"] == minutes


@pytest.mark.parametrize(
    ("priority", "due", "status", "expected"),
    [
        (0, None, "new", None),
        (0, -1, "new", True),
        (0, 1, "open", False),
        (0, -1, "resolved", False),
        (100, None, "new", True),  # created five hours ago, four are allowed
        (100, 1, "new", False),  # RT's own date goes first
        (100, None, "rejected", False),
    ],
)
async def test_overdue(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    load: Load,
    priority: int,
    due: int | None,
    status: str,
    expected: bool | None,
) -> None:
    """A ticket is overdue by its date in RT, or else by its severity."""
    await load(sla_hours_critical=4)
    created = ago(fake_rt, hours=5)
    ticket = fake_rt.add_ticket(status=status)
    ticket.priority = priority
    until = created + timedelta(hours=4) if priority else None
    if due is not None:
        until = ticket.due = NOW + timedelta(hours=due)
    answer = await perform(hass, "get_ticket", ticket_id=1)
    assert answer["overdue"] is bool(expected)
    assert answer["due"] == (until.isoformat() if until else None)


async def test_history(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """What happened is told with names instead of numbers, each thing once."""
    await load()
    created = ago(fake_rt, hours=1)
    ticket = fake_rt.add_ticket(DEVICE)
    alice.take(ticket)
    alice.set_field(ticket, "Tags", "wet")
    alice.set_status(ticket, "stalled")
    alice.comment(ticket, "Waiting")
    answer = await perform(hass, "get_ticket", ticket_id=1, history=True)
    first, *others = answer["history"]
    assert first == {
        "transaction_id": fake_rt.history(ticket)[0].id,
        "type": "Create",
        "creator": "root",
        "created": created.isoformat(),
        "field": None,
        "old": None,
        "new": None,
    }
    assert [(one["type"], one["field"], one["old"], one["new"]) for one in others] == [
        ("Set", "Owner", "Nobody", "alice"),
        ("CustomField", "Tags", None, "wet"),
        ("Status", "Status", "new", "stalled"),
        ("Comment", None, None, None),
    ]
    assert {one["creator"] for one in others} == {"alice"}


# --- Several tickets ------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"device_id": DEVICE}, [4, 2, 1]),
        ({"device_id": DEVICE.upper()}, [3]),
        ({"device_id": DEVICE, "event_type": "leak"}, [2]),
        ({"event_type": "leak"}, [5, 2]),
        ({"state": "open"}, [6, 5, 3, 2, 1]),
        ({"state": "closed"}, [4]),
        ({"status": "stalled"}, [5]),
        ({"status": ["Stalled", "resolved", "bogus"]}, [5, 4]),
        ({"status": "bogus"}, []),
        ({"owner": "Alice"}, [3, 2]),
        ({"owner": "Nobody"}, [6, 5, 4, 1]),
        ({"owner": " "}, [6, 5, 4, 3, 2, 1]),
        ({"owner": "nobody-here"}, []),
        ({"text": "WATER"}, [2, 1]),
        ({"text": 'in "A"'}, [2]),
        ({"text": " "}, [6, 5, 4, 3, 2, 1]),
        ({"created_since": "02:30:00"}, [6, 5]),
        ({"created_since": {"hours": 3}}, [6, 5, 4]),
        ({"created_since": {"days": 40}}, [6, 5, 4, 3, 2, 1]),
        ({"created_since": {"days": 1000000}}, [6, 5, 4, 3, 2, 1]),
        ({"created_since": "0001-01-01 00:00:00"}, [6, 5, 4, 3, 2, 1]),
        ({"owner": "alice", "state": "open", "event_type": "leak"}, [2]),
        ({"limit": 2}, [6, 5]),
        ({"limit": 1, "device_id": DEVICE}, [4]),
    ],
)
async def test_search(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    load: Load,
    alice: Person,
    arguments: dict[str, Any],
    expected: list[int],
) -> None:
    """The queue's tickets are found by what they are like, the newest first."""
    await load()
    fake_rt.accounts[0].zone = "Europe/Berlin"
    for number, (subject, values) in enumerate(
        [
            ("Water here", {"DeviceId": DEVICE}),
            ('Water in "A"', {"DeviceId": DEVICE, "EventType": "leak"}),
            ("Fire", {"DeviceId": DEVICE.upper()}),
            ("Smoke", {"DeviceId": DEVICE}),
            ("Wind", {"EventType": "leak"}),
            ("Snow", {}),
        ]
    ):
        ago(fake_rt, hours=6 - number)
        fake_rt.add_ticket(subject=subject, custom_fields=values)
    alice.take(fake_rt.tickets[2])
    alice.take(fake_rt.tickets[3])
    alice.resolve(fake_rt.tickets[4])
    alice.set_status(fake_rt.tickets[5], "stalled")
    fake_rt.clock = lambda: NOW
    fake_rt.add_ticket(DEVICE, queue="General", subject="Water elsewhere")

    assert await search(hass, **arguments) == expected


async def test_found_ticket(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """A search tells of a ticket what get_ticket does, but what costs requests."""
    await load()
    fake_rt.add_ticket(DEVICE, custom_fields={"Tags": ["a"]})
    answer = await perform(hass, "search_tickets")
    assert len(fake_rt.requests) == 1
    single = await perform(hass, "get_ticket", ticket_id=1)
    more = {"first_response", "first_response_minutes", "refers_to"}
    (one,) = answer["tickets"]
    assert one == {name: value for name, value in single.items() if name not in more}


@pytest.mark.parametrize("form", ["aware", "aware text", "local text"])
async def test_created_since_a_time(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, form: str
) -> None:
    """A time is one of Home Assistant's time zone, whatever the account's is."""
    await hass.config.async_set_time_zone("America/New_York")
    await load()
    fake_rt.accounts[0].zone = "Asia/Tokyo"
    for minutes in (91, 90, 89):
        since = ago(fake_rt, minutes=minutes)
        fake_rt.add_ticket()
    fake_rt.clock = lambda: NOW
    since -= timedelta(minutes=1)
    given = {
        "aware": since,
        "aware text": since.isoformat(),
        "local text": f"{dt_util.as_local(since):%Y-%m-%d %H:%M:%S}",
    }
    assert await search(hass, created_since=given[form]) == [3, 2]


async def test_pages(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """Many tickets are read by the hundred, and no more than asked for."""
    await load()
    for number in range(230):
        fake_rt.add_ticket(DEVICE if number % 2 else "other")
    assert await search(hass, limit=5000) == list(range(230, 0, -1))
    assert len(fake_rt.requests) == 3
    fake_rt.requests.clear()
    assert await search(hass, limit=150) == list(range(230, 80, -1))
    assert len(fake_rt.requests) == 2
    assert len(await search(hass, device_id=DEVICE, limit=110)) == 110


async def test_ticket_created_meanwhile(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load
) -> None:
    """A new ticket pushes others to the next page; none is told twice."""
    await load()
    for _ in range(150):
        fake_rt.add_ticket()

    async def after_a_new_one(request: Any, work: faults.Work) -> Any:
        answer = await work()
        fake_rt.add_ticket()
        return answer

    fake_rt.fail("GET", "/tickets$", after_a_new_one)
    assert await search(hass, limit=500) == list(range(150, 0, -1))


async def test_server_without_totals(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load
) -> None:
    """Some servers do not tell how many there are."""
    await load()
    fake_rt.knows_totals = False
    for _ in range(120):
        fake_rt.add_ticket()
    assert len(await search(hass, limit=500)) == 120


async def test_hidden_fields(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """Tickets whose device RT does not show are not taken for none."""
    await load()
    fake_rt.add_ticket(DEVICE)
    fake_rt.rights -= {"SeeCustomField"}
    with pytest.raises(HomeAssistantError) as error:
        await search(hass, device_id=DEVICE)
    assert error.value.translation_key == "missing_right"
    assert error.value.translation_placeholders["right"] == "SeeCustomField"
    assert await search(hass) == [1]


# --- The caller's own query -----------------------------------------------


async def test_query(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """A query is passed as it is, and not restricted to the queue."""
    await load()
    fake_rt.add_ticket(DEVICE)
    alice.take(fake_rt.add_ticket(queue="General"))
    alice.take(fake_rt.add_ticket())
    query = "Owner = 'alice'  AND id > 0"
    answer = await perform(hass, "search_tickets", query=query, limit=5)
    assert fake_rt.requests[0].query["query"] == query
    assert [(t["ticket_id"], t["queue"]) for t in answer["tickets"]] == [
        (3, FACILITY),
        (2, "General"),
    ]
    assert await search(hass, query=query, limit=1) == [3]
    assert await search(hass, query="id = 99") == []


async def test_query_refused(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """What RT does not understand, it says."""
    await load()
    with pytest.raises(ServiceValidationError) as error:
        await search(hass, query="Bogus = 1")
    assert error.value.translation_key == "query_refused"
    assert "Unknown field: Bogus" in error.value.translation_placeholders["message"]


async def test_query_not_alone(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load
) -> None:
    """A query beside conditions would silently ignore them."""
    await load()
    with pytest.raises(ServiceValidationError) as error:
        await search(hass, query="id > 0", status="new", device_id=DEVICE, limit=1)
    assert error.value.translation_key == "query_not_alone"
    named = error.value.translation_placeholders["arguments"]
    assert named == "device_id, status"
    assert not fake_rt.requests


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"device_id": "cf.1"}, "device_id_reserved"),
        ({"event_type": "x" * 256}, "event_type_too_long"),
    ],
)
async def test_unsearchable(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    load: Load,
    arguments: dict[str, Any],
    key: str,
) -> None:
    """What RT would mistake for something else is refused."""
    await load()
    with pytest.raises(ServiceValidationError) as error:
        await search(hass, **arguments)
    assert error.value.translation_key == key
    assert not fake_rt.requests


async def test_event_type_without_field(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load
) -> None:
    """An event type cannot be searched for without its field."""
    await load(**{CONF_EVENT_TYPE_FIELD: ""})
    with pytest.raises(ServiceValidationError) as error:
        await search(hass, event_type="leak")
    assert error.value.translation_key == "event_type_unused"


@pytest.mark.parametrize(
    "arguments",
    [{"limit": 0}, {"limit": 5001}, {"state": "new"}, {"created_since": "yesterday"}],
)
async def test_invalid_arguments(
    hass: HomeAssistant, load: Load, arguments: dict[str, Any]
) -> None:
    """Values of a wrong kind are refused."""
    await load()
    with pytest.raises(vol.Invalid):
        await search(hass, **arguments)
