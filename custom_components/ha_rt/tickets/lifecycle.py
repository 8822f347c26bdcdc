"""Which tickets of a queue are open: its lifecycle, or what the options make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
import logging

from ..rt import ticketsql
from ..rt.client import RTClient
from ..rt.models import Ticket

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifecycle:
    """Tells open tickets from closed ones."""

    client: RTClient
    queue_id: int
    open_statuses: Sequence[str]
    """Statuses of open tickets; empty for all that RT counts as active."""
    first_statuses: set[str]
    """Statuses that RT gives to new tickets, as far as that was seen."""

    def open_condition(self) -> str:
        """Return the condition that tickets of the queue are open."""
        # As they were written: RT does not take "ss" for "ß", as casefold does.
        statuses = {*self.open_statuses, *self.first_statuses}
        return ticketsql.status_in(sorted(statuses) if self.open_statuses else ())

    def closed_condition(self) -> str:
        """Return the condition that tickets of the queue are closed."""
        if not self.open_statuses:
            return ticketsql.CLOSED
        return ticketsql.status_not_in(
            sorted({*self.open_statuses, *self.first_statuses})
        )

    def open_tickets_condition(self) -> str:
        """Return the condition that a ticket is one of the open ones of the queue."""
        return ticketsql.all_of(
            ticketsql.queue_is(self.queue_id), self.open_condition()
        )

    def is_open_anywhere_condition(self) -> str:
        """Return the condition that a ticket is open, in whatever queue."""
        is_active = ticketsql.status_in(())
        if not self.open_statuses:
            return is_active
        elsewhere = ticketsql.queue_is_not(self.queue_id)
        return ticketsql.any_of(
            [self.open_tickets_condition(), ticketsql.all_of(elsewhere, is_active)]
        )

    def is_open_status(self, status: str) -> bool | None:
        """Tell whether tickets with a status are open, if the options do."""
        if not self.open_statuses:
            return None
        return status.casefold() in self._open_statuses()

    async def is_open(self, ticket: Ticket) -> bool:
        """Tell whether reports go to a ticket, as far as its status says."""
        # What the options name are statuses of this queue's lifecycle.
        if self.open_statuses and ticket.queue == self.queue_id:
            return ticket.status.casefold() in self._open_statuses()
        return await self.client.is_active(ticket)

    def check_status(self, ticket: Ticket) -> None:
        """Warn of open statuses that lack the one of a new ticket, and count it in."""
        if self.open_statuses and ticket.status.casefold() not in self._open_statuses():
            self.first_statuses.add(ticket.status)
            _LOGGER.warning(
                "New tickets have the status %s, which is not among the open statuses"
                " in the options: add it, or they are not found after a restart",
                ticket.status,
            )

    def _open_statuses(self) -> set[str]:
        """Return the open statuses: a new ticket is open, whatever the options say."""
        if not self.open_statuses:
            return set()
        return {s.casefold() for s in (*self.open_statuses, *self.first_statuses)}
