"""A client for Request Tracker's REST2.

https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html
"""

import asyncio
from collections.abc import Mapping
import re
from typing import Any
from urllib.parse import quote

import aiohttp

from .errors import Forbidden, NotFound, NotRT, Rejected, ServerError
from .models import NewTicket, Queue, Ticket, User
from .parse import created_number, items, objects, parse, required
from .transport import Transport

PAGE_SIZE = 100

# Of queues: more than anybody has, for a server that does not know pages.
_MAX_PAGES = 50

_TOKEN_OWNER = re.compile(r"\d+-(\d+)-[0-9a-f]+")


class RTClient:
    """One account on one RT server.

    All methods raise the errors of this package, see RTError.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        """Bind a session to a server and a token.

        Args:
            session: Keeps no cookies, and idle connections for
                transport.KEEPALIVE_SECONDS at the most. Who made it closes it.
            url: The address below which /REST/2.0 lies, without trailing slash.
            token: An authentication token of RT.
            slots: Bounds the simultaneous requests; shared by all clients of one
                server.

        """
        self.url = url
        self._token_owner = _TOKEN_OWNER.fullmatch(token)
        self._transport = Transport(session, url, token, slots)

    async def version(self) -> str:
        """Return RT's version, such as "5.0.3+dfsg-3"."""
        version = str(required(await self._get("rt"), "Version"))
        return version.encode(errors="replace").decode()

    async def user(self) -> User | None:
        """Return the token's account, or None if RT does not tell.

        REST2 has no "who am I", but a token holds its owner's number.
        """
        if not self._token_owner:
            return None
        try:
            data = await self._get(f"user/{self._token_owner[1]}")
        except Forbidden, NotFound:
            return None
        return parse(User, data)

    async def queue(self, name: str) -> Queue:
        """Return a queue by its name, in upper or lower case, or its number.

        Raises:
            NotFound: No such queue, or the account may not see it (SeeQueue).

        """
        if "/" in name or name in {".", ".."}:
            # A slash in the path is always 404, and dots are folders, however they
            # are encoded.
            answer = await self._transport.send(
                "POST",
                "/REST/2.0/queues",
                json_body=[{"field": "Name", "value": name}],
            )
            name = next((str(item.get("id")) for item in items(answer.json())), "")
            if not name:
                raise NotFound
        try:
            data = await self._get(f"queue/{quote(name, safe='')}")
        except Forbidden as err:
            raise NotFound(str(err)) from None
        return parse(Queue, data)

    async def queues(self) -> list[str]:
        """Return the names of the enabled queues that the account may see."""
        names: list[str] = []
        page = 1
        # RT gives no total and filters a page after cutting it: only an empty
        # page is the end.
        while page <= _MAX_PAGES and (
            found := items(
                await self._get(
                    "queues/all", fields="Name", per_page=str(PAGE_SIZE), page=str(page)
                )
            )
        ):
            names += [str(required(item, "Name")) for item in found]
            page += 1
        return names

    async def queues_with_right(
        self, right: str, queue: str | None = None
    ) -> list[str] | None:
        """Return the names of the queues on which the account has a right.

        REST2 tells nobody's rights, but the helper that completes queue names in
        RT's web UI does (html/Helpers/Autocomplete/Queues), and takes a token.

        Args:
            right: RT's name of the right, such as "ShowTicket".
            queue: The name of the only queue to ask about.

        Returns:
            The names, or None if this server does not tell this account.

        """
        try:
            answer = await self._transport.send(
                "GET",
                "/Helpers/Autocomplete/Queues",
                params={
                    "right": right,
                    "term": "%" if queue is None else queue,
                    "op": "LIKE" if queue is None else "=",
                    "max": "1000",
                },
            )
            return [str(required(item, "label")) for item in objects(answer.json())]
        except Forbidden, NotFound, NotRT, Rejected, ServerError:
            return None

    async def can_fill(self, queue: int, field: int) -> bool | None:
        """Tell whether the account may fill a custom field of a new ticket.

        The form for a new ticket in RT's web UI offers the field if, and only if,
        it may, wherever the right was granted.

        Returns:
            None if this server does not show this account its form.

        """
        try:
            answer = await self._transport.send(
                "GET", "/Ticket/Create.html", params={"Queue": str(queue)}
            )
            form = answer.whole_body()
        except Forbidden, NotFound, NotRT, Rejected, ServerError:
            return None
        if b'name="Queue"' not in form:
            return None
        name = rf'name="Object-RT::Ticket-[^"]*-CustomField[^"]*-{field}-Value'
        return re.search(name.encode(), form) is not None

    async def search(self, query: str, *, limit: int = PAGE_SIZE) -> list[Ticket]:
        """Return the tickets that a query finds, the oldest first.

        An account without ShowTicket finds nothing, which is no error in RT.

        Args:
            query: TicketSQL.
            limit: How many tickets at the most.

        """
        tickets: list[Ticket] = []
        page = 1
        per_page = min(limit, PAGE_SIZE)
        while len(tickets) < limit:
            data = await self._get(
                "tickets",
                "ShowTicket",
                query=query,
                fields="Status,CustomFields",
                orderby="id",
                order="ASC",
                per_page=str(per_page),
                page=str(page),
            )
            found = items(data)
            total = data.get("total")  # null on some servers
            if not isinstance(total, int | None):
                raise NotRT("The answer's total is not a number")
            if not found:
                if total and not tickets:
                    raise ServerError("RT counted tickets but showed none")
                break
            tickets += [parse(Ticket, item) for item in found]
            if total is not None and page * per_page >= total:
                break
            page += 1
        return tickets[:limit]

    async def ticket(self, ticket_id: int) -> Ticket:
        """Return a ticket; for a merged one, the ticket it was merged into.

        Raises:
            Forbidden: The account may not see the ticket (ShowTicket).
            NotFound: There is no such ticket.

        """
        return parse(Ticket, await self._get(f"ticket/{ticket_id}", "ShowTicket"))

    async def create_ticket(self, ticket: NewTicket) -> int:
        """Create a ticket and return its number.

        RT drops what the account may not set, and says nothing: read back what
        matters.

        Raises:
            Forbidden: No right to create tickets (CreateTicket), or no such queue.
            RTError: If its `unconfirmed` is set, the ticket may exist.

        """
        answer = await self._transport.send(
            "POST",
            "/REST/2.0/ticket",
            json_body=ticket.to_json() | {"Content": _text(ticket.content)},
            right="CreateTicket",
        )
        return created_number(answer, "ticket")

    async def comment(
        self, ticket_id: int, content: str, content_type: str = "text/plain"
    ) -> int:
        """Add an internal comment to a ticket and return the transaction's number.

        Raises:
            Forbidden: No right to comment (CommentOnTicket), or no such ticket.
            RTError: If its `unconfirmed` is set, the comment may be stored.

        """
        right = "CommentOnTicket"
        try:
            answer = await self._transport.send(
                "POST",
                f"/REST/2.0/ticket/{ticket_id}/comment",
                json_body={"Content": _text(content), "ContentType": content_type},
                right=right,
            )
        except Rejected as err:
            # A well-formed comment is refused for this reason only, in the
            # language of the account.
            raise Forbidden(right, str(err)) from None
        return created_number(answer, "transaction")

    async def _get(
        self, resource: str, right: str = "", **params: str
    ) -> Mapping[str, Any]:
        """Read a resource of REST2, which is a JSON object."""
        answer = await self._transport.send(
            "GET", f"/REST/2.0/{resource}", params=params, right=right
        )
        data = answer.json()
        if not isinstance(data, dict):
            raise NotRT("The answer is not a JSON object")
        return data


def _text(content: str) -> str:
    """Return a text as RT keeps it: it takes a bare 0 for no text at all."""
    return "0\n" if content == "0" else content
