"""The same without ha_rt: with a library, and with what Home Assistant has."""

from collections.abc import Mapping
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

    async def report(self, key: str, text: str = ...) -> str:
        """Comment on the ticket of a device or create one, and tell which."""

    async def poll(self) -> None:
        """Ask what is new."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RivalTimes:
    """What the rivals took: medians in milliseconds, and the burst in seconds."""

    repeat: dict[Way, float]
    create: dict[Way, float]
    poll: dict[Way, float]
    burst: dict[Way, float]


async def measure_rivals(rivals: Mapping[Way, Rival], size: Size) -> RivalTimes:
    """Measure all of it with each, in turn."""
    rounds = size.rivals

    async def report(way: Way, key: object, expected: str) -> None:
        if (did := await rivals[way].report(f"rival-{way}-{key}-")) != expected:
            raise BenchmarkError(f"{way}: {did}, where {expected} was due")

    async def create(way: Way, number: count[int]) -> None:
        await report(way, next(number), "created")

    poll = await in_turn(rounds, {way: rival.poll for way, rival in rivals.items()})
    created = await in_turn(
        rounds, {way: partial(create, way, count()) for way in rivals}
    )
    repeat = await in_turn(
        rounds, {way: partial(report, way, 0, "commented") for way in rivals}
    )
    return RivalTimes(
        repeat=_medians(repeat),
        create=_medians(created),
        poll=_medians(poll),
        burst={
            way: await timed(
                size.pause,
                (report(way, f"burst-{n}", "created") for n in range(size.burst)),
            )
            for way in rivals
        },
    )


def _medians(times: Mapping[Way, list[float]]) -> dict[Way, float]:
    """Return the median of each way."""
    return {way: median(each) for way, each in times.items()}
