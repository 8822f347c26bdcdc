"""See scripts/bench."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import json
import logging
import os
import shutil
import sys
import time

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from scripts.benchmark.burst import measure_burst
from scripts.benchmark.core import (
    ACCOUNT,
    QUEUE,
    BenchmarkError,
    add_entry,
    entry_data,
    home_assistant,
)
from scripts.benchmark.library import measure_library
from scripts.benchmark.results import Many, Reports, Results
from scripts.benchmark.rounds import measure_create, measure_repeat, measure_resolve
from scripts.benchmark.search import measure_search
from scripts.benchmark.setup_cost import measure_setup
from scripts.benchmark.statistics_cost import DAYS, measure_statistics
from scripts.benchmark.throttle import measure_throttle
from scripts.benchmark.traffic import Bare, Recorder
from scripts.live.process import ServerError
from scripts.live.rt import RECIPE, ROOT, RTError, RTServer

FOLDER = ROOT / ".dev" / "bench"

BCRYPT_COST = 12  # RT's default
WORKERS = 4
CONNECTIONS = 4
MANY = "Empty Queue"  # until it is filled, for many tickets at once
PERSON = "alice"
BUSY = 0.7  # processes, on average over the last minute


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much is measured."""

    repeats: int
    creates: int
    burst: int
    processes: int
    resolved: int
    throttled: int
    found: int
    searches: int
    tickets: int
    library: bool


FULL = Size(
    repeats=40,
    creates=25,
    burst=200,
    processes=9,
    resolved=15,
    throttled=80,
    found=1000,
    searches=3,
    tickets=10_000,
    library=True,
)
QUICK = Size(
    repeats=6,
    creates=4,
    burst=8,
    processes=3,
    resolved=3,
    throttled=20,
    found=100,
    searches=2,
    tickets=500,
    library=False,
)


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
    async with (
        home_assistant(config) as hass,
        Bare(rt.url, rt.tokens[ACCOUNT], connections=1) as bare,
    ):
        with recorder.watching():
            entry = await add_entry(hass, "ha_rt", entry_data(rt, rt.url))
        reports = await measure_reports(hass, rt, recorder, bare, size)
        with shown(f"{size.throttled} repeats that are held back"):
            throttled = await measure_throttle(
                hass, recorder, entry, "repeat-ours", size.throttled
            )
        # The last, for RT may take longer with so many tickets.
        many = await measure_many(hass, rt, recorder, bare, size)
    return Results(setup=setup, reports=reports, throttled=throttled, many=many)


async def measure_reports(
    hass: HomeAssistant, rt: RTServer, recorder: Recorder, bare: Bare, size: Size
) -> Reports:
    """Measure the actions on the ticket of a device."""
    with shown(f"{size.repeats} repeats, ours and bare in turn"):
        repeat = await measure_repeat(hass, recorder, bare, size.repeats)
    with shown(f"{size.creates} new tickets, ours and bare in turn"):
        create = await measure_create(hass, recorder, bare, size.creates)
    with shown(f"{size.burst} devices at once, ours and bare"):
        async with Bare(rt.url, rt.tokens[ACCOUNT], connections=CONNECTIONS) as several:
            burst = await measure_burst(hass, rt, several, create.requests, size.burst)
    with shown(f"{size.resolved} resolutions, ours and bare in turn"):
        await asyncio.to_thread(rt.grant, ACCOUNT, QUEUE, "ModifyTicket")
        resolve = await measure_resolve(
            hass, rt, recorder, bare, create.tickets[: size.resolved]
        )
    library_ms = None
    if size.library:
        with shown("Repeats with the library rt"):
            library_ms = await measure_library(rt, "repeat-bare")
    return Reports(
        repeat=repeat,
        create=create,
        burst=burst,
        resolve=resolve,
        library_ms=library_ms,
    )


async def measure_many(
    hass: HomeAssistant, rt: RTServer, recorder: Recorder, bare: Bare, size: Size
) -> Many:
    """Measure the actions on many tickets, in a queue of their own."""
    with shown(f"{size.tickets} tickets, right into the database"):
        fill = (RECIPE / "fill.pl", MANY, size.tickets, DAYS, ACCOUNT, PERSON)
        await asyncio.to_thread(rt.perl, *fill)
    with recorder.watching():
        entry = await add_entry(hass, "ha_rt", entry_data(rt, rt.url, MANY))
    with shown(f"{size.searches} searches for {size.found}, ours and bare in turn"):
        search = await measure_search(
            hass, recorder, bare, entry, (size.found, size.searches)
        )
    with shown(f"Statistics over {size.tickets} tickets"):
        statistics = await measure_statistics(rt, MANY, size.tickets)
    return Many(
        search=search, found=size.found, statistics=statistics, counted=size.tickets
    )


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
        print("BENCH_QUICK: fewer rounds, devices and tickets than the goals are about")
    print(f"\n{results.table()}\n")
    print(json.dumps(results.summary()))
    if missed := results.missed():
        sys.exit(f"failed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
