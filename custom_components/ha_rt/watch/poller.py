"""What happens in a queue.

All open tickets are read once. Then RT is asked for its transactions, which costs the
same however many tickets are open.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
import time

from ..rt import ticketsql, transactionsql
from ..rt.models import Transaction
from ..rt.queues import PAGE_SIZE
from ..rt.ticketsql import NOBODY, all_of
from ..tickets.context import QueueContext
from .cursor import Cursor
from .events import (
    Happening,
    TicketEvent,
    changes_owner,
    changes_status,
    departed,
    happened_in_queue,
    happening_of,
)
from .open_tickets import OpenTickets
from .snapshot import OpenTicket, Snapshot

# What shows before others with smaller numbers do is among so many.
_NEWEST = 50
# A ticket that RT deleted from its database, or that people moved to where the account
# may not see it, leaves no trace.
_RECOUNT_SECONDS = 15 * 60


@dataclass(kw_only=True, slots=True)
class Poller:
    """Keeps up with one queue; one call at a time."""

    context: QueueContext
    tickets: OpenTickets
    cursor: Cursor
    _sees_comments: bool = False
    """As far as RT told."""
    _news: str = ""
    """The condition of what to ask for; empty until the tickets were read."""
    _matters: str = ""
    """The part of it that says what, and not where."""
    _recount_at: float = 0
    """By the monotonic clock."""
    _logins: dict[str, str] = field(default_factory=dict)
    """By the number of the user, as text."""

    async def poll(self) -> list[TicketEvent]:
        """Take in what happened since the last time, and return it in its order.

        The first time, all open tickets are read, and what happened since Home
        Assistant last looked is returned, if that is not too long ago.

        Raises:
            Forbidden: The account may not see the tickets.
            RTError: See the errors of `rt`. The next poll returns what this one missed.

        """
        if not self._news:
            return await self._begin()
        if time.monotonic() >= self._recount_at:
            await self._recount()
        if self.cursor.may_repeat:
            self.cursor.skip(
                await self.context.client.newest_transactions(self._news, _NEWEST)
            )
        return await self._take_in(await self._new_transactions(self._news))

    def snapshot(self, now: datetime) -> Snapshot:
        """Return how the queue stands, by what is known of it.

        Args:
            now: The time, in UTC.

        """
        seen = self.cursor.statuses
        seen |= {status for status, is_open in self.tickets.statuses.items() if is_open}
        statuses = (
            status
            for status in {*seen, *self.context.settings.open_statuses}
            if self.context.lifecycle.is_open_status(status) is not False
        )
        return Snapshot.take(self.tickets.known, statuses, now)

    async def _begin(self) -> list[TicketEvent]:
        """Read what is open, and what happened while nobody looked."""
        news = await self._condition()
        newest = await self.context.client.newest_transactions(news, _NEWEST)
        await self.tickets.read_all()
        missed: list[Transaction] = []
        if self.context.settings.look_back and self.cursor.goes_on(newest):
            missed = await self._new_transactions(
                news, ticketsql.created_within(self.context.settings.look_back)
            )
        events = await self._take_in(missed)
        self.cursor.start([*newest, *missed], are_all=len(newest) < _NEWEST)
        self._news = news
        self._recount_at = time.monotonic() + _RECOUNT_SECONDS
        return events

    async def _recount(self) -> None:
        """Read all anew if RT has other tickets than are known, or began anew."""
        self._news = await self._condition()
        newest = await self.context.client.newest_transactions(self._news, _NEWEST)
        goes_on = self.cursor.goes_on(newest)
        if not goes_on or not await self.tickets.are_all_known():
            await self.tickets.read_all()
        if not goes_on:
            self.cursor.start(newest, are_all=len(newest) < _NEWEST)
        self._recount_at = time.monotonic() + _RECOUNT_SECONDS

    async def _condition(self) -> str:
        """Return the condition that a transaction matters here."""
        await self._ask_for_comments()
        fields = {*self.context.fields.numbers(), self.context.severities.field_id}
        self._matters = transactionsql.is_watched(
            sorted(number for number in fields if number is not None),
            with_comments=self._sees_comments,
        )
        place = transactionsql.in_or_moved_from(self.context.queue.id)
        return all_of(self._matters, place)

    async def _ask_for_comments(self) -> None:
        """Look whether a comment is to be seen, or else ask for the right."""
        of_queue = transactionsql.in_queue(self.context.queue.id)
        comments = all_of(transactionsql.ON_TICKET, of_queue, transactionsql.COMMENT)
        if await self.context.client.newest_transactions(comments, 1):
            self._sees_comments = True
        elif self._sees_comments or not self._news:
            # Not each time: RT does not tell by all its names, nor everybody, and
            # keeps a session of each that asks with a token.
            queues = await self.context.client.queues_with_right(
                "ShowTicketComments", self.context.queue.name
            )
            if queues is not None:
                self._sees_comments = bool(queues)

    async def _new_transactions(self, news: str, *more: str) -> list[Transaction]:
        """Return what was not seen yet, in its order."""
        more = (transactionsql.after(self.cursor.after), *more)
        found = await self._find(news, *more)
        # RT counts a ticket's past to the queue where the ticket is now.
        left = departed(filter(self.cursor.is_new, found), self.context.queue.id)
        for some in batched(left, PAGE_SIZE, strict=False):
            of_these = transactionsql.on_any_of(some)
            found += await self._find(self._matters, of_these, *more)
        # In order, and once: a ticket may leave between two pages.
        found = sorted({one.id: one for one in found}.values(), key=lambda one: one.id)
        new = list(filter(self.cursor.is_new, found))
        self.cursor.add(one for one in found if not self.cursor.is_new(one))
        return new

    async def _find(self, *conditions: str) -> list[Transaction]:
        """Return the transactions that meet all of these."""
        pages = self.context.client.transactions(all_of(*conditions))
        return [one async for page in pages for one in page]

    async def _take_in(self, transactions: list[Transaction]) -> list[TicketEvent]:
        """Read the tickets that something happened to, and return what it was."""
        await self._ask_for_logins(transactions)
        happened = happened_in_queue(transactions, self.context.queue.id)
        tickets = await self.tickets.read(
            sorted({one.ticket for one in transactions}),
            [one for one in happened if changes_status(one)],
        )
        events = [
            event
            for one in happened
            if (event := self._event(one, tickets[one.ticket]))
        ]
        self.cursor.add(transactions, (event.transaction.id for event in events))
        return events

    async def _ask_for_logins(self, transactions: list[Transaction]) -> None:
        """Ask who the users are that tickets were given to or taken from."""
        for one in transactions:
            if changes_owner(one):
                for number in {one.old, one.new} - self._logins.keys():
                    login = number
                    if number.isdecimal():
                        login = await self.context.client.login(int(number))
                    self._logins[number] = login

    def _event(
        self, transaction: Transaction, ticket: OpenTicket
    ) -> TicketEvent | None:
        """Return what a transaction is announced as, if it is."""
        happening = happening_of(transaction)
        if not happening:
            return None
        old: str | None = None
        new: str | None = None
        if happening is Happening.OWNER_CHANGED:
            old, new = self._owner(transaction.old), self._owner(transaction.new)
        elif happening is Happening.STATUS_CHANGED:
            old, new = map(
                self.tickets.as_rt_writes, (transaction.old, transaction.new)
            )
            if self.tickets.ends(new) and not self.tickets.ends(old):
                happening = Happening.RESOLVED
        return TicketEvent(
            happening=happening,
            transaction=transaction,
            ticket=ticket,
            old=old,
            new=new,
            is_own=transaction.creator_id == self.context.client.account_id,
        )

    def _owner(self, number: str) -> str | None:
        """Return the login of an owner, or None for nobody."""
        login = self._logins[number]
        return None if login in {NOBODY, ""} else login
