"""Statistics of a queue, in memory that does not grow with its tickets."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from homeassistant.util import dt as dt_util

from ..model.severity import Severity, due
from ..rt import ticketsql
from ..rt.models import Ticket
from ..rt.tickets import TIME_FIELDS
from ..rt.ticketsql import NOBODY
from ..tickets.context import QueueContext
from .response_times import first_responses, minutes
from .search import CLOCK_SLACK
from .view import iso

# The severity of tickets whose priority is below that of the least one.
_NO_SEVERITY = "none"


@dataclass(kw_only=True, slots=True)
class _Durations:
    """How long something took; as many numbers as there are different minutes."""

    minutes: Counter[int] = field(default_factory=Counter)
    total: timedelta = timedelta()

    def add(self, time: timedelta) -> None:
        """Count one in."""
        self.minutes[minutes(time)] += 1
        self.total += max(time, timedelta())

    def figures(self) -> dict[str, Any]:
        """Return count, mean, median and maximum, in minutes."""
        count = self.minutes.total()
        if not count:
            return {"count": 0, "mean": None, "median": None, "max": None}
        middle = self._at((count - 1) // 2) + self._at(count // 2)
        return {
            "count": count,
            "mean": round(self.total / count / timedelta(minutes=1), 1),
            "median": middle / 2,
            "max": max(self.minutes),
        }

    def _at(self, index: int) -> int:
        """Return the value at a place among all of them in order."""
        values = sorted(self.minutes)
        counts = accumulate(self.minutes[value] for value in values)
        return next(v for v, count in zip(values, counts, strict=True) if index < count)


@dataclass(kw_only=True, slots=True)
class _Figures:
    """What is counted of a queue's tickets."""

    statuses: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    owners: Counter[str] = field(default_factory=Counter)
    oldest: Ticket | None = None
    overdue: int = 0
    created: int = 0
    resolved: int = 0
    responses: _Durations = field(default_factory=_Durations)
    resolutions: _Durations = field(default_factory=_Durations)

    def add_open(self, ticket: Ticket, severity: Severity | None) -> None:
        """Count an open ticket in."""
        self.statuses[ticket.status] += 1
        self.severities[severity.value if severity else _NO_SEVERITY] += 1
        self.owners[ticket.owner or NOBODY] += 1
        if not self.oldest or _created(ticket) < _created(self.oldest):
            self.oldest = ticket

    def add_resolved(self, time: timedelta) -> None:
        """Count a ticket in that was resolved in the period, after some time."""
        self.resolved += 1
        self.resolutions.add(time)


async def async_statistics(context: QueueContext, days: int) -> dict[str, Any]:
    """Return figures of the open tickets, and of a period until now.

    Args:
        context: The entry's queue.
        days: The length of the period.

    Raises:
        RTError: See the errors of `rt`.

    """
    now = dt_util.utcnow()
    since = now - timedelta(days=days)
    age = timedelta(days=days) + CLOCK_SLACK
    query = ticketsql.all_of(
        ticketsql.queue_is(context.queue.id),
        ticketsql.any_of(
            [
                context.lifecycle.open_condition(),
                ticketsql.created_within(age),
                ticketsql.resolved_within(age),
            ]
        ),
    )
    fields = TIME_FIELDS
    if context.severities.field_id is not None:
        fields += ",CustomFields"
    figures = _Figures()
    sees_some = False
    async for page in context.client.pages(query, fields=fields):
        for ticket in page:
            await _async_add(context, figures, ticket, since, now)
        await _async_add_responses(context, figures, page, since)
        sees_some = True
    if not sees_some:
        await context.check_sight()
    return _answer(context, figures, days, since, now)


async def _async_add(
    context: QueueContext,
    figures: _Figures,
    ticket: Ticket,
    since: datetime,
    now: datetime,
) -> None:
    """Count a ticket in."""
    if _created(ticket) >= since:
        figures.created += 1
    if not await context.lifecycle.is_open(ticket):
        if ticket.resolved and ticket.resolved >= since:
            figures.add_resolved(ticket.resolved - _created(ticket))
        return
    severity = context.severities.of(ticket)
    figures.add_open(ticket, severity)
    until = due(ticket, severity, context.settings.sla)
    if until and until < now:
        figures.overdue += 1


async def _async_add_responses(
    context: QueueContext, figures: _Figures, page: list[Ticket], since: datetime
) -> None:
    """Count in when people first responded to the new tickets among these."""
    created = {
        ticket.id: ticket.created
        for ticket in page
        if ticket.created and ticket.created >= since
    }
    if not created:
        return
    responses = await first_responses(
        context.client, context.queue.id, min(created), max(created)
    )
    for ticket_id, response in responses.items():
        if ticket_id in created:
            figures.responses.add(response - created[ticket_id])


def _answer(
    context: QueueContext, figures: _Figures, days: int, since: datetime, now: datetime
) -> dict[str, Any]:
    """Return the figures as the action answers them."""
    oldest = figures.oldest
    return {
        "queue": context.queue.name,
        "days": days,
        "since": iso(since),
        "open": figures.statuses.total(),
        "by_status": dict(figures.statuses),
        "by_severity": {
            name: figures.severities[name]
            for name in (*(severity.value for severity in Severity), _NO_SEVERITY)
        },
        "by_owner": dict(figures.owners),
        "overdue": figures.overdue,
        "oldest": oldest
        and {
            "ticket_id": oldest.id,
            "ticket_url": context.ticket_url(oldest.id),
            "created": iso(oldest.created),
            "age_hours": round(minutes(now - _created(oldest)) / 60, 1),
        },
        "created": figures.created,
        "resolved": figures.resolved,
        "first_response_minutes": figures.responses.figures(),
        "resolution_minutes": figures.resolutions.figures(),
    }


def _created(ticket: Ticket) -> datetime:
    """Return when a ticket was created, which RT always tells."""
    return ticket.created or dt_util.utc_from_timestamp(0)
