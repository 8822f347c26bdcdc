"""Finds the ticket of a key: the one that was made for it, or what RT takes for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import logging

from homeassistant.util import dt as dt_util

from ..model.key import Key, KeyFields
from ..rt import ticketsql
from ..rt.client import RTClient
from ..rt.errors import Forbidden, NotFound
from ..rt.models import Ticket
from .index import TicketMemory

_LOGGER = logging.getLogger(__name__)

# RT finds keys in upper and lower case: so many others may come before the right one.
MAX_FOUND = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
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
class Standing:
    """How a key stands in RT."""

    open: Found | None
    """Its open ticket."""
    closed: Ticket | None = None
    """The ticket that was made for it, if that one is closed now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finder:
    """Knows which tickets are a key's, and which of them are open."""

    client: RTClient
    memory: TicketMemory
    is_claimed: Callable[[int, str], bool]
    """Tells whether a device's ticket was made for another entry on the same server."""
    queue_id: int
    queue_name: str
    fields: KeyFields
    open_statuses: Sequence[str]
    """Statuses of open tickets; empty for all that RT counts as active."""
    first_statuses: set[str]
    """Statuses that RT gives to new tickets, as far as that was seen."""
    keep_closed: timedelta
    """How long a closed ticket still matters for its key."""

    def open_condition(self) -> str:
        """Return the condition that tickets of the queue are open."""
        # As they were written: RT does not take "ss" for "ß", as casefold does.
        statuses = {*self.open_statuses, *self.first_statuses}
        return ticketsql.status_in(sorted(statuses) if self.open_statuses else ())

    def open_tickets_condition(self) -> str:
        """Return the condition that a ticket is one of the open ones of the queue."""
        return ticketsql.all_of(
            ticketsql.queue_is(self.queue_id), self.open_condition()
        )

    def is_open_status(self, status: str) -> bool | None:
        """Tell whether tickets with a status are open, if the options do."""
        if not self.open_statuses:
            return None
        return status.casefold() in self._open_statuses()

    async def check_sight(self) -> None:
        """Tell an empty queue from one whose tickets the account may not see.

        Raises:
            Forbidden: It may not see them, which searches do not tell.
            RTError: See the errors of `rt`.

        """
        if await self.client.queues_with_right("ShowTicket", self.queue_name) == []:
            raise Forbidden("ShowTicket", "It shows no tickets of the queue")

    async def find(self, key: Key) -> Standing:
        """Return the key's open ticket; of several that others made, the oldest.

        Raises:
            Forbidden: RT does not show whose the tickets are that it found.
            RTError: See the errors of `rt`.

        """
        closed = None
        if known := self.memory.get(str(key)):
            remembered = await self._remembered(key, known.ticket_id)
            if remembered and (
                remembered.ticket is None or await self.is_open(remembered.ticket)
            ):
                return Standing(open=remembered)
            closed = remembered.ticket if remembered else None
        found = await self._search(key)
        if found:
            self.memory.remember(str(key), found.ticket_id, had_key=True)
        elif not self._matters(closed):
            self.memory.forget(str(key))
        return Standing(open=found, closed=closed)

    def mark(self, key: Key, marker: str) -> None:
        """Note that a key's ticket has a message of ours, if none is known of yet."""
        if known := self.memory.get(str(key)):
            self.memory.remember(str(key), known.ticket_id, marker=marker)

    def close(self, key: str) -> None:
        """Forget the ticket of a key, unless it may be opened again."""
        if not self.keep_closed:
            self.memory.forget(key)

    async def last_closed(self, key: Key, known: Ticket | None) -> Ticket | None:
        """Return the key's ticket that was closed last, if it still matters.

        Args:
            key: Whose.
            known: A closed ticket of the key that may be in another queue.

        Raises:
            RTError: See the errors of `rt`.

        """
        found = await self.client.search(
            ticketsql.all_of(
                self.fields.condition(key),
                ticketsql.queue_is(self.queue_id),
                ticketsql.CLOSED,
                ticketsql.resolved_within(self.keep_closed),
            ),
            newest_first=True,
            is_sure=True,
        )
        closed = [
            ticket
            for ticket in found
            if self.fields.has_key(ticket, key) and not self._is_claimed(ticket, key)
        ]
        if known and self._matters(known):
            closed.append(known)
        return max(closed, key=_resolved, default=None)

    async def is_open(self, ticket: Ticket) -> bool:
        """Tell whether reports go to a ticket, as far as its status says."""
        # What the options name are statuses of this queue's lifecycle.
        if self.open_statuses and ticket.queue == self.queue_id:
            return ticket.status.casefold() in self._open_statuses()
        return await self.client.is_active(ticket)

    async def is_still_open(self, key: Key, ticket_id: int) -> bool:
        """Tell, in one request, whether a ticket is open and shows the key.

        Raises:
            RTError: See the errors of `rt`.

        """
        condition = ticketsql.status_in(())
        if self.open_statuses:
            statuses = self.open_condition()
            here = ticketsql.queue_is(self.queue_id)
            elsewhere = ticketsql.queue_is_not(self.queue_id)
            condition = ticketsql.any_of(
                [
                    ticketsql.all_of(here, statuses),
                    ticketsql.all_of(elsewhere, condition),
                ]
            )
        found = await self.client.search(
            ticketsql.all_of(ticketsql.id_is(ticket_id), condition), limit=1
        )
        return any(self.fields.has_key(ticket, key) for ticket in found)

    async def own(self, key: Key, ticket_id: int) -> Ticket | None:
        """Return a ticket by a number that was kept, if it shows the key.

        Raises:
            RTError: See the errors of `rt`.

        """
        try:
            ticket = await self.client.ticket(ticket_id)
        except Forbidden, NotFound:
            return None
        return ticket if self.fields.has_key(ticket, key) else None

    async def was_open_until(self, ticket: Ticket, time: datetime) -> bool:
        """Tell whether a ticket is closed, and was open until after some time.

        Raises:
            RTError: See the errors of `rt`.

        """
        if await self.is_open(ticket):
            return False
        # Of a status that only the options count as closed, RT keeps no time.
        is_active = await self.client.is_active(ticket)
        ended = ticket.updated if is_active else ticket.resolved
        return ended is not None and time <= ended

    def check_status(self, ticket: Ticket) -> None:
        """Warn of open statuses that lack the one of a new ticket, and count it in."""
        if self.open_statuses and ticket.status.casefold() not in self._open_statuses():
            self.first_statuses.add(ticket.status)
            _LOGGER.warning(
                "New tickets have the status %s, which is not among the open statuses"
                " in the options: add it, or they are not found after a restart",
                ticket.status,
            )

    async def _remembered(self, key: Key, ticket_id: int) -> Found | None:
        """Return the ticket that was made for a key, if it is still the key's."""
        try:
            ticket = await self.client.ticket(ticket_id)
        except Forbidden:
            if await self.client.queues_with_right("ShowTicket", self.queue_name):
                _LOGGER.warning(
                    "Ticket %s of %s was moved to where the account may not see it",
                    ticket_id,
                    key.label(),
                )
                return None
            # Nothing is known of it, but that it was made for the key.
            return Found(ticket_id=ticket_id, ticket=None)
        except NotFound:
            return None
        if not await self.is_proven(key, ticket):
            _LOGGER.warning(
                "Ticket %s is not that of %s any more: people took it away, or RT gave"
                " its number to another one",
                ticket_id,
                key.label(),
            )
            self.memory.forget(str(key))
            return None
        # Not the one it was merged into, which may say that it is another key's.
        had_key = ticket.id == ticket_id and self.fields.has_key(ticket, key)
        self.memory.remember(str(key), ticket_id, had_key=had_key)
        return Found(ticket_id=ticket.id, ticket=ticket)

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
        if self.fields.has_key(ticket, key):
            return True
        known = self.memory.get(str(key))
        if not known or not known.marker:
            return False
        if ticket.id == known.ticket_id and self.fields.is_taken_away(
            ticket, key, had_key=known.had_key
        ):
            return False
        return await self.client.find_marked(ticket.id, known.marker) is not None

    def _is_claimed(self, ticket: Ticket, key: Key) -> bool:
        """Tell whether a ticket of a key is another entry's."""
        return self.is_claimed(ticket.id, key.device_id)

    def _matters(self, closed: Ticket | None) -> bool:
        """Tell whether a closed ticket still matters for its key."""
        return (
            closed is not None
            and dt_util.utcnow() - _resolved(closed) < self.keep_closed
        )

    async def open_tickets(self, key: Key) -> list[Ticket]:
        """Return all open tickets of the queue with the key, the oldest first.

        Raises:
            Forbidden: RT does not show whose the tickets are that it found.
            RTError: See the errors of `rt`.

        """
        condition = ticketsql.all_of(
            self.fields.condition(key), self.open_tickets_condition()
        )
        for _ in range(2):  # a database that breaks meanwhile shows nothing either
            found = [
                ticket
                for ticket in await self.client.search(
                    condition, limit=MAX_FOUND, is_sure=True
                )
                if not self._is_claimed(ticket, key)
            ]
            tickets = [ticket for ticket in found if self.fields.has_key(ticket, key)]
            if tickets or all(self.fields.are_shown(ticket, key) for ticket in found):
                return tickets
        # One of them may be the key's: neither touch it nor add another.
        raise Forbidden("SeeCustomField", "It does not show custom fields")

    async def _search(self, key: Key) -> Found | None:
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
        return Found(ticket_id=tickets[0].id, ticket=tickets[0])

    def _open_statuses(self) -> set[str]:
        """Return the open statuses: a new ticket is open, whatever the options say."""
        if not self.open_statuses:
            return set()
        return {s.casefold() for s in (*self.open_statuses, *self.first_statuses)}


def _resolved(ticket: Ticket) -> datetime:
    """Return when a ticket was closed."""
    return ticket.resolved or datetime.min.replace(tzinfo=UTC)
