"""Keeps the entities of an entry up to date, and announces what happens."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
import logging
import time
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .error_log import RecentErrors
from .errors import translated
from .issues import async_check_queue
from .queue_check import Unfit
from .rt.errors import InvalidAuth, NotFound, RTError, ServerError
from .watch.events import TicketEvent
from .watch.poller import Poller
from .watch.snapshot import Snapshot

_LOGGER = logging.getLogger(__name__)

# The state of an event entity is the time in milliseconds. With older releases of Home
# Assistant, automations do not see two events with the same.
_APART_SECONDS = 0.002
# What people change in RT's administration matters, and happens rarely.
_CHECK_SECONDS = 60 * 60


class HaRtCoordinator(DataUpdateCoordinator[Snapshot]):
    """Asks RT at intervals what happened in one queue."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        poller: Poller,
        queue_error: RTError | None,
    ) -> None:
        """Take what watches the queue.

        Args:
            hass: Home Assistant.
            entry: Whose queue.
            poller: Watches it.
            queue_error: See the attribute.

        """
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=poller.context.settings.poll_interval,
            always_update=False,
        )
        self.poller = poller
        self.queue_error = queue_error
        """Why it is not known whether the queue is as it was when RT was last asked, if
        it is not. Until it is, no report is told."""
        self.rt_version = ""
        """Empty until RT told."""
        self.last_success: datetime | None = None
        """When RT last answered all that it was asked, in UTC."""
        self.recent_errors = RecentErrors()
        self._check_at = 0.0 if queue_error else time.monotonic() + _CHECK_SECONDS
        self._look: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._filling_in: asyncio.Task[None] | None = None
        self._unannounced: deque[TicketEvent] = deque()
        self._listener: Callable[[TicketEvent], None] | None = None
        self._announcing = asyncio.Lock()

    @property
    def unannounced(self) -> int:
        """Return how many events wait for a listener."""
        return len(self._unannounced)

    @callback
    def async_listen(self, listener: Callable[[TicketEvent], None]) -> None:
        """Have a listener called with each event, also with those before it."""
        self._listener = listener
        self.config_entry.async_create_task(self.hass, self._async_announce())

    @callback
    def async_ignore(self) -> None:
        """Keep nothing of what happens: nobody wants to hear it."""
        self.async_listen(lambda _event: None)

    async def async_stop_announcing(self) -> None:
        """Announce no more, after what is written to disk right now."""
        self._listener = None
        async with self._announcing:
            pass

    @override
    async def _async_update_data(self) -> Snapshot:
        """Return how the queue stands, and announce what happened."""
        async with self._lock:
            try:
                if time.monotonic() >= self._check_at:
                    await self._async_check_queue()
                if not self.rt_version:
                    self.rt_version = await self.poller.context.client.version()
                events = await self.poller.poll()
            except RTError as err:
                if self.queue_error:
                    self.queue_error = err
                self.recent_errors.add("poll", err)
                if isinstance(err, InvalidAuth):
                    raise translated(err, ConfigEntryAuthFailed) from err
                failure = translated(err, UpdateFailed)
                # RT may ask to be left alone for longer than usual, not for less.
                if (
                    isinstance(failure, UpdateFailed)
                    and isinstance(err, ServerError)
                    and timedelta(seconds=err.retry_after or 0)
                    > self.poller.context.settings.poll_interval
                ):
                    failure.retry_after = err.retry_after
                raise failure from err
            self.last_success = dt_util.utcnow()
            snapshot = self.poller.snapshot(self.last_success)
            self._unannounced += events
        # After the entities show what has become of it.
        self.config_entry.async_create_task(
            self.hass, self._async_announce(), eager_start=False
        )
        if self.poller.tickets.without_fields() and not self._filling_in:
            self._filling_in = self.config_entry.async_create_background_task(
                self.hass, self._async_fill_in(), f"{self.name}: custom fields"
            )
        return snapshot

    @callback
    def async_look(self) -> asyncio.Task[None]:
        """Ask RT in the background, unless that is under way, and return the task."""
        if not self._look or self._look.done():
            self._look = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{self.name}: look"
            )
        return self._look

    async def _async_check_queue(self) -> None:
        """See whether the queue is still as it has to be, and say so."""
        poller, entry = self.poller, self.config_entry
        try:
            check = await async_check_queue(
                self.hass, entry, poller.context.client, poller.context.settings
            )
        except Unfit:
            if self.queue_error:
                raise
        else:
            if self.queue_error and check.queue != entry.runtime_data.context.queue:
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
                raise NotFound("The queue is not as it was")
        self.queue_error = None
        self._check_at = time.monotonic() + _CHECK_SECONDS

    async def _async_fill_in(self) -> None:
        """Read what reading all the tickets at once would have taken too long for."""
        tickets = self.poller.tickets
        try:
            while tickets.without_fields():
                async with self._lock:
                    await tickets.fill_in()
                # Not as data that was pushed, which would put the next poll off.
                self.data = self.poller.snapshot(dt_util.utcnow())
                self.async_update_listeners()
        except RTError as err:
            _LOGGER.debug("Not all custom fields could be read: %s", err)
        finally:
            self._filling_in = None

    async def _async_announce(self) -> None:
        """Tell the listener, if there is one, what it has not heard.

        What is left when the entry is unloaded, or when Home Assistant stops, is told
        after the next start.
        """
        cursor = self.poller.cursor
        async with self._announcing:
            while (listener := self._listener) and not self.hass.is_stopping:
                if self._unannounced:
                    cursor.announce(self._unannounced[0].transaction.id)
                # If all ends right after this, an event is not announced: not at all
                # is better here than twice, for RT has it anyway.
                await cursor.async_save()
                if not self._unannounced:
                    break
                listener(self._unannounced.popleft())
                # By the clock of the state, which is not the event loop's.
                await self.hass.async_add_executor_job(time.sleep, _APART_SECONDS)
