"""The file of an outbox, and the folder of the files that wait in it.

All of this waits for the disk, and is called beside the event loop.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
import json
import logging
from pathlib import Path
import shutil
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.file import write_utf8_file_atomic

from ..model.report import Attached
from ..rt.models import Attachment
from .pending import PendingMessage
from .record import StoredFile

_LOGGER = logging.getLogger(__name__)

# Another name in a release that writes something else.
_PENDING: Final = "pending_1"


class OutboxFile:
    """The file of an outbox."""

    def __init__(self, path: Path) -> None:
        """Take the path of the file."""
        self._path = path
        self._folder = path.with_name(f"{path.name}_files")

    def read(self) -> tuple[dict[str, Any], list[PendingMessage]]:
        """Return whose reports wait, and what waits.

        A file that is torn or none of ours is set aside. What can be read of it is
        not lost.

        Raises:
            OSError: It cannot be read, and cannot be set aside.

        """
        try:
            stored = json.loads(self._path.read_bytes())
            source, written = dict(stored["source"]), list(stored[_PENDING])
        except FileNotFoundError:
            return {}, []
        except (LookupError, OSError, RecursionError, TypeError, ValueError) as err:
            self._set_aside(err)
            return {}, []
        pending_messages, failure = _parse(written)
        if failure:
            self._set_aside(failure)
            with suppress(HomeAssistantError):  # else with what comes next
                self.write(source, [pending.encode() for pending in pending_messages])
        else:
            self._delete_strays(pending_messages)
        return source, pending_messages

    def write(self, source: dict[str, Any], pending_messages: Sequence[bytes]) -> None:
        """Write the file, all of it or nothing.

        Raises:
            HomeAssistantError: It cannot be written.

        """
        head = json.dumps({"source": source})[:-1] + f', "{_PENDING}": [\n'
        content = head.encode() + b",\n".join(pending_messages)
        write_utf8_file_atomic(
            str(self._path), content + b"\n]}\n", private=True, mode="wb"
        )

    def write_files(
        self, marker: str, files: Iterable[Attachment]
    ) -> tuple[StoredFile, ...]:
        """Write the files of a report.

        Raises:
            OSError: They cannot be written.
            HomeAssistantError: So too.

        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        stored_report = []
        for number, file in enumerate(files):
            path = f"{marker}-{number}"
            write_utf8_file_atomic(
                str(self._folder / path), file.content, private=True, mode="wb"
            )
            stored_report.append(
                StoredFile(
                    name=file.name,
                    content_type=file.content_type,
                    size=len(file.content),
                    path=path,
                )
            )
        return tuple(stored_report)

    def read_files(self, files: Iterable[StoredFile]) -> Attached:
        """Return the files of a report, and which of them are gone."""
        found = []
        failures = {}
        for file in files:
            try:
                content = (self._folder / file.path).read_bytes()
            except OSError:
                failures[file.name] = "it could not be kept"
            else:
                found.append(
                    Attachment(
                        name=file.name, content_type=file.content_type, content=content
                    )
                )
        return Attached(files=tuple(found), failures=failures)

    def delete_files(self, files: Iterable[StoredFile]) -> None:
        """Delete files that no report needs any more; what stays goes at the next start."""
        for file in files:
            try:
                (self._folder / file.path).unlink(missing_ok=True)
            except OSError as err:
                _LOGGER.debug("%s stays: %s", file.path, err)

    def remove(self) -> None:
        """Delete all of it."""
        self._path.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def set_aside(self) -> list[str]:
        """Return the names of what could not be read and is still there."""
        return sorted(
            path.name
            for path in self._path.parent.glob(f"{self._path.name}.unreadable-*")
        )

    def _set_aside(self, why: Exception) -> None:
        """Give a file that cannot be read another name.

        Raises:
            OSError: It has to keep its name.

        """
        time = dt_util.utcnow().strftime("%Y%m%dT%H%M%S%f")
        name = f"{self._path.name}.unreadable-{time}"
        self._path.rename(self._path.with_name(name))
        _LOGGER.error(
            "The reports that wait for RT cannot be read, and are now in %s: %s: %s",
            name,
            type(why).__name__,
            why,
        )

    def _delete_strays(self, pending_messages: Iterable[PendingMessage]) -> None:
        """Delete the files that a stop of Home Assistant has left."""
        wanted = {file.path for pending in pending_messages for file in pending.files}
        try:
            strays = [one for one in self._folder.iterdir() if one.name not in wanted]
            for path in strays:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        except OSError as err:
            _LOGGER.debug("Files of reports that RT has stay: %s", err)


def _parse(written: Iterable[Any]) -> tuple[list[PendingMessage], Exception | None]:
    """Return the messages that can be read, and why others cannot."""
    pending_messages = []
    failure = None
    taken: set[str] = set()
    for one in written:
        try:
            pending = PendingMessage.from_json(one)
        except ValueError as err:
            failure = err
            continue
        places = {pending.id} if pending.refusal else {pending.id, pending.slot}
        if taken & places:
            failure = ValueError("It is there twice")
        else:
            taken |= places
            pending_messages.append(pending)
    return pending_messages, failure
