"""What happens to tickets before they leave the queue, or are gone, is announced too."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from tests import DEVICE, FACILITY, setup_integration
from tests.fake_rt import FakeRT, Person, faults
from tests.watch import Heard, Watcher

PUMPS = "Pumps"


@pytest.fixture
async def pumps(hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher) -> Heard:
    """Return what is announced by another entry, which follows another queue."""
    fake_rt.add_queue(PUMPS)
    data = {**watching.entry.data, CONF_QUEUE: PUMPS}
    other = MockConfigEntry(
        domain=DOMAIN, title=PUMPS, data=data, options=watching.entry.options
    )
    await setup_integration(hass, other, polls=True)
    return Heard(hass, "event.pumps_ticket_events")


# --- Other queues ---------------------------------------------------------


async def test_moved_before_the_poll(
    watching: Watcher, pumps: Heard, alice: Person
) -> None:
    """The entry of the queue where it happened announces it, and no other."""
    ticket = alice.create("Leak", DEVICE)
    alice.comment(ticket, "Not ours")
    alice.move(ticket, PUMPS)
    alice.comment(ticket, "Is it ours?")
    assert await watching.poll() == ["created 1 by alice", "commented 1 by alice"]
    assert {one["device_id"] for one in watching.heard} == {DEVICE}
    assert pumps.in_short == ["commented 1 by alice"]
    pumps.clear()
    for _ in range(8):
        assert await watching.poll() == []
    assert pumps == []


async def test_moved_later(watching: Watcher, pumps: Heard, alice: Person) -> None:
    """What was announced before a ticket leaves is not announced again."""
    ticket = alice.create()
    await watching.poll()
    alice.reply(ticket, "Coming")
    alice.take(ticket)
    alice.move(ticket, PUMPS)
    assert await watching.poll() == [
        "replied 1 by alice",
        "status_changed 1 by RT_System",
        "owner_changed 1 by alice",
    ]
    assert pumps == []


async def test_moved_there_and_back(
    watching: Watcher, pumps: Heard, alice: Person
) -> None:
    """Each entry announces what happened while the ticket was in its queue."""
    ticket = alice.create()
    for queue, text in ((PUMPS, "One"), (FACILITY, "Two"), (PUMPS, "Three")):
        alice.comment(ticket, text)
        alice.move(ticket, queue)
    alice.resolve(ticket)
    heard = await watching.poll()
    assert heard == ["created 1 by alice", *["commented 1 by alice"] * 2]
    assert pumps.in_short == ["commented 1 by alice", "resolved 1 by alice"]


async def test_moved_while_down(
    freezer: FrozenDateTimeFactory, watching: Watcher, pumps: Heard, alice: Person
) -> None:
    """So it is for what happened while Home Assistant was down, if not too long ago."""
    ticket = alice.create()
    await watching.poll()
    await watching.stop()
    alice.comment(ticket, "Nobody remembers this")
    freezer.tick(timedelta(hours=25))
    alice.reply(ticket, "Not ours")
    alice.move(ticket, PUMPS)
    assert await watching.start() == [
        "replied 1 by alice",
        "status_changed 1 by RT_System",
    ]
    assert await watching.poll() == []


async def test_many_moved(
    fake_rt: FakeRT, watching: Watcher, pumps: Heard, alice: Person
) -> None:
    """All that left are asked for at once, and once."""
    for _ in range(20):
        alice.move(alice.create(), PUMPS)
    heard = await watching.poll()
    assert heard == [f"created {number} by alice" for number in range(1, 21)]
    queries = [one.query["query"] for one in fake_rt.sent("GET", "/transactions$")]
    assert len(queries) == 3  # two of this entry, one of the other
    await watching.poll()
    assert len(fake_rt.requests) == 2


# --- Gone -----------------------------------------------------------------


async def test_merged(watching: Watcher, alice: Person) -> None:
    """A ticket that nobody saw before it was merged has only its number left."""
    target, ticket = alice.create(), alice.create("Leak", DEVICE)
    alice.comment(ticket, "The same as the other")
    alice.merge(ticket, target)
    assert await watching.poll() == [
        "created 1 by alice",
        "created 2 by alice",
        "commented 2 by alice",
    ]
    event = watching.heard[-1]
    for name in ("subject", "status", "owner", "device_id", "ticket_event_type"):
        assert not event[name], name
    assert event["ticket_url"].endswith("?id=2")
    assert await watching.poll() == []
    assert watching.sensor("Open tickets") == "1"


async def test_known_before_merged(watching: Watcher, alice: Person) -> None:
    """What is known of a merged ticket is told, with its last status."""
    target, ticket = alice.create(), alice.create("Leak", DEVICE)
    await watching.poll()
    alice.set_status(ticket, "stalled")
    alice.comment(ticket, "The same as the other")
    alice.merge(ticket, target)
    assert await watching.poll() == [
        "status_changed 2 by alice",
        "commented 2 by alice",
    ]
    for event in watching.heard:
        assert (event["subject"], event["device_id"]) == ("Leak", DEVICE)
        assert event["status"] == "stalled"


async def test_merged_when_closed(watching: Watcher, alice: Person) -> None:
    """So is what happened to a ticket that was closed long ago."""
    target, ticket = alice.create(), alice.create()
    alice.resolve(ticket)
    await watching.poll()
    alice.comment(ticket, "The same as the other")
    alice.merge(ticket, target)
    assert await watching.poll() == ["commented 2 by alice"]


@pytest.mark.parametrize("known", [True, False])
async def test_deleted(watching: Watcher, alice: Person, known: bool) -> None:
    """A deleted ticket tells that it is deleted."""
    ticket = alice.create()
    expected = ["resolved 1 by alice"]
    if known:
        await watching.poll()
    else:
        expected.insert(0, "created 1 by alice")
    alice.delete(ticket)
    assert await watching.poll() == expected
    assert {one["status"] for one in watching.heard} == {"deleted"}


async def test_deleted_when_closed(watching: Watcher, alice: Person) -> None:
    """A ticket is resolved once, also if it is deleted after that."""
    ticket = alice.create()
    alice.resolve(ticket)
    await watching.poll()
    alice.delete(ticket)
    assert await watching.poll() == ["status_changed 1 by alice"]
    [event] = watching.heard
    assert (event["old_value"], event["new_value"]) == ("resolved", "deleted")
    assert event["status"] == "deleted"


async def test_rt_fails_meanwhile(
    fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """What is known of a ticket is not lost when RT fails before it is announced."""
    ticket = alice.create("Leak", DEVICE)
    await watcher.set_up()
    alice.delete(ticket)
    # When the ticket was looked for, and RT is asked what the status means.
    fake_rt.fail("GET", "/tickets$", faults.no_fault)
    fake_rt.fail("GET", "/tickets$", faults.html(502), times=None)
    assert await watcher.poll() == []
    assert not watcher.sees_rt
    fake_rt.heal()
    assert await watcher.poll() == ["resolved 1 by alice"]
    assert watcher.heard[0]["device_id"] == DEVICE
