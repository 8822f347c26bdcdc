"""Finds the open ticket of a key among those that RT takes for it."""

from collections.abc import Sequence
from dataclasses import dataclass
import logging

from .memory import TicketMemory
from .rt import ticketsql
from .rt.client import RTClient
from .rt.errors import Forbidden, NotFound
from .rt.models import Ticket

_LOGGER = logging.getLogger(__name__)

# RT finds keys in upper and lower case: so many others may come before the right one.
_MAX_FOUND = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Finder:
    """Knows which tickets of a queue are a key's, and which of them are open."""

    client: RTClient
    memory: TicketMemory
    queue_id: int
    field_id: int
    """Number of the custom field that holds the device id."""
    open_statuses: Sequence[str]
    """Statuses of open tickets; empty for all that RT counts as active."""
    first_statuses: set[str]
    """Statuses that RT gives to new tickets, as far as that was seen."""

    async def find(self, key: str) -> int | None:
        """Return the number of the key's open ticket; of several, the oldest.

        Raises:
            Forbidden: RT does not show whose the tickets are that it found.
            RTError: See the errors of `rt`.

        """
        remembered = self.memory.get(key)
        found = await self._search(key, remembered)
        ticket_ids = [
            ticket.id
            for ticket in found
            if ticket.id == remembered or self.has_key(ticket, key)
        ]
        if not ticket_ids and remembered:
            return await self._check_remembered(key, remembered)
        if not ticket_ids and any(self.field_id not in t.custom_fields for t in found):
            # One of them may be the key's: neither touch it nor add another.
            raise Forbidden("SeeCustomField", "It does not show custom fields")
        if len(ticket_ids) > 1:
            _LOGGER.warning(
                "RT has several open tickets for %s: %s; using the oldest",
                key,
                ", ".join(f"#{number}" for number in ticket_ids),
            )
        return ticket_ids[0] if ticket_ids else None

    async def _search(self, key: str, ticket_id: int | None = None) -> list[Ticket]:
        """Return the open tickets that RT takes for the key's, and a known one."""
        by_key = ticketsql.all_of(
            ticketsql.custom_field_is(self.field_id, key),
            ticketsql.queue_is(self.queue_id),
        )
        which = by_key
        if ticket_id:
            which = ticketsql.any_of([by_key, ticketsql.id_is(ticket_id)])
        return await self.client.search(
            ticketsql.all_of(which, ticketsql.status_in(self._statuses())),
            limit=_MAX_FOUND,
        )

    def _statuses(self) -> list[str]:
        """Return the open statuses: a new ticket is open, whatever the options say."""
        if not self.open_statuses:
            return []
        return [*self.open_statuses, *sorted(self.first_statuses)]

    def has_key(self, ticket: Ticket, key: str) -> bool:
        """Tell whether a ticket is the key's: RT's own comparison ignores case."""
        return key in ticket.custom_fields.get(self.field_id, ())

    async def _check_remembered(self, key: str, ticket_id: int) -> int | None:
        """Return a remembered ticket that no search finds, or forget it."""
        try:
            await self.client.ticket(ticket_id)
        except Forbidden:
            # Not even its status is known, but it was the key's.
            return ticket_id
        except NotFound:
            pass
        await self.memory.async_forget(key)
        return None

    def check_status(self, ticket: Ticket) -> None:
        """Warn of open statuses that lack the one of a new ticket, and count it in."""
        statuses = [status.casefold() for status in self._statuses()]
        if statuses and ticket.status.casefold() not in statuses:
            self.first_statuses.add(ticket.status)
            _LOGGER.warning(
                "New tickets have the status %s, which is not among the open statuses"
                " in the options: add it, or they are not found after a restart",
                ticket.status,
            )
