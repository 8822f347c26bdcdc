"""The same repeat with `rt`, the library on PyPI, for comparison."""

from importlib import import_module
from statistics import median
import time

from scripts.benchmark.core import ACCOUNT, BenchmarkError
from scripts.benchmark.report import TEXT
from scripts.live.rt import RTServer

REPEATS = 20


async def measure_library(rt: RTServer, key: str) -> float:
    """Return the median in milliseconds of a search and a comment."""
    # In a dependency group of its own, so absent where the types are checked.
    rest2 = import_module("rt.rest2")
    tracker = rest2.AsyncRt(f"{rt.url}/REST/2.0/", token=rt.tokens[ACCOUNT])
    query = f'CF.{{DeviceId}} = "{key}" AND Status = "__Active__"'
    times = []
    try:
        for _ in range(REPEATS):
            started = time.perf_counter()
            found = [ticket["id"] async for ticket in tracker.search(raw_query=query)]
            if len(found) != 1 or not await tracker.comment(found[0], TEXT):
                raise BenchmarkError(f"rt found {found} and did not comment")
            times.append((time.perf_counter() - started) * 1000)
    finally:
        await tracker.session.aclose()
    return median(times)
