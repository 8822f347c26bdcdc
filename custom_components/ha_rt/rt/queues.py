"""What RT's account is, and what it may do in which queue."""

import asyncio
import json
import re
from urllib.parse import quote

import aiohttp

from .errors import Forbidden, NotFound, NotRT, Rejected, ServerError
from .models import Queue, User
from .parse import items, items_of_page, objects, parse, required
from .transport import Transport

PAGE_SIZE = 100

# Of queues: more than anybody has, for a server that does not know pages.
_MAX_PAGES = 50


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
                exchange.KEEPALIVE_SECONDS at the most. Who made it closes it.
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
        return self._transport.clean(str(required(data, "Version")))

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
        if "/" in name or name in {".", ".."}:
            # A slash in the path is always 404, and dots are folders, however they
            # are encoded.
            answer = await self._transport.send(
                "POST",
                "/REST/2.0/queues",
                body=json.dumps([{"field": "Name", "value": name}]).encode(),
            )
            name = next((str(item.get("id")) for item in items(answer.json())), "")
            if not name:
                raise NotFound
        try:
            data = await self._transport.read(
                f"queue/{quote(name, '', errors='replace')}"
            )
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
            found := items_of_page(
                await self._transport.read(
                    "queues/all", fields="Name", per_page=str(PAGE_SIZE), page=str(page)
                ),
                page,
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

    async def fillable_fields(self, queue: int) -> set[int] | None:
        """Return the custom fields that the account may fill in a new ticket.

        The form for a new ticket in RT's web UI offers a field if, and only if, it
        may, wherever the right was granted.

        Returns:
            The fields' numbers, or None if this server does not show this account
            its form.

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
        names = re.findall(rb'name="Object-RT::Ticket-([^"]{1,200})"', form)
        numbers = (re.search(rb"-CustomField.*-(\d{1,18})-Values?$", n) for n in names)
        return {int(number[1]) for number in numbers if number}
