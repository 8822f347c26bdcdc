"""The open tickets of a queue, as far as they were read from RT."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import batched

from .finder import Finder
from .rt import ticketsql
from .rt.client import RTClient
from .rt.models import Ticket
from .rt.queues import PAGE_SIZE
from .rt.reading import WATCH_FIELDS, WATCH_FIELDS_WITH_CUSTOM
from .rt.ticketsql import all_of
from .settings import Settings
from .severity import SeverityScale
from .sla import due
from .snapshot import OpenTicket


@dataclass(kw_only=True, slots=True)
class OpenTickets:
    """Knows the open tickets of one queue; one call at a time."""

    client: RTClient
    finder: Finder
    severities: SeverityScale
    settings: Settings
    known: dict[int, OpenTicket] = field(default_factory=dict)
    """By their number."""
    statuses: dict[str, bool] = field(default_factory=dict)
    """Whether tickets with a status, in lower case, are open; as far as was seen."""

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
            found = await self.client.search(
                all_of(self.finder.open_tickets_condition(), ticketsql.id_after(last)),
                limit=PAGE_SIZE,
                fields=fields,
            )
            for ticket in found:
                self.statuses[ticket.status.casefold()] = True
                tickets[ticket.id] = self._kept(
                    ticket, with_fields=fields == WATCH_FIELDS_WITH_CUSTOM
                )
            fields = WATCH_FIELDS
        if not tickets:
            await self.finder.check_sight()
        self.known = tickets

    async def read(self, ids: Iterable[int]) -> dict[int, OpenTicket]:
        """Read tickets anew, open or not.

        Args:
            ids: Their numbers.

        Returns:
            The tickets by their number, also as they were last known if RT has none
            with that number any more, which is so when one was merged or deleted.

        Raises:
            RTError: See the errors of `rt`.

        """
        ids = list(ids)
        found = await self._search(ids)
        read = {id_: self._kept(ticket) for id_, ticket in found.items()}
        are_open = {id_ for id_, ticket in found.items() if await self._is_open(ticket)}
        for ticket_id in ids:
            last = self.known.pop(ticket_id, None)
            if ticket_id in are_open:
                self.known[ticket_id] = read[ticket_id]
            elif last:
                read.setdefault(ticket_id, last)
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
        return await self.client.count(self.finder.open_tickets_condition()) == len(
            self.known
        )

    async def _search(self, ids: list[int]) -> dict[int, Ticket]:
        """Return tickets by their number."""
        found: dict[int, Ticket] = {}
        for some in batched(ids, PAGE_SIZE, strict=False):
            tickets = await self.client.search(
                ticketsql.id_in(some),
                limit=PAGE_SIZE,
                fields=WATCH_FIELDS_WITH_CUSTOM,
            )
            found |= {ticket.id: ticket for ticket in tickets}
        return found

    async def _is_open(self, ticket: Ticket) -> bool:
        """Tell whether a ticket is one of the open ones of the queue."""
        if ticket.queue != self.finder.queue_id:
            return False
        is_open = await self.finder.is_open(ticket)
        self.statuses[ticket.status.casefold()] = is_open
        return is_open

    def _kept(self, ticket: Ticket, *, with_fields: bool = True) -> OpenTicket:
        """Return what is kept of a ticket."""
        fields = self.finder.fields
        device_id = ticket.first_value(fields.device_id) or ""
        return OpenTicket(
            id=ticket.id,
            subject=ticket.subject,
            status=ticket.status,
            owner=ticket.owner,
            created=ticket.created,
            due=due(ticket, self.severities.of(ticket), self.settings.sla),
            device_id=device_id if with_fields else None,
            event_type=ticket.first_value(fields.event_type),
        )
