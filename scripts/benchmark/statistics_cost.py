"""What it takes to tell figures of a queue with many tickets.

Measured in a process of its own (this module, run), by the memory that the kernel counts: what libraries written in C
take is in it, and what is given back too late. Its peak is that of the whole life of the process, so that it may be
above the action's own, never below.
"""

import asyncio
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any

from scripts.benchmark.core import (
    BenchmarkError,
    act,
    add_entry,
    entry_data,
    home_assistant,
)
from scripts.benchmark.process import in_a_process, peak_mb, resident_mb
from scripts.benchmark.traffic import Recorder
from scripts.live.rt import RTServer

DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class StatisticsCost:
    """What get_statistics took over what was there before."""

    seconds: float
    mb: float
    requests: int


async def measure_statistics(rt: RTServer, queue: str, tickets: int) -> StatisticsCost:
    """Measure once; the queue holds what `scripts/rt/fill.pl` made."""
    data = {"entry": entry_data(rt, rt.url, queue), "tickets": tickets}
    cost = await in_a_process(__name__, data)
    return StatisticsCost(
        seconds=cost["seconds"], mb=cost["mb"], requests=int(cost["requests"])
    )


async def _measure(config: Path, data: dict[str, Any]) -> dict[str, float]:
    """Set the entry up and ask for the figures."""
    recorder = Recorder()
    async with home_assistant(config) as hass:
        with recorder.watching():
            await add_entry(hass, "ha_rt", data["entry"])
        await hass.async_block_till_done(wait_background_tasks=True)
        recorder.take()
        base = resident_mb()
        started = time.perf_counter()
        figures = await act(hass, "get_statistics", {"days": DAYS})
        seconds = time.perf_counter() - started
        mb = peak_mb() - base
    _check(figures, data["tickets"])
    return {"seconds": seconds, "mb": mb, "requests": len(recorder.take())}


def _check(figures: dict[str, Any], tickets: int) -> None:
    """See that the figures are right: eight tickets of ten are answered and resolved."""
    counted = (
        figures["created"],
        figures["resolved"],
        figures["open"],
        figures["first_response_minutes"]["count"],
    )
    ended = tickets * 8 // 10
    if counted != (tickets, ended, tickets - ended, ended):
        raise BenchmarkError(f"Of {tickets} tickets, these are the figures: {counted}")


def main() -> None:
    """Measure once, in this process."""
    data = json.load(sys.stdin)
    with TemporaryDirectory() as folder:
        cost = asyncio.run(_measure(Path(folder), data))
    json.dump(cost, sys.stdout)


if __name__ == "__main__":
    main()
