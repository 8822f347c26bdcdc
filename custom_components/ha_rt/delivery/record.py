"""A report that waits for RT, as it is written to disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

import voluptuous as vol

from ..model.key import Key
from ..model.report import Message, Report
from ..model.severity import Severity
from ..model.text import HTML, PLAIN

MARKER: Final = vol.All(str, vol.Match(r"[0-9a-f]{32}\Z"))
TYPE: Final = vol.In([PLAIN, HTML])
SEVERITY: Final = vol.Any(None, vol.In([one.value for one in Severity]))
FAILURES: Final = vol.Schema({str: str})
# The marker of the message and a number: nothing that leads elsewhere.
_PATH: Final = vol.All(str, vol.Match(r"[0-9a-f]{32}-[0-9]{1,4}\Z"))
FILES: Final = [vol.ExactSequence([str, str, vol.All(int, vol.Range(min=0)), _PATH])]

# What the file holds of a report.
STORED_REPORT: Final = vol.Schema(
    {
        "key": str,
        "subject": str,
        "text": str,
        "content_type": TYPE,
        "marker": MARKER,
        "severity": SEVERITY,
        "priority": vol.Any(None, int),
        "custom_fields": [vol.ExactSequence([int, vol.Any(str, [str])])],
        "requestor": [str],
        "cc": [str],
        "owner": str,
        "refers_to": [str],
        "facts": [vol.ExactSequence([str, str])],
        "force_create": bool,
        "is_rare": bool,
        "came": str,
        "files": FILES,
        "failures": FAILURES,
    },
    required=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    """A file that waits with a report."""

    name: str
    content_type: str
    size: int
    path: str
    """Its name in the outbox's folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredReport:
    """A report as it waits."""

    report: Report
    came: datetime
    files: tuple[StoredFile, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    """Why other files could not be had, by their source."""

    def to_json(self) -> dict[str, Any]:
        """Return what the file holds."""
        report = self.report
        return {
            "key": str(report.key),
            "subject": report.subject,
            "text": report.message.text,
            "content_type": report.message.content_type,
            "marker": report.message.marker,
            "severity": report.severity,
            "priority": report.priority,
            "custom_fields": list(report.custom_fields.items()),
            "requestor": list(report.requestor),
            "cc": list(report.cc),
            "owner": report.owner,
            "refers_to": list(report.refers_to),
            "facts": list(report.facts),
            "force_create": report.force_create,
            "is_rare": report.is_rare,
            "came": self.came.isoformat(),
            "files": files_to_json(self.files),
            "failures": dict(self.failures),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read a report from its file, which was checked."""
        report = Report(
            key=Key.parse(stored["key"]),
            subject=stored["subject"],
            message=Message(
                text=stored["text"],
                content_type=stored["content_type"],
                marker=stored["marker"],
            ),
            severity=Severity(stored["severity"]) if stored["severity"] else None,
            priority=stored["priority"],
            custom_fields=dict(stored["custom_fields"]),
            requestor=stored["requestor"],
            cc=stored["cc"],
            owner=stored["owner"],
            refers_to=stored["refers_to"],
            facts=[(label, value) for label, value in stored["facts"]],
            force_create=stored["force_create"],
            is_rare=stored["is_rare"],
        )
        return cls(
            report=report,
            came=aware(stored["came"]),
            files=files_from_json(stored["files"]),
            failures=stored["failures"],
        )


def files_to_json(files: Sequence[StoredFile]) -> list[list[Any]]:
    """Return what the outbox holds of files."""
    return [[one.name, one.content_type, one.size, one.path] for one in files]


def files_from_json(stored: Sequence[Sequence[Any]]) -> tuple[StoredFile, ...]:
    """Read what the outbox holds of files."""
    return tuple(
        StoredFile(name=name, content_type=content_type, size=size, path=path)
        for name, content_type, size, path in stored
    )


def aware(text: str) -> datetime:
    """Read a time."""
    time = datetime.fromisoformat(text)
    if time.utcoffset() is None:
        raise ValueError("A time without its zone")
    return time
