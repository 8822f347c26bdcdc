"""Reports that wait on disk until RT can be reached."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.file import WriteError

from ..const import DOMAIN
from ..model.report import Attached
from .outbox_file import OutboxFile
from .pending import PendingMessage
from .record import StoredFile

_LOGGER = logging.getLogger(__name__)

# More keys than that do not have problems at the same time.
MAX_PENDING: Final = 5000
# All of the file is written for each report.
MAX_TEXT_BYTES: Final = 8 * 1024 * 1024
MAX_FILE_BYTES: Final = 100 * 1024 * 1024
_SAVE_SECONDS: Final = 1


class OutboxFull(Exception):
    """There is no room for another report."""


class Outbox:
    """The reports of one entry that wait for RT."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Bind the outbox to its file, and to the folder of the files in it."""
        self._hass = hass
        self._file = _file(hass, entry_id)
        self._source: dict[str, Any] = {}
        self._waiting: dict[str, PendingMessage] = {}
        """By its slot; the one that waits for longest stands first."""
        self._refused: dict[str, PendingMessage] = {}
        """By its number."""
        self._written: dict[str, bytes] = {}
        """Each as the file holds it, by its number."""
        self._writing = asyncio.Lock()
        self._changes = 0
        self._saved = 0
        self._saved_at = 0.0
        self._coming = 0
        """How large the files are that are being written."""
        self._failure = ""
        """Why the file cannot be used: it is somebody else's, and stays."""
        self._listeners: list[CALLBACK_TYPE] = []
        self.delivered = 0
        """How many reports RT has got."""
        self.set_aside: list[str] = []
        """Names of the files that could not be read."""

    async def async_load(self, url: str, queue: int) -> None:
        """Read what waits; a file that is none of ours is set aside."""
        self._source = {"url": url, "queue": queue}
        run = self._hass.async_add_executor_job
        try:
            source, pending_messages = await run(self._file.read)
        except OSError as err:
            _LOGGER.warning("Reports cannot wait, for their file is not ours: %s", err)
            self._failure = str(err)
            return
        self.set_aside = await run(self._file.set_aside)
        if pending_messages and source != self._source:
            _LOGGER.warning(
                "Reports that waited for another queue are sent to this one, without"
                " their custom fields"
            )
            pending_messages = [pending.elsewhere() for pending in pending_messages]
        for pending in pending_messages:
            place, slot = self._place_of(pending)
            place[slot] = pending
            self._written[pending.id] = pending.encode()

    async def async_close(self) -> None:
        """Write nothing any more: the file is that of the entry's next outbox."""
        if self._changes > self._saved and not self._failure:
            with suppress(HomeAssistantError):  # what RT has is found there
                await self._async_save()
        async with self._writing:
            self._failure = "The entry was unloaded meanwhile"

    @property
    def count(self) -> int:
        """Return how many reports wait, but for those that RT refused."""
        return sum(pending.count for pending in self._waiting.values())

    @property
    def total(self) -> int:
        """Return how many reports there are, with those that RT refused."""
        return sum(pending.count for pending in self._pending_messages())

    @property
    def waiting(self) -> list[PendingMessage]:
        """Return what waits, in the order in which it came."""
        return list(self._waiting.values())

    @property
    def refused(self) -> list[PendingMessage]:
        """Return what RT refused for good."""
        return list(self._refused.values())

    def get(self, slot: str) -> PendingMessage | None:
        """Return what waits in a slot."""
        return self._waiting.get(slot)

    def current(self, pending: PendingMessage) -> PendingMessage | None:
        """Return a pending message as it is now, if it is here still."""
        place, slot = self._place_of(pending)
        current = place.get(slot)
        return current if current and current.id == pending.id else None

    @callback
    def async_listen(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Have a listener called when something comes or goes."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    async def async_keep_files(
        self, marker: str, attached: Attached
    ) -> tuple[StoredFile, ...]:
        """Write a report's files to disk.

        Raises:
            OutboxFull: There is no room for them.
            OSError: They cannot be written.

        """
        if not attached.files:
            return ()
        size = sum(len(file.content) for file in attached.files)
        stored_report = sum(
            file.size for pending in self._pending_messages() for file in pending.files
        )
        if size + stored_report + self._coming > MAX_FILE_BYTES:
            raise OutboxFull
        self._coming += size
        try:
            return await self._hass.async_add_executor_job(
                self._file.write_files, marker, attached.files
            )
        finally:
            self._coming -= size

    async def async_read_files(self, files: Iterable[StoredFile]) -> Attached:
        """Read a report's files from disk."""
        return await self._hass.async_add_executor_job(
            self._file.read_files, list(files)
        )

    async def async_put(self, pending: PendingMessage) -> None:
        """Write a pending message to disk, in place of the one in its slot.

        Raises:
            OutboxFull: There is no room for it; nothing has changed.
            HomeAssistantError: It cannot be written; nothing has changed.

        """
        encoded = pending.encode()
        before = self._waiting.get(pending.slot)
        texts = sum(map(len, self._written.values())) + len(encoded)
        if before:
            texts -= len(self._written[before.id])
        elif len(self._written) >= MAX_PENDING:
            raise OutboxFull
        if texts > MAX_TEXT_BYTES:
            raise OutboxFull
        self._waiting[pending.slot] = pending
        self._written[pending.id] = encoded
        try:
            await self._async_save()
        except HomeAssistantError:
            if before:
                self._waiting[pending.slot] = before
                self._written[pending.id] = before.encode()
            else:
                self._waiting.pop(pending.slot, None)
                self._written.pop(pending.id, None)
            raise
        if before:
            await self.async_drop_files(set(before.files) - set(pending.files))
        self._deliver_report()

    async def async_update(self, before: PendingMessage, after: PendingMessage) -> None:
        """Write what has become of a message; one that is empty leaves the outbox.

        RT has what is missing: it is not sent again, also where this cannot be
        written.
        """
        if not self.current(before):
            return  # dropped meanwhile
        place, slot = self._place_of(before)
        self.delivered += before.count - after.count
        if after.refusal and not before.refusal:
            del place[slot]
            self._refused[after.id] = after
        elif after.count:
            # In its place, for those that came later stand behind it.
            place[slot] = after
        else:
            del place[slot]
        if after.count:
            self._written[after.id] = after.encode()
        else:
            del self._written[after.id]
        self._deliver_report()
        try:
            if after.count or not self._waiting or self._is_due():
                await self._async_save()
            else:
                self._changes += 1
        except HomeAssistantError:
            # After a start, it is found in RT, and is not sent again.
            _LOGGER.warning("What RT has got stays in the file of the outbox")
            return
        await self.async_drop_files(set(before.files) - set(after.files))

    @callback
    def async_seal(self, pending: PendingMessage) -> None:
        """Add nothing any more to what RT may have got of a message."""
        if current := self.current(pending):
            place, slot = self._place_of(current)
            place[slot] = current.sealed()

    async def async_clear(self) -> None:
        """Drop all that waits or was refused.

        Raises:
            HomeAssistantError: The file cannot be written; it is there after a start.

        """
        files = [file for pending in self._pending_messages() for file in pending.files]
        self._waiting.clear()
        self._refused.clear()
        self._written.clear()
        self._deliver_report()
        await self._async_save()
        await self.async_drop_files(files)

    def _pending_messages(self) -> list[PendingMessage]:
        """Return all pending messages."""
        return [*self._waiting.values(), *self._refused.values()]

    def _place_of(
        self, pending: PendingMessage
    ) -> tuple[dict[str, PendingMessage], str]:
        """Return where a pending message is, or is to be."""
        if pending.refusal:
            return self._refused, pending.id
        return self._waiting, pending.slot

    def _is_due(self) -> bool:
        """Tell whether what is delivered is to leave the file.

        Else it goes with the next that is written: all of the file is written each
        time, and what RT has is not sent again.
        """
        return self._hass.loop.time() - self._saved_at >= _SAVE_SECONDS

    async def _async_save(self) -> None:
        """Write the file now, for all who wait for that.

        Raises:
            HomeAssistantError: It cannot be written.

        """
        self._changes += 1
        mine = self._changes
        async with self._writing:
            if self._failure:
                raise WriteError(self._failure)
            if self._saved >= mine:
                return
            changes = self._changes
            await self._hass.async_add_executor_job(
                self._file.write, self._source, list(self._written.values())
            )
            self._saved = changes
            self._saved_at = self._hass.loop.time()

    async def async_drop_files(self, files: Iterable[StoredFile]) -> None:
        """Delete files that no report needs any more."""
        if gone := list(files):
            await self._hass.async_add_executor_job(self._file.delete_files, gone)

    @callback
    def _deliver_report(self) -> None:
        """Tell who listens."""
        for listener in self._listeners:
            listener()


async def async_remove_outbox(hass: HomeAssistant, entry_id: str) -> None:
    """Delete an entry's outbox."""
    await hass.async_add_executor_job(_file(hass, entry_id).remove)


def _file(hass: HomeAssistant, entry_id: str) -> OutboxFile:
    """Return the file of an entry's outbox."""
    name = f"{DOMAIN}.{entry_id}.outbox"
    return OutboxFile(Path(hass.config.path(STORAGE_DIR, name)))
