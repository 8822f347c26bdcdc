"""The time after a comment, in which further reports may be held back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Self

from homeassistant.util import dt as dt_util

from ..rt.text import replace_surrogates
from .report import Report
from .severity import Severity
from .text import summary

# For so long, a ticket that was open is not looked at again.
_OPEN_FOR = timedelta(minutes=1)

_TIMES = ("until", "seen_open", "first", "last", "first_untold")


@dataclass(kw_only=True, slots=True)
class ThrottleWindow:
    """The time after a comment on a ticket, and what was held back in it."""

    ticket_id: int
    until: datetime
    sent: str
    """Fingerprint of the last comment."""
    severity: Severity | None
    """The worst that the ticket was reported with."""
    seen_open: datetime
    held: int = 0
    first: datetime | None = None
    last: datetime | None = None
    subject: str = ""
    """Of the last report that was held back, as are the following."""
    text: str = ""
    content_type: str = ""
    failures: int = 0
    """How often RT did not take what was held back; it is tried again."""
    lost: str = ""
    """Marker of a message that told what was held back, but that RT did not confirm."""
    lost_held: int = 0
    """How many reports that one told of."""
    first_untold: datetime | None = None
    """When the first came that it did not tell of."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read a window from its file."""
        severity = stored["severity"]
        times = {name: _time(stored.get(name)) for name in _TIMES}
        return cls(
            **{**stored, **times, "severity": Severity(severity) if severity else None}
        )

    def hold(self, report: Report, came: datetime) -> None:
        """Hold a report back."""
        self.held += 1
        self.first = self.first or came
        if self.lost:
            self.first_untold = self.first_untold or came
        self.last = came
        self.subject = replace_surrogates(report.subject)
        self.text = replace_surrogates(report.message.text)
        self.content_type = report.message.content_type

    def mark_unconfirmed(self, marker: str) -> None:
        """Take it for unknown whether a message told RT what is held back."""
        self.lost = marker
        self.lost_held = self.held
        self.first_untold = None

    def confirm(self, *, is_told: bool) -> None:
        """Go on without what the lost message told of, if RT has it."""
        if is_told:
            self.held -= self.lost_held
            self.first = self.first_untold
        self.lost = ""
        self.lost_held = 0
        self.first_untold = None

    def summary(self) -> list[str]:
        """Return what is to be said of the reports that were held back."""
        if not (self.held and self.first and self.last):
            return []
        return [summary(self.held, self.first, self.last)]

    @property
    def last_known(self) -> datetime:
        """Return when the last report came, if its ticket may have been closed then.

        Else the beginning of time.
        """
        if self.last is None or self.last <= self.seen_open:
            return datetime.min.replace(tzinfo=UTC)
        return self.last

    def was_just_open(self) -> bool:
        """Tell whether the ticket was seen to be open a moment ago."""
        return dt_util.utcnow() - self.seen_open < _OPEN_FOR

    def queue_error(self) -> None:
        """Take it for unknown whether the ticket is open."""
        self.seen_open -= _OPEN_FOR

    def is_outdone(self, report: Report) -> bool:
        """Tell whether a report is more severe than all that was said in the ticket."""
        if report.severity is None:
            return False
        return self.severity is None or self.severity.is_below(report.severity)


def fingerprint(report: Report) -> str:
    """Return what identical comments have in common."""
    message = report.message
    text = f"{message.content_type}\n{message.text_or(report.subject)}"
    return sha256(replace_surrogates(text).encode()).hexdigest()


def _time(text: str | None) -> Any:
    """Read a time from its file."""
    return datetime.fromisoformat(text) if text else None
