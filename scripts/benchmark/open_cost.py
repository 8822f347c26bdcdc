"""What it takes to know thousands of open tickets: to read them, to keep them, and to show that one changed.

Measured in a process of its own (this module, run). The memory is what the kernel counts, over an entry whose queue is
empty, so that there is nothing in it but the tickets.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
import json
from pathlib import Path
from statistics import median
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any

from homeassistant.components.todo import TodoItem
from homeassistant.components.todo.const import DATA_COMPONENT
from homeassistant.components.todo.entity import serialize_todo_item
from homeassistant.components.websocket_api.messages import (
    event_message,
    message_to_json_bytes,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from custom_components.ha_rt.coordinator import HaRtCoordinator
from custom_components.ha_rt.watch.snapshot import OpenTicket, Snapshot
from scripts.benchmark.core import BenchmarkError, add_entry, entry_data, home_assistant
from scripts.benchmark.process import in_a_process, peak_mb, resident_mb
from scripts.benchmark.traffic import Recorder
from scripts.live.rt import RTServer

NONE = "Incidents"  # where nothing is open
PASSES = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenCost:
    """What an entry takes for its open tickets."""

    tickets: int
    load_s: float
    all_s: float
    """Until all custom fields are known, too."""
    requests: int
    """For all of it."""
    mb: float
    pass_ms: float
    """From new data to the states of all entities, where one ticket changed."""
    watched_pass_ms: float
    """The same while a browser shows the to-do list."""


async def measure_open(rt: RTServer, queue: str, tickets: int) -> OpenCost:
    """Measure once; as many tickets of the queue are open."""
    data = {
        "none": entry_data(rt, rt.url, NONE),
        "entry": entry_data(rt, rt.url, queue),
        "tickets": tickets,
    }
    cost = await in_a_process(__name__, data)
    return OpenCost(
        tickets=tickets,
        load_s=cost["load_s"],
        all_s=cost["all_s"],
        requests=int(cost["requests"]),
        mb=cost["mb"],
        pass_ms=cost["pass_ms"],
        watched_pass_ms=cost["watched_pass_ms"],
    )


async def _measure(config: Path, data: dict[str, Any]) -> dict[str, float]:
    """Set both entries up, and let tickets of the second one change."""
    recorder = Recorder()
    async with home_assistant(config) as hass:
        await add_entry(hass, "ha_rt", data["none"])
        base = resident_mb()
        started = time.perf_counter()
        with recorder.watching():
            entry = await add_entry(hass, "ha_rt", data["entry"])
        loaded = time.perf_counter()
        await hass.async_block_till_done(wait_background_tasks=True)
        cost = {
            "load_s": loaded - started,
            "all_s": time.perf_counter() - started,
            "requests": len(recorder.take()),
            "mb": peak_mb() - base,
        }
        queue = _Queue(hass, entry, data["tickets"])
        cost["pass_ms"] = await queue.passes()
        with queue.watched():
            cost["watched_pass_ms"] = await queue.passes()
        return cost


class _Queue:
    """The entities of an entry, whose tickets get an owner one after the other."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, tickets: int) -> None:
        """Take the entry's tickets as they are."""
        self._hass = hass
        self._coordinator: HaRtCoordinator = entry.runtime_data.coordinator
        known = self._coordinator.data.tickets
        if len(known) != tickets:
            raise BenchmarkError(f"{len(known)} tickets are open, not {tickets}")
        self._unowned = iter([one for one in known.values() if not one.owner])
        entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        ids = {entity.unique_id: entity.entity_id for entity in entities}
        self._sensor = ids[f"{entry.entry_id}_unowned"]
        self._list = ids[f"{entry.entry_id}_tickets"]

    async def passes(self) -> float:
        """Return what some passes take, by their median in milliseconds."""
        times = []
        for ticket in islice(self._unowned, PASSES):
            times.append(self._pass(ticket))
            await self._hass.async_block_till_done()
        return median(times)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Make of each change what a browser is sent that shows the list."""

        @callback
        def push(items: list[TodoItem] | None) -> None:
            shown = {"items": [serialize_todo_item(item) for item in items or []]}
            message_to_json_bytes(event_message(1, shown))

        entity = self._hass.data[DATA_COMPONENT].get_entity(self._list)
        if not entity:
            raise BenchmarkError("There is no to-do list")
        stop = entity.async_subscribe_updates(push)
        try:
            yield
        finally:
            stop()

    def _pass(self, ticket: OpenTicket) -> float:
        """Give a ticket an owner, and return what it takes to show that.

        Nothing waits, so that only the time of this thread counts.
        """
        last = self._coordinator.data
        tickets = {**last.tickets, ticket.id: replace(ticket, owner="alice")}
        started = time.thread_time()
        now = Snapshot.take(tickets, last.statuses, dt_util.utcnow())
        self._coordinator.async_set_updated_data(now)
        ms = (time.thread_time() - started) * 1000
        state = self._hass.states.get(self._sensor)
        if not state or state.state != str(last.unowned - 1):
            raise BenchmarkError(f"That a ticket changed does not show: {state}")
        return ms


def main() -> None:
    """Measure once, in this process."""
    data = json.load(sys.stdin)
    with TemporaryDirectory() as folder:
        cost = asyncio.run(_measure(Path(folder), data))
    json.dump(cost, sys.stdout)


if __name__ == "__main__":
    main()
