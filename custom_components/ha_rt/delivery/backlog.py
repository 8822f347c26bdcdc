"""What is said in one comment of several reports that waited for RT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

import voluptuous as vol

from ..model.report import new_marker
from ..model.severity import Severity
from ..model.text import PLAIN, compose, recount, span, summary
from .record import (
    FAILURES,
    FILES,
    MARKER,
    SEVERITY,
    TYPE,
    StoredFile,
    StoredReport,
    aware,
    files_from_json,
    files_to_json,
)

# Texts of one key that are told each; of more, only how many there were.
_MAX_TEXTS: Final = 20

_COUNT: Final = vol.All(int, vol.Range(min=1))
# What the file holds of it.
BACKLOG: Final = vol.Schema(
    {
        "marker": MARKER,
        "said": vol.All(
            [vol.ExactSequence([str, TYPE, _COUNT, str, str])], vol.Length(min=1)
        ),
        "severity": SEVERITY,
        "files": FILES,
        "failures": FAILURES,
    },
    required=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldedText:
    """A text, and when it was reported."""

    text: str
    content_type: str
    count: int
    first: datetime
    last: datetime

    def again(self, came: datetime) -> Self:
        """Return the same with one report more."""
        return replace(self, count=self.count + 1, last=came)

    def to_json(self) -> list[Any]:
        """Return what the file holds."""
        times = (self.first.isoformat(), self.last.isoformat())
        return [self.text, self.content_type, self.count, *times]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Self:
        """Read it from its file."""
        text, content_type, count, first, last = stored
        return cls(
            text=text,
            content_type=content_type,
            count=count,
            first=aware(first),
            last=aware(last),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """What is to be said of the reports after the first, in one comment."""

    marker: str = field(default_factory=new_marker)
    texts: tuple[FoldedText, ...] = ()
    """The last one stands for all others, without a text, if there are too many."""
    severity: Severity | None = None
    """The worst of them."""
    files: tuple[StoredFile, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    may_be_sent: bool = False
    """Whether RT may have it, so that nothing can be added any more."""

    @property
    def count(self) -> int:
        """Return how many reports there were."""
        return sum(one.count for one in self.texts)

    def add(self, stored_report: StoredReport, max_bytes: int) -> Self:
        """Return the backlog with one report more.

        Args:
            stored_report: The report.
            max_bytes: How large the files of one message may be; the oldest go.

        """
        report = stored_report.report
        severity = self.severity
        if report.severity and (not severity or severity.is_below(report.severity)):
            severity = report.severity
        files = [*self.files, *stored_report.files]
        failures = {**self.failures, **stored_report.failures}
        while sum(file.size for file in files) > max_bytes:
            files.pop(0)
            failures["Older files"] = "no room for them while RT could not be reached"
        return replace(
            self,
            texts=_with(self.texts, stored_report),
            severity=severity,
            files=tuple(files),
            failures=failures,
        )

    def message(self) -> tuple[str, str]:
        """Return what is said, and its content type."""
        parts = []
        for one in self.texts:
            describe = span if one.text else summary
            when = describe(one.count, one.first, one.last)
            parts.append((when, one.text, one.content_type))
        return recount(parts)

    def to_json(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "marker": self.marker,
            "said": [one.to_json() for one in self.texts],
            "severity": self.severity,
            "files": files_to_json(self.files),
            "failures": dict(self.failures),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read a backlog from its file."""
        return cls(
            marker=stored["marker"],
            texts=tuple(FoldedText.from_json(one) for one in stored["said"]),
            severity=Severity(stored["severity"]) if stored["severity"] else None,
            files=files_from_json(stored["files"]),
            failures=stored["failures"],
            may_be_sent=True,
        )


def _with(
    texts: tuple[FoldedText, ...], stored_report: StoredReport
) -> tuple[FoldedText, ...]:
    """Return what was said, and when a report said it."""
    message = stored_report.report.message
    text = compose(
        message.text_or(stored_report.report.subject),
        message.content_type,
        after=stored_report.report.references(),
    )
    new = FoldedText(
        text=text,
        content_type=message.content_type,
        count=1,
        first=stored_report.came,
        last=stored_report.came,
    )
    for place, one in enumerate(texts):
        if (one.text, one.content_type) == (new.text, new.content_type):
            return (*texts[:place], one.again(stored_report.came), *texts[place + 1 :])
    if len(texts) < _MAX_TEXTS:
        return (*texts, new)
    *told, last = texts
    if len(texts) == _MAX_TEXTS:
        return (*texts, replace(new, text="", content_type=PLAIN))
    return (*told, last.again(stored_report.came))
