"""One report after the other, ours and bare in turn."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from statistics import median
import time

from homeassistant.core import HomeAssistant

from scripts.benchmark.core import BenchmarkError
from scripts.benchmark.report import report, resolve
from scripts.benchmark.traffic import Bare, Recorder, Request
from scripts.live.rt import RTServer


@dataclass(kw_only=True)
class Comparison:
    """Times of the action, and of the bare requests it needs, in milliseconds."""

    requests: list[Request]
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    tickets: list[int] = field(default_factory=list)
    """What the bare requests were about, round by round."""
    sent: int = 0
    """Requests of the action in all rounds."""

    @property
    def ratio(self) -> float:
        """The median of the action over the median of the bare requests."""
        return median(self.ours) / median(self.bare)

    @property
    def per_action(self) -> float:
        """How many requests one action sent."""
        return self.sent / len(self.ours)


async def compare(
    rounds: int,
    ours: Callable[[], Awaitable[object]],
    bare: Callable[[], Awaitable[int]],
    comparison: Comparison,
) -> None:
    """Run both in turn; who is first changes, so that a drift cancels."""

    async def run_ours() -> None:
        started = time.perf_counter()
        await ours()
        comparison.ours.append((time.perf_counter() - started) * 1000)

    async def run_bare() -> None:
        started = time.perf_counter()
        ticket_id = await bare()
        comparison.bare.append((time.perf_counter() - started) * 1000)
        comparison.tickets.append(ticket_id)

    for number in range(rounds):
        for run in (run_bare, run_ours) if number % 2 else (run_ours, run_bare):
            await run()


async def measure_repeat(
    hass: HomeAssistant, recorder: Recorder, bare: Bare, rounds: int
) -> Comparison:
    """Report about devices whose ticket is open."""
    key = ("repeat-ours", "repeat-bare")
    await report(hass, key[0], "created")
    ticket_id = await report(hass, key[1], "created")
    recorder.take()
    await report(hass, key[0], "commented")
    comparison = Comparison(requests=recorder.take())
    await bare.send(comparison.requests, key, ticket_id)
    await compare(
        rounds,
        lambda: report(hass, key[0], "commented"),
        lambda: bare.send(comparison.requests, key, ticket_id),
        comparison,
    )
    comparison.sent = len(recorder.take())
    return comparison


async def measure_create(
    hass: HomeAssistant, recorder: Recorder, bare: Bare, rounds: int
) -> Comparison:
    """Report about devices that were never reported."""
    key = "create-recorded"
    recorder.take()
    await report(hass, key, "created")
    comparison = Comparison(requests=recorder.take())
    await bare.send(comparison.requests, (key, "create-bare"))
    ours, bares = count(), count()
    await compare(
        rounds,
        lambda: report(hass, f"create-ours-{next(ours)}", "created"),
        lambda: bare.send(comparison.requests, (key, f"create-bare-{next(bares)}")),
        comparison,
    )
    comparison.sent = len(recorder.take())
    return comparison


async def measure_resolve(
    hass: HomeAssistant,
    rt: RTServer,
    recorder: Recorder,
    bare: Bare,
    tickets: Sequence[int],
) -> Comparison:
    """Resolve the tickets of `measure_create`, as many of ours as of the bare ones.

    Args:
        hass: Has ha_rt loaded, with an account that may resolve.
        rt: Tells whether the bare requests did resolve.
        recorder: Watches ha_rt.
        bare: Sends the bare requests.
        tickets: Those that the bare requests created.

    """
    recorder.take()
    await resolve(hass, "create-recorded")
    comparison = Comparison(requests=recorder.take())
    numbers, rest = count(), iter(tickets)
    await compare(
        len(tickets),
        lambda: resolve(hass, f"create-ours-{next(numbers)}"),
        lambda: bare.send(comparison.requests, ("", ""), next(rest)),
        comparison,
    )
    comparison.sent = len(recorder.take())
    last = await asyncio.to_thread(rt.read_ticket, tickets[-1])
    if last["status"] != "resolved":
        raise BenchmarkError("The bare requests do not resolve")
    return comparison
