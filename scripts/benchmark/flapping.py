"""Sensors that flap while RT is busy: what is left of many reports, by ha_rt and by others.

Every device reports several times, all at once, and each report has a text of its own. Nobody waits longer than it does
by default. It is over when everybody has an answer or has given up, and RT is done with all that it was sent: it goes on
working for those who left.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
import time

from scripts.benchmark.database import open_tickets, stored_texts
from scripts.benchmark.gate import Gate
from scripts.benchmark.rounds import Way
from scripts.benchmark.size import Size
from scripts.live.rt import RTServer

TIMES = 3

type Tell = Callable[[str, str], Awaitable[object]]
"""Comments on the ticket of a device or creates one, as well as it can, or raises."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flapping:
    """What became of the reports of one way."""

    devices: int
    reports: int
    seconds: float
    requests: int
    errors: int
    """Reports whose sender was told that something went wrong."""
    doubled: int
    """Open tickets beyond one per device."""
    lost: int
    """Reports that are in no ticket."""

    @property
    def requests_each(self) -> float:
        """Return how many requests it took for each report that is in a ticket."""
        return self.requests / max(self.reports - self.lost, 1)

    @property
    def seconds_each(self) -> float:
        """Return how long each report took that is in a ticket: who gives up is quick."""
        return self.seconds / max(self.reports - self.lost, 1)

    def figures(self) -> dict[str, float]:
        """Return what is compared, all of which had better be small."""
        return {
            "seconds": self.seconds_each,
            "requests": self.requests_each,
            "duplicates": self.doubled,
            "losses": self.lost,
        }

    def is_behind(self, other: Flapping) -> list[str]:
        """Return in what this is worse than another."""
        its = other.figures()
        return [name for name, mine in self.figures().items() if mine > its[name]]


async def measure_flapping(
    ways: Mapping[Way, Tell], rt: RTServer, gate: Gate, size: Size
) -> list[dict[Way, Flapping]]:
    """Measure one way after the other, with few devices and with many."""
    measured: list[dict[Way, Flapping]] = []
    for devices in size.flapping:
        measured.append({})
        for way, tell in ways.items():
            await asyncio.sleep(size.pause)
            measured[-1][way] = await _measure(way, tell, rt, gate, devices)
    return measured


async def _measure(
    way: Way, tell: Tell, rt: RTServer, gate: Gate, devices: int
) -> Flapping:
    """Send all reports of one way at once."""
    name = f"flap-{devices}-{way}-"
    keys = [f"{name}{number}" for number in range(devices)]
    reports = [
        (key, f"{key} flaps, time {number}.") for key in keys for number in range(TIMES)
    ]
    gate.take()
    started = time.perf_counter()
    results = await asyncio.gather(
        *(tell(key, text) for key, text in reports), return_exceptions=True
    )
    while gate.under_way:  # noqa: ASYNC110 - RT announces nothing
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - started
    requests, _ = gate.take()
    texts, tickets = stored_texts(rt, name), open_tickets(rt, name)
    return Flapping(
        devices=devices,
        reports=len(reports),
        seconds=seconds,
        requests=requests,
        errors=sum(isinstance(result, Exception) for result in results),
        doubled=sum(number - 1 for number in tickets.values()),
        lost=sum(not texts[text] for _, text in reports),
    )
