"""What RT's account is, and what it may do in which queue."""

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

# Where the form of RT 6 has its custom fields, which RT's settings may put into groups.
_PARTS_OF_FORM = tuple(
    f"/Views/Ticket/Widgets/Create/{part}"
    for part in ("CustomFieldCustomGroupings", "Basics", "People", "Dates", "Links")
)
# In a form: the type of a custom field, and the names of its inputs.
_FIELDS = re.compile(
    rb'\bcftype-(\w{1,50})|name="Object-RT::Ticket-([^"]{1,200})"', re.ASCII
)
_IS_FORM = re.compile(rb'name="(Queue|Status)"')
_FIELD = re.compile(rb"-CustomField.*-(\d{1,18})-(Values?|Upload)$")
# Longer than any form is; nothing else happens while a text is searched.
_MAX_FORM_BYTES = 1024 * 1024
# The first version that tells no total where its database failed, instead of 0.
_COUNTS_SURELY = (5, 0, 6)
# Far more than anybody has, for a server that does not know pages.
MAX_PAGES = 1000


class Page(NamedTuple):
    """A page of a collection."""

    items: list[Mapping[str, Any]]
    """Without those that the account may not see: only an empty page is the end."""
    is_full: bool
    """Whether it holds as many as were asked for."""
    end: int
    """How many it and the pages before it have room for."""
    total: int | None
    """How many there are, if the server tells."""


