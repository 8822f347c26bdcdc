"""Many devices at once: does it cost more than a plain client, and is all of it there?"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import json
from operator import attrgetter
import time
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant

from scripts.benchmark.report import report
from scripts.benchmark.traffic import Bare, Request
from scripts.live.rt import RTServer

# Each of RT's workers waits a second for more on the connection that it had last.
PAUSE = 1.2

# Reads the database itself, past everything that is measured here.
COUNT = """
my $rows = $RT::Handle->dbh->selectall_arrayref(
    q{SELECT Content, COUNT(*) FROM ObjectCustomFieldValues
      WHERE ObjectType = 'RT::Ticket' AND Disabled = 0 AND Content LIKE ? GROUP BY Content},
    undef, "$ARGV[0]%");
say_json({ map { $_->[0] => $_->[1] + 0 } @$rows });
"""


@dataclass(kw_only=True)
class Hold:
    """The longest time that the event loop could do nothing else."""

    wall_ms: float = 0
    cpu_ms: float = 0
    what: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Burst:
    """What many reports at once took, and what became of them."""

    ours_s: float
    bare_s: float
    hold: Hold
    size: int
    lost: int
    doubled: int

    @property
    def ratio(self) -> float:
        """The action's time over the plain client's."""
        return self.ours_s / self.bare_s


async def measure_burst(
    hass: HomeAssistant, rt: RTServer, bare: Bare, requests: list[Request], size: int
) -> Burst:
    """Report about new devices all at once; the plain client does the same.

    It does so once before and once after, so that a drift cancels.

    Args:
        hass: Has ha_rt loaded.
        rt: The server, whose database is counted in.
        bare: Opens as many connections as it likes to compare with.
        requests: Those of a report about the device create-recorded.
        size: How many devices.

    """

    async def bare_burst(name: str) -> float:
        return await _timed(
            bare.send(requests, ("create-recorded", f"burst-{name}-{n}-"))
            for n in range(size)
        )

    before = await bare_burst("before")
    with _holds() as hold:
        ours = await _timed(
            report(hass, f"burst-ours-{n}-", "created") for n in range(size)
        )
    after = await bare_burst("after")
    tickets: dict[str, int] = json.loads(
        await asyncio.to_thread(rt.perl, COUNT, "burst-ours-")
    )
    return Burst(
        ours_s=ours,
        bare_s=(before + after) / 2,
        hold=hold,
        size=size,
        lost=size - len(tickets),
        doubled=sum(number - 1 for number in tickets.values()),
    )


async def _timed(reports: Iterable[Awaitable[object]]) -> float:
    """Return the seconds that all of them take, started at once."""
    await asyncio.sleep(PAUSE)
    started = time.perf_counter()
    await asyncio.gather(*reports)
    return time.perf_counter() - started


@contextmanager
def _holds() -> Iterator[Hold]:
    """Time every callback of the event loop but those of the task that measures."""
    hold = Hold()
    run = vars(asyncio.Handle)["_run"]
    callback_of = attrgetter("_callback")
    driver = asyncio.current_task()

    def timed(handle: Any) -> None:
        owner = getattr(callback_of(handle), "__self__", None)
        cpu, wall = time.thread_time(), time.perf_counter()
        run(handle)
        wall = (time.perf_counter() - wall) * 1000
        cpu = (time.thread_time() - cpu) * 1000
        if owner is driver:
            return
        hold.cpu_ms = max(hold.cpu_ms, cpu)
        if wall > hold.wall_ms:
            coroutine = owner.get_coro() if isinstance(owner, asyncio.Task) else None
            hold.wall_ms = wall
            hold.what = getattr(coroutine, "__qualname__", repr(handle))

    with patch.object(asyncio.Handle, "_run", timed):
        yield hold
