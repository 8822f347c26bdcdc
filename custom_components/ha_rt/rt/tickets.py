"""Read and search tickets and their transactions."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
import json
from typing import Any

from .errors import ServerError
from .models import Ticket, Transaction
from .parse import items, parse, parse_number, principal_names, required, total_of
from .queues import PAGE_SIZE, Page, QueueClient
from .ticketsql import CLOSED, NOTHING, all_of, id_is, status_in
from .transactionsql import TRUNCATED, on_tickets

# Values for a search to return. RT needs noticeable time for each custom field of each
# ticket.
KEY_FIELDS = "Status,Queue,Owner,Priority,Resolved,CustomFields"
TIME_FIELDS = "Status,Queue,Owner,Priority,Created,Started,Due,Resolved"
WATCH_FIELDS = "Subject,Status,Queue,Owner,Priority,Created,Due,Resolved"
WATCH_FIELDS_WITH_CUSTOM = f"{WATCH_FIELDS},CustomFields"
ALL_FIELDS = f"Subject,{TIME_FIELDS},LastUpdated,Creator,Requestor,CustomFields"

_TRANSACTION_FIELDS = "Type,ObjectId,Created,Creator,Field,OldValue,NewValue"
# Without these, RT sends queues by number only, and users by login only, which people
# may change.
_QUEUE_NAMES = {"fields[Queue]": "Name"}
_OWNER = {"fields[Owner]": "id,Name"}
_CREATOR = {"fields[Creator]": "id,Name"}
_ROLES = {"owner": "Owner", "requestor": "Requestor", "cc": "Cc"}


class TicketClient(QueueClient):
    """Client of one account on one RT server; its methods read tickets.

    All methods raise RTError, the base class of the errors of this package.
    """

    async def search(
        self,
        query: str,
        *,
        limit: int = PAGE_SIZE,
        fields: str = KEY_FIELDS,
        queue_names: bool = False,
        newest_first: bool = False,
        confirm_empty: bool = False,
    ) -> list[Ticket]:
        """Return the tickets that match a query, ordered by their number.

        An account without ShowTicket gets no tickets and no error.

        Args:
            query: TicketSQL.
            limit: Maximum number of tickets.
            fields: Values to read: one of this module's constants.
            queue_names: Whether to read the names of the queues.
            newest_first: Whether to begin with the highest number.
            confirm_empty: Whether to search again if an empty result may come from a
                failure of RT's database.

        Returns:
            Tickets with the values that were requested.

        Raises:
            Rejected: RT does not accept the query.
            ServerError: RT returned an incomplete result twice.

        """
        tickets: list[Ticket] = []
        async for page in self.pages(
            query,
            fields=fields,
            queue_names=queue_names,
            newest_first=newest_first,
            per_page=min(limit, PAGE_SIZE),
            confirm_empty=confirm_empty,
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
        confirm_empty: bool = False,
    ) -> AsyncIterator[list[Ticket]]:
        """Yield the tickets that match a query, page by page; see search.

        Args:
            query: TicketSQL.
            fields: Values to read: one of this module's constants.
            queue_names: Whether to read the names of the queues.
            newest_first: Whether to begin with the highest number.
            per_page: Number of tickets to request at once.
            confirm_empty: See search.

        """
        last = None
        async for page in self._collection(
            partial(self._read_page, confirm_empty=confirm_empty),
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
            # A ticket created between two requests moves others to the next page.
            yield [t for t in tickets if last is None or (t.id < last) is newest_first]
            last = tickets[-1].id
            if page.total is not None and page.end >= page.total:
                return

    async def _read_page(
        self, *, confirm_empty: bool, **query: str
    ) -> Mapping[str, Any]:
        """Return the JSON of a page of a search for tickets.

        If its database fails, RT returns an incomplete page without an error: it is
        requested a second time.
        """
        for is_last in (False, True):
            data = await self._transport.read("tickets", "ShowTicket", **query)
            failure = await self._page_failure(data, is_first=query["page"] == "1")
            is_counted = total_of(data) is not None and self._totals_reliable
            is_doubtful = not items(data) and not is_counted
            if not failure and (is_last or not (confirm_empty and is_doubtful)):
                return data
        raise ServerError(failure)

    async def _page_failure(self, data: Mapping[str, Any], *, is_first: bool) -> str:
        """Return why a page must be incomplete, or an empty string."""
        found, total = items(data), total_of(data)
        if total is not None:
            self._totals_omitted = False
        elif not self._totals_omitted:
            # RT omits the total if it cannot count, or if UseSQLForACLChecks is off.
            if await self.count(NOTHING) is not None:
                return "RT did not count the tickets"
            self._totals_omitted = True
        if found and total == 0:
            return "RT showed tickets but counted none"
        if total and not found and is_first:
            return "RT counted tickets but showed none"
        return ""

    async def count(self, query: str) -> int | None:
        """Return the number of tickets that match a query, or None if RT omits it.

        Args:
            query: TicketSQL.

        """
        data = await self._transport.read(
            "tickets", "ShowTicket", query=query, per_page="1"
        )
        return total_of(data)

    async def ticket(self, ticket_id: int, *, queue_name: bool = False) -> Ticket:
        """Return a ticket. If it was merged, return the ticket it was merged into.

        Args:
            ticket_id: Number of the ticket.
            queue_name: Whether to read the name of its queue.

        Raises:
            Forbidden: The account may not see the ticket (ShowTicket).
            NotFound: The ticket does not exist.

        """
        data = await self._transport.read(
            f"ticket/{ticket_id}",
            "ShowTicket",
            **_OWNER,
            **(_QUEUE_NAMES if queue_name else {}),
        )
        return parse(Ticket, data)

    async def people(self, ticket_id: int) -> dict[str, list[str]]:
        """Return all names of the people of a ticket.

        Args:
            ticket_id: Number of the ticket.

        Returns:
            For each of "owner", "requestor" and "cc", the logins and email addresses.
            Names and numbers of groups begin with "group:".

        """
        data = await self._transport.read(
            "tickets",
            "ShowTicket",
            query=id_is(ticket_id),
            fields=",".join(_ROLES.values()),
            **{f"fields[{role}]": "Name,EmailAddress" for role in _ROLES.values()},
        )
        found = next(iter(items(data)), {})
        return {name: principal_names(found.get(role)) for name, role in _ROLES.items()}

    async def is_active(self, ticket: Ticket) -> bool:
        """Return whether the lifecycle counts a ticket's status as initial or active.

        RT is asked once for each status of a queue.

        Args:
            ticket: The ticket, with its queue, status and time of resolution.

        """
        if ticket.resolved is None:
            return True
        status = (ticket.queue, ticket.status)
        for condition, active in ((status_in(()), True), (CLOSED, False)):
            if status in self._is_active_status:
                break
            found = await self.search(
                all_of(id_is(ticket.id), condition), limit=1, fields="Status,Queue"
            )
            # It may not be the same status, if somebody changed it meanwhile.
            self._is_active_status.update(((t.queue, t.status), active) for t in found)
        return self._is_active_status.get(status, False)

    async def history(self, ticket_id: int, limit: int = 1000) -> list[Transaction]:
        """Return the latest transactions of a ticket, the oldest of them first.

        Without ShowTicketComments, there are no comments; without ShowTicket, there
        are no transactions.

        Args:
            ticket_id: Number of the ticket, or of the one it was merged into.
            limit: Maximum number of transactions.

        """
        history: list[Transaction] = []
        async for found, _ in self._transactions(
            f"ticket/{ticket_id}/history", order="DESC"
        ):
            # A transaction between two requests moves others to the next page.
            last = history[-1].id if history else None
            history += [t for t in found if last is None or t.id < last]
            if len(history) >= limit:
                break
        return history[:limit][::-1]

    async def transactions(self, query: str) -> AsyncIterator[list[Transaction]]:
        """Yield the transactions that match a query, page by page, the oldest first.

        Args:
            query: TransactionSQL that matches only transactions that the account may
                see: RT leaves out others, and a page that is not full is the last.

        """
        async for found, page in self._transactions("transactions", query=query):
            yield found
            if not page.is_full:
                return

    async def newest_transactions(self, query: str, limit: int) -> list[Transaction]:
        """Return the latest transactions that match a query, the oldest of them first.

        Args:
            query: TransactionSQL; see transactions.
            limit: Maximum number of transactions, also the size of a page.

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
        """Return the number of the transaction whose message has a marker.

        Args:
            ticket_id: Number of the ticket, or of the one it was merged into.
            marker: The idempotency marker of the message, in letters and digits.

        Returns:
            The transaction's number, or None if RT shows the account no such message.
            Without ShowTicketComments, it shows no comments.

        """
        # Without the name of the content type's parameter: RT quotes the value.
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

    async def truncated_parts(self, ticket_id: int, marker: str) -> list[str]:
        """Return the parts of a message that RT dropped or truncated.

        RT can be set up to do so with parts larger than its MaxAttachmentSize.

        Args:
            ticket_id: Number of the ticket, or of the one it was merged into.
            marker: The idempotency marker of the message.

        Returns:
            Names of attached files, and an empty string for the text.

        """
        data = await self._transport.read(
            "transactions",
            "ShowTicket",
            query=all_of(on_tickets(ticket_id, ticket_id), TRUNCATED),
            fields="Data",
            orderby="id",
            order="DESC",
            per_page=str(PAGE_SIZE),
        )
        if not (notes := items(data)):
            return []
        # Without ShowTicketComments, the notes on earlier messages are returned, too.
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
        """Yield pages of transactions, as models and as JSON."""
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
