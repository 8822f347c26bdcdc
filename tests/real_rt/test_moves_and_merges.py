"""What happens to tickets before they leave a queue, or are gone, is announced too."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    INCIDENTS,
    SetUp,
    by_hand,
    change_by_hand,
    create_by_hand,
    new_device,
    say_by_hand,
    set_status,
)
from tests.watch import Heard

type Poll = Callable[[], Awaitable[tuple[list[str], list[str]]]]


@pytest.fixture
async def here(hass: HomeAssistant, set_up: SetUp) -> Heard:
    """Return what the entry of the queue announces."""
    await _follow(hass, set_up, FACILITY)
    return Heard(hass)


@pytest.fixture
async def there(hass: HomeAssistant, set_up: SetUp) -> Heard:
    """Return what the entry of another queue announces."""
    await _follow(hass, set_up, INCIDENTS)
    return Heard(hass, "event.incidents_ticket_events")


@pytest.fixture
def poll(hass: HomeAssistant, here: Heard, there: Heard) -> Poll:
    """Return a function that lets both poll and returns what they announce."""

    async def pass_a_minute() -> tuple[list[str], list[str]]:
        here.clear()
        there.clear()
        async_fire_time_changed(hass, utcnow() + timedelta(seconds=61))
        await hass.async_block_till_done(wait_background_tasks=True)
        return here.in_short, there.in_short

    return pass_a_minute


async def _follow(hass: HomeAssistant, set_up: SetUp, queue: str) -> None:
    """Have an entry follow a queue."""
    entry = await set_up("u-full", queue)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=False)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_moved(real_rt: RTServer, poll: Poll) -> None:
    """Each thing is announced by the entry of the queue where it happened."""
    one, two = [create_by_hand(real_rt, new_device()) for _ in range(2)]
    for number in (one, two):
        say_by_hand(real_rt, number, "comment", "alice")
        change_by_hand(real_rt, number, Queue=INCIDENTS)
        say_by_hand(real_rt, number, "comment", "root")
    change_by_hand(real_rt, two, Queue=FACILITY)
    assert await poll() == (
        [
            f"created {one} by root",
            f"created {two} by root",
            f"commented {one} by alice",
            f"commented {two} by alice",
            f"status_changed {two} by RT_System",
        ],
        [
            f"status_changed {one} by RT_System",
            f"commented {one} by root",
            f"status_changed {two} by RT_System",
            f"commented {two} by root",
        ],
    )
    assert await poll() == ([], [])


async def test_gone(real_rt: RTServer, poll: Poll, here: Heard) -> None:
    """What happened to a ticket that is merged or deleted since is announced."""
    target, merged, deleted = [create_by_hand(real_rt, new_device()) for _ in range(3)]
    say_by_hand(real_rt, merged, "comment", "alice")
    change_by_hand(real_rt, merged, MergeInto=target)
    by_hand(real_rt, "DELETE", f"/REST/2.0/ticket/{deleted}")
    assert await poll() == (
        [
            f"created {target} by root",
            f"created {merged} by root",
            f"created {deleted} by root",
            f"commented {merged} by alice",
            f"resolved {deleted} by root",
        ],
        [],
    )
    assert here[-1]["status"] == here[-1]["new_value"] == "deleted"

    device = new_device()
    closed, merged = create_by_hand(real_rt, device), create_by_hand(real_rt, device)
    await poll()
    set_status(real_rt, closed, "rejected")
    await poll()
    by_hand(real_rt, "DELETE", f"/REST/2.0/ticket/{closed}")
    say_by_hand(real_rt, merged, "comment", "alice")
    change_by_hand(real_rt, merged, MergeInto=target)
    heard, _ = await poll()
    assert heard == [
        f"status_changed {closed} by root",
        f"commented {merged} by alice",
    ]
    assert here[0]["status"] == "deleted"
    assert here[1]["device_id"] == device


async def test_closed_for_a_moment(
    real_rt: RTServer, set_up: SetUp, poll: Poll, there: Heard
) -> None:
    """RT tells which statuses of a queue's own lifecycle close a ticket."""
    one, two = [create_by_hand(real_rt, new_device(), INCIDENTS) for _ in range(2)]
    for status in ("closed", "open", "false_positive"):
        set_status(real_rt, one, status)
    set_status(real_rt, two, "closed")
    _, heard = await poll()
    assert [item.split(" by ")[0] for item in heard] == [
        f"created {one}",
        f"created {two}",
        f"resolved {one}",
        f"status_changed {one}",
        f"resolved {one}",
        f"resolved {two}",
    ]
