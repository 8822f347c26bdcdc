"""Read RT's version, the account and its rights in queues."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp

from .errors import AnswerTooLarge, Forbidden, NotFound, NotRT, Rejected, ServerError
from .models import Queue, User
from .parse import (
    items,
    items_of_page,
    objects,
    parse,
    required,
    total_of,
    version_numbers,
)
from .transport import Transport

PAGE_SIZE = 100

# Where RT 6 has the custom fields of the form; RT's settings may group them.
_FORM_PARTS = tuple(
    f"/Views/Ticket/Widgets/Create/{part}"
    for part in ("CustomFieldCustomGroupings", "Basics", "People", "Dates", "Links")
)
# In the form: the type of a custom field, and the names of inputs.
_TYPE_OR_INPUT = re.compile(
    rb'\bcftype-(\w{1,50})|name="Object-RT::Ticket-([^"]{1,200})"', re.ASCII
)
_IS_FORM = re.compile(rb'name="(Queue|Status)"')
_CUSTOM_FIELD = re.compile(rb"-CustomField.*-(\d{1,18})-(Values?|Upload)$")
# More than any form has; the search holds the GIL.
_MAX_FORM_BYTES = 1024 * 1024
# From this version on, RT omits the total if its database failed; before, it is 0.
_RELIABLE_TOTALS = (5, 0, 6)
# Bounds the requests to a server that ignores the page number.
MAX_PAGES = 1000


class Page(NamedTuple):
    """A page of a collection."""

    items: list[Mapping[str, Any]]
    """Without items that the account may not see: only an empty page is the end."""
    is_full: bool
    """Whether it has as many items as requested."""
    end: int
    """Number of items requested with this page and those before it."""
    total: int | None
    """Number of items on all pages, or None if the server omits it."""


class QueueClient:
    """Client of one account on one RT server; its methods read queues and rights.

    All methods raise RTError, the base class of the errors of this package.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        slots: asyncio.Semaphore | None = None,
        *,
        use_sessions: bool = True,
    ) -> None:
        """Bind an HTTP session to a server and a token.

        Args:
            session: HTTP session that stores no cookies and closes idle connections
                after http.KEEPALIVE_SECONDS at the latest. The caller closes it.
            url: URL of RT, without a trailing slash; REST2 is at /REST/2.0 below it.
            token: An authentication token of RT.
            slots: Bounds the number of simultaneous requests; shared by all clients
                of a server.
            use_sessions: Whether to log in every few minutes instead of with every
                request, see session/pool.py. The caller then has to call close.

        """
        self.url = url
        self._transport = Transport(
            session, url, token, slots, use_sessions=use_sessions
        )
        self._is_active_status: dict[tuple[int, str], bool] = {}
        """Whether a status counts as active, by queue and status; a cache."""
        self.field_types: dict[int, str] = {}
        """RT's types of custom fields by number; fillable_fields adds to them."""
        self._totals_reliable = False
        """Whether RT is known to omit the total, not to send 0, if it cannot count."""
        self._totals_omitted = False
        """Whether RT is known to omit the total of every search of this account."""

    @property
    def sessions(self) -> str:
        """Return "on", or "off" and the reason, for diagnostics."""
        sessions = self._transport.sessions
        return sessions.state if sessions else "off"

    async def close(self) -> None:
        """Log out of RT, if the client is logged in."""
        if self._transport.sessions:
            await self._transport.sessions.close()

    async def version(self) -> str:
        """Return RT's version, such as "5.0.3+dfsg-3"."""
        data = await self._transport.read("rt")
        version = str(required(data, "Version"))
        self._totals_reliable = version_numbers(version) >= _RELIABLE_TOTALS
        return self._transport.redact(version)

    @property
    def account_id(self) -> int | None:
        """Return the number of the token's user, or None if the token holds none.

        REST2 has no request for the current user.
        """
        return self._transport.token_owner

    async def user(self) -> User | None:
        """Return the token's user, or None if the account may not see it."""
        if self.account_id is None:
            return None
        try:
            data = await self._transport.read(f"user/{self.account_id}")
        except Forbidden, NotFound:
            return None
        return parse(User, data)

    async def login(self, user: int) -> str:
        """Return a user's login, or the number if the account may not see the user."""
        try:
            data = await self._transport.read(f"user/{user}")
        except Forbidden, NotFound:
            return str(user)
        return str(data.get("Name") or user)

    async def queue(self, name: str) -> Queue:
        """Return a queue.

        Args:
            name: The queue's name, in any case, or its number.

        Raises:
            NotFound: The queue does not exist, or the account may not see it
                (SeeQueue).

        """
        # In the path, RT does not find names with a slash, dots only or, with
        # PostgreSQL, letters other than ASCII, however they are encoded.
        if "/" in name or name in {".", ".."} or not name.isascii():
            name = await self._queue_number(name)
        try:
            data = await self._transport.read(
                f"queue/{quote(name, '', errors='replace')}"
            )
        except Forbidden as err:
            raise NotFound(str(err)) from None
        return parse(Queue, data)

    async def queues(self) -> list[str]:
        """Return the names of the enabled queues that the account may see."""
        return [str(required(item, "Name")) for item in await self._all_queues()]

    async def _all_queues(self, **query: str) -> list[Mapping[str, Any]]:
        """Return the JSON of all queues that the account may see: id and Name."""
        found: dict[str, Mapping[str, Any]] = {}
        pages = self._collection(
            partial(self._transport.read, "queues/all"),
            PAGE_SIZE,
            fields="Name",
            **query,
        )
        async for page in pages:
            by_number = {str(item.get("id")): item for item in page.items}
            if by_number.keys() <= found.keys():
                break  # the end, also if the server ignores the page number
            found |= by_number
        return list(found.values())

    async def _queue_number(self, name: str) -> str:
        """Return the number of a queue, enabled or disabled, by its name.

        Raises:
            NotFound: The queue does not exist, or the account may not see it.

        """
        include_disabled = {"find_disabled_rows": "1"}
        response = await self._transport.send(
            "POST",
            "/REST/2.0/queues",
            params=include_disabled,
            body=json.dumps([{"field": "Name", "value": name}]).encode(),
        )
        # Some databases store letters that they do not find again.
        found = items(await response.json()) or [
            item
            for item in await self._all_queues(**include_disabled)
            if item.get("Name") == name
        ]
        if not found:
            raise NotFound
        return str(found[0].get("id"))

    async def _collection(
        self,
        read: Callable[..., Awaitable[Mapping[str, Any]]],
        per_page: int,
        **query: str,
    ) -> AsyncIterator[Page]:
        """Yield the pages of a collection; the last one is empty.

        If a page is too large, it and the following ones are requested in smaller
        pages.

        Args:
            read: Request a page, with this query string.
            per_page: Number of items to request at once.
            query: The query string, without the page.

        Raises:
            AnswerTooLarge: A single item is too large.
            ServerError: The server returns items without end.

        """
        size, end = per_page, 0
        for _ in range(MAX_PAGES):
            number = end // size + 1
            try:
                data = await read(**query, per_page=str(size), page=str(number))
            except AnswerTooLarge:
                if size == 1:
                    raise
                # A divisor, so that a page begins where the one that is too large does.
                size = next(n for n in range(max(size // 4, 1), 0, -1) if size % n == 0)
                continue
            found = items_of_page(data, number, size)
            end += size
            yield Page(found, len(found) == size, end, total_of(data))
            if not found:
                return
        raise ServerError("It shows page after page without an end")

    async def queues_with_right(
        self, right: str, queue: str | None = None
    ) -> list[str] | None:
        """Return the names of the queues on which the account has a right.

        REST2 does not report rights. The autocompletion of queue names in RT's web UI
        does (html/Helpers/Autocomplete/Queues), and it accepts a token.

        Args:
            right: RT's name of the right, such as "ShowTicket".
            queue: Name of a queue, to check only this one.

        Returns:
            The names, or None if the server does not report them to this account.

        """
        # PostgreSQL rejects a name with both characters, and RT then returns no queue.
        is_exact = queue is not None and not {"'", "\\"} <= set(queue)
        try:
            response = await self._transport.send(
                "GET",
                "/Helpers/Autocomplete/Queues",
                params={
                    "right": right,
                    "term": queue if queue and is_exact else "%",
                    "op": "=" if is_exact else "LIKE",
                    "max": "1000",
                },
            )
            found = objects(await response.json())
            names = [str(required(item, "label")) for item in found]
        except Forbidden, NotFound, NotRT, Rejected, ServerError:
            return None
        return [name for name in names if name == queue or is_exact or queue is None]

    async def fillable_fields(self, queue: int) -> set[int] | None:
        """Return the custom fields that the account may set in a new ticket.

        The form for a new ticket in RT's web UI contains exactly these fields, wherever
        the right was granted. It also contains their types, see field_types.

        Args:
            queue: Number of the queue.

        Returns:
            The fields' numbers, or None if the server does not show this account the
            form.

        """
        try:
            form = await self._page("/Ticket/Create.html", queue)
            if b"hx-get=" in form:
                # In RT 6, the browser requests the parts of the form.
                parts = [await self._page(path, queue) for path in _FORM_PARTS]
                form = b"".join(parts)
        except Forbidden, NotFound, NotRT, Rejected, ServerError:
            return None
        # RT may return another page, such as its warning of a cross-site request.
        form = form[:_MAX_FORM_BYTES]
        if not _IS_FORM.search(form):
            return None
        fillable, types = await asyncio.to_thread(_parse_form, form)
        self.field_types |= types
        return fillable

    async def _page(self, path: str, queue: int) -> bytes:
        """Return a page of RT's web UI about a queue."""
        params = {"Queue": str(queue)}
        response = await self._transport.send("GET", path, params=params)
        return response.complete_body()


def _parse_form(form: bytes) -> tuple[set[int], dict[int, str]]:
    """Return the custom fields in the form for a new ticket.

    Returns:
        Numbers of the fields that take a value, not an upload, and RT's types of all
        fields by number.

    """
    fillable: set[int] = set()
    types: dict[int, str] = {}
    field_type = ""
    for type_class, input_name in _TYPE_OR_INPUT.findall(form):
        if type_class:
            field_type = type_class.decode()
        elif field := _CUSTOM_FIELD.search(input_name):
            types[int(field[1])] = field_type
            if field[2] != b"Upload":
                fillable.add(int(field[1]))
    return fillable, types
