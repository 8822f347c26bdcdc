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
from .file import OutboxFile
from .pending import Parcel
from .record import KeptFile

_LOGGER = logging.getLogger(__name__)

# More keys than that do not have problems at the same time.
MAX_PARCELS: Final = 5000
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
        self._waiting: dict[str, Parcel] = {}
        """By its slot; the one that waits for longest stands first."""
        self._refused: dict[str, Parcel] = {}
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
            source, parcels = await run(self._file.read)
        except OSError as err:
            _LOGGER.warning("Reports cannot wait, for their file is not ours: %s", err)
            self._failure = str(err)
            return
        self.set_aside = await run(self._file.set_aside)
        if parcels and source != self._source:
            _LOGGER.warning(
                "Reports that waited for another queue are sent to this one, without"
                " their custom fields"
            )
            parcels = [parcel.elsewhere() for parcel in parcels]
        for parcel in parcels:
            place, slot = self._place_of(parcel)
            place[slot] = parcel
            self._written[parcel.id] = parcel.encode()

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
        return sum(parcel.count for parcel in self._waiting.values())

    @property
    def total(self) -> int:
        """Return how many reports there are, with those that RT refused."""
        return sum(parcel.count for parcel in self._parcels())

    @property
    def waiting(self) -> list[Parcel]:
        """Return what waits, in the order in which it came."""
        return list(self._waiting.values())

    @property
    def refused(self) -> list[Parcel]:
        """Return what RT refused for good."""
        return list(self._refused.values())

    def get(self, slot: str) -> Parcel | None:
        """Return what waits in a slot."""
        return self._waiting.get(slot)

    def current(self, parcel: Parcel) -> Parcel | None:
        """Return a parcel as it is now, if it is here still."""
        place, slot = self._place_of(parcel)
        current = place.get(slot)
        return current if current and current.id == parcel.id else None

    @callback
    def async_listen(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Have a listener called when something comes or goes."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    async def async_keep_files(
        self, marker: str, attached: Attached
    ) -> tuple[KeptFile, ...]:
        """Write a report's files to disk.

        Raises:
            OutboxFull: There is no room for them.
            OSError: They cannot be written.

        """
        if not attached.files:
            return ()
        size = sum(len(file.content) for file in attached.files)
        kept = sum(file.size for parcel in self._parcels() for file in parcel.files)
        if size + kept + self._coming > MAX_FILE_BYTES:
            raise OutboxFull
        self._coming += size
        try:
            return await self._hass.async_add_executor_job(
                self._file.write_files, marker, attached.files
            )
        finally:
            self._coming -= size

    async def async_read_files(self, files: Iterable[KeptFile]) -> Attached:
        """Read a report's files from disk."""
        return await self._hass.async_add_executor_job(
            self._file.read_files, list(files)
        )

    async def async_put(self, parcel: Parcel) -> None:
        """Write a parcel to disk, in place of the one in its slot.

        Raises:
            OutboxFull: There is no room for it; nothing has changed.
            HomeAssistantError: It cannot be written; nothing has changed.

        """
        encoded = parcel.encode()
        before = self._waiting.get(parcel.slot)
        texts = sum(map(len, self._written.values())) + len(encoded)
        if before:
            texts -= len(self._written[before.id])
        elif len(self._written) >= MAX_PARCELS:
            raise OutboxFull
        if texts > MAX_TEXT_BYTES:
            raise OutboxFull
        self._waiting[parcel.slot] = parcel
        self._written[parcel.id] = encoded
        try:
            await self._async_save()
        except HomeAssistantError:
            if before:
                self._waiting[parcel.slot] = before
                self._written[parcel.id] = before.encode()
            else:
                self._waiting.pop(parcel.slot, None)
                self._written.pop(parcel.id, None)
            raise
        if before:
            await self.async_drop_files(set(before.files) - set(parcel.files))
        self._tell()

    async def async_update(self, before: Parcel, after: Parcel) -> None:
        """Write what has become of a parcel; one that is empty leaves the outbox.

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
        self._tell()
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
    def async_seal(self, parcel: Parcel) -> None:
        """Add nothing any more to what RT may have got of a parcel."""
        if current := self.current(parcel):
            place, slot = self._place_of(current)
            place[slot] = current.sealed()

    async def async_clear(self) -> None:
        """Drop all that waits or was refused.

        Raises:
            HomeAssistantError: The file cannot be written; it is there after a start.

        """
        files = [file for parcel in self._parcels() for file in parcel.files]
        self._waiting.clear()
        self._refused.clear()
        self._written.clear()
        self._tell()
        await self._async_save()
        await self.async_drop_files(files)

    def _parcels(self) -> list[Parcel]:
        """Return all parcels."""
        return [*self._waiting.values(), *self._refused.values()]

    def _place_of(self, parcel: Parcel) -> tuple[dict[str, Parcel], str]:
        """Return where a parcel is, or is to be."""
        if parcel.refusal:
            return self._refused, parcel.id
        return self._waiting, parcel.slot

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

    async def async_drop_files(self, files: Iterable[KeptFile]) -> None:
        """Delete files that no report needs any more."""
        if gone := list(files):
            await self._hass.async_add_executor_job(self._file.delete_files, gone)

    @callback
    def _tell(self) -> None:
        """Tell who listens."""
        for listener in self._listeners:
            listener()


async def async_remove_outbox(hass: HomeAssistant, entry_id: str) -> None:
    """Delete an entry's outbox."""
    await hass.async_add_executor_job(_file(hass, entry_id).remove)


def _file(hass: HomeAssistant, entry_id: str) -> OutboxFile:
    """Return where an entry's outbox is kept."""
    name = f"{DOMAIN}.{entry_id}.outbox"
    return OutboxFile(Path(hass.config.path(STORAGE_DIR, name)))
