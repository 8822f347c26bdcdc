"""Sessions of RT's web UI, and what REST2 makes of their cookies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
import json
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.fake_rt import LOG_IN, LOG_OUT

from .answers import HELP, HELPER
from .case import FACILITY, JSON, TEXT, UNTYPED, WEB_PAGE
from .ways import As, Create, Rest, SeededRT, Ways

VERSION = "/REST/2.0/rt"
TICKETS = "/REST/2.0/tickets"

type CountSessions = Callable[[], int]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What RT answers."""

    status: int
    content_type: str
    location: str
    set_cookie: str
    text: str

    @property
    def cookie(self) -> str:
        """What later requests bring for this answer's session."""
        return self.set_cookie.partition(";")[0]


class Visitor:
    """A way to RT with a cookie, with a user's token, or with both."""

    def __init__(self, server: SeededRT, session: aiohttp.ClientSession) -> None:
        """Go to this server."""
        self._server = server
        self._session = session

    async def __call__(
        self,
        path: str,
        *,
        cookie: str = "",
        user: str = "",
        method: str = "GET",
        send: Any = None,
        referer: str = "",
        **query: str,
    ) -> Reply:
        """Send a request and return the answer."""
        headers = {"Referer": referer or f"{self._server.url}/"}
        if cookie:
            headers["Cookie"] = cookie
        if user:
            headers["Authorization"] = f"token {self._server.tokens[user]}"
        async with self._session.request(
            method,
            self._server.url + path,
            params=query,
            json=send,
            headers=headers,
            allow_redirects=False,
        ) as response:
            return Reply(
                status=response.status,
                content_type=response.headers.get("Content-Type", UNTYPED),
                location=response.headers.get("Location", ""),
                set_cookie=response.headers.get("Set-Cookie", ""),
                text=await response.text(),
            )

    async def log_in(self, user: str, cookie: str = "") -> str:
        """Return the cookie of a user's new session."""
        reply = await self(LOG_IN, user=user, cookie=cookie)
        assert reply.status == 200
        return reply.cookie

    async def who(self, users: Mapping[str, int], cookie: str, user: str = "") -> str:
        """Return whom REST2 takes this for, of the users who see themselves."""
        for name in ("u-full", "unpriv"):
            reply = await self(
                f"/REST/2.0/user/{users[name]}", cookie=cookie, user=user
            )
            if reply.status == 302:
                assert reply.text == "Login required"
                return "nobody"
            if "id" in json.loads(reply.text):
                return name
        raise AssertionError("somebody else")


