"""For how long the event loop is held, so that nothing else happens."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import time
from typing import Any

MAX_SECONDS = 0.05


async def longest_hold(work: Callable[[], Awaitable[Any]]) -> float:
    """Return for how long at the most work holds the event loop.

    It counts what this process does, not what others keep it from.
    """
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        last = time.process_time()
        while True:
            await asyncio.sleep(0)
            now = time.process_time()
            longest, last = max(longest, now - last), now

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await work()
    await asyncio.sleep(0)
    watcher.cancel()
    with suppress(asyncio.CancelledError):
        await watcher
    return longest
