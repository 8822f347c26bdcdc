"""See scripts/bench."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import json
import logging
import os
import shutil
from statistics import median
import sys
import time

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from scripts.benchmark.burst import Burst, measure_burst
from scripts.benchmark.core import (
    ACCOUNT,
    BenchmarkError,
    add_entry,
    entry_data,
    home_assistant,
)
from scripts.benchmark.library import measure_library
from scripts.benchmark.rounds import Comparison, measure_create, measure_repeat
from scripts.benchmark.setup_cost import SetupCost, measure_setup
from scripts.benchmark.traffic import Bare, Recorder
from scripts.live.process import ServerError
from scripts.live.rt import ROOT, RTError, RTServer

FOLDER = ROOT / ".dev" / "bench"

BCRYPT_COST = 12  # RT's default
WORKERS = 4
CONNECTIONS = 4
BUSY = 0.7  # processes, on average over the last minute


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much is measured."""

    repeats: int
    creates: int
    burst: int
    processes: int
    library: bool


FULL = Size(repeats=40, creates=25, burst=200, processes=9, library=True)
QUICK = Size(repeats=6, creates=4, burst=8, processes=3, library=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """All that was measured."""

    setup: SetupCost
    repeat: Comparison
    create: Comparison
    burst: Burst
    library_ms: float | None

    def summary(self) -> dict[str, float]:
        """Return the figures for other programs."""
        return {
            "repeat_ratio": round(self.repeat.ratio, 3),
            "repeat_requests": self.repeat.per_action,
            "create_ratio": round(self.create.ratio, 3),
            "create_requests": self.create.per_action,
            "burst_ratio": round(self.burst.ratio, 3),
            "burst_lost": self.burst.lost,
            "burst_doubled": self.burst.doubled,
            "loop_hold_ms": round(self.burst.hold.wall_ms, 1),
            "loop_hold_cpu_ms": round(self.burst.hold.cpu_ms, 1),
            "setup_ms": round(self.setup.ms, 1),
            "setup_mb": round(self.setup.mb, 2),
        }


@contextmanager
def shown(title: str) -> Iterator[None]:
    """Say what takes long, and how long it took."""
    print(f"{title} … ", end="", flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.1f} s", flush=True)


async def measure(rt: RTServer, size: Size) -> Results:
    """Measure everything, one thing after the other."""
    with shown(f"Setting up, in {size.processes} processes"):
        setup = await measure_setup(rt, size.processes)
    config = FOLDER / "home-assistant"
    config.mkdir()
    recorder = Recorder()
    async with home_assistant(config) as hass:
        with recorder.watching():
            await add_entry(hass, "ha_rt", entry_data(rt, rt.url))
        return await measure_reports(hass, rt, recorder, size, setup)


async def measure_reports(
    hass: HomeAssistant,
    rt: RTServer,
    recorder: Recorder,
    size: Size,
    setup: SetupCost,
) -> Results:
    """Measure the action."""
    token = rt.tokens[ACCOUNT]
    async with (
        Bare(rt.url, token, connections=1) as one,
        Bare(rt.url, token, connections=CONNECTIONS) as several,
    ):
        with shown(f"{size.repeats} repeats, ours and bare in turn"):
            repeat = await measure_repeat(hass, recorder, one, size.repeats)
        with shown(f"{size.creates} new tickets, ours and bare in turn"):
            create = await measure_create(hass, recorder, one, size.creates)
        with shown(f"{size.burst} devices at once, ours and bare"):
            burst = await measure_burst(hass, rt, several, create.requests, size.burst)
    library_ms = None
    if size.library:
        with shown("Repeats with the library rt"):
            library_ms = await measure_library(rt, "repeat-bare")
    return Results(
        setup=setup, repeat=repeat, create=create, burst=burst, library_ms=library_ms
    )


def table(results: Results, size: Size) -> str:
    """Return the figures for people."""
    repeat, create, burst = results.repeat, results.create, results.burst
    rows = [("", "ours", "bare", "ratio", "goal", "requests")]
    for title, each in (("Repeat", repeat), ("New ticket", create)):
        rows.append(
            (
                f"{title}, median of {len(each.ours)}",
                f"{median(each.ours):.0f} ms",
                f"{median(each.bare):.0f} ms",
                f"{each.ratio:.3f}",
                "≤ 1.10",
                f"{each.per_action:g}: " + ", ".join(map(str, each.requests)),
            )
        )
    rows += [
        (
            f"{size.burst} new devices at once",
            f"{burst.ours_s:.1f} s",
            f"{burst.bare_s:.1f} s",
            f"{burst.ratio:.3f}",
            "≤ 1.15",
            f"{burst.lost} lost, {burst.doubled} doubled",
        ),
        (
            "Longest hold of the event loop then",
            f"{burst.hold.wall_ms:.1f} ms",
            "",
            "",
            "≤ 20 ms",
            f"by {burst.hold.what}; at most {burst.hold.cpu_ms:.1f} ms of it computing",
        ),
        ("Import and set-up", f"{results.setup.ms:.0f} ms", "", "", "< 100 ms", ""),
        ("Memory for it", f"{results.setup.mb:.1f} MB", "", "", "< 5 MB", ""),
    ]
    if results.library_ms:
        ratio = results.library_ms / median(repeat.bare)
        library = (f"{results.library_ms:.0f} ms", "", f"{ratio:.3f}", "", "")
        rows.append(("Repeat with the library rt", *library))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if number in {0, 5} else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Run as `python -m scripts.benchmark`."""
    logging.basicConfig(level=logging.ERROR)
    size = QUICK if os.environ.get("BENCH_QUICK", "") not in {"", "0"} else FULL
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    if os.getloadavg()[0] > BUSY:
        print("This machine is busy with something else, which blurs the figures.")
    try:
        with RTServer(FOLDER / "rt", bcrypt_cost=BCRYPT_COST, workers=WORKERS) as rt:
            results = asyncio.run(measure(rt, size))
    except (BenchmarkError, HomeAssistantError, RTError, ServerError) as err:
        sys.exit(f"failed\n\n{err}")
    print(f"\nRequest Tracker with bcrypt cost {BCRYPT_COST} and {WORKERS} workers")
    if size is QUICK:
        print("BENCH_QUICK: fewer rounds and a smaller burst than the goals are about")
    print(f"\n{table(results, size)}\n")
    print(json.dumps(results.summary()))
    if results.burst.lost or results.burst.doubled:
        sys.exit(1)


if __name__ == "__main__":
    main()
