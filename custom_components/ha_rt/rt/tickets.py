"""Tickets and what happened to them, as a client reads them."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
import json
from typing import Any

from .errors import ServerError
from .models import Ticket, Transaction
from .parse import items, names, parse, parse_number, required, total_of
from .queues import PAGE_SIZE, Page, QueueClient
from .ticketsql import CLOSED, NOTHING, all_of, id_is, status_in
from .transactionsql import SHORTENED, on_tickets

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
_ROLES = {"owner": "Owner", "requestor": "Requestor", "cc": "Cc"}


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
        is_sure: bool = False,
    ) -> list[Ticket]:
        """Return the tickets that a query finds, by their number.

        An account without ShowTicket finds nothing, which is no error in RT.

        Args:
            query: TicketSQL.
            limit: How many tickets at the most.
            fields: What to ask of each: one of this module's constants.
            queue_names: Whether to ask for the names of their queues.
            newest_first: Begin with the ticket that was created last.
            is_sure: Ask twice where RT would find nothing, too, if its database broke.

        """
        tickets: list[Ticket] = []
        async for page in self.pages(
            query,
            fields=fields,
            queue_names=queue_names,
            newest_first=newest_first,
            per_page=min(limit, PAGE_SIZE),
            is_sure=is_sure,
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
        is_sure: bool = False,
    ) -> AsyncIterator[list[Ticket]]:
        """Yield the tickets that a query finds, page by page; see search."""
        last = None
        async for page in self._collection(
            partial(self._read_whole, is_sure=is_sure),
            per_page,
            query=query,
            fields=fields,
            **_OWNER,
            **(_QUEUE_NAMES if queue_names else {}),
            orderby="id",
            order="DESC" if newest_first else "ASC",
        ):
            if not page.items:
                return
            tickets = [parse(Ticket, item) for item in page.items]
            # A ticket created meanwhile pushes others to the page they are not on.
            yield [t for t in tickets if last is None or (t.id < last) is newest_first]
            last = tickets[-1].id
            if page.total is not None and page.end >= page.total:
                return

    async def _read_whole(self, *, is_sure: bool, **query: str) -> Mapping[str, Any]:
        """Return a page of a search for tickets.

        RT whose database breaks or gives up meanwhile answers with what it has by
        then: it is asked again.
        """
        for is_last in (False, True):
            data = await self._transport.read("tickets", "ShowTicket", **query)
            failure = await self._failure(data, is_first=query["page"] == "1")
            is_counted = total_of(data) is not None and self._counts_surely
            may_be_none = not items(data) and not is_counted
            if not failure and (is_last or not (is_sure and may_be_none)):
                return data
        raise ServerError(failure)

    async def _failure(self, data: Mapping[str, Any], *, is_first: bool) -> str:
        """Return why a page cannot be whole, or nothing."""
        found, total = items(data), total_of(data)
        if total is not None:
            self._hides_totals = False
        elif not self._hides_totals:
            # RT tells no total where it failed to count, nor with UseSQLForACLChecks off.
            if await self.count(NOTHING) is not None:
                return "RT did not count the tickets"
            self._hides_totals = True
        if found and total == 0:
            return "RT showed tickets but counted none"
        if total and not found and is_first:
            return "RT counted tickets but showed none"
        return ""

    async def count(self, query: str) -> int | None:
        """Return how many tickets a query finds, or None if RT does not tell."""
        data = await self._transport.read(
            "tickets", "ShowTicket", query=query, per_page="1"
        )
        return total_of(data)

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

    async def people(self, ticket_id: int) -> dict[str, list[str]]:
        """Return all names that the people of a ticket are known by.

        Returns:
            The logins and mail addresses of its "owner", "requestor" and "cc"; of
            groups, "group:" and either their number or name.

        """
        data = await self._transport.read(
            "tickets",
            "ShowTicket",
            query=id_is(ticket_id),
            fields=",".join(_ROLES.values()),
            **{f"fields[{role}]": "Name,EmailAddress" for role in _ROLES.values()},
        )
        found = next(iter(items(data)), {})
        return {name: names(found.get(role)) for name, role in _ROLES.items()}

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
        async for found, _ in self._transactions(
            f"ticket/{ticket_id}/history", order="DESC"
        ):
            # What happens meanwhile pushes others to the page they are not on.
            last = history[-1].id if history else None
            history += [one for one in found if last is None or one.id < last]
            if len(history) >= limit:
                break
        return history[:limit][::-1]

    async def transactions(self, query: str) -> AsyncIterator[list[Transaction]]:
        """Yield the transactions that a query finds, page by page, the oldest first.

        Args:
            query: TransactionSQL. It has to name types that the account may see, for
                a page from which RT left out others looks like the last.

        """
        async for found, page in self._transactions("transactions", query=query):
            yield found
            if not page.is_full:
                return

    async def newest_transactions(self, query: str, limit: int) -> list[Transaction]:
        """Return the last transactions that a query finds, the oldest of them first.

        Args:
            query: TransactionSQL; see transactions.
            limit: How many at the most: a page.

        """
        newest: list[Transaction] = []
        async for found, page in self._transactions(
            "transactions", order="DESC", per_page=limit, query=query
        ):
            newest += found
            if page.end >= limit or not page.is_full:
                break
        return newest[::-1]

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

    async def shortened(self, ticket_id: int, marker: str) -> list[str]:
        """Return what RT dropped or truncated of a message with a marker.

        It does so with what is larger than its MaxAttachmentSize, if it is set to.

        Args:
            ticket_id: The ticket; of a merged one, its target.
            marker: What the message was sent with.

        Returns:
            Names of files; an empty one for the text.

        """
        data = await self._transport.read(
            "transactions",
            "ShowTicket",
            query=all_of(on_tickets(ticket_id, ticket_id), SHORTENED),
            fields="Data",
            orderby="id",
            order="DESC",
            per_page=str(PAGE_SIZE),
        )
        if not (notes := items(data)):
            return []
        # Where comments are not shown, the names have to do.
        message = await self.find_marked(ticket_id, marker) or 0
        return [
            str(note.get("Data") or "")
            for note in reversed(notes)
            if parse_number(required(note, "id")) > message
        ]

    async def _transactions(
        self,
        resource: str,
        *,
        order: str = "ASC",
        per_page: int = PAGE_SIZE,
        **query: str,
    ) -> AsyncIterator[tuple[list[Transaction], Page]]:
        """Yield transactions page by page."""
        async for page in self._collection(
            partial(self._transport.read, resource, "ShowTicket"),
            per_page,
            **query,
            fields=_TRANSACTION_FIELDS,
            **_CREATOR,
            orderby="id",
            order=order,
        ):
            yield [parse(Transaction, item) for item in page.items], page
