"""See scripts/bench."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
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
    entry_data,
    home_assistant,
)
from scripts.benchmark.open_cost import measure_open
from scripts.benchmark.others import measure_others
from scripts.benchmark.poll import measure_changes, measure_poll
from scripts.benchmark.report import Ours
from scripts.benchmark.results import Many, Reports, Results
from scripts.benchmark.rounds import (
    Clients,
    Way,
    measure_create,
    measure_repeat,
    measure_resolve,
)
from scripts.benchmark.search import measure_search
from scripts.benchmark.setup_cost import measure_setup
from scripts.benchmark.size import FULL, QUICK, Size
from scripts.benchmark.statistics_cost import DAYS, measure_statistics
from scripts.benchmark.tables import tables
from scripts.benchmark.throttle import measure_throttle
from scripts.benchmark.traffic import Bare
from scripts.live.process import ServerError
from scripts.live.rt import RECIPE, ROOT, RTError, RTServer

FOLDER = ROOT / ".dev" / "bench"

BCRYPT_COST = 12  # RT's default
WORKERS = 4
CONNECTIONS = 4
MANY = "Empty Queue"  # until it is filled, for many tickets at once
PERSON = "alice"
BUSY = 0.7  # processes, on average over the last minute


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
    async with home_assistant(config) as hass, compared(hass, rt) as clients:
        reports = await measure_reports(clients, rt, size)
        with shown("The same with the library rt and with rest_command"):
            rivals, flapping = await measure_others(hass, clients, rt, size)
        with shown(f"{size.throttled} repeats that are held back"):
            throttled = await measure_throttle(
                clients.ours[Way.SESSION], f"repeat-{Way.SESSION}", size.throttled
            )
        # The last, for RT may take longer with so many tickets.
        many = await measure_many(hass, rt, clients.bare[Way.BARE], size)
        log_ins = clients.ours[Way.SESSION].recorder.log_ins
    return Results(
        setup=setup,
        reports=reports,
        rivals=rivals,
        flapping=flapping,
        log_ins=log_ins,
        throttled=throttled,
        many=many,
    )


@asynccontextmanager
async def compared(hass: HomeAssistant, rt: RTServer) -> AsyncIterator[Clients]:
    """Connect with sessions and without, ours and bare."""
    token, data = rt.tokens[ACCOUNT], entry_data(rt, rt.url)
    async with (
        Bare(rt.url, token, connections=1) as bare,
        Bare(rt.url, token, connections=1) as bare_session,
    ):
        await bare_session.log_in()
        yield Clients(
            ours={
                Way.SESSION: await Ours.add(hass, data, use_sessions=True),
                Way.TOKEN: await Ours.add(hass, data, use_sessions=False),
            },
            bare={Way.BARE: bare, Way.BARE_SESSION: bare_session},
        )


async def measure_reports(clients: Clients, rt: RTServer, size: Size) -> Reports:
    """Measure the actions on the ticket of a device."""
    # The first, for a poll asks again for what others did within the last minutes.
    with shown(f"{size.polls} polls, by each way in turn"):
        poll = await measure_poll(clients, rt, size.polls)
    with shown(f"{size.repeats} repeats, by each way in turn"):
        repeat = await measure_repeat(clients, size.repeats)
    with shown(f"{size.creates} new tickets, by each way in turn"):
        create, tickets = await measure_create(clients, size.creates)
    with shown(f"{size.burst} devices at once, by each way"):
        async with Bare(rt.url, rt.tokens[ACCOUNT], connections=CONNECTIONS) as several:
            burst = await measure_burst(clients, rt, several, create.requests, size)
    with shown(f"{size.resolved} resolutions, ours and bare in turn"):
        await asyncio.to_thread(rt.grant, ACCOUNT, QUEUE, "ModifyTicket")
        resolve = await measure_resolve(clients, rt, tickets[: size.resolved])
    return Reports(
        repeat=repeat, create=create, poll=poll, burst=burst, resolve=resolve
    )


async def measure_many(
    hass: HomeAssistant, rt: RTServer, bare: Bare, size: Size
) -> Many:
    """Measure the actions on many tickets, in a queue of their own."""
    await fill(rt, size.tickets)
    ours = await Ours.add(hass, entry_data(rt, rt.url, MANY), use_sessions=False)
    with shown(f"{size.searches} searches for {size.found}, ours and bare in turn"):
        search = await measure_search(ours, bare, size.found, size.searches)
    with shown(f"A poll after {size.changes} changes"):
        changes_requests = await measure_changes(ours, rt, MANY, size.changes)
    with shown(f"Statistics over {size.tickets} tickets"):
        statistics = await measure_statistics(rt, MANY, size.tickets)
    if more := size.open * 5 - size.tickets:
        await fill(rt, more)
    with shown(f"{size.open} open tickets"):
        open_cost = await measure_open(rt, MANY, size.open)
    return Many(
        search=search,
        found=size.found,
        changes=size.changes,
        changes_requests=changes_requests,
        statistics=statistics,
        counted=size.tickets,
        open=open_cost,
    )


async def fill(rt: RTServer, tickets: int) -> None:
    """Add tickets to the queue of many, of which two of ten are open."""
    with shown(f"{tickets} tickets, right into the database"):
        what = (RECIPE / "fill.pl", MANY, tickets, DAYS, ACCOUNT, PERSON)
        await asyncio.to_thread(rt.perl, *what)


def main() -> None:
    """Run as `python -m scripts.benchmark`."""
    logging.basicConfig(level=logging.ERROR)
    is_quick = os.environ.get("BENCH_QUICK", "") not in {"", "0"}
    size, cost = (QUICK, 4) if is_quick else (FULL, BCRYPT_COST)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    if os.getloadavg()[0] > BUSY:
        print("This machine is busy with something else, which blurs the figures.")
    try:
        with RTServer(FOLDER / "rt", bcrypt_cost=cost, workers=WORKERS) as rt:
            results = asyncio.run(measure(rt, size))
    except (BenchmarkError, HomeAssistantError, RTError, ServerError) as err:
        sys.exit(f"failed\n\n{err}")
    print(f"\nRequest Tracker with bcrypt cost {cost} and {WORKERS} workers")
    print(f"\n{tables(results)}\n")
    wrong = results.faults()
    if is_quick:
        print("BENCH_QUICK: only what is lost, doubled or asked too often is judged.")
    else:
        wrong += results.missed()
    print(json.dumps(results.summary(), allow_nan=False))
    if wrong:
        sys.exit(f"failed: {'; '.join(wrong)}")


if __name__ == "__main__":
    main()
