"""The fake RT's HTTP side: one server, and who is logged in there."""

import asyncio
from collections import defaultdict
from dataclasses import replace
import re
import ssl
from typing import Any, Self

from aiohttp import web

from . import rest2, web_ui
from .account import ALL_RIGHTS, Account
from .balancer import Balancer
from .database import Database
from .faults import Fault, no_fault
from .people import Person
from .responses import Problem, error
from .sent import Sent
from .sessions import LOG_OUT, Sessions
from .traffic import Traffic

NEWER = "5.0.10+dfsg-1"
"""A release that counts all that an account may see all of."""


class FakeRT(Database, Traffic, Balancer):
    """A Request Tracker on 127.0.0.1.

    An "async with" block starts and stops it; stop() and start() keep its address.
    """

    def __init__(self) -> None:
        """Describe a server with RT's default settings."""
        Database.__init__(self)
        Traffic.__init__(self)
        Balancer.__init__(self)
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
        self.restricts_referrer = True
        """RT's setting RestrictReferrer, as newer packages of this version obey it."""
        self.secure_cookies = False
        """RT's setting WebSecureCookies."""
        self.web_user: Account | None = None
        """Whom the web server takes each visitor of the web UI for."""
        self.strips_cookies = False
        """Whether a proxy takes the cookies out of all requests."""
        self._peers: set[Any] = set()
        self._sessions: dict[int, Sessions] = defaultdict(Sessions)
        self._port = 0
        self._runner: web.ServerRunner | None = None

    @property
    def is_newer(self) -> bool:
        """Whether it is a release that does as NEWER does."""
        return tuple(map(int, re.findall(r"\d+", self.version)[:3])) >= (5, 0, 6)

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
    def cookie_name(self) -> str:
        """What the cookie of a session is called."""
        return f"RT_SID_example.test.{self._port}"

    @property
    def connections(self) -> int:
        """How many connections brought requests so far."""
        return len(self._peers)

    @property
    def sessions(self) -> dict[str, Account | None]:
        """Who is logged in, None for nobody, by the value of the session's cookie."""
        hosts = self._sessions.values()
        return {number: who for host in hosts for number, who in host.kept.items()}

    @property
    def logged_in(self) -> list[str]:
        """The sessions in which somebody is logged in."""
        return [number for number, who in self.sessions.items() if who]

    def end_sessions(self) -> None:
        """Forget all sessions."""
        for host in self._sessions.values():
            host.kept.clear()

    def person(self, name: str) -> Person:
        """Return somebody who works on tickets, with an account that may do all."""
        if not self.find_account(name):
            self.add_account(name, {*ALL_RIGHTS, "OwnTicket"})
        return Person(self, name)

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
        self._peers.add(request.get_extra_info("peername"))
        host = self._host(sent)
        sessions = self._sessions[host]
        with self._recorded(sent):
            fault = self._next_fault(sent) or self._garbled(sent, sessions) or no_fault
            response = await fault(
                request, lambda: self._work(sent, raw_path, sessions)
            )
            self._stick(sent, host, response)
            return response

    async def _work(
        self, sent: Sent, raw_path: str, sessions: Sessions
    ) -> web.Response:
        """Do what RT does with a request."""
        await asyncio.sleep(0)  # other requests get their turn, as with workers
        if not raw_path.startswith(f"{self.sub_path}/"):
            return web.Response(status=404, text="Not Found")
        if self.strips_cookies:
            headers = {k: v for k, v in sent.headers.items() if k != "Cookie"}
            sent = replace(sent, headers=headers)
        try:
            if sent.path.startswith("/REST/2.0/"):
                return self._rest2(sent, sessions)
            return self._web_page(sent, sessions)
        except Problem as problem:
            return error(problem.status, problem.message)
        finally:
            self._changed.set()

    def _rest2(self, sent: Sent, sessions: Sessions) -> web.Response:
        """Answer a request for REST2."""
        account, headers = None, {}
        is_cross_site = (
            "Cookie" in sent.headers
            and sent.method != "GET"
            and self.restricts_referrer
            and not web_ui.is_from_own_page(self, sent)
        )
        if "Cookie" in sent.headers and not is_cross_site:
            cookie = sent.cookie(self.cookie_name)
            session = sessions.load(cookie)
            account = sessions.kept[session]
            if session != cookie:
                headers = self._set_cookie(session)
        if account := account or self._account(sent):
            return rest2.respond(self, account, sent)
        if is_cross_site:
            return error(
                403, "Cross-site request forgery protection refused this request"
            )
        browser = "Mozilla" in sent.headers.get("User-Agent", "")
        if browser or "Cookie" in sent.headers:
            return web.Response(
                status=302,
                body=b"Login required",
                headers={"Location": f"{self.sub_path}/", **headers},
            )
        return error(401, "Unauthorized")

    def _web_page(self, sent: Sent, sessions: Sessions) -> web.Response:
        """Answer a request for a page of the web UI, which always has a session."""
        session = sessions.load(sent.cookie(self.cookie_name))
        if sent.path == LOG_OUT:
            session = sessions.begin(None, instead_of=session)
        elif not sessions.kept[session] and (
            account := self.web_user or self._account(sent)
        ):
            session = sessions.begin(account, instead_of=session)
        response = web_ui.respond(self, sessions.kept[session], sent)
        response.headers.update(self._set_cookie(session))
        return response

    def _set_cookie(self, session: str) -> dict[str, str]:
        """Return the header that gives a session's cookie."""
        secure = " secure;" if self.secure_cookies else ""
        path = self.sub_path or "/"
        cookie = f"{self.cookie_name}={session}; path={path};{secure} HttpOnly"
        return {"Set-Cookie": cookie}

    def _account(self, sent: Sent) -> Account | None:
        """Return whose token a request brought."""
        scheme, _, token = sent.headers.get("Authorization", "").partition(" ")
        if scheme != "token":
            return None
        return next((a for a in self.accounts if a.token == token), None)

    def _garbled(self, sent: Sent, sessions: Sessions) -> Fault | None:
        """Return what becomes of RT's answer in the language of the account."""
        account = sessions.kept.get(sent.cookie(self.cookie_name)) or self._account(
            sent
        )
        if account and sent.path.endswith(("/comment", "/correspond")):
            return account.comments_garbled
        return None
