"""Work that is done to its end, whatever becomes of who asked for it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
import logging
from typing import Any

_LOGGER = logging.getLogger(__name__)

# How long an entry that is unloaded waits for its reports.
_DRAIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Work:
    """The work that is under way for an entry."""

    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def finish[R](self, work: Coroutine[Any, Any, R]) -> R:
        """Do some work to its end, even if the caller is cancelled.

        An automation that is restarted cancels its action. RT would go on with what
        it was sent, and the next report would not find the ticket yet.
        """
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.add_done_callback(_tell_failure)
            raise
        return task.result()

    async def async_drain(self) -> None:
        """Wait for all work to end, for a limited time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._running:
                    await asyncio.wait(self._running)


def _tell_failure(task: asyncio.Task[Any]) -> None:
    """Log how some work failed, for nobody waits for it any more."""
    if not task.cancelled() and (error := task.exception()):
        _LOGGER.warning("What a cancelled action had begun failed: %s", error)
