"""See scripts/load."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
import os
from pathlib import Path
import random
import shutil
import signal
import sys
import time
from typing import NamedTuple

from scripts.benchmark.__main__ import BCRYPT_COST, BUSY, WORKERS, shown
from scripts.benchmark.core import ACCOUNT, QUEUE
from scripts.benchmark.gate import Gate
from scripts.live.browser import Browser
from scripts.live.home_assistant import HomeAssistantError, LiveHomeAssistant
from scripts.live.pages import ToDoList
from scripts.live.process import ServerError, wait_until
from scripts.live.rt import RECIPE, ROOT, RTError, RTServer
from scripts.loading.books import tally
from scripts.loading.reports import TAKE, Caller, caller
from scripts.loading.results import Phase, Results

FOLDER = ROOT / ".dev" / "load"
LIST = "todo.facility_management"
DAYS = 30
PERSON = "alice"
NEW = 0.4  # of the reports that come in steadily
NICENESS = 10
# As long as RT is asked for nothing, what it answered has been shown.
QUIET_SECONDS = 4


class Size(NamedTuple):
    """How much load."""

    tickets: int
    burst: int
    per_second: int
    seconds: int


FULL = Size(tickets=50_000, burst=1000, per_second=5, seconds=300)
QUICK = Size(tickets=2000, burst=60, per_second=3, seconds=20)


class Load:
    """Home Assistant, whose to-do list somebody looks at, with an RT behind a gate."""

    def __init__(
        self,
        ha: LiveHomeAssistant,
        rt: RTServer,
        gate: Gate,
        browser: Browser,
        size: Size,
    ) -> None:
        """Take what runs."""
        self._ha, self._rt, self._gate, self._size = ha, rt, gate, size
        self._list = browser.pages(ToDoList, ha.url)

    def set_up(self) -> int:
        """Add the integration and show its list; return how many items it has."""
        token = self._rt.tokens[ACCOUNT]
        step = self._ha.config_flow(
            "ha_rt",
            {"url": self._gate.url, "token": token, "verify_ssl": True},
            {"queue": QUEUE},
        )
        (entry,) = self._ha.ws("config_entries/get", domain="ha_rt") or [step]
        if entry.get("state") != "loaded":
            raise HomeAssistantError(f"The integration is not set up: {entry}")
        self._settle()
        self._list.log_in()
        self._list.show(LIST)
        return self._listed()

    async def run(self, listed: int) -> Results:
        """Send all reports, at first many at once, then some every second.

        Args:
            listed: How many items the list has before.

        """
        size = self._size
        burst = [f"load-burst-{number}" for number in range(size.burst)]
        steady = list(_mixed(burst, size.per_second * size.seconds))
        async with caller(self._ha) as connected:
            phases = [
                await self._phase(
                    connected, f"{size.burst} new at once", burst, size.burst
                ),
                await self._phase(
                    connected,
                    f"{size.per_second} a second for {size.seconds} s",
                    steady,
                    size.per_second,
                ),
            ]
        listed += len({*burst, *steady})
        return Results(
            tickets=size.tickets,
            open=listed,
            listed=await asyncio.to_thread(self._see, listed),
            phases=phases,
        )

    async def _phase(
        self, connected: Caller, title: str, keys: Sequence[str], per_second: float
    ) -> Phase:
        """Send reports and wait until all of it is over."""
        await connected.call(TAKE)
        self._gate.take()
        known = len(connected.reports)
        with shown(title):
            started = time.monotonic()
            sending_s = await connected.send_all(keys, per_second=per_second)
            await connected.all_answered()
            await connected.call("homeassistant.update_entity", entity_id=LIST)
            await asyncio.to_thread(self._settle)
            drained_s = time.monotonic() - started
        requests, most = self._gate.take()
        watched = await connected.call(TAKE)
        return Phase(
            title=title,
            tally=tally(self._rt, connected.reports[known:]),
            sending_s=sending_s,
            drained_s=drained_s,
            requests=requests,
            most_at_once=most,
            turns=watched["turns"],
            stall_ms=watched["wall_ms"],
            cpu_ms=watched["cpu_ms"],
            resident_mb=watched["resident_kb"] / 1024,
        )

    def _listed(self) -> int:
        """Return how many items the browser shows."""
        return int(self._list.count(seconds=600))

    def _see(self, expected: int) -> int:
        """Return how many items the browser shows, when it has had time to."""
        with suppress(TimeoutError):
            wait_until(
                lambda: self._listed() == expected,
                seconds=120,
                failure="The browser shows something else",
            )
        return self._listed()

    def _settle(self) -> None:
        """Wait until the entities show what RT has."""
        seen, since = self._gate.requests, time.monotonic()
        while time.monotonic() - since < QUIET_SECONDS:
            time.sleep(0.1)
            if self._gate.requests != seen:
                seen, since = self._gate.requests, time.monotonic()


def _mixed(known: list[str], number: int) -> Iterator[str]:
    """Return new keys and some that were reported before, in any order."""
    chance = random.Random(6)  # noqa: S311 - the same in each run
    keys = list(known)
    for each in range(number):
        if chance.random() < NEW:
            keys.append(f"load-steady-{each}")
            yield keys[-1]
        else:
            yield chance.choice(keys)


def _watched_home(folder: Path) -> LiveHomeAssistant:
    """Return a Home Assistant that watches its event loop, not started."""
    components = folder / "custom_components"
    components.mkdir(parents=True)
    (components / "loop_watch").symlink_to(Path(__file__).parent / "loop_watch")
    return LiveHomeAssistant(folder, configuration="loop_watch:\n")


def measure(size: Size) -> Results:
    """Start everything, and let the reports come."""
    with _watched_home(FOLDER / "home-assistant") as ha:
        # As everybody has it who does not look for a fault.
        ha.action("logger.set_level", {"custom_components.ha_rt": "warning"})
        # RT and the browser, which are elsewhere in life, get the time that Home
        # Assistant leaves them.
        os.nice(NICENESS)
        with (
            RTServer(FOLDER / "rt", bcrypt_cost=BCRYPT_COST, workers=WORKERS) as rt,
            Gate(rt) as gate,
            Browser(FOLDER) as browser,
        ):
            with shown(f"{size.tickets} tickets, right into the database"):
                rt.perl(RECIPE / "fill.pl", QUEUE, size.tickets, DAYS, ACCOUNT, PERSON)
            load = Load(ha, rt, gate, browser, size)
            with shown("The integration, and its list in a browser"):
                listed = load.set_up()
            return asyncio.run(load.run(listed))


def main() -> None:
    """Run as `python -m scripts.loading`."""
    size = QUICK if os.environ.get("LOAD_QUICK", "") not in {"", "0"} else FULL
    # `kill` is to stop the servers, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    if os.getloadavg()[0] > BUSY:
        print("This machine is busy with something else, which blurs the figures.")
    try:
        results = measure(size)
    except (HomeAssistantError, RTError, ServerError) as err:
        sys.exit(f"failed\n\n{err}")
    print(f"\nRequest Tracker with bcrypt cost {BCRYPT_COST} and {WORKERS} workers")
    print(f"\n{results.table()}\n")
    if missed := results.missed():
        sys.exit(f"failed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
