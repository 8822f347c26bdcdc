"""Many devices at once: does it cost more than a plain client, and is all of it there?"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
import time
from typing import Any
from unittest.mock import patch

from scripts.benchmark.core import BenchmarkError
from scripts.benchmark.database import open_tickets
from scripts.benchmark.rounds import Clients, Way
from scripts.benchmark.size import Size
from scripts.benchmark.traffic import Bare, Request
from scripts.live.rt import RTServer


@dataclass(kw_only=True)
class Hold:
    """The longest time that the event loop could do nothing else."""

    wall_ms: float = 0
    cpu_ms: float = 0
    what: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Burst:
    """What many reports at once took, and what became of ours."""

    seconds: dict[Way, float]
    hold: Hold
    size: int
    lost: int
    doubled: int

    def ratio(self, way: Way, other: Way) -> float:
        """Return the time of a way over that of the other."""
        return self.seconds[way] / self.seconds[other]


async def measure_burst(
    clients: Clients, rt: RTServer, bare: Bare, requests: list[Request], size: Size
) -> Burst:
    """Report about new devices all at once, with sessions and with the token.

    The plain client does so too: about half of them before and about the others
    after, so that a drift cancels.

    Args:
        clients: Report.
        rt: The server, whose database is counted in.
        bare: Opens as many connections as it likes to compare with.
        requests: Those of a report about the device create-recorded.
        size: Tells how many devices.

    """
    devices = range(size.burst)

    async def bare_burst(numbers: range) -> float:
        return await timed(
            size.pause,
            (
                bare.send(requests, ("create-recorded", f"burst-bare-{n}-"))
                for n in numbers
            ),
        )

    half = len(devices) // 2
    seconds = {Way.BARE: await bare_burst(devices[:half])}
    log_ins = clients.ours[Way.SESSION].recorder.log_ins
    known = len(log_ins)
    # What comes next includes a log-in.
    rt.database.forget_sessions()
    with _holds() as hold:
        for way, ours in clients.ours.items():
            seconds[way] = await timed(
                size.pause,
                (ours.report(f"burst-ours-{way}-{n}-", "created") for n in devices),
            )
    if len(log_ins) == known:
        raise BenchmarkError("The burst in a session did without a log-in")
    seconds[Way.BARE] += await bare_burst(devices[half:])
    tickets = open_tickets(rt, "burst-ours-")
    return Burst(
        seconds=seconds,
        hold=hold,
        size=len(devices),
        lost=len(devices) * len(clients.ours) - len(tickets),
        doubled=sum(number - 1 for number in tickets.values()),
    )


async def timed(pause: float, reports: Iterable[Awaitable[object]]) -> float:
    """Return the seconds that all of them take, started at once after a pause."""
    await asyncio.sleep(pause)
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
