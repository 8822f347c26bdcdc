"""One report after the other, ours and bare in turn."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from statistics import median
import time

from homeassistant.core import HomeAssistant

from scripts.benchmark.report import report
from scripts.benchmark.traffic import Bare, Recorder, Request


@dataclass(kw_only=True)
class Comparison:
    """Times of the action, and of the bare requests it needs, in milliseconds."""

    requests: list[Request]
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
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
    bare: Callable[[], Awaitable[object]],
    comparison: Comparison,
) -> None:
    """Run both in turn; who is first changes, so that a drift cancels."""
    for number in range(rounds):
        for do, times in [(ours, comparison.ours), (bare, comparison.bare)][
            :: -1 if number % 2 else 1
        ]:
            started = time.perf_counter()
            await do()
            times.append((time.perf_counter() - started) * 1000)


async def measure_repeat(
    hass: HomeAssistant, recorder: Recorder, bare: Bare, rounds: int
) -> Comparison:
    """Report about devices whose ticket is open."""
    key = ("repeat-ours", "repeat-bare")
    for each in key:
        await report(hass, each, "created")
    recorder.take()
    await report(hass, key[0], "commented")
    comparison = Comparison(requests=recorder.take())
    await bare.send(comparison.requests, key)
    await compare(
        rounds,
        lambda: report(hass, key[0], "commented"),
        lambda: bare.send(comparison.requests, key),
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
    numbers = count()
    await compare(
        rounds,
        lambda: report(hass, f"create-ours-{next(numbers)}", "created"),
        lambda: bare.send(comparison.requests, (key, f"create-bare-{next(numbers)}")),
        comparison,
    )
    comparison.sent = len(recorder.take())
    return comparison