class SessionCases(Ways):
    """Log-ins, log-outs, and the cookies that come of them."""

    @pytest.fixture
    def visit(self, server: SeededRT, session: aiohttp.ClientSession) -> Visitor:
        """Return a way to RT."""
        return Visitor(server, session)

    @pytest.mark.parametrize("user", ["u-full", "unpriv"])
    async def test_log_in(
        self,
        server: SeededRT,
        visit: Visitor,
        count_sessions: CountSessions,
        user: str,
    ) -> None:
        """A page that is asked for with a token begins a session of its user."""
        before = count_sessions()
        reply = await visit(LOG_IN, user=user)
        assert (reply.status, reply.content_type) == (200, WEB_PAGE)
        assert re.fullmatch(_cookie_of(server), reply.set_cookie)
        assert await visit.who(server.users, reply.cookie) == user
        assert count_sessions() == before + 1

    @pytest.mark.parametrize("user", ["revoked", "disabled1"])
    async def test_refused_log_in(
        self,
        server: SeededRT,
        visit: Visitor,
        count_sessions: CountSessions,
        user: str,
    ) -> None:
        """A token that RT refuses begins a session of nobody."""
        before = count_sessions()
        reply = await visit(LOG_IN, user=user)
        assert (reply.status, reply.content_type) == (302, WEB_PAGE)
        assert re.fullmatch(
            re.escape(server.url) + r"/NoAuth/Login\.html\?next=[0-9a-f]+",
            reply.location,
        )
        assert re.fullmatch(_cookie_of(server), reply.set_cookie)
        assert count_sessions() == before + 1

        again = await visit(LOG_IN, user=user, cookie=reply.cookie)
        assert (again.status, again.set_cookie) == (302, reply.set_cookie)
        rest = await visit(VERSION, cookie=reply.cookie)
        assert (rest.status, rest.content_type) == (302, UNTYPED)
        assert (rest.text, rest.set_cookie) == ("Login required", "")
        assert count_sessions() == before + 1

    async def test_rest2_by_cookie(
        self, server: SeededRT, visit: Visitor, rest: Rest, create: Create
    ) -> None:
        """With the cookie alone, REST2 reads and writes as the user."""
        number, cookie = await create("contract"), await visit.log_in("ha-service")
        ticket = f"/REST/2.0/ticket/{number}"
        replies = [
            await visit(ticket, cookie=cookie),
            await visit(TICKETS, cookie=cookie, query=f"id = {number}"),
            await visit(
                "/REST/2.0/ticket",
                method="POST",
                send={"Queue": FACILITY, "Subject": "s"},
                cookie=cookie,
            ),
            await visit(f"{ticket}/comment", method="POST", send=TEXT, cookie=cookie),
            await visit(ticket, method="PUT", send={"Subject": "x"}, cookie=cookie),
        ]
        assert [reply.status for reply in replies] == [200, 200, 201, 201, 200]
        assert not any(reply.set_cookie for reply in replies)
        assert "Permission Denied" in replies[-1].text
        created = await rest.get(f"ticket/{json.loads(replies[2].text)['id']}")
        assert created["Creator"]["id"] == "ha-service"
        comment = await rest.get("transaction/" + replies[3].location.split("/")[-1])
        assert comment["Creator"]["id"] == "ha-service"

    async def test_other_site(self, visit: Visitor, create: Create) -> None:
        """A cookie alone changes nothing from another site, where RT looks at that."""
        ticket = f"/REST/2.0/ticket/{await create('contract')}"
        cookie = await visit.log_in("ha-service")
        other = "https://rt.example.test/"
        assert (await visit(ticket, cookie=cookie, referer=other)).status == 200
        refusal = "Cross-site request forgery protection refused this request"
        for method, path in (("POST", f"{ticket}/comment"), ("PUT", ticket)):
            ask = partial(visit, path, method=method, send=TEXT, referer=other)
            by_cookie = await ask(cookie=cookie)
            if by_cookie.status not in {200, 201}:
                assert by_cookie.status == 403
                assert by_cookie.content_type == JSON
                assert json.loads(by_cookie.text) == {"message": refusal}
            for known_by in (
                {"user": "ha-service"},
                {"user": "ha-service", "cookie": cookie},
            ):
                assert (await ask(**known_by)).status in {200, 201}

    async def test_pages_by_cookie(
        self, server: SeededRT, visit: Visitor, count_sessions: CountSessions
    ) -> None:
        """With the cookie alone, the web UI shows what it shows to the user."""
        login = await visit(LOG_IN, user="u-full")
        guest = await visit.log_in("unpriv")
        before = count_sessions()
        found = await visit(HELPER, cookie=login.cookie, **HELP)
        assert json.loads(found.text) == [{"label": FACILITY, "value": FACILITY}]
        queue = str(server.queues[FACILITY])
        form = await visit("/Ticket/Create.html", cookie=login.cookie, Queue=queue)
        assert "Create a new ticket in" in form.text
        assert form.set_cookie == found.set_cookie == login.set_cookie
        away = await visit(HELPER, cookie=guest, **HELP)
        assert (away.status, away.location) == (302, f"{server.url}/SelfService/")
        assert count_sessions() == before

    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_unknown_cookie(
        self,
        server: SeededRT,
        visit: Visitor,
        rest: Rest,
        create: Create,
        count_sessions: CountSessions,
        method: str,
    ) -> None:
        """REST2 sends a cookie that it does not know away, and does nothing else."""
        path = f"/REST/2.0/ticket/{await create('contract')}"
        if method == "POST":
            path += "/comment"
        history = await rest.get(
            "transactions", query="id > 0", orderby="id", order="DESC"
        )
        before = count_sessions()
        for cookie in (f"{server.cookie_name}={'0' * 32}", "any=1"):
            reply = await visit(path, method=method, send=TEXT, cookie=cookie)
            assert (reply.status, reply.content_type) == (302, UNTYPED)
            path_of_rt = urlsplit(server.url).path
            assert (reply.text, reply.location) == ("Login required", f"{path_of_rt}/")
            assert re.fullmatch(_cookie_of(server), reply.set_cookie)
            assert await visit.who(server.users, reply.cookie) == "nobody"
        assert count_sessions() == before + 2
        after = await rest.get(
            "transactions", query="id > 0", orderby="id", order="DESC"
        )
        assert after == history

    async def test_unknown_cookie_at_a_page(
        self, server: SeededRT, visit: Visitor, count_sessions: CountSessions
    ) -> None:
        """The web UI asks a cookie that it does not know to log in."""
        before = count_sessions()
        unknown = f"{server.cookie_name}={'0' * 32}"
        reply = await visit(HELPER, cookie=unknown, **HELP)
        assert (reply.status, reply.content_type) == (302, WEB_PAGE)
        assert reply.location.startswith(f"{server.url}/NoAuth/Login.html?next=")
        assert await visit.who(server.users, reply.cookie) == "nobody"
        assert count_sessions() == before + 1

    async def test_log_out(
        self, server: SeededRT, visit: Visitor, count_sessions: CountSessions
    ) -> None:
        """A log-out ends the session, and begins one of nobody."""
        cookie = await visit.log_in("u-full")
        before = count_sessions()
        reply = await visit(LOG_OUT, cookie=cookie)
        assert (reply.status, reply.content_type) == (200, WEB_PAGE)
        assert re.fullmatch(_cookie_of(server), reply.set_cookie)
        assert await visit.who(server.users, reply.cookie) == "nobody"
        assert count_sessions() == before
        assert await visit.who(server.users, cookie) == "nobody"

    async def test_cookie_and_token(
        self, server: SeededRT, visit: Visitor, as_user: As
    ) -> None:
        """A session counts more than a token, as long as somebody is logged in."""
        cookie = await visit.log_in("unpriv")
        assert await visit.who(server.users, cookie, "u-full") == "unpriv"
        assert await visit.who(server.users, cookie, "revoked") == "unpriv"
        nobody = (await visit(LOG_OUT, cookie=cookie)).cookie
        for other in (nobody, cookie):
            assert await visit.who(server.users, other, "u-full") == "u-full"
            assert await visit.who(server.users, other, "revoked") == "nobody"

    async def test_log_in_again(
        self, server: SeededRT, visit: Visitor, count_sessions: CountSessions
    ) -> None:
        """A log-in takes the place of nobody's session, and not of somebody's."""
        first = await visit.log_in("unpriv")
        before = count_sessions()
        reply = await visit(LOG_IN, cookie=first, user="u-full")
        assert (reply.status, reply.cookie) == (200, first)
        assert await visit.who(server.users, first) == "unpriv"

        nobody = (await visit(LOG_OUT, cookie=first)).cookie
        second = await visit.log_in("u-full", cookie=nobody)
        assert second != nobody
        assert await visit.who(server.users, second) == "u-full"
        assert count_sessions() == before
        unknown = await visit(VERSION, cookie=nobody)
        assert unknown.set_cookie
        assert count_sessions() == before + 1


def _cookie_of(server: SeededRT) -> str:
    """Return the pattern of the header that gives a session's cookie."""
    path = urlsplit(server.url).path or "/"
    return rf"{re.escape(server.cookie_name)}=[0-9a-f]{{32}}; path={path}; HttpOnly(; SameSite=Lax)?"
