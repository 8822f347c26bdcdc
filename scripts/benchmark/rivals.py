"""The same without ha_rt: with a library, and with what Home Assistant has.

RT may close a connection just when something is sent on it. That is lost to whoever does not send it again, and counted.
"""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from statistics import median
from typing import Protocol

from scripts.benchmark.burst import timed
from scripts.benchmark.core import BenchmarkError
from scripts.benchmark.rounds import Way, in_turn
from scripts.benchmark.size import Size


class Rival(Protocol):
    """Does with a token per request what ha_rt does, as far as it can."""

    failures: tuple[type[Exception], ...]
    """What it raises if RT does not do what it asks."""

    async def report(self, key: str, text: str = ...) -> str:
        """Comment on the ticket of a device or create one, and tell which."""

    async def poll(self) -> None:
        """Ask what is new."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempts:
    """What became of all that a rival did of one kind."""

    took: float | None
    """Milliseconds by the median, or seconds all at once; nothing if all failed."""
    failed: int
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RivalTimes:
    """What the rivals took."""

    repeat: dict[Way, Attempts]
    create: dict[Way, Attempts]
    poll: dict[Way, Attempts]
    burst: dict[Way, Attempts]

    def summary(self) -> dict[str, float | None]:
        """Return the figures for other programs."""
        return {
            f"{way.replace('-', '_')}_{action}_{name}": figure
            for action, unit, ways in (
                ("repeat", "ms", self.repeat),
                ("create", "ms", self.create),
                ("poll", "ms", self.poll),
                ("burst", "s", self.burst),
            )
            for way, each in ways.items()
            for name, figure in (
                (unit, each.took and round(each.took, 1)),
                ("failed", each.failed),
            )
        }


async def measure_rivals(rivals: Mapping[Way, Rival], size: Size) -> RivalTimes:
    """Measure all of it with each, in turn."""
    rounds = size.rivals
    failures: set[type[Exception]] = {BenchmarkError}
    failures.update(*(rival.failures for rival in rivals.values()))

    async def report(way: Way, key: object, expected: str) -> None:
        if (did := await rivals[way].report(f"rival-{way}-{key}-")) != expected:
            raise BenchmarkError(f"{way}: {did}, where {expected} was due")

    async def create(way: Way, number: count[int]) -> None:
        await report(way, next(number), "created")

    poll = await in_turn(
        rounds, {way: rival.poll for way, rival in rivals.items()}, failures
    )
    created = await in_turn(
        rounds, {way: partial(create, way, count()) for way in rivals}, failures
    )
    repeat = await in_turn(
        rounds, {way: partial(report, way, 0, "commented") for way in rivals}, failures
    )
    return RivalTimes(
        repeat=_medians(repeat, rounds),
        create=_medians(created, rounds),
        poll=_medians(poll, rounds),
        burst={
            way: await _at_once(
                size.pause,
                [report(way, f"burst-{n}", "created") for n in range(size.burst)],
                failures,
            )
            for way in rivals
        },
    )


def _medians(times: Mapping[Way, list[float]], rounds: int) -> dict[Way, Attempts]:
    """Return what each way did, of which the failed rounds have no time."""
    return {
        way: Attempts(
            took=median(each) if each else None,
            failed=rounds - len(each),
            number=rounds,
        )
        for way, each in times.items()
    }


async def _at_once(
    pause: float,
    reports: Sequence[Awaitable[None]],
    failures: Iterable[type[Exception]],
) -> Attempts:
    """Send all reports at once."""
    failed = len(reports)

    async def attempt(report: Awaitable[None]) -> None:
        nonlocal failed
        with suppress(*failures):
            await report
            failed -= 1

    seconds = await timed(pause, map(attempt, reports))
    return Attempts(
        took=seconds if failed < len(reports) else None,
        failed=failed,
        number=len(reports),
    )
