"""The same by several ways, in turn: with sessions and without, ours and bare."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import count
from statistics import median
import time

from scripts.benchmark.core import BenchmarkError
from scripts.benchmark.report import Ours
from scripts.benchmark.traffic import Bare, Request
from scripts.live.rt import RTServer


class Way(StrEnum):
    """How RT is asked."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105
    BARE = "bare"
    BARE_SESSION = "bare-session"
    LIBRARY = "library"
    REST_COMMAND = "rest-command"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clients:
    """Those that are compared: on one server, in one queue."""

    ours: Mapping[Way, Ours]
    bare: Mapping[Way, Bare]


@dataclass(kw_only=True)
class Comparison:
    """Times of an action, and of the bare requests it needs, in milliseconds."""

    requests: list[Request]
    """What the action sends with a token."""
    times: dict[Way, list[float]] = field(default_factory=dict)
    sent: int = 0
    """Requests of the action in all rounds."""

    @property
    def rounds(self) -> int:
        """How often each way was timed."""
        return len(self.times[Way.TOKEN])

    @property
    def per_action(self) -> float:
        """How many requests one action sent."""
        return self.sent / self.rounds

    def ms(self, way: Way) -> float:
        """Return the median of a way."""
        return median(self.times[way])

    def ratio(self, way: Way, other: Way) -> float:
        """Return the median of a way over that of the other."""
        return self.ms(way) / self.ms(other)


async def in_turn(
    rounds: int,
    ways: Mapping[Way, Callable[[], Awaitable[object]]],
    failures: Iterable[type[Exception]] = (),
) -> dict[Way, list[float]]:
    """Time each way in every round; who is first changes, so that a drift cancels.

    Each leaves a connection to one of RT's few workers, which waits a second for
    more: not more ways than there are workers, or one waits for another.

    Args:
        rounds: How many.
        ways: What is timed.
        failures: What they may raise, and are not timed then.

    """
    times: dict[Way, list[float]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in list(ways)[:: 1 if number % 2 else -1]:
            started = time.perf_counter()
            with suppress(*failures):
                await ways[way]()
                times[way].append((time.perf_counter() - started) * 1000)
    return times


async def measure_repeat(clients: Clients, rounds: int) -> Comparison:
    """Report about devices whose ticket is open."""
    for way, ours in clients.ours.items():
        await ours.report(f"repeat-{way}", "created")
    token = clients.ours[Way.TOKEN]
    tickets = {
        way: await token.report(f"repeat-{way}", "created") for way in clients.bare
    }
    key = f"repeat-{Way.TOKEN}"
    token.recorder.take()
    await token.report(key, "commented")
    comparison = Comparison(requests=token.recorder.take())
    ways: dict[Way, Callable[[], Awaitable[int]]] = {
        way: partial(ours.report, f"repeat-{way}", "commented")
        for way, ours in clients.ours.items()
    }
    for way, bare in clients.bare.items():
        ways[way] = partial(
            bare.send, comparison.requests, (key, f"repeat-{way}"), tickets[way]
        )
        await ways[way]()
    comparison.times = await in_turn(rounds, ways)
    comparison.sent = len(token.recorder.take())
    return comparison


async def measure_create(clients: Clients, rounds: int) -> tuple[Comparison, list[int]]:
    """Report about devices that were never reported.

    Returns:
        The comparison, and the tickets of the bare requests with a token.

    """
    key = "create-recorded"
    token = clients.ours[Way.TOKEN]
    token.recorder.take()
    await token.report(key, "created")
    comparison = Comparison(requests=token.recorder.take())
    tickets: dict[Way, list[int]] = {way: [] for way in clients.bare}

    async def ours(way: Way, number: count[int]) -> None:
        await clients.ours[way].report(f"create-{way}-{next(number)}", "created")

    async def bare(way: Way, number: count[int]) -> None:
        name = (key, f"create-{way}-{next(number)}")
        client = clients.bare[way]
        tickets[way].append(await client.send(comparison.requests, name))

    comparison.times = await in_turn(
        rounds,
        {way: partial(ours, way, count()) for way in clients.ours}
        | {way: partial(bare, way, count()) for way in clients.bare},
    )
    comparison.sent = len(token.recorder.take())
    return comparison, tickets[Way.BARE]


async def measure_resolve(
    clients: Clients, rt: RTServer, tickets: Sequence[int]
) -> Comparison:
    """Resolve the tickets of `measure_create`, as many of ours as of the bare ones.

    Args:
        clients: Of an account that may resolve.
        rt: Tells whether the bare requests did resolve.
        tickets: Those that the bare requests created.

    """
    token, bare = clients.ours[Way.TOKEN], clients.bare[Way.BARE]
    token.recorder.take()
    await token.resolve("create-recorded")
    comparison = Comparison(requests=token.recorder.take())
    numbers, rest = count(), iter(tickets)
    comparison.times = await in_turn(
        len(tickets),
        {
            Way.TOKEN: lambda: token.resolve(f"create-{Way.TOKEN}-{next(numbers)}"),
            Way.BARE: lambda: bare.send(comparison.requests, ("", ""), next(rest)),
        },
    )
    comparison.sent = len(token.recorder.take())
    last = await asyncio.to_thread(rt.read_ticket, tickets[-1])
    if last["status"] != "resolved":
        raise BenchmarkError("The bare requests do not resolve")
    return comparison
