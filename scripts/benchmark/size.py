"""How much is measured: for the figures, or only to see that all of it works."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much is measured."""

    repeats: int
    creates: int
    polls: int
    burst: int
    pause: float
    """Before many reports at once, in seconds."""
    flapping: tuple[int, ...]
    rivals: int
    processes: int
    resolved: int
    throttled: int
    found: int
    searches: int
    changes: int
    tickets: int
    open: int


FULL = Size(
    repeats=40,
    creates=20,
    polls=40,
    burst=200,
    # Each of RT's workers waits a second for more on the connection that it had last.
    pause=1.2,
    flapping=(5, 200),  # with few, nobody waits too long
    rivals=10,
    processes=10,
    resolved=15,
    throttled=80,
    found=1000,
    searches=3,
    changes=100,
    tickets=10_000,
    open=5000,
)
QUICK = Size(
    repeats=2,
    creates=1,
    polls=2,
    burst=3,
    pause=0,
    flapping=(2,),
    rivals=1,
    processes=1,
    resolved=1,
    throttled=6,
    found=100,
    searches=1,
    changes=20,
    tickets=300,
    open=60,
)
