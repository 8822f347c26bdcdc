"""Tickets and what happened to them, as a client reads them."""

from collections.abc import AsyncIterator, Mapping
import json
from typing import Any

from .errors import NotRT, ServerError
from .models import Ticket, Transaction
from .parse import items, items_of_page, parse, parse_number, required
from .queues import PAGE_SIZE, QueueClient
from .ticketsql import CLOSED, all_of, id_is, status_in

# Far more than anybody has, for a server that does not know pages.
MAX_PAGES = 1000
_ENDLESS = "It shows page after page without an end"

# What tells whose a ticket is and how it stands, and all that a search can tell.
# RT takes its time for every custom field of every ticket.
KEY_FIELDS = "Status,Queue,Owner,Priority,Resolved,CustomFields"
TIME_FIELDS = "Status,Queue,Owner,Priority,Created,Started,Due,Resolved"
WATCH_FIELDS = "Subject,Status,Queue,Owner,Priority,Created,Due,Resolved"
WATCH_FIELDS_WITH_CUSTOM = f"{WATCH_FIELDS},CustomFields"
ALL_FIELDS = f"Subject,{TIME_FIELDS},LastUpdated,Creator,Requestor,CustomFields"

_TRANSACTION_FIELDS = "Type,ObjectId,Created,Creator,Field,OldValue,NewValue"
# Asks for the names of queues, which RT otherwise tells by number only, and for the
# numbers of users, whose logins people may change.
_QUEUE_NAMES = {"fields[Queue]": "Name"}
_OWNER = {"fields[Owner]": "id,Name"}
_CREATOR = {"fields[Creator]": "id,Name"}