class QueueClient:
    """One account on one RT server, and its queues; see RTClient."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        slots: asyncio.Semaphore | None = None,
        *,
        use_sessions: bool = True,
    ) -> None:
        """Bind a session to a server and a token.

        Args:
            session: Keeps no cookies, and idle connections for
                http.KEEPALIVE_SECONDS at the most. Who made it closes it.
            url: The address below which /REST/2.0 lies, without trailing slash.
            token: An authentication token of RT.
            slots: Bounds the simultaneous requests; shared by all clients of one
                server.
            use_sessions: Whether to log in every few minutes (see session.py)
                instead of with every request. Then close has to be called at the
                end.

        """
        self.url = url
        self._transport = Transport(
            session, url, token, slots, use_sessions=use_sessions
        )
        self._active: dict[tuple[int, str], bool] = {}
        """Whether a status of a queue counts as active, as far as that was seen."""
        self.field_types: dict[int, str] = {}
        """RT's types of custom fields by their numbers, as far as they were seen."""
        self._counts_surely = False
        """Whether RT is known not to tell 0 where it failed to count."""
        self._hides_totals = False
        """Whether RT is known not to tell this account how much a search finds."""

    @property
    def sessions(self) -> str:
        """Return whether RT's sessions are used and, if not, why."""
        sessions = self._transport.sessions
        return sessions.state if sessions else "off"

    async def close(self) -> None:
        """End the session in RT, if there is one."""
        if self._transport.sessions:
            await self._transport.sessions.close()

    async def version(self) -> str:
        """Return RT's version, such as "5.0.3+dfsg-3"."""
        data = await self._transport.read("rt")
        version = str(required(data, "Version"))
        self._counts_surely = version_numbers(version) >= _COUNTS_SURELY
        return self._transport.clean(version)

    @property
    def account_id(self) -> int | None:
        """Return the number of the token's account, or None if the token holds none.

        REST2 has no "who am I".
        """
        return self._transport.token_owner

    async def user(self) -> User | None:
        """Return the token's account, or None if RT does not tell."""
        if self.account_id is None:
            return None
        try:
            data = await self._transport.read(f"user/{self.account_id}")
        except Forbidden, NotFound:
            return None
        return parse(User, data)

    async def login(self, user: int) -> str:
        """Return a user's login, or the number if RT does not tell it."""
        try:
            data = await self._transport.read(f"user/{user}")
        except Forbidden, NotFound:
            return str(user)
        return str(data.get("Name") or user)

    async def queue(self, name: str) -> Queue:
        """Return a queue by its name, in upper or lower case, or its number.

        Raises:
            NotFound: No such queue, or the account may not see it (SeeQueue).

        """
        # A slash in the path is always 404, and dots are folders, however they are
        # encoded. So are, with PostgreSQL, letters other than ASCII.
        if "/" in name or name in {".", ".."} or not name.isascii():
            name = await self._number_of(name)
        try:
            data = await self._transport.read(
                f"queue/{quote(name, '', errors='replace')}"
            )
        except Forbidden as err:
            raise NotFound(str(err)) from None
        return parse(Queue, data)

    async def queues(self) -> list[str]:
        """Return the names of the enabled queues that the account may see."""
        return [str(required(item, "Name")) for item in await self._every_queue()]

    async def _every_queue(self, **query: str) -> list[Mapping[str, Any]]:
        """Return the numbers and names of the queues that the account may see."""
        found: dict[str, Mapping[str, Any]] = {}
        pages = self._collection(
            partial(self._transport.read, "queues/all"),
            PAGE_SIZE,
            fields="Name",
            **query,
        )
        async for page in pages:
            more = {str(item.get("id")): item for item in page.items}
            if more.keys() <= found.keys():
                break  # the end, also of a server that does not know pages
            found |= more
        return list(found.values())

    async def _number_of(self, name: str) -> str:
        """Return the number of a queue, enabled or not, that has a name.

        Raises:
            NotFound: The account sees none.

        """
        disabled_too = {"find_disabled_rows": "1"}
        answer = await self._transport.send(
            "POST",
            "/REST/2.0/queues",
            params=disabled_too,
            body=json.dumps([{"field": "Name", "value": name}]).encode(),
        )
        # A database finds fewer letters again than it keeps.
        found = items(await answer.json()) or [
            item
            for item in await self._every_queue(**disabled_too)
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
        """Yield a collection page by page, up to an empty one.

        Where a page is too large, that and the following are smaller.

        Args:
            read: Reads a page.
            per_page: How many items to ask for with each request.
            query: What to ask for.

        Raises:
            AnswerTooLarge: A single item is too large.

        """
        size, end = per_page, 0
        for _ in range(MAX_PAGES):
            number = end // size + 1
            try:
                data = await read(**query, per_page=str(size), page=str(number))
            except AnswerTooLarge:
                if size == 1:
                    raise
                # A page of that size begins where the one that is too large does.
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

        REST2 tells nobody's rights, but the helper that completes queue names in
        RT's web UI does (html/Helpers/Autocomplete/Queues), and takes a token.

        Args:
            right: RT's name of the right, such as "ShowTicket".
            queue: The name of the only queue to ask about.

        Returns:
            The names, or None if this server does not tell this account.

        """
        # PostgreSQL stumbles over a name with both, and RT then answers "none".
        one_is_asked = queue is not None and not {"'", "\\"} <= set(queue)
        try:
            answer = await self._transport.send(
                "GET",
                "/Helpers/Autocomplete/Queues",
                params={
                    "right": right,
                    "term": queue if queue and one_is_asked else "%",
                    "op": "=" if one_is_asked else "LIKE",
                    "max": "1000",
                },
            )
            found = objects(await answer.json())
            names = [str(required(item, "label")) for item in found]
        except Forbidden, NotFound, NotRT, Rejected, ServerError:
            return None
        return [one for one in names if one == queue or one_is_asked or queue is None]

    async def fillable_fields(self, queue: int) -> set[int] | None:
        """Return the custom fields that the account may fill in a new ticket.

        The form for a new ticket in RT's web UI offers a field if, and only if, it
        may, wherever the right was granted. It also tells the types, see field_types.

        Returns:
            The fields' numbers, or None if this server does not show this account
            its form.

        """
        try:
            form = await self._page("/Ticket/Create.html", queue)
            if b"hx-get=" in form:
                # RT 6 has the browser fetch the parts of the form.
                parts = [await self._page(path, queue) for path in _PARTS_OF_FORM]
                form = b"".join(parts)
        except Forbidden, NotFound, NotRT, Rejected, ServerError:
            return None
        # Else it is another page, such as one that asks where the request comes from.
        form = form[:_MAX_FORM_BYTES]
        if not _IS_FORM.search(form):
            return None
        fillable, types = await asyncio.to_thread(_fields_of_form, form)
        self.field_types |= types
        return fillable

    async def _page(self, path: str, queue: int) -> bytes:
        """Return a page of RT's web UI about a queue."""
        params = {"Queue": str(queue)}
        return (await self._transport.send("GET", path, params=params)).whole_body()


def _fields_of_form(form: bytes) -> tuple[set[int], dict[int, str]]:
    """Return what a form for a new ticket offers: the fields' numbers, and RT's types.

    Files are not filled, but uploaded.
    """
    fillable: set[int] = set()
    types: dict[int, str] = {}
    kind = ""
    for cftype, name in _FIELDS.findall(form):
        if cftype:
            kind = cftype.decode()
        elif field := _FIELD.search(name):
            types[int(field[1])] = kind
            if field[2] != b"Upload":
                fillable.add(int(field[1]))
    return fillable, types
