"""Which tickets are open, as RT's transactions tell it."""

from collections.abc import Callable
from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_component import async_update_entity
import pytest

from tests import DEVICE, FACILITY, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, Person, faults
from tests.hostile.holding import MAX_SECONDS, longest_hold
from tests.watch import EVENTS, Watcher


def asked(fake_rt: FakeRT) -> list[str]:
    """Return what was asked of RT."""
    return [one.path.removeprefix("/REST/2.0/") for one in fake_rt.requests]


# --- What it costs --------------------------------------------------------


@pytest.mark.parametrize("count", [0, 5, 350])
async def test_nothing_new(
    fake_rt: FakeRT, watcher: Watcher, alice: Person, count: int
) -> None:
    """A poll is one request, however many tickets are open."""
    for number in range(count):
        alice.create(device_id=f"sensor.{number}")
    await watcher.set_up()
    assert watcher.sensor("Open tickets") == str(count)
    await watcher.poll()
    for _ in range(8):
        await watcher.poll()
        assert asked(fake_rt) == ["transactions"]


@pytest.mark.parametrize(
    "change",
    [
        lambda by, ticket: by.comment(ticket, "Hm"),
        lambda by, ticket: by.rename(ticket, "Renamed"),
        lambda by, ticket: by.set_status(ticket, "open"),
        lambda by, ticket: by.set_priority(ticket, 9),
    ],
)
async def test_many_changes(
    fake_rt: FakeRT,
    watcher: Watcher,
    alice: Person,
    change: Callable[[Person, FakeTicket], None],
) -> None:
    """A hundred changes cost three requests at the most."""
    tickets = [alice.create() for _ in range(100)]
    await watcher.set_up()
    await watcher.poll()
    for ticket in tickets:
        change(alice, ticket)
    await watcher.poll()
    assert len(fake_rt.requests) <= 3


