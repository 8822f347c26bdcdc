"""Reports that are held back, so that a sensor does not fill its ticket.

After each comment a window opens for its key. What comes in it is counted, and told
when it ends or when the next comment is due.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, UNREADABLE
from ..model.key import Key
from ..model.report import Message, Report
from ..model.settings import Settings
from ..model.throttle import ThrottleWindow, fingerprint
from ..rt.errors import RTError
from .exactly_once import find_marked
from .lookup import TicketLookup

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
_SAVE_SECONDS = 1
_MAX_WINDOWS = 5000
# Until what was held back is tried again, when RT did not take it: RT may be down for
# long, or it may have taken it and not have said so.
_FLUSH_AGAIN = timedelta(minutes=1)
_FLUSH_AT_LEAST_EACH = timedelta(hours=1)
_MAX_FAILURES = 10


class Throttle:
    """The windows of one entry's keys; they outlive a restart."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        settings: Settings,
        flush: Callable[[str], None],
    ) -> None:
        """Bind the windows to their file.

        Args:
            hass: Home Assistant.
            entry_id: Whose reports.
            settings: How much is held back.
            flush: Called with a key when its window ends and something was held back.

        """
        self._hass = hass
        self._store = _store(hass, entry_id)
        self._settings = settings
        self._flush = flush
        self._source: dict[str, Any] = {}
        self._windows: dict[str, ThrottleWindow] = {}
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._listeners: list[CALLBACK_TYPE] = []

    async def async_load(self, url: str, queue: int) -> None:
        """Read what was held back of the same queue, and go on waiting."""
        self._source = {"url": url, "queue": queue}
        try:
            stored = await self._store.async_load()
            match stored:
                case {"windows": dict(windows), **source}:
                    if source == self._source:
                        self._windows = {
                            k: ThrottleWindow.from_json(w) for k, w in windows.items()
                        }
                    elif held := [k for k, w in windows.items() if w["held"]]:
                        _LOGGER.warning(
                            "Reports that were held back for another queue are"
                            " dropped: %s",
                            "; ".join(Key.parse(key).label() for key in held),
                        )
        except UNREADABLE as err:
            _LOGGER.warning("The reports that were held back cannot be read: %s", err)
        for key, window in self._windows.items():
            if window.held and not self._settings.dry_run:
                self._wait(key, window.until)

    async def async_unload(self) -> None:
        """Stop waiting, and keep what is held back."""
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        await self._store.async_save(self._data())

    @property
    def held(self) -> int:
        """Return how many reports are held back."""
        return sum(window.held for window in self._windows.values())

    @callback
    def async_listen(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Have a listener called when something is held back or told."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    def get(self, key: str) -> ThrottleWindow | None:
        """Return the window of a key, if one is open or something is held back."""
        window = self._windows.get(key)
        if window and (window.held or dt_util.utcnow() < window.until):
            return window
        return None

    @callback
    def hold(
        self, key: str, window: ThrottleWindow, report: Report, came: datetime
    ) -> None:
        """Hold a report back in its key's window.

        Args:
            key: Whose report.
            window: Its window, which may have been dropped for being empty.
            report: The report.
            came: When it came.

        """
        self._windows[key] = window
        window.hold(report, came)
        self._wait(key, window.until)
        self._save()

    @callback
    def look_again(self, ticket_id: int) -> None:
        """Take a ticket's status for unknown, for it was changed."""
        for window in self._windows.values():
            if window.ticket_id == ticket_id:
                window.queue_error()

    @callback
    def open(self, key: str, ticket_id: int, report: Report) -> None:
        """Open a window after a report went to RT; what was held back is told."""
        before = self._windows.get(key)
        self.close(key)
        if not self._settings.throttle:
            return
        severity = report.severity
        if before and before.ticket_id == ticket_id and not before.is_outdone(report):
            severity = before.severity
        now = dt_util.utcnow()
        self._windows[key] = ThrottleWindow(
            ticket_id=ticket_id,
            until=now + self._settings.throttle,
            sent=fingerprint(report),
            severity=severity,
            seen_open=now,
        )
        self._drop_some()
        self._save()

    @callback
    def mark_unconfirmed(self, key: str, marker: str) -> None:
        """Take it for unknown whether a message told RT what is held back."""
        self._windows[key].mark_unconfirmed(marker)
        self._save()

    @callback
    def close(self, key: str) -> None:
        """Forget the window of a key, and what was held back in it."""
        if cancel := self._timers.pop(key, None):
            cancel()
        if self._windows.pop(key, None):
            self._save()

    @callback
    def postpone(self, key: str, why: Exception) -> None:
        """Try to tell what was held back later, and ever later; say so once."""
        window = self._windows[key]
        _LOGGER.log(
            logging.DEBUG if window.failures else logging.WARNING,
            "What was held back of %s is told to RT later, for it failed: %s: %s",
            Key.parse(key).label(),
            type(why).__name__,
            why,
        )
        pause = min(_FLUSH_AGAIN * 2**window.failures, _FLUSH_AT_LEAST_EACH)
        window.failures = min(window.failures + 1, _MAX_FAILURES)
        window.until = dt_util.utcnow() + pause
        self._wait(key, window.until)
        self._save()

    def _wait(self, key: str, until: datetime) -> None:
        """Have what is held back told when a time has come."""
        if key in self._timers:
            return

        @callback
        def ended(now: datetime) -> None:
            del self._timers[key]
            self._flush(key)

        self._timers[key] = async_track_point_in_utc_time(self._hass, ended, until)

    def _drop_some(self) -> None:
        """Drop windows that hold nothing, the oldest first, when there are many."""
        empty = [key for key, window in self._windows.items() if not window.held]
        for key in empty[: max(0, len(self._windows) - _MAX_WINDOWS)]:
            del self._windows[key]

    def _save(self) -> None:
        """Write the file soon, and tell who listens."""
        for listener in self._listeners:
            listener()
        self._store.async_delay_save(self._data, _SAVE_SECONDS)

    def _data(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            **self._source,
            "windows": {
                key: asdict(window)
                for key in self._windows
                if (window := self.get(key)) is not None
            },
        }


async def async_remove_held_back(hass: HomeAssistant, entry_id: str) -> None:
    """Delete an entry's windows."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the file of an entry's windows."""
    return Store(hass, _VERSION, f"{DOMAIN}.{entry_id}.held_back", private=True)


@asynccontextmanager
async def held_back_told(
    throttle: Throttle, lookup: TicketLookup, key: Key, message: Message
) -> AsyncGenerator[list[str]]:
    """Give what was held back, as paragraphs for the message that is sent within.

    Args:
        throttle: What was held back.
        lookup: Finds what RT has of it.
        key: The dedup key, whose lock the caller holds.
        message: What it is told with.

    Raises:
        RTError: It is not known what of it RT was told before.

    """
    window = throttle.get(str(key))
    if not window:
        yield []
        return
    await confirm(lookup, key, window)
    try:
        yield window.summary()
    except RTError:
        if window.held:
            throttle.mark_unconfirmed(str(key), message.marker)
        raise


async def confirm(lookup: TicketLookup, key: Key, window: ThrottleWindow) -> None:
    """See whether RT has the message that told what was held back, if one did.

    Raises:
        RTError: That is not known.

    """
    if not window.lost:
        return
    # It may have gone to another ticket, or have made one.
    found = await find_marked(
        lookup, key, window.lost, window.seen_open, window.ticket_id
    )
    window.confirm(is_told=found is not None)
