"""The open tickets of a queue, and what they come to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenTicket:
    """What is kept of an open ticket: there may be thousands."""

    id: int
    subject: str
    status: str
    owner: str
    """Login; empty for nobody."""
    created: datetime | None
    """The times are in UTC, to the second."""
    due: datetime | None
    """By RT, or else by the severity."""
    device_id: str | None
    """Empty for none; None until RT was asked."""
    event_type: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """How a queue stands at one moment."""

    tickets: Mapping[int, OpenTicket]
    """The open tickets by their number, in its order."""
    statuses: Mapping[str, int]
    """How many there are by their status, in lower case."""
    unowned: int
    overdue: int
    oldest: datetime | None
    """When the oldest of them was created."""

    @classmethod
    def take(
        cls, tickets: Mapping[int, OpenTicket], statuses: Iterable[str], now: datetime
    ) -> Self:
        """Count the open tickets.

        Args:
            tickets: The tickets by their number.
            statuses: Which statuses to count, besides those of these tickets.
            now: The time, in UTC.

        """
        counts = Counter({status.casefold(): 0 for status in statuses})
        counts.update(ticket.status.casefold() for ticket in tickets.values())
        return cls(
            tickets=dict(sorted(tickets.items())),
            statuses=counts,
            unowned=sum(not ticket.owner for ticket in tickets.values()),
            overdue=sum(
                ticket.due is not None and ticket.due < now
                for ticket in tickets.values()
            ),
            oldest=min(
                (ticket.created for ticket in tickets.values() if ticket.created),
                default=None,
            ),
        )
