"""Finds the ticket of a key: the one that was made for it, or what RT takes for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
import logging

from homeassistant.util import dt as dt_util

from ..model.key import Key
from ..rt import ticketsql
from ..rt.errors import Forbidden, NotFound
from ..rt.models import Ticket
from .context import QueueContext
from .index import TicketIndex

_LOGGER = logging.getLogger(__name__)

# RT finds keys in upper and lower case: so many others may come before the right one.
MAX_FOUND = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTicket:
    """The open ticket of a key."""

    ticket_id: int
    ticket: Ticket | None
    """None if RT does not show it to the account."""

    def shown(self) -> Ticket:
        """Return the ticket, to write to it.

        Raises:
            Forbidden: RT does not show whether it is the key's still.

        """
        if not self.ticket:
            raise Forbidden("ShowTicket", f"It does not show ticket {self.ticket_id}")
        return self.ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class LookupResult:
    """How a key stands in RT."""

    open: FoundTicket | None
    """Its open ticket."""
    closed: Ticket | None = None
    """The ticket that was made for it, if that one is closed now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketLookup:
    """Knows which tickets are a key's, and which of them are open."""

    context: QueueContext
    index: TicketIndex
    is_claimed: Callable[[int, str], bool]
    """Tells whether a device's ticket was made for another entry on the same server."""

    async def find(self, key: Key) -> LookupResult:
        """Return the key's open ticket; of several that others made, the oldest.

        Raises:
            Forbidden: RT does not show whose the tickets are that it found.
            RTError: See the errors of `rt`.

        """
        closed = None
        if known := self.index.get(str(key)):
            indexed = await self._indexed(key, known.ticket_id)
            if indexed and (
                indexed.ticket is None
                or await self.context.lifecycle.is_open(indexed.ticket)
            ):
                return LookupResult(open=indexed)
            closed = indexed.ticket if indexed else None
        found = await self._search(key)
        if found:
            self.index.record(str(key), found.ticket_id, had_key=True)
        elif not self._matters(closed):
            self.index.forget(str(key))
        return LookupResult(open=found, closed=closed)

    def mark(self, key: Key, marker: str) -> None:
        """Note that a key's ticket has a message of ours, if none is known of yet."""
        if known := self.index.get(str(key)):
            self.index.record(str(key), known.ticket_id, marker=marker)

    def close(self, key: str) -> None:
        """Forget the ticket of a key, unless it may be opened again."""
        if not self.context.settings.keep_closed:
            self.index.forget(key)

    async def last_closed(self, key: Key, known: Ticket | None) -> Ticket | None:
        """Return the key's ticket that was closed last, if it still matters.

        Args:
            key: Whose.
            known: A closed ticket of the key that may be in another queue.

        Raises:
            RTError: See the errors of `rt`.

        """
        found = await self.context.client.search(
            ticketsql.all_of(
                self.context.fields.condition(key),
                ticketsql.queue_is(self.context.queue.id),
                ticketsql.CLOSED,
                ticketsql.resolved_within(self.context.settings.keep_closed),
            ),
            newest_first=True,
            confirm_empty=True,
        )
        closed = [
            ticket
            for ticket in found
            if self.context.fields.has_key(ticket, key)
            and not self._is_claimed(ticket, key)
        ]
        if known and self._matters(known):
            closed.append(known)
        return max(closed, key=_resolved, default=None)

    async def is_still_open(self, key: Key, ticket_id: int) -> bool:
        """Tell, in one request, whether a ticket is open and shows the key.

        Raises:
            RTError: See the errors of `rt`.

        """
        is_open = self.context.lifecycle.is_open_anywhere_condition()
        found = await self.context.client.search(
            ticketsql.all_of(ticketsql.id_is(ticket_id), is_open), limit=1
        )
        return any(self.context.fields.has_key(ticket, key) for ticket in found)

    async def own(self, key: Key, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number, if it shows the key.

        Raises:
            RTError: See the errors of `rt`.

        """
        try:
            ticket = await self.context.client.ticket(ticket_id)
        except Forbidden, NotFound:
            return None
        return ticket if self.context.fields.has_key(ticket, key) else None

    async def was_open_until(self, ticket: Ticket, time: datetime) -> bool:
        """Tell whether a ticket is closed, and was open until after some time.

        Raises:
            RTError: See the errors of `rt`.

        """
        if await self.context.lifecycle.is_open(ticket):
            return False
        # Of a status that only the options count as closed, RT keeps no time.
        is_active = await self.context.client.is_active(ticket)
        ended = ticket.updated if is_active else ticket.resolved
        return ended is not None and time <= ended

    async def _indexed(self, key: Key, ticket_id: int) -> FoundTicket | None:
        """Return the ticket that was made for a key, if it is still the key's."""
        try:
            ticket = await self.context.client.ticket(ticket_id)
        except Forbidden:
            if await self.context.client.queues_with_right(
                "ShowTicket", self.context.queue.name
            ):
                _LOGGER.warning(
                    "Ticket %s of %s was moved to where the account may not see it",
                    ticket_id,
                    key.label(),
                )
                return None
            # Nothing is known of it, but that it was made for the key.
            return FoundTicket(ticket_id=ticket_id, ticket=None)
        except NotFound:
            return None
        if not await self.is_proven(key, ticket):
            _LOGGER.warning(
                "Ticket %s is not that of %s any more: people took it away, or RT gave"
                " its number to another one",
                ticket_id,
                key.label(),
            )
            self.index.forget(str(key))
            return None
        # Not the one it was merged into, which may say that it is another key's.
        had_key = ticket.id == ticket_id and self.context.fields.has_key(ticket, key)
        self.index.record(str(key), ticket_id, had_key=had_key)
        return FoundTicket(ticket_id=ticket.id, ticket=ticket)

    async def is_proven(self, key: Key, ticket: Ticket) -> bool:
        """Tell whether a ticket is the one that is remembered of a key.

        RT shows the key in it, or does not show the key's field and has a message of
        ours. What people merged is about several keys, and may show another one.

        Args:
            key: Whose ticket it is to be.
            ticket: As it is now, under the remembered number.

        Raises:
            RTError: See the errors of `rt`.

        """
        if self.context.fields.has_key(ticket, key):
            return True
        known = self.index.get(str(key))
        if not known or not known.marker:
            return False
        if ticket.id == known.ticket_id and self.context.fields.is_taken_away(
            ticket, key, had_key=known.had_key
        ):
            return False
        return (
            await self.context.client.find_marked(ticket.id, known.marker) is not None
        )

    def _is_claimed(self, ticket: Ticket, key: Key) -> bool:
        """Tell whether a ticket of a key is another entry's."""
        return self.is_claimed(ticket.id, key.device_id)

    def _matters(self, closed: Ticket | None) -> bool:
        """Tell whether a closed ticket still matters for its key."""
        return (
            closed is not None
            and dt_util.utcnow() - _resolved(closed) < self.context.settings.keep_closed
        )

    async def open_tickets(self, key: Key) -> list[Ticket]:
        """Return all open tickets of the queue with the key, the oldest first.

        Raises:
            Forbidden: RT does not show whose the tickets are that it found.
            RTError: See the errors of `rt`.

        """
        condition = ticketsql.all_of(
            self.context.fields.condition(key),
            self.context.lifecycle.open_tickets_condition(),
        )
        for _ in range(2):  # a database that breaks meanwhile shows nothing either
            found = [
                ticket
                for ticket in await self.context.client.search(
                    condition, limit=MAX_FOUND, confirm_empty=True
                )
                if not self._is_claimed(ticket, key)
            ]
            tickets = [
                ticket for ticket in found if self.context.fields.has_key(ticket, key)
            ]
            if tickets or all(
                self.context.fields.are_shown(ticket, key) for ticket in found
            ):
                return tickets
        # One of them may be the key's: neither touch it nor add another.
        raise Forbidden("SeeCustomField", "It does not show custom fields")

    async def _search(self, key: Key) -> FoundTicket | None:
        """Return the oldest open ticket of the queue with the key."""
        tickets = await self.open_tickets(key)
        if not tickets:
            return None
        if len(tickets) > 1:
            _LOGGER.warning(
                "RT has several open tickets for %s: %s; using the oldest",
                key.label(),
                ", ".join(f"#{ticket.id}" for ticket in tickets),
            )
        return FoundTicket(ticket_id=tickets[0].id, ticket=tickets[0])


def _resolved(ticket: Ticket) -> datetime:
    """Return when a ticket was closed."""
    return ticket.resolved or datetime.min.replace(tzinfo=UTC)