async def test_many_happenings(
    hass: HomeAssistant, fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """They hold nobody up when they are read."""
    tickets = [alice.create() for _ in range(100)]
    await watcher.set_up()
    holds = []
    # The garbage of others may be collected meanwhile.
    while not holds or (min(holds) > MAX_SECONDS and len(holds) < 5):
        for number in range(2_000):
            alice.comment(tickets[number % 100], "Hm")
        fake_rt.requests.clear()
        holds.append(await longest_hold(partial(async_update_entity, hass, EVENTS)))
        assert asked(fake_rt) == ["transactions"] * 21 + ["tickets"]
    assert min(holds) < MAX_SECONDS


async def test_many_tickets(
    hass: HomeAssistant, fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """All are read in pages; the custom fields of most come in the background."""
    for number in range(250):
        alice.create(device_id=f"sensor.{number}")
    await setup_integration(hass, watcher.entry, polls=True)
    assert watcher.sensor("Open tickets") == "250"
    await hass.async_block_till_done(wait_background_tasks=True)
    answer = await hass.services.async_call(
        "todo",
        "get_items",
        {"entity_id": "todo.facility_management"},
        blocking=True,
        return_response=True,
    )
    items = answer["todo.facility_management"]["items"]
    assert len(items) == 250
    for number, item in enumerate(items):
        assert f"sensor.{number}" in item["description"]
    fields = [one.query["fields"] for one in fake_rt.sent("GET", "/tickets$")]
    assert ["CustomFields" in one for one in fields] == [True, False, False, True, True]
    await watcher.poll()
    assert asked(fake_rt) == ["transactions"]


# --- What becomes of a ticket ---------------------------------------------


async def test_statuses(watching: Watcher, alice: Person) -> None:
    """Tickets are counted by their status as long as they are open."""
    one, two = alice.create(), alice.create()
    await watching.poll()
    assert watching.counts() == {"new": 2}
    alice.set_status(one, "stalled")
    await watching.poll()
    assert watching.counts() == {"new": 1, "stalled": 1}
    alice.resolve(one)
    alice.set_status(two, "rejected")
    await watching.poll()
    assert watching.counts() == {"new": 0, "stalled": 0}
    assert watching.sensor("Open tickets") == "0"
    alice.set_status(two, "open")
    await watching.poll()
    assert watching.counts() == {"new": 0, "stalled": 0, "open": 1}


async def test_deleted(watching: Watcher, alice: Person) -> None:
    """A deleted ticket is gone, until it is not deleted any more."""
    ticket = alice.create()
    await watching.poll()
    alice.delete(ticket)
    assert await watching.poll() == ["resolved 1 by alice"]
    [event] = watching.heard
    assert event["new_value"] == "deleted"
    assert watching.sensor("Open tickets") == "0"
    alice.set_status(ticket, "open")
    await watching.poll()
    assert watching.sensor("Open tickets") == "1"


async def test_merged(watching: Watcher, alice: Person) -> None:
    """A merged ticket is gone; what happened to it before is announced."""
    one, two = alice.create(), alice.create()
    await watching.poll()
    alice.comment(two, "The same as the other")
    alice.merge(two, one)
    assert await watching.poll() == ["commented 2 by alice"]
    assert watching.sensor("Open tickets") == "1"


async def test_moved(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """Only what happens in the queue is announced, not what happened elsewhere."""
    ticket = alice.create(queue="General")
    alice.comment(ticket, "Not ours")
    await watching.poll()
    alice.move(ticket, FACILITY)
    alice.comment(ticket, "Ours")
    assert await watching.poll() == ["commented 1 by alice"]
    assert watching.sensor("Open tickets") == "1"
    for _ in range(8):
        assert await watching.poll() == []
    alice.move(ticket, "General")
    alice.comment(ticket, "Not ours again")
    assert await watching.poll() == []
    assert watching.sensor("Open tickets") == "0"
    alice.move(ticket, FACILITY)
    assert await watching.poll() == []
    assert watching.sensor("Open tickets") == "1"


async def test_moved_to_and_fro(watching: Watcher, alice: Person) -> None:
    """What happened here before a ticket was away for a moment is announced."""
    ticket = alice.create()
    alice.move(ticket, "General")
    alice.comment(ticket, "Not ours")
    alice.move(ticket, FACILITY)
    alice.reply(ticket, "Ours")
    assert await watching.poll() == [
        "created 1 by alice",
        "replied 1 by alice",
        "status_changed 1 by RT_System",
    ]


async def test_moved_out_of_sight(
    fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """A ticket that goes where the account sees nothing is missed for a quarter of an hour."""
    fake_rt.accounts[0].queues = {FACILITY}
    ticket = alice.create()
    alice.create()
    await watcher.set_up()
    alice.move(ticket, "General")
    await watcher.poll()
    assert watcher.sensor("Open tickets") == "2"
    assert await watcher.poll(hours=1) == []
    assert watcher.sensor("Open tickets") == "1"
    alice.create()
    assert await watcher.poll() == ["created 3 by alice"]


async def test_shredded(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """So is a ticket that is taken out of RT's database, with all that happened to it."""
    alice.create()
    ticket = alice.create()
    await watching.poll()
    fake_rt.journal = [one for one in fake_rt.journal if one.object_id != ticket.id]
    del fake_rt.tickets[ticket.id]
    assert await watching.poll(hours=1) == []
    assert watching.sensor("Open tickets") == "1"
    third = alice.create()
    assert await watching.poll() == [f"created {third.id} by alice"]


async def test_gone_at_once(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """A ticket that is gone before anybody looked does no harm."""
    alice.delete(alice.create())
    alice.merge(alice.create(), alice.create())
    await watching.poll()
    assert watching.sensor("Open tickets") == "1"
    assert "created 3 by alice" in watching.heard.in_short


async def test_reminder(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """A reminder is no ticket."""
    reminder = alice.create("Call the plumber")
    reminder.type = "reminder"
    assert await watching.poll() == []
    assert asked(fake_rt) == ["transactions"]
    assert watching.sensor("Open tickets") == "0"


async def test_other_device(watching: Watcher, alice: Person) -> None:
    """A ticket that people give to another device is that one's in the next event."""
    ticket = alice.create("Leak", DEVICE)
    alice.comment(ticket, "Hm")
    await watching.poll()
    alice.set_field(ticket, "DeviceId", "sensor.other")
    await watching.poll()
    alice.delete(ticket)  # so that it is not read once more
    await watching.poll()
    assert [one["device_id"] for one in watching.heard] == ["sensor.other"]


async def test_busy_hour(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """What happens in the minute of the hourly count is announced, once."""
    ticket = alice.create()
    await watching.poll(hours=1)
    alice.comment(ticket, "Hm")
    alice.create()
    assert await watching.poll(hours=1) == [
        "commented 1 by alice",
        "created 2 by alice",
    ]
    assert await watching.poll() == []


@pytest.mark.parametrize("knows_totals", [True, False])
async def test_hourly_count(
    fake_rt: FakeRT, watcher: Watcher, alice: Person, knows_totals: bool
) -> None:
    """The tickets are counted; where RT tells no number, they are read."""
    fake_rt.knows_totals = knows_totals
    alice.create()
    await watcher.set_up()
    await watcher.poll(hours=1)
    assert watcher.sensor("Open tickets") == "1"
    read = [one for one in fake_rt.sent("GET", "/tickets$") if "fields" in one.query]
    assert bool(read) == (not knows_totals)
    await watcher.poll()
    assert asked(fake_rt) == ["transactions"]


async def test_right_not_told_once(
    fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """A server that fails when it is asked for a right did not take it away."""
    ticket = alice.create()
    await watching.poll()
    fake_rt.fail("GET", "/Helpers/", faults.html(502))
    await watching.poll(hours=1)
    alice.comment(ticket, "Hm")
    assert await watching.poll() == ["commented 1 by alice"]


async def test_large_fields(fake_rt: FakeRT, watcher: Watcher, alice: Person) -> None:
    """A hundred tickets with large fields are read like any others."""
    large = {"EventType": "x" * 100_000}
    tickets = [fake_rt.add_ticket("fan", custom_fields=large) for _ in range(100)]
    await watcher.set_up()
    assert watcher.sensor("Open tickets") == "100"
    for ticket in tickets:
        alice.comment(ticket, "Hm")
    assert len(await watcher.poll()) == 100
    assert watcher.sensor("Open tickets") == "100"
