"""Nothing is announced twice, and nothing is missed."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    CONF_URL,
    EVENT_HOMEASSISTANT_STARTED,
    EVENT_STATE_CHANGED,
)
from homeassistant.core import CoreState, HomeAssistant, callback
import pytest

from custom_components.ha_rt.const import CONF_QUEUE
from tests import Wait
from tests.fake_rt import FakeRT, Person, faults
from tests.watch import Watcher


def stored(hass_storage: dict[str, Any], watcher: Watcher) -> dict[str, Any]:
    """Return the entry's file."""
    return hass_storage[f"ha_rt.{watcher.entry.entry_id}.cursor"]


async def quiet_minutes(watcher: Watcher) -> list[str]:
    """Let some polls pass, longer than RT's transactions may take to show."""
    return [one for _ in range(10) for one in await watcher.poll()]


# --- While Home Assistant runs --------------------------------------------


async def test_late(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """What RT shows later than younger things is announced when it shows."""
    first = alice.create()
    alice.comment(first, "One")
    fake_rt.hold_back()
    alice.create()
    fake_rt.hold_back()
    alice.comment(first, "Two")
    assert await watching.poll() == ["created 1 by alice", "commented 1 by alice"]
    for _ in range(3):
        assert await watching.poll() == []
    fake_rt.release()
    assert await watching.poll() == ["commented 1 by alice", "created 2 by alice"]
    assert watching.sensor("Open tickets") == "2"
    assert await quiet_minutes(watching) == []


@pytest.mark.parametrize("minutes", [1, 5, 60])
async def test_late_between_two_polls(
    fake_rt: FakeRT, watcher: Watcher, alice: Person, minutes: int
) -> None:
    """However long it is to the next poll, it sees what came late."""
    await watcher.set_up(poll_seconds=minutes * 60)
    alice.create()
    fake_rt.hold_back()
    alice.create()
    assert await watcher.poll(minutes=minutes, seconds=1) == ["created 2 by alice"]
    fake_rt.release()
    assert await watcher.poll(minutes=minutes, seconds=1) == ["created 1 by alice"]


async def test_many_at_once(
    hass_storage: dict[str, Any], watching: Watcher, alice: Person
) -> None:
    """What fills several of RT's pages is announced, once and in order."""
    ticket = alice.create()
    await watching.poll()
    for number in range(250):
        alice.comment(ticket, str(number))
    assert await watching.poll() == ["commented 1 by alice"] * 250
    numbers = [one["transaction_id"] for one in watching.heard]
    assert numbers == sorted(set(numbers))
    assert await quiet_minutes(watching) == []
    # What is settled need not be remembered one by one.
    assert stored(hass_storage, watching)["data"]["seen"] == []


@pytest.mark.parametrize(
    "path", ["/transactions$", "/tickets$", "/user/16$", "/Helpers/", "/REST/2.0/rt$"]
)
async def test_outage(
    fake_rt: FakeRT, watching: Watcher, alice: Person, path: str
) -> None:
    """What happened while RT could not be reached is announced when it can be."""
    ticket = alice.create()
    await watching.poll()
    alice.take(ticket)
    fake_rt.fail("*", path, faults.html(502), times=None)
    before = await quiet_minutes(watching) + await watching.poll(hours=1)
    alice.comment(ticket, "Hm")
    before += await quiet_minutes(watching)
    fake_rt.heal()
    after = await quiet_minutes(watching)
    assert before + after == ["owner_changed 1 by alice", "commented 1 by alice"]


# --- Over a restart -------------------------------------------------------


async def test_first_time(fake_rt: FakeRT, watcher: Watcher, alice: Person) -> None:
    """Nothing that happened before the entry was added is announced."""
    for _ in range(120):
        alice.create()
    await watcher.set_up()
    assert watcher.heard.in_short == []
    assert await quiet_minutes(watcher) == []
    assert watcher.sensor("Open tickets") == "120"


@pytest.mark.parametrize("count", [1, 60, 250])
async def test_missed(watching: Watcher, alice: Person, wait: Wait, count: int) -> None:
    """What happened while Home Assistant was down is announced when it starts."""
    alice.create()
    await watching.poll()
    await watching.stop()
    for _ in range(count):
        alice.create()
    await wait(hours=3)
    expected = [f"created {number + 2} by alice" for number in range(count)]
    assert await watching.start() == expected
    assert watching.sensor("Open tickets") == str(count + 1)
    assert await watching.start() == []
    assert await quiet_minutes(watching) == []
    assert await watching.start() == []


async def test_reload(hass: HomeAssistant, watching: Watcher, alice: Person) -> None:
    """A reload makes no difference."""
    ticket = alice.create()
    await watching.poll()
    alice.comment(ticket, "One")
    await hass.config_entries.async_reload(watching.entry.entry_id)
    await hass.async_block_till_done()
    alice.comment(ticket, "Two")
    assert await watching.poll() == ["commented 1 by alice"]
    assert await quiet_minutes(watching) == []


async def test_reload_while_announcing(
    hass: HomeAssistant,
    watching: Watcher,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is being announced when the entry is unloaded is announced to the end."""
    for _ in range(20):
        alice.create()

    @callback
    def reload(_event: object) -> None:
        if watching.heard:
            stop()
            hass.config_entries.async_schedule_reload(watching.entry.entry_id)

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, reload)
    heard = await watching.poll() + await quiet_minutes(watching)
    assert heard == [f"created {number} by alice" for number in range(1, 21)]
    assert watching.counts() == {"new": 20}
    assert "unique IDs" not in caplog.text


async def test_killed_before_anybody_listens(
    hass: HomeAssistant, watching: Watcher, alice: Person, wait: Wait
) -> None:
    """What nobody heard yet is not lost when Home Assistant is killed."""
    await watching.stop()
    alice.create()
    hass.set_state(CoreState.starting)
    assert await watching.start() == []
    await watching.poll()
    alice.create()
    assert await watching.start() == []
    hass.set_state(CoreState.running)
    assert await watching.start() == ["created 1 by alice", "created 2 by alice"]


async def test_starting(
    hass: HomeAssistant, watching: Watcher, alice: Person, wait: Wait
) -> None:
    """Events wait until Home Assistant has started and automations listen."""
    await watching.stop()
    alice.create()
    hass.set_state(CoreState.starting)
    assert await watching.start() == []
    alice.create()
    assert await watching.poll() == []
    assert watching.sensor("Open tickets") == "2"
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await wait(seconds=9)
    assert watching.heard.in_short == []
    await wait(seconds=2)
    assert watching.heard.in_short == ["created 1 by alice", "created 2 by alice"]
    alice.create()
    assert await watching.poll() == ["created 3 by alice"]
    assert await quiet_minutes(watching) == []


@pytest.mark.parametrize(
    ("hours", "announced"),
    [
        (0, []),
        (1, ["created 2 by alice"]),
        (3, ["created 1 by alice", "created 2 by alice"]),
    ],
)
async def test_look_back(
    watcher: Watcher, alice: Person, wait: Wait, hours: float, announced: list[str]
) -> None:
    """After a restart, nothing is announced that is older than the option says."""
    await watcher.set_up(look_back_hours=hours)
    await watcher.stop()
    alice.create()
    await wait(hours=1.5)
    alice.create()
    await wait(minutes=20)
    assert await watcher.start() == announced
    assert watcher.sensor("Open tickets") == "2"
    alice.create()
    assert await watcher.poll() == ["created 3 by alice"]
    assert await quiet_minutes(watcher) == []


async def test_late_over_a_restart(
    fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """What shows late is announced, though Home Assistant was started meanwhile."""
    alice.create()
    fake_rt.hold_back()
    alice.create()
    assert await watching.poll() == ["created 2 by alice"]
    assert await watching.start() == []
    fake_rt.release()
    assert await watching.poll() == ["created 1 by alice"]


async def test_rt_away_at_the_start(
    fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """What was missed is announced as soon as RT tells it."""
    alice.create()
    await watching.stop()
    fake_rt.fail("GET", "/transactions$", faults.html(502), times=None)
    assert await watching.start() == []
    assert watching.entry.state is ConfigEntryState.LOADED
    assert await quiet_minutes(watching) == []
    fake_rt.heal()
    assert await watching.poll() == ["created 1 by alice"]
    assert await quiet_minutes(watching) == []


# --- Another RT -----------------------------------------------------------


async def test_another_queue(
    hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """Nothing of the past is announced of another queue."""
    fake_rt.add_queue("Incidents")
    alice.create()
    await watching.stop()
    alice.create(queue="Incidents")
    hass.config_entries.async_update_entry(
        watching.entry, data={**watching.entry.data, CONF_QUEUE: "Incidents"}
    )
    assert await watching.start() == []
    assert watching.sensor("Open tickets") == "1"
    alice.create(queue="Incidents")
    assert await watching.poll() == ["created 3 by alice"]


async def test_another_server(
    hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """Nor of another server."""
    alice.create()
    await watching.poll()
    await watching.stop()
    async with FakeRT() as other:
        other.token = fake_rt.token
        bob = other.person("bob")
        for _ in range(3):
            bob.create()
        hass.config_entries.async_update_entry(
            watching.entry, data={**watching.entry.data, CONF_URL: other.url}
        )
        assert await watching.start() == []
        bob.create()
        assert await watching.poll() == ["created 4 by bob"]
        await watching.stop()


async def test_restored(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """RT that was restored from a backup is followed again within a quarter of an hour."""
    alice.create()
    await quiet_minutes(watching)
    backup = fake_rt.backup()
    for _ in range(9):
        alice.create()
    await quiet_minutes(watching)
    fake_rt.restore(backup)
    alice.create("Only in the restored one")
    assert await watching.poll(hours=1) == []
    assert watching.sensor("Open tickets") == "2"
    alice.create()
    assert await watching.poll() == ["created 3 by alice"]
    assert await quiet_minutes(watching) == []


async def test_restored_meanwhile(
    fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """So it is if that happened while Home Assistant was down, and left nothing."""
    backup = fake_rt.backup()
    alice.create()
    await watching.poll()
    await watching.stop()
    fake_rt.restore(backup)
    assert await watching.start() == []
    assert watching.sensor("Open tickets") == "0"
    alice.create()
    await watching.poll(hours=1)
    alice.create()
    assert await watching.poll() == ["created 2 by alice"]


# --- The file -------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        {"seen": ["x"]},
        {"seen": [None]},
        {"after": None},
        {"statuses": None},
        ["after"],
        "version",
        "after",
        "url",
    ],
)
async def test_broken_file(
    hass_storage: dict[str, Any],
    watching: Watcher,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
    broken: Any,
) -> None:
    """A file that cannot be read is said, and the past is not announced once more."""
    alice.create()
    await watching.poll()
    await watching.stop()
    file = stored(hass_storage, watching)
    match broken:
        case dict():
            file["data"] |= broken
        case list():
            file["data"] = broken
        case "version":
            file["version"] = 9
        case name:
            del file["data"][name]
    assert await watching.start() == []
    assert "How far RT was read is not known any more" in caplog.text
    alice.create()
    assert await watching.poll() == ["created 2 by alice"]
    assert await watching.start() == []


async def test_removed(
    hass: HomeAssistant, hass_storage: dict[str, Any], watching: Watcher
) -> None:
    """Nothing stays of an entry that is removed."""
    await hass.config_entries.async_remove(watching.entry.entry_id)
    await hass.async_block_till_done()
    assert [name for name in hass_storage if name.startswith("ha_rt.")] == []
