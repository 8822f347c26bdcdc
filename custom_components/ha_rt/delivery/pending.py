"""What waits for RT of one key: its first report in full, and what came after it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
import json
from typing import Any, Final, Self

import voluptuous as vol

from ..model.key import Key
from .backlog import BACKLOG, Backlog
from .record import MARKER, STORED_REPORT, StoredFile, StoredReport

# What the file holds of it.
_PENDING: Final = vol.Schema(
    {
        "key": str,
        "id": MARKER,
        "first": vol.Any(None, STORED_REPORT),
        "backlogs": [BACKLOG],
        "ticket_id": vol.Any(None, int),
        "refusal": str,
    },
    required=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingMessage:
    """What waits of one key."""

    key: Key
    id: str
    first: StoredReport | None
    """None once RT has it."""
    backlogs: tuple[Backlog, ...] = ()
    ticket_id: int | None = None
    """The ticket that has the first report."""
    refusal: str = ""
    """Why RT refused it for good."""

    @classmethod
    def of(cls, stored_report: StoredReport) -> Self:
        """Return a pending message with one report."""
        return cls(
            key=stored_report.report.key,
            id=stored_report.report.message.marker,
            first=stored_report,
        )

    @property
    def slot(self) -> str:
        """Return what there is one pending message of: a key, or a forced report."""
        if self.first and self.first.report.force_create:
            return self.id
        return str(self.key)

    @property
    def count(self) -> int:
        """Return how many reports it holds."""
        return sum(one.count for one in self.backlogs) + (self.first is not None)

    @property
    def files(self) -> list[StoredFile]:
        """Return the files of all reports."""
        files = [file for backlog in self.backlogs for file in backlog.files]
        return [*self.first.files, *files] if self.first else files

    def add(self, stored_report: StoredReport, max_bytes: int) -> Self:
        """Return the message with one report more; see Backlog.add."""
        *others, last = self.backlogs or (Backlog(),)
        if last.may_be_sent:
            others, last = [*others, last], Backlog()
        first = self.first
        if first and not stored_report.report.is_rare:
            first = replace(first, report=replace(first.report, is_rare=False))
        backlogs = (*others, last.add(stored_report, max_bytes))
        return replace(self, first=first, backlogs=backlogs)

    def elsewhere(self) -> Self:
        """Return the message for a queue with other custom fields and tickets."""
        first = self.first
        if first:
            first = replace(first, report=replace(first.report, custom_fields={}))
        return replace(self, first=first, ticket_id=None)

    def without_first(self, ticket_id: int | None) -> Self:
        """Return what is left when RT has the first report."""
        return replace(self, first=None, ticket_id=ticket_id)

    def without_backlog(self) -> Self:
        """Return what is left when RT has the first backlog."""
        return replace(self, backlogs=self.backlogs[1:])

    def sealed(self) -> Self:
        """Return the message after RT may have got its first backlog."""
        if self.first or not self.backlogs:
            return self
        backlog, *others = self.backlogs
        return replace(self, backlogs=(replace(backlog, may_be_sent=True), *others))

    def encode(self) -> bytes:
        """Return what the file holds."""
        content = {
            "key": str(self.key),
            "id": self.id,
            "first": self.first.to_json() if self.first else None,
            "backlogs": [backlog.to_json() for backlog in self.backlogs],
            "ticket_id": self.ticket_id,
            "refusal": self.refusal,
        }
        return json.dumps(content).encode()

    @classmethod
    def from_json(cls, unchecked: Any) -> Self:
        """Read a pending message from its file.

        Raises:
            ValueError: It is none.

        """
        try:
            stored: Mapping[str, Any] = _PENDING(unchecked)
        except vol.Invalid as err:
            raise ValueError(str(err)) from None
        pending = cls(
            key=Key.parse(stored["key"]),
            id=stored["id"],
            first=StoredReport.from_json(stored["first"]) if stored["first"] else None,
            backlogs=tuple(Backlog.from_json(one) for one in stored["backlogs"]),
            ticket_id=stored["ticket_id"],
            refusal=stored["refusal"],
        )
        if not pending.count:
            raise ValueError("There is nothing in it")
        if pending.backlogs and pending.slot == pending.id:
            raise ValueError("A report beside others is not repeated")
        return pending
