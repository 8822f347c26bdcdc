"""The fake RT's HTTP side: one server, what it was sent, and its faults."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import re
import ssl
from typing import Any, Self

from aiohttp import web

from . import rest2, web_ui
from .account import ALL_RIGHTS, Account
from .data import Data
from .faults import Fault
from .people import Person
from .responses import Problem, error
from .sent import Sent


@dataclass
class _Planned:
    """A fault that waits for its request."""

    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int | None


class FakeRT(Data):
    """A Request Tracker on 127.0.0.1.

    An "async with" block starts and stops it; stop() and start() keep its address.
    """

    def __init__(self) -> None:
        """Describe a server with RT's default settings."""
        super().__init__()
        self.version = "5.0.3+dfsg-3"
        self.sub_path = ""
        """Where RT is mounted, such as "/rt"."""
        self.web_base_url = ""
        """RT's own idea of its address, if it is not the real one."""
        self.knows_totals = True
        """RT's setting UseSQLForACLChecks: whether a search tells the total."""
        self.keepalive_seconds = 1.0
        """After how many idle seconds a connection is closed without a word."""
        self.ssl_context: ssl.SSLContext | None = None
        self.requests: list[Sent] = []
        self.max_parallel = 0
        """How many requests were under way at once, at the most."""
        self._faults: list[_Planned] = []
        self._peers: set[Any] = set()
        self._parallel = 0
        self._changed = asyncio.Event()
        self._port = 0
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """The address to configure."""
        scheme = "https" if self.ssl_context else "http"
        return f"{scheme}://127.0.0.1:{self._port}{self.sub_path}"

    @property
    def base(self) -> str:
        """The address that RT writes into its answers."""
        return self.web_base_url or self.url

    @property
    def connections(self) -> int:
        """How many connections brought requests so far."""
        return len(self._peers)

    def person(self, name: str) -> Person:
        """Return somebody who works on tickets, with an account that may do all."""
        if not self.find_account(name):
            self.add_account(name, {*ALL_RIGHTS, "OwnTicket"})
        return Person(self, name)

    def sent(self, method: str, path_regex: str = "") -> list[Sent]:
        """Return the requests of a method whose path matches."""
        return [
            request
            for request in self.requests
            if request.method == method and re.search(path_regex, request.path)
        ]

    @property
    def writes(self) -> list[Sent]:
        """The requests that write something."""
        return [
            request
            for request in self.requests
            if request.method in {"POST", "PUT"}
            and re.search(r"/ticket(/\d+(/\w+)?)?$", request.path)
        ]

    def fail(
        self,
        method: str,
        path_regex: str,
        fault: Fault,
        times: int | None = 1,
    ) -> None:
        """Let the next requests that match go wrong; None for all of them.

        The method "*" stands for all, and the path is searched for the regex.
        """
        self._faults.append(_Planned(method, re.compile(path_regex), fault, times))

    def heal(self) -> None:
        """Drop the faults that are left."""
        self._faults.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the server's doing has made something true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def work_done(self) -> None:
        """Wait until RT has done what it is still doing."""
        await self.until(lambda: not self._parallel)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> None:
        """Listen, after stop() again at the same address."""
        server = web.Server(
            self._handle,
            keepalive_timeout=self.keepalive_seconds,
            access_log=None,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner,
            "127.0.0.1",
            self._port,
            ssl_context=self.ssl_context,
            reuse_address=True,
        )
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and close all connections."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Record a request, and answer it unless a fault does."""
        body = await request.content.read()  # of any size
        raw_path = request.rel_url.raw_path
        sent = Sent(
            method=request.method,
            path=raw_path.removeprefix(self.sub_path),
            query=dict(request.query),
            headers=dict(request.headers),
            body=body,
            repeated=tuple(request.query.items()),
        )
        self.requests.append(sent)
        self._peers.add(request.get_extra_info("peername"))
        self._parallel += 1
        self._changed.set()
        self.max_parallel = max(self.max_parallel, self._parallel)
        try:
            if fault := self._next_fault(sent):
                return await fault(request, lambda: self._work(sent, raw_path))
            return await self._work(sent, raw_path)
        finally:
            self._parallel -= 1
            self._changed.set()

    async def _work(self, sent: Sent, raw_path: str) -> web.Response:
        """Do what RT does with a request."""
        await asyncio.sleep(0)  # other requests get their turn, as with workers
        if not raw_path.startswith(f"{self.sub_path}/"):
            return web.Response(status=404, text="Not Found")
        account = self._account(sent.headers.get("Authorization", ""))
        try:
            if sent.path.startswith("/REST/2.0/"):
                return self._rest2(sent, account)
            return web_ui.respond(self, account, sent)
        except Problem as problem:
            return error(problem.status, problem.message)
        finally:
            self._changed.set()

    def _rest2(self, sent: Sent, account: Account | None) -> web.Response:
        """Answer a request for REST2."""
        if account:
            return rest2.respond(self, account, sent)
        browser = "Mozilla" in sent.headers.get("User-Agent", "")
        if browser or "Cookie" in sent.headers:
            return web.Response(
                status=302,
                body=b"Login required",
                headers={"Location": f"{self.sub_path}/", **web_ui.COOKIE},
            )
        return error(401, "Unauthorized")

    def _account(self, authorization: str) -> Account | None:
        """Return whose token a request brought."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "token":
            return None
        return next((a for a in self.accounts if a.token == token), None)

    def _next_fault(self, sent: Sent) -> Fault | None:
        """Return the first fault that waits for this request."""
        for planned in self._faults:
            if planned.method in {"*", sent.method} and planned.path.search(sent.path):
                if planned.times is not None:
                    planned.times -= 1
                    if not planned.times:
                        self._faults.remove(planned)
                return planned.fault
        account = self._account(sent.headers.get("Authorization", ""))
        if account and sent.path.endswith(("/comment", "/correspond")):
            return account.comments_garbled
        return None
