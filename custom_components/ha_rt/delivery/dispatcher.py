"""Brings RT what waits in the outbox, in its order, as soon as RT can be reached."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime
import logging
from random import uniform
import time
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..model.key import Key
from ..model.report import Outcome
from ..rt.errors import (
    CannotConnect,
    ConnectionLost,
    InvalidAuth,
    Rejected,
    RTError,
    RTTimeout,
    ServerError,
    TLSError,
    UnderWay,
)
from ..tickets.handler import TicketHandler
from .deliver import deliver
from .outbox import Outbox
from .pending import PendingMessage

_LOGGER = logging.getLogger(__name__)

# Seconds until what could not be delivered is tried again.
_PAUSE: Final = 1
_LONGEST_PAUSE: Final = 300
# How much pauses differ, so that several Home Assistants do not come all at once.
_JITTER: Final = 0.25
# Enough of them for the longest pause.
_MAX_COUNTED: Final = 10
# After so many failures one after the other, RT is left alone for a while.
_MAX_FAILURES: Final = 3
# How long RT may work on a request that it did not answer in time, and on one whose
# connection broke.
_SLOW_SECONDS: Final = 120
_UNDER_WAY_SECONDS: Final = 30


def _is_about_all(err: RTError) -> bool:
    """Tell whether nothing else would have succeeded either."""
    if isinstance(err, ServerError):
        return err.retry_after is not None
    return isinstance(
        err, CannotConnect | InvalidAuth | RTTimeout | TLSError
    ) and not isinstance(err, ConnectionLost | UnderWay)


class Dispatcher:
    """Delivers the outbox of one entry."""

    def __init__(
        self,
        hass: HomeAssistant,
        handler: TicketHandler,
        outbox: Outbox,
        *,
        queue_error: Callable[[], RTError | None],
        look: Callable[[], asyncio.Task[None]],
        start: Callable[[Coroutine[Any, Any, None]], None],
        on_outcome: Callable[[Key, Outcome], None],
        on_failure: Callable[[RTError], None],
    ) -> None:
        """Take what is to be delivered, and to whom.

        Args:
            hass: Home Assistant.
            handler: Takes what waits.
            outbox: What waits.
            queue_error: Returns why the queue may not be as it has to be, if it may not.
            look: Begins to see whether it is.
            start: Called with a round that is to be made to its end.
            on_outcome: Called with what became of the first report of a message.
            on_failure: Called with what RT or the network did.

        """
        self._hass = hass
        self._handler = handler
        self._outbox = outbox
        self._queue_error = queue_error
        self._look = look
        self._start = start
        self._on_outcome = on_outcome
        self._on_failure = on_failure
        self._lock = asyncio.Lock()
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._is_stopped = False
        self._failures = 0
        """Rounds that delivered nothing, one after the other."""
        self._is_away = False
        self.last_failure = ""
        """What RT or the network did last, in few words."""
        self._under_way = handler.locks.under_way
        self._failed: dict[str, int] = {}
        """How often RT failed over a message, and not over all of them."""

    @property
    def away_because(self) -> str:
        """Return why RT could not be reached at last; empty if reports can be tried."""
        if queue_error := self._queue_error():
            return queue_error.brief
        return self.last_failure if self._is_away and self._outbox.waiting else ""

    @callback
    def async_start(self) -> None:
        """Begin with what an earlier run left, if anything, and to ask RT if need be."""
        if self._outbox.waiting or self._queue_error():
            self._schedule(0)

    @callback
    def async_stop(self) -> None:
        """Begin nothing any more."""
        self._is_stopped = True
        if self._cancel_timer:
            self._cancel_timer()

    @callback
    def async_wake(self) -> None:
        """Try now, for RT has answered."""
        if self._outbox.waiting and not self._lock.locked():
            self._schedule(0)

    @callback
    def async_note(self, pending: PendingMessage, err: RTError) -> None:
        """Try later what RT did not take a moment ago."""
        self._learn(pending, err)
        self._on_failure(err)
        if not self._cancel_timer and not self._lock.locked():
            self._schedule(self._pause(err))

    async def async_ask(self) -> bool:
        """Check the queue if need be, and tell whether reports can be tried."""
        if self._queue_error():
            await self._look()
        return not self.away_because

    async def async_flush(self) -> None:
        """Deliver all that waits now, and try again what RT refused.

        Raises:
            RTError: RT cannot be reached; see the errors of `rt`.

        """
        await self.async_ask()
        async with self._lock:
            failure = await self._round([*self._outbox.refused, *self._in_order()])
        self._go_on(failure)
        if failure:
            raise failure

    async def async_clear(self, count: int, by: str) -> int:
        """Drop all that waits or was refused, if it is a number of reports.

        Args:
            count: The number.
            by: Who wants it, for the log.

        Returns:
            How many there are, once what is being sent is done.

        Raises:
            HomeAssistantError: They cannot be dropped on disk.

        """
        async with self._lock:
            total = self._outbox.total
            if total == count:
                dropped = [*self._outbox.waiting, *self._outbox.refused]
                if dropped:
                    _LOGGER.warning(
                        "%s drops %s reports that RT did not get: %s",
                        by,
                        total,
                        "; ".join(f"{p.key.label()} ({p.count})" for p in dropped),
                    )
                await self._outbox.async_clear()
                self._go_on(None)
            return total

    async def async_deliver(self, key: Key) -> None:
        """Deliver what waits of a key, before something else is done for it.

        Raises:
            RTError: RT did not confirm; see the errors of `rt`.

        """
        if self._handler.context.settings.dry_run:
            return
        for pending in self._outbox.waiting:
            if pending.key != key:
                continue
            if queue_error := self._queue_error():
                raise queue_error
            try:
                await self._deliver(pending)
            except RTError as err:
                if err.is_transient:
                    raise
                await self._refuse(pending, err)

    async def _run(self) -> None:
        """Make a round, and see to the next one."""
        async with self._lock:
            failure = await self._round(self._in_order())
        self._go_on(failure)

    def _in_order(self) -> list[PendingMessage]:
        """Return what waits, with what RT fails over at the end."""
        return sorted(
            self._outbox.waiting, key=lambda pending: self._failed.get(pending.id, 0)
        )

    async def _round(
        self, pending_messages: Iterable[PendingMessage]
    ) -> RTError | None:
        """Deliver messages, and return why not all of them could be."""
        failure = self._queue_error()
        if failure:
            return failure
        failures = 0
        for pending in pending_messages:
            if self._is_stopped or self._handler.context.settings.dry_run:
                break
            try:
                await self._deliver(pending)
            except RTError as err:
                self._on_failure(err)
                if not err.is_transient:
                    await self._refuse(pending, err)
                    continue
                failure = err
                failures += 1
                if _is_about_all(err) or failures >= _MAX_FAILURES:
                    break
            except (ArithmeticError, LookupError, TypeError, ValueError) as err:
                # Nobody can send it, and others wait behind it.
                _LOGGER.exception("A report of %s cannot be sent", pending.key.label())
                await self._refuse(pending, Rejected(str(err)))
            else:
                failures = self._failures = 0
        return failure

    async def _deliver(self, pending: PendingMessage) -> None:
        """Deliver a message, as it is once the key's lock is held."""
        async with self._handler.locks.of(str(pending.key)):
            current = self._outbox.current(pending)
            if not current:
                return
            until = self._under_way.get(pending.id, 0)
            try:
                outcome = await deliver(
                    self._handler,
                    self._outbox,
                    current,
                    may_be_under_way=time.monotonic() < until,
                )
            except RTError as err:
                self._learn(pending, err)
                raise
        self._is_away = False
        self._under_way.pop(pending.id, None)
        self._failed.pop(pending.id, None)
        if outcome:
            self._on_outcome(pending.key, outcome)

    async def _refuse(self, pending: PendingMessage, err: RTError) -> None:
        """Set a message aside that RT does not take, so that others can pass."""
        async with self._handler.locks.of(str(pending.key)):
            if current := self._outbox.current(pending):
                _LOGGER.warning(
                    "RT refuses a report of %s: %s", pending.key.label(), err
                )
                await self._outbox.async_update(
                    current, replace(current, refusal=err.brief)
                )

    @callback
    def _learn(self, pending: PendingMessage, err: RTError) -> None:
        """Note what a failure says of RT, and of the message."""
        is_about_all = _is_about_all(err)
        self.last_failure = err.brief
        self._is_away = is_about_all
        if err.unconfirmed or not is_about_all:
            self._failed[pending.id] = self._failed.get(pending.id, 0) + 1
        if err.unconfirmed:
            slow = isinstance(err, RTTimeout)
            seconds = _SLOW_SECONDS if slow else _UNDER_WAY_SECONDS
            self._under_way[pending.id] = time.monotonic() + seconds
            self._outbox.async_seal(pending)

    @callback
    def _go_on(self, failure: RTError | None) -> None:
        """See to the next round, if something waits."""
        if failure:
            self._failures = min(self._failures + 1, _MAX_COUNTED)
            self._schedule(self._pause(failure))
        elif not self._outbox.waiting:
            self._failures = 0
            self._is_away = False
            self._under_way.clear()
            self._failed.clear()
        elif not self._handler.context.settings.dry_run:
            self._schedule(_PAUSE)

    def _pause(self, err: RTError) -> float:
        """Return how long RT is to be left alone."""
        pause = min(_PAUSE * 2.0 ** (self._failures - 1), _LONGEST_PAUSE)
        asked = err.retry_after if isinstance(err, ServerError) else None
        return max(pause * uniform(1 - _JITTER, 1 + _JITTER), asked or 0)  # noqa: S311

    @callback
    def _schedule(self, seconds: float) -> None:
        """Make a round after some time, instead of when it was to be made."""
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None
        if self._is_stopped:
            return

        @callback
        def begin(_now: datetime) -> None:
            self._cancel_timer = None
            if self._queue_error():
                self._look().add_done_callback(looked)
            else:
                self._start(self._run())

        @callback
        def looked(look: asyncio.Task[None]) -> None:
            # Apart from the round: whoever unloads the entry waits for that.
            if not self._is_stopped and not look.cancelled():
                self._start(self._run())

        self._cancel_timer = async_call_later(self._hass, seconds, begin)
