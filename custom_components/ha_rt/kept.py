"""A report that waits for RT, as it is written to disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Any, Final, Self

from .keys import Key
from .report import Message, Report
from .severity import Severity

# The marker of the message and a number: nothing that leads elsewhere.
_PATH: Final = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptFile:
    """A file that waits with a report."""

    name: str
    content_type: str
    size: int
    path: str
    """Its name in the outbox's folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A report as it waits."""

    report: Report
    came: datetime
    files: tuple[KeptFile, ...] = ()
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
        """Read a report from its file."""
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
            custom_fields={int(id_): value for id_, value in stored["custom_fields"]},
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
            failures=dict(stored["failures"]),
        )


def files_to_json(files: Sequence[KeptFile]) -> list[list[Any]]:
    """Return what the outbox holds of files."""
    return [[one.name, one.content_type, one.size, one.path] for one in files]


def files_from_json(stored: Sequence[Sequence[Any]]) -> tuple[KeptFile, ...]:
    """Read what the outbox holds of files."""
    files = [
        KeptFile(name=name, content_type=content_type, size=int(size), path=path)
        for name, content_type, size, path in stored
    ]
    if not all(_PATH.fullmatch(file.path) for file in files):
        raise ValueError("A file outside the outbox")
    return tuple(files)


def aware(text: str) -> datetime:
    """Read a time."""
    time = datetime.fromisoformat(text)
    if time.utcoffset() is None:
        raise ValueError("A time without its zone")
    return time
