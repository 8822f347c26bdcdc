"""The requests of the integration, and the same ones from a bare client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
import json
import re
import time
from types import SimpleNamespace, TracebackType
from typing import Self
from unittest.mock import patch

import aiohttp
from yarl import URL

from custom_components.ha_rt.rt.session.login import LOG_IN_PATH, LOG_OUT_PATH
from scripts.benchmark.core import BenchmarkError

_TICKET = re.compile(r"(?<=/ticket/)\d+")


@dataclass(slots=True)
class Request:
    """One request, as it went out."""

    method: str
    url: str
    body: bytes = b""
    started: float = 0

    def about(self, key: tuple[str, str], ticket_id: int) -> Request:
        """Return the same request for another device and its ticket."""
        return replace(
            self,
            url=_TICKET.sub(str(ticket_id), self.url.replace(*key)),
            body=self.body.replace(key[0].encode(), key[1].encode()),
        )

    def __str__(self) -> str:
        """Return what tells it from others."""
        path = URL(self.url).path.removeprefix("/REST/2.0")
        return f"{self.method} {_TICKET.sub('N', path)}"


class Recorder:
    """Sees every request of the aiohttp sessions that are opened while it watches."""

    def __init__(self) -> None:
        """Begin with none."""
        self.log_ins: list[float] = []
        """How long each took, in milliseconds; they and log-outs are no requests."""
        self._requests: list[Request] = []
        self._trace = aiohttp.TraceConfig()
        self._trace.on_request_start.append(self._started)
        self._trace.on_request_chunk_sent.append(self._sent)
        self._trace.on_request_end.append(self._ended)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the aiohttp sessions that are opened meanwhile, for all their life."""

        def open_session(
            *args: object, session: type = aiohttp.ClientSession, **options: object
        ) -> object:
            return session(*args, trace_configs=[self._trace], **options)

        with patch("aiohttp.ClientSession", open_session):
            yield

    def take(self) -> list[Request]:
        """Return the requests since the last call."""
        taken, self._requests = self._requests, []
        return taken

    async def _started(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestStartParams,
    ) -> None:
        context.request = Request(
            params.method, str(params.url), started=time.perf_counter()
        )
        if not context.request.url.endswith((LOG_IN_PATH, LOG_OUT_PATH)):
            self._requests.append(context.request)

    async def _sent(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestChunkSentParams,
    ) -> None:
        context.request.body += params.chunk

    async def _ended(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestEndParams,
    ) -> None:
        if context.request.url.endswith(LOG_IN_PATH):
            seconds = time.perf_counter() - context.request.started
            self.log_ins.append(seconds * 1000)


class Bare:
    """An aiohttp session that sends given requests and reads the answers."""

    def __init__(self, url: str, token: str, *, connections: int) -> None:
        """Open it."""
        self._url = url
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Includes the wait for a connection, which is long in a burst.
            timeout=aiohttp.ClientTimeout(total=None),
            # RT takes no change by cookie alone that comes from elsewhere.
            headers={"Accept": "application/json", "Referer": f"{url}/"},
        )
        self._authentication = {"Authorization": f"token {token}"}

    async def __aenter__(self) -> Self:
        """Connect when needed."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._session.close()

    async def log_in(self) -> None:
        """Bring a session's cookie from now on, and no token."""
        async with self._session.get(
            self._url + LOG_IN_PATH, headers=self._authentication, allow_redirects=False
        ) as response:
            await response.read()
        if not response.cookies:
            raise BenchmarkError(f"The log-in answers {response.status}, no cookie")
        cookies = (f"{one.key}={one.value}" for one in response.cookies.values())
        self._authentication = {"Cookie": "; ".join(cookies)}

    async def send(
        self, requests: list[Request], key: tuple[str, str], ticket_id: int = 0
    ) -> int:
        """Send requests one after the other for another device than recorded.

        Args:
            requests: Those recorded.
            key: The device that was recorded, and the one to put in its place.
            ticket_id: The ticket that they are about, if it is known before.

        Returns:
            The ticket that they are about, or else from RT's answers.

        """
        for recorded in requests:
            request = recorded.about(key, ticket_id)
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body or None,
                headers=self._authentication
                | ({"Content-Type": "application/json"} if request.body else {}),
                allow_redirects=False,
            ) as response:
                body = await response.read()
            if response.status not in {200, 201}:
                raise BenchmarkError(f"{request}: {response.status} {body[:200]!r}")
            if request.url.startswith(f"{self._url}/REST/2.0/tickets?"):
                found = json.loads(body)["items"]
                ticket_id = int(found[0]["id"]) if found else 0
            elif created := _TICKET.search(response.headers.get("Location", "")):
                ticket_id = int(created[0])
        return ticket_id
