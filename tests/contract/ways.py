"""Ways to a server, for the cases of the contract."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import aiohttp
import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.http import KEEPALIVE_SECONDS
from custom_components.ha_rt.rt.models import NewTicket

from .case import FACILITY, TEXT


class SeededRT(Protocol):
    """A server with the content of scripts/rt/seed.pl, or the like of it."""

    url: str
    cookie_name: str
    version: str
    tokens: Mapping[str, str]
    users: Mapping[str, int]
    queues: Mapping[str, int]
    custom_fields: Mapping[str, int]


type ClientOf = Callable[[str], RTClient]
type Create = Callable[..., Awaitable[int]]


class Rest:
    """REST2 as a user sees it, without the client."""

    def __init__(
        self, server: SeededRT, session: aiohttp.ClientSession, user: str
    ) -> None:
        """Use this user's token."""
        self._session = session
        self._url = f"{server.url}/REST/2.0"
        self._headers = {"Authorization": f"token {server.tokens[user]}"}

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        repeated: Sequence[tuple[str, str]] = (),
        **params: str,
    ) -> tuple[int, Any]:
        """Send a request and return the status and the JSON of the answer."""
        async with self._session.request(
            method,
            f"{self._url}/{path}",
            params=[*params.items(), *repeated],
            json=body,
            headers=self._headers,
        ) as response:
            return response.status, await response.json(content_type=None)

    async def get(
        self, path: str, repeated: Sequence[tuple[str, str]] = (), **params: str
    ) -> Any:
        """Return what a resource holds."""
        status, data = await self("GET", path, repeated=repeated, **params)
        assert status == 200, data
        return data

    async def put(self, ticket_id: int, **changes: Any) -> Any:
        """Change a ticket and return RT's words."""
        status, words = await self("PUT", f"ticket/{ticket_id}", changes)
        assert status == 200, words
        return words

    async def say(self, resource: str, ticket_id: int, **more: Any) -> Any:
        """Comment or correspond, and return RT's words."""
        path = f"ticket/{ticket_id}/{resource}"
        status, words = await self("POST", path, {**TEXT, **more})
        assert status == 201, words
        return words

    async def create(self, queue: str = FACILITY, **more: Any) -> int:
        """Create a ticket and return its number."""
        status, data = await self(
            "POST", "ticket", {"Queue": queue, "Subject": "s", **TEXT, **more}
        )
        assert status == 201, data
        return int(data["id"])


type As = Callable[[str], Rest]


class Ways:
    """Ways to a server."""

    @pytest.fixture
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Return a session like the integration's."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            yield session

    @pytest.fixture
    async def client_of(
        self, server: SeededRT, session: aiohttp.ClientSession
    ) -> AsyncIterator[ClientOf]:
        """Return a function that returns the client of a user."""
        clients: dict[str, RTClient] = {}

        def client_of(user: str) -> RTClient:
            if user not in clients:
                clients[user] = RTClient(session, server.url, server.tokens[user])
            return clients[user]

        yield client_of
        for client in clients.values():
            await client.close()

    @pytest.fixture
    def create(self, server: SeededRT, client_of: ClientOf) -> Create:
        """Return a function that creates a ticket and returns its number."""

        async def create(device_id: str, user: str = "u-full") -> int:
            return await client_of(user).create_ticket(
                NewTicket(
                    queue=server.queues[FACILITY],
                    subject="From the contract",
                    content="text",
                    custom_fields={server.custom_fields["DeviceId"]: device_id},
                )
            )

        return create

    @pytest.fixture
    def as_user(self, server: SeededRT, session: aiohttp.ClientSession) -> As:
        """Return a function that returns REST2 as a user sees it."""
        return lambda user: Rest(server, session, user)

    @pytest.fixture
    def rest(self, as_user: As) -> Rest:
        """Return REST2 for the user who may do all that the integration makes use of."""
        return as_user("u-full")


def reference(data: Any) -> Any:
    """Return what a reference refers to, of a list of them all."""
    if isinstance(data, list):
        return [reference(one) for one in data]
    return data["id"]


def values(ticket: Any, name: str) -> list[str]:
    """Return the values of a ticket's custom field."""
    (found,) = [one["values"] for one in ticket["CustomFields"] if one["name"] == name]
    return list(found)


def relations(ticket: Any) -> list[tuple[str, str]]:
    """Return what a ticket links to and what links to it."""
    other = {"self", "customfield", "history", "correspond", "comment", "lifecycle"}
    return sorted(
        (link["ref"], link.get("id") or link["_url"])
        for link in ticket["_hyperlinks"]
        if link["ref"] not in other
    )
