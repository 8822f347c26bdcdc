"""How bad a problem is, in Home Assistant's words and in RT's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..rt.models import Ticket


class Severity(StrEnum):
    """How bad a problem is, from the least to the worst."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    def is_below(self, other: Severity) -> bool:
        """Tell whether this is less bad than another."""
        order = list(Severity)
        return order.index(self) < order.index(other)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeverityScale:
    """How severities stand in RT's tickets."""

    priorities: Mapping[Severity, int]
    field_id: int | None = None
    """Number of the custom field that holds the severity, if there is one."""

    def of(self, ticket: Ticket) -> Severity | None:
        """Return a ticket's severity: what its custom field says, or its priority.

        None if the priority is below that of the least severity.
        """
        if self.field_id is not None:
            for value in ticket.custom_fields.get(self.field_id, ()):
                if value.casefold() in Severity:
                    return Severity(value.casefold())
        return self.of_priority(ticket.priority)

    def of_priority(self, priority: int) -> Severity | None:
        """Return the worst severity whose priority is reached."""
        return next(
            (s for s in reversed(Severity) if self.priorities[s] <= priority), None
        )

    def is_below(self, ticket: Ticket, severity: Severity) -> bool:
        """Tell whether a ticket is less severe than this."""
        present = self.of(ticket)
        return present is None or present.is_below(severity)

    def priority(self, severity: Severity | None, explicit: int | None) -> int | None:
        """Return the priority to give: the one asked for, or the severity's."""
        if explicit is not None or severity is None:
            return explicit
        return self.priorities[severity]

    def fields(self, severity: Severity | None) -> dict[int, str]:
        """Return the severity as the value of its custom field, if there is one."""
        if severity is None or self.field_id is None:
            return {}
        return {self.field_id: severity.value}


def due(
    ticket: Ticket, severity: Severity | None, limits: Mapping[Severity, timedelta]
) -> datetime | None:
    """Return when a ticket is to be resolved: by RT, or else by its severity.

    Args:
        ticket: The ticket.
        severity: How bad its problem is.
        limits: How long after its creation a ticket without a due date is due.

    """
    if ticket.due or not ticket.created or not severity or severity not in limits:
        return ticket.due
    return ticket.created + limits[severity]
