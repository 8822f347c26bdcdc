"""Repeats that are held back, and how often RT is asked for one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unittest.mock import patch

from homeassistant.util import dt as dt_util

from scripts.benchmark.core import BenchmarkError
from scripts.benchmark.report import Ours

MINUTES = 30
# After a minute, the ticket of a repeat is looked at again: with every third one.
STEP = timedelta(seconds=21)


@dataclass(kw_only=True)
class Throttled:
    """How many requests each repeat sent that was held back."""

    requests: list[int] = field(default_factory=list)

    @property
    def most(self) -> int:
        """The most that one repeat sent."""
        return max(self.requests)


async def measure_throttle(ours: Ours, key: str, repeats: int) -> Throttled:
    """Repeat a report with the comment policy throttle, for minutes of its clock.

    Args:
        ours: Gets the policy, and keeps it.
        key: A device whose ticket is open.
        repeats: How many; all in the time in which nothing but the first is sent.

    """
    entry, entries = ours.entry, ours.hass.config_entries
    options = {"comment_policy": "throttle", "throttle_minutes": MINUTES}
    with ours.recorder.watching():
        entries.async_update_entry(entry, options={**entry.options, **options})
        if not await entries.async_reload(entry.entry_id):
            raise BenchmarkError(f"ha_rt does not load again: {entry.reason}")
        await ours.hass.async_block_till_done(wait_background_tasks=True)
    await ours.report(key, "commented")
    throttled = Throttled()
    with _moving_clock() as clock:
        for _ in range(repeats):
            ours.recorder.take()
            await ours.report(key, "skipped")
            throttled.requests.append(len(ours.recorder.take()))
            clock.ahead += STEP
    if not any(throttled.requests):
        raise BenchmarkError("No repeat that was held back looked at its ticket")
    return throttled


@dataclass(kw_only=True)
class _Clock:
    """How far Home Assistant's clock is ahead."""

    ahead: timedelta = timedelta()


@contextmanager
def _moving_clock() -> Iterator[_Clock]:
    """Let the time be what a test of minutes needs; timers stay as they are."""
    clock, utcnow = _Clock(), dt_util.utcnow

    def moved() -> datetime:
        return utcnow() + clock.ahead

    with patch("homeassistant.util.dt.utcnow", moved):
        yield clock