class ReadingClient(QueueClient):
    """One account on one RT server, and the tickets it sees; see RTClient."""

    async def search(
        self,
        query: str,
        *,
        limit: int = PAGE_SIZE,
        fields: str = KEY_FIELDS,
        queue_names: bool = False,
        newest_first: bool = False,
    ) -> list[Ticket]:
        """Return the tickets that a query finds, by their number.

        An account without ShowTicket finds nothing, which is no error in RT.

        Args:
            query: TicketSQL.
            limit: How many tickets at the most.
            fields: What to ask of each: one of this module's constants.
            queue_names: Whether to ask for the names of their queues.
            newest_first: Begin with the ticket that was created last.

        """
        tickets: list[Ticket] = []
        async for page in self.pages(
            query,
            fields=fields,
            queue_names=queue_names,
            newest_first=newest_first,
            per_page=min(limit, PAGE_SIZE),
        ):
            tickets += page
            if len(tickets) >= limit:
                break
        return tickets[:limit]

    async def pages(
        self,
        query: str,
        *,
        fields: str = KEY_FIELDS,
        queue_names: bool = False,
        newest_first: bool = False,
        per_page: int = PAGE_SIZE,
    ) -> AsyncIterator[list[Ticket]]:
        """Yield the tickets that a query finds, page by page; see search."""
        last = None
        for page in range(1, MAX_PAGES + 1):
            data = await self._transport.read(
                "tickets",
                "ShowTicket",
                query=query,
                fields=fields,
                **_OWNER,
                **(_QUEUE_NAMES if queue_names else {}),
                orderby="id",
                order="DESC" if newest_first else "ASC",
                per_page=str(per_page),
                page=str(page),
            )
            found = items_of_page(data, page)
            total = _total(data)
            if not found:
                if total and page == 1:
                    raise ServerError("RT counted tickets but showed none")
                return
            tickets = [parse(Ticket, item) for item in found]
            # A ticket created meanwhile pushes others to the page they are not on.
            yield [t for t in tickets if last is None or (t.id < last) is newest_first]
            last = tickets[-1].id
            if total is not None and page * per_page >= total:
                return
        raise ServerError(_ENDLESS)

    async def count(self, query: str) -> int | None:
        """Return how many tickets a query finds, or None if RT does not tell."""
        data = await self._transport.read(
            "tickets", "ShowTicket", query=query, per_page="1"
        )
        return _total(data)

    async def ticket(self, ticket_id: int, *, queue_name: bool = False) -> Ticket:
        """Return a ticket; for a merged one, the ticket it was merged into.

        Args:
            ticket_id: The ticket's number.
            queue_name: Whether to ask for the name of its queue.

        Raises:
            Forbidden: The account may not see the ticket (ShowTicket).
            NotFound: There is no such ticket.

        """
        data = await self._transport.read(
            f"ticket/{ticket_id}",
            "ShowTicket",
            **_OWNER,
            **(_QUEUE_NAMES if queue_name else {}),
        )
        return parse(Ticket, data)

    async def is_active(self, ticket: Ticket) -> bool:
        """Tell whether RT counts a ticket's status as initial or active.

        RT is asked once for each status of a queue.
        """
        if ticket.resolved is None:
            return True
        status = (ticket.queue, ticket.status)
        for condition, active in ((status_in(()), True), (CLOSED, False)):
            if status in self._active:
                break
            found = await self.search(
                all_of(id_is(ticket.id), condition), limit=1, fields="Status,Queue"
            )
            # Not the status that was asked about, if somebody changed it meanwhile.
            self._active.update(((one.queue, one.status), active) for one in found)
        return self._active.get(status, False)

    async def history(self, ticket_id: int, limit: int = 1000) -> list[Transaction]:
        """Return what happened to a ticket last, the oldest first.

        Comments are missing without ShowTicketComments; without ShowTicket, all is.

        Args:
            ticket_id: The ticket; of a merged one, its target.
            limit: How many transactions at the most.

        """
        history: list[Transaction] = []
        page = 1
        # RT leaves out what the account may not see after it has cut the pages:
        # only an empty one is the end.
        while len(history) < limit and (
            found := await self._transactions(
                f"ticket/{ticket_id}/history", page, order="DESC"
            )
        ):
            history += found
            page += 1
        return history[:limit][::-1]

    async def transactions(self, query: str) -> AsyncIterator[list[Transaction]]:
        """Yield the transactions that a query finds, page by page, the oldest first.

        Args:
            query: TransactionSQL. It has to name types that the account may see, for
                a page from which RT left out others looks like the last.

        """
        for page in range(1, MAX_PAGES + 1):
            found = await self._transactions("transactions", page, query=query)
            yield found
            if len(found) < PAGE_SIZE:
                return
        raise ServerError(_ENDLESS)

    async def newest_transactions(self, query: str, limit: int) -> list[Transaction]:
        """Return the last transactions that a query finds, the oldest of them first.

        Args:
            query: TransactionSQL; see transactions.
            limit: How many at the most: a page.

        """
        found = await self._transactions(
            "transactions", 1, order="DESC", per_page=limit, query=query
        )
        return found[::-1]

    async def find_marked(self, ticket_id: int, marker: str) -> int | None:
        """Return the number of the transaction whose message carries a marker.

        None is no answer for a comment where the account may not see comments, as
        without ShowTicketComments.

        Args:
            ticket_id: The ticket; of a merged one, its target.
            marker: Letters and digits, as the message was sent with.

        """
        # Not with the parameter's name: RT puts quotes around the value.
        query = [{"field": "Headers", "operator": "LIKE", "value": marker}]
        data = await self._transport.read(
            f"ticket/{ticket_id}/attachments",
            "ShowTicket",
            query=json.dumps(query),
            fields="TransactionId",
            orderby="id",
            per_page="1",
        )
        found = items(data)
        return parse_number(required(found[0], "TransactionId")) if found else None

    async def _transactions(
        self,
        resource: str,
        page: int,
        *,
        order: str = "ASC",
        per_page: int = PAGE_SIZE,
        **query: str,
    ) -> list[Transaction]:
        """Return one page of transactions."""
        data = await self._transport.read(
            resource,
            "ShowTicket",
            **query,
            fields=_TRANSACTION_FIELDS,
            **_CREATOR,
            orderby="id",
            order=order,
            per_page=str(per_page),
            page=str(page),
        )
        return [parse(Transaction, item) for item in items_of_page(data, page)]


def _total(data: Mapping[str, Any]) -> int | None:
    """Return how many a query finds, which some servers do not tell."""
    total = data.get("total")
    if not isinstance(total, int | None):
        raise NotRT("The answer's total is not a number")
    return None if total is None else parse_number(total)
