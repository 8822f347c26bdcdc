"""The open tickets of a queue, as far as they were read from RT."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched

from ..model.severity import due
from ..rt import ticketsql
from ..rt.errors import ServerError
from ..rt.models import Ticket, Transaction
from ..rt.queues import PAGE_SIZE
from ..rt.tickets import WATCH_FIELDS, WATCH_FIELDS_WITH_CUSTOM
from ..rt.ticketsql import all_of
from ..tickets.context import QueueContext
from .snapshot import OpenTicket

# Of RT's own lifecycle, for a status that no ticket has any more.
_CLOSED = frozenset({"resolved", "rejected", "deleted"})


@dataclass(kw_only=True, slots=True)
class OpenTickets:
    """Knows the open tickets of one queue; one call at a time."""

    context: QueueContext
    known: dict[int, OpenTicket] = field(default_factory=dict)
    """By their number."""
    statuses: dict[str, bool] = field(default_factory=dict)
    """Whether tickets with a status, in lower case, are open; as far as was seen."""
    _spellings: dict[str, str] = field(default_factory=dict)
    """How RT spells the statuses of tickets, by lower case."""
    _asked: set[str] = field(default_factory=set)
    """Statuses, in lower case, that RT was asked about and did not tell of."""

    async def read_all(self) -> None:
        """Read all open tickets; of the first page, the custom fields too.

        Those cost RT ten times as much as all the rest; see fill_in.

        Raises:
            Forbidden: The account may not see the tickets.
            RTError: See the errors of `rt`. What is known stays as it was.

        """
        tickets: dict[int, OpenTicket] = {}
        fields = WATCH_FIELDS_WITH_CUSTOM
        found: list[Ticket] | None = None
        while found is None or len(found) == PAGE_SIZE:
            # Of a page by its number, a ticket would be missing for each that is
            # closed meanwhile.
            last = found[-1].id if found else 0
            found = await self.context.client.search(
                all_of(
                    self.context.lifecycle.open_tickets_condition(),
                    ticketsql.id_after(last),
                ),
                limit=PAGE_SIZE,
                fields=fields,
            )
            if found and found[0].id <= last:
                raise ServerError("It shows the same tickets again")
            for ticket in found:
                self.statuses[ticket.status.casefold()] = True
                tickets[ticket.id] = self._kept(
                    ticket, with_fields=fields == WATCH_FIELDS_WITH_CUSTOM
                )
            fields = WATCH_FIELDS
        if not tickets:
            await self.context.check_sight()
        self.known = tickets

    def ends(self, status: str) -> bool:
        """Tell whether a status ends a ticket, as far as was seen."""
        folded = status.casefold()
        is_open = self.context.lifecycle.is_open_status(status)
        if is_open is None:
            is_open = self.statuses.get(folded)
        return folded in _CLOSED if is_open is None else not is_open

    def as_rt_writes(self, status: str) -> str:
        """Return a status as RT spells it in tickets, if one was seen with it.

        In what happened to them, it is in lower case.
        """
        return self._spellings.get(status.casefold(), status)

    async def read(
        self, ids: Iterable[int], changes: Sequence[Transaction] = ()
    ) -> dict[int, OpenTicket]:
        """Read tickets anew, open or not.

        Args:
            ids: Their numbers.
            changes: Of their statuses, in order. What these mean is asked, too.

        Returns:
            The tickets by their number. RT does not find those that were merged or
            deleted: they are as they were last known, or nothing but a number.

        Raises:
            RTError: See the errors of `rt`.

        """
        ids = list(ids)
        found = await self._search(ids)
        read = {id_: self._kept(ticket) for id_, ticket in found.items()}
        are_open = {id_ for id_, ticket in found.items() if await self._is_open(ticket)}
        for status in {status for one in changes for status in (one.old, one.new)}:
            await self._ask_what_it_means(status)
        new_statuses = {one.ticket: one.new for one in changes}
        for ticket_id in ids:
            last = self.known.pop(ticket_id, None) or _unknown(ticket_id)
            if ticket_id in are_open:
                self.known[ticket_id] = read[ticket_id]
            elif ticket_id not in read:
                status = self.as_rt_writes(new_statuses.get(ticket_id, last.status))
                read[ticket_id] = replace(last, status=status)
        return read

    def without_fields(self) -> list[int]:
        """Return the numbers of the tickets that were read without custom fields."""
        return [id_ for id_, ticket in self.known.items() if ticket.device_id is None]

    async def fill_in(self) -> None:
        """Read the custom fields of a page of those that were read without.

        Raises:
            RTError: See the errors of `rt`.

        """
        await self.read(self.without_fields()[:PAGE_SIZE])

    async def are_all_known(self) -> bool:
        """Tell whether RT counts as many open tickets as are known.

        Raises:
            RTError: See the errors of `rt`.

        """
        return await self.context.client.count(
            self.context.lifecycle.open_tickets_condition()
        ) == len(self.known)

    async def _search(self, ids: list[int]) -> dict[int, Ticket]:
        """Return tickets by their number."""
        found: dict[int, Ticket] = {}
        for some in batched(ids, PAGE_SIZE, strict=False):
            tickets = await self.context.client.search(
                ticketsql.id_in(some),
                limit=PAGE_SIZE,
                fields=WATCH_FIELDS_WITH_CUSTOM,
            )
            found |= {ticket.id: ticket for ticket in tickets}
        return found

    async def _is_open(self, ticket: Ticket) -> bool:
        """Tell whether a ticket is one of the open ones of the queue."""
        if ticket.queue != self.context.queue.id:
            return False
        is_open = await self.context.lifecycle.is_open(ticket)
        self.statuses[ticket.status.casefold()] = is_open
        return is_open

    async def _ask_what_it_means(self, status: str) -> None:
        """Ask once whether RT counts a status of the queue as active.

        It tells only if there is a ticket with it.
        """
        folded = status.casefold()
        if (
            folded in self.statuses.keys() | self._asked
            or self.context.lifecycle.is_open_status(status) is not None
        ):
            return
        of_queue = ticketsql.queue_is(self.context.queue.id)
        with_status = ticketsql.status_in([status])
        for kind, is_open in (
            (ticketsql.CLOSED, False),
            (ticketsql.status_in(()), True),
        ):
            query = all_of(of_queue, with_status, kind)
            for ticket in await self.context.client.search(
                query, limit=1, fields=WATCH_FIELDS
            ):
                self.statuses[folded] = is_open
                self._spellings[folded] = ticket.status
                return
        self._asked.add(folded)

    def _kept(self, ticket: Ticket, *, with_fields: bool = True) -> OpenTicket:
        """Return what is kept of a ticket."""
        self._spellings[ticket.status.casefold()] = ticket.status
        fields = self.context.fields
        device_id = ticket.first_value(fields.device_id) or ""
        return OpenTicket(
            id=ticket.id,
            subject=ticket.subject,
            status=ticket.status,
            owner=ticket.owner,
            created=ticket.created,
            due=due(
                ticket, self.context.severities.of(ticket), self.context.settings.sla
            ),
            device_id=device_id if with_fields else None,
            event_type=ticket.first_value(fields.event_type),
        )


def _unknown(ticket_id: int) -> OpenTicket:
    """Return a ticket of which nothing is known but the number."""
    return OpenTicket(
        id=ticket_id,
        subject="",
        status="",
        owner="",
        created=None,
        due=None,
        device_id=None,
        event_type=None,
    )
