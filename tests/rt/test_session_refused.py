"""Sessions that RT, or what is before it, ends, refuses or does not give."""

import asyncio
from collections.abc import Awaitable, Callable
import json
import logging

import aiohttp
from aiohttp import web
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
import pytest

from custom_components.ha_rt.connection import async_connect
from custom_components.ha_rt.rt import http
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import (
    CannotConnect,
    Forbidden,
    InvalidAuth,
    NotRT,
    RTError,
    RTTimeout,
    ServerError,
)
from custom_components.ha_rt.rt.models import NewTicket
from custom_components.ha_rt.rt.session import login
from custom_components.ha_rt.rt.session.pool import LIFETIME, RETRY_DELAY
from tests import FACILITY, Wait, connection_data
from tests.fake_rt import LOG_IN, FakeRT, FakeTicket, faults

COMMENT = "/comment$"

type Call = Callable[[RTClient], Awaitable[object]]

CALLS: dict[str, Call] = {
    "read": lambda client: client.ticket(1),
    "page": lambda client: client.queues_with_right("ShowTicket", FACILITY),
    "create": lambda client: client.create_ticket(
        NewTicket(queue=3, subject="Leak", content="Wet")
    ),
    "comment": lambda client: client.comment(1, "It drips."),
    "update": lambda client: client.update_ticket(1, {"Priority": 5}),
}
ADDED = {"read": 0, "page": 0, "create": 1, "comment": 1, "update": 1}
"""How much RT's history grows with a call."""

REFUSALS = {
    "302": faults.login_required,
    "303": faults.redirect("https://login.test/", 303),
    "401": faults.unauthorized,
    "401, a page": faults.html(401),
    "200, a page": faults.html(),
    "403, a page": faults.html(403),
}


@pytest.fixture(autouse=True)
def ticket(fake_rt: FakeRT) -> FakeTicket:
    """Return the only ticket of the fake RT."""
    return fake_rt.add_ticket("binary_sensor.leak")


def refuse(fake_rt: FakeRT, fault: faults.Fault, *cookies: str) -> None:
    """Let REST2 go wrong for requests that bring a cookie, or one of these."""

    async def choose(request: web.Request, work: faults.Work) -> web.StreamResponse:
        cookie = request.headers.get("Cookie", "").partition("=")[2]
        refused = cookie in cookies if cookies else bool(cookie)
        return await (fault(request, work) if refused else work())

    fake_rt.fail("*", "/REST/", choose, times=None)


# --- A session that ends too early ----------------------------------------


@pytest.mark.parametrize("what", CALLS)
async def test_ended_session(client: RTClient, fake_rt: FakeRT, what: str) -> None:
    """When RT has ended the session, the call is repeated with a new one."""
    await client.version()
    fake_rt.end_sessions()
    before = fake_rt.transactions
    assert await CALLS[what](client)
    assert fake_rt.transactions == before + ADDED[what]
    assert len(fake_rt.log_ins) == 2
    assert fake_rt.by_token == []
    assert client.sessions == "on"


async def test_session_ended_during_calls(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Of many calls none is lost or doubled, and together they log in once."""
    texts = [f"comment {number}" for number in range(40)]
    calls = [asyncio.create_task(client.comment(1, text)) for text in texts]
    await fake_rt.until(lambda: len(ticket.comments) >= 10)
    fake_rt.end_sessions()
    await asyncio.gather(*calls)
    assert sorted(ticket.comments) == sorted(texts)
    assert len(fake_rt.log_ins) == 2
    assert fake_rt.by_token == []


async def test_late_refusal(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A call that learns late of its session's end uses the one that others have."""
    await client.version()
    release = asyncio.Event()
    fake_rt.fail("POST", COMMENT, faults.held(release))
    comment = asyncio.create_task(client.comment(1, "It drips."))
    await fake_rt.until(lambda: len(fake_rt.writes) == 1)
    fake_rt.end_sessions()
    await client.version()
    release.set()
    await comment
    await client.version()
    assert ticket.comments == ["It drips."]
    assert len(fake_rt.log_ins) == 2


@pytest.mark.parametrize("fault", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("what", [one for one in CALLS if one != "page"])
async def test_refused_session(
    client: RTClient, fake_rt: FakeRT, what: str, fault: faults.Fault
) -> None:
    """However a session is refused, the call is repeated with a new one."""
    await client.version()
    refuse(fake_rt, fault, *fake_rt.logged_in)
    before = fake_rt.transactions
    await CALLS[what](client)
    assert fake_rt.transactions == before + ADDED[what]
    assert len(fake_rt.log_ins) == 2
    assert fake_rt.by_token == []
    assert await client.version()
    assert len(fake_rt.log_ins) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.message(403, "Permission Denied"), Forbidden),
        (faults.html(403), NotRT),
        (faults.html(200), NotRT),
        (faults.html(404), NotRT),
        (faults.html(500), ServerError),
        (faults.answer(503), ServerError),
        (faults.reset_before, CannotConnect),
        (faults.hang_up, CannotConnect),
    ],
)
async def test_other_answers(
    client: RTClient, fake_rt: FakeRT, fault: faults.Fault, kind: type[RTError]
) -> None:
    """What is wrong with one request ends no session, and the request is not repeated."""
    await client.version()
    fake_rt.fail("POST", COMMENT, fault)
    with pytest.raises(kind):
        await client.comment(1, "It drips.")
    assert len(fake_rt.writes) == 1
    assert await client.version()
    assert len(fake_rt.log_ins) == 1
    assert fake_rt.by_token == []


# --- A server that takes no sessions --------------------------------------


async def refused_again(
    client: RTClient, fake_rt: FakeRT, caplog: pytest.LogCaptureFixture
) -> None:
    """Check a call to a server that gives sessions and takes none."""
    log_ins, before = len(fake_rt.log_ins), fake_rt.transactions
    fake_rt.requests.clear()
    caplog.clear()
    await client.comment(1, "It drips.")
    assert fake_rt.transactions == before + 1
    assert len(fake_rt.log_ins) == log_ins + 2
    assert fake_rt.by_token == ["POST"]
    assert client.sessions.startswith("off: ")
    for call in CALLS.values():
        await call(client)
    assert len(fake_rt.log_ins) == log_ins + 2
    with_cookie = ["Cookie" in sent.headers for sent in fake_rt.requests]
    assert with_cookie == sorted(with_cookie, reverse=True)


@pytest.mark.parametrize("fault", [None, *REFUSALS.values()], ids=["cut", *REFUSALS])
async def test_sessions_that_are_not_taken(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    caplog: pytest.LogCaptureFixture,
    wait: Wait,
    fault: faults.Fault | None,
) -> None:
    """Where sessions are refused, every request brings the token, for a day."""
    if fault is None:
        fake_rt.strips_cookies = True
    else:
        refuse(fake_rt, fault)
    told = f"{fake_rt.url} takes no sessions, so that every request brings the token"
    await refused_again(client, fake_rt, caplog)
    assert [told in one.message for one in infos(caplog)] == [True]
    await wait(seconds=RETRY_DELAY - 1)
    await client.version()
    assert len(fake_rt.log_ins) == 2
    await wait(seconds=1)
    await refused_again(client, fake_rt, caplog)
    assert infos(caplog) == []
    await wait(seconds=RETRY_DELAY)
    fake_rt.strips_cookies = False
    fake_rt.heal()
    fake_rt.requests.clear()
    await client.comment(1, "It drips.")
    assert fake_rt.by_token == []
    assert client.sessions == "on"


def infos(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what the integration told an administrator."""
    return [
        record
        for record in caplog.records
        if record.levelno >= logging.INFO and "ha_rt" in record.name
    ]


async def test_two_hosts(client: RTClient, fake_rt: FakeRT, ticket: FakeTicket) -> None:
    """Hosts without common sessions lose and double nothing."""
    fake_rt.hosts = 2
    texts = [f"comment {number}" for number in range(20)]
    for text in texts:
        await client.comment(1, text)
    assert ticket.comments == texts
    assert len(fake_rt.log_ins) == 2
    assert client.sessions.startswith("off: ")


async def test_two_hosts_and_many_calls(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Nor when many calls come at once, and nobody logs in for each of them."""
    fake_rt.hosts = 2
    texts = [f"comment {number}" for number in range(100)]
    await asyncio.gather(*(client.comment(1, text) for text in texts))
    assert sorted(ticket.comments) == sorted(texts)
    assert len(fake_rt.log_ins) <= 8
    assert client.sessions.startswith("off: ")


@pytest.mark.parametrize("what", CALLS)
async def test_secure_cookie_without_tls(
    client: RTClient, fake_rt: FakeRT, what: str
) -> None:
    """A cookie that is only for HTTPS is not sent without."""
    fake_rt.secure_cookies = True
    before = fake_rt.transactions
    assert await CALLS[what](client)
    assert fake_rt.transactions == before + ADDED[what]
    assert not any("Cookie" in sent.headers for sent in fake_rt.requests)
    assert len(fake_rt.log_ins) == 1
    assert client.sessions == "off: RT's cookies are Secure: sessions need https"


async def test_secure_cookie(hass: HomeAssistant, self_signed_rt: FakeRT) -> None:
    """With TLS, such a cookie is sent."""
    self_signed_rt.secure_cookies = True
    data = {**connection_data(self_signed_rt), CONF_VERIFY_SSL: False}
    async with async_connect(hass, data, {}) as client:
        await client.version()
        assert client.sessions == "on"
    assert self_signed_rt.by_token == []


# --- A check of where a request comes from ---------------------------------


async def test_cross_site(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """What changes something brings the token, as long as RT needs it; what reads, not."""
    fake_rt.web_base_url = "https://rt.example.test"
    await client.version()
    fake_rt.requests.clear()
    for text in ("a", "b"):
        await client.comment(1, text)
        await client.version()
    assert ticket.comments == ["a", "b"]
    # The first attempt was by session, and RT did nothing then.
    assert len(fake_rt.writes) == 3
    assert fake_rt.by_token == ["POST", "POST"]
    assert client.sessions.startswith("on, but not for changes: ")
    await client.user()  # which tells what RT takes for its own address
    await wait(seconds=LIFETIME)
    fake_rt.requests.clear()
    await client.comment(1, "c")
    assert len(fake_rt.writes) == 1
    assert fake_rt.by_token == []
    assert client.sessions == "on"


async def test_cross_site_and_a_right(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """The refusal by a session is not taken for a missing right, which is told."""
    fake_rt.web_base_url = "https://rt.example.test"
    fake_rt.rights -= {"CommentOnTicket", "ModifyTicket"}
    with pytest.raises(Forbidden, match="Permission Denied"):
        await client.comment(1, "a")


# --- A log-in that is none ------------------------------------------------


def page_with(cookie: str) -> faults.Fault:
    """Answer a web page with a cookie."""
    return faults.answer(200, faults.HTML, "text/html", {"Set-Cookie": cookie})


VALUE = "0123456789abcdef"
LOG_INS: dict[str, tuple[faults.Fault, int]] = {
    "404": (faults.html(404), RETRY_DELAY),
    "403": (faults.html(403), RETRY_DELAY),
    "401": (faults.unauthorized, RETRY_DELAY),
    "redirect": (faults.redirect("https://login.test/", 302), RETRY_DELAY),
    "no cookie": (faults.html(), RETRY_DELAY),
    "a cookie for elsewhere": (
        page_with(f"RT_SID={VALUE}; domain=elsewhere.test"),
        RETRY_DELAY,
    ),
    "a cookie for other pages": (
        page_with(f"RT_SID={VALUE}; path=/SelfService"),
        RETRY_DELAY,
    ),
    "a cookie that is gone": (page_with(f"RT_SID={VALUE}; max-age=0"), RETRY_DELAY),
    "RT's own redirect": (
        faults.redirect("https://rt.test/NoAuth/Login.html?next=0123", 302),
        LIFETIME,
    ),
    "408": (faults.html(408), LIFETIME),
    "425": (faults.html(425), LIFETIME),
    "429": (faults.html(429), LIFETIME),
    "500": (faults.html(500), LIFETIME),
    "503": (faults.html(503), LIFETIME),
    "reset": (faults.reset_before, LIFETIME),
    "reset afterwards": (faults.reset_after, LIFETIME),
    "closed": (faults.hang_up, LIFETIME),
    "not HTTP": (faults.not_http(), LIFETIME),
}


@pytest.mark.parametrize(("fault", "seconds"), LOG_INS.values(), ids=LOG_INS)
@pytest.mark.parametrize("what", ["read", "page", "comment"])
async def test_no_log_in(
    client: RTClient,
    fake_rt: FakeRT,
    wait: Wait,
    what: str,
    fault: faults.Fault,
    seconds: int,
) -> None:
    """Without a log-in, requests bring the token; later it is tried again."""
    fake_rt.fail("GET", LOG_IN, fault, times=None)
    before = fake_rt.transactions
    await CALLS[what](client)
    assert fake_rt.transactions == before + ADDED[what]
    assert len(fake_rt.requests) == len(fake_rt.by_token) == 1
    assert client.sessions.startswith("off: ")
    tried = len(fake_rt.log_ins)
    await wait(seconds=seconds - 1)
    await client.version()
    assert len(fake_rt.log_ins) == tried
    fake_rt.heal()
    fake_rt.requests.clear()
    await wait(seconds=1)
    await CALLS[what](client)
    assert len(fake_rt.log_ins) == tried + 1
    assert fake_rt.by_token == []
    assert client.sessions == "on"


async def test_log_in_without_an_answer(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A log-in that hangs holds nothing up for long."""
    monkeypatch.setattr(login, "LOG_IN_SECONDS", 0.05)
    release = asyncio.Event()
    fake_rt.fail("GET", LOG_IN, faults.held(release))
    await asyncio.gather(*(client.comment(1, text) for text in "abcdefgh"))
    assert sorted(ticket.comments) == list("abcdefgh")
    assert len(fake_rt.log_ins) == 1
    assert client.sessions == "off: the log-in takes too long"
    release.set()


@pytest.mark.parametrize("fault", [one for one, _ in LOG_INS.values()], ids=LOG_INS)
async def test_no_log_in_before_a_write(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, fault: faults.Fault
) -> None:
    """A log-in that fails midway leaves no doubt about the write that it was for."""
    fake_rt.fail("GET", LOG_IN, fault, times=None)
    fake_rt.fail("POST", COMMENT, faults.answer(503))
    with pytest.raises(ServerError) as info:
        await client.comment(1, "It drips.")
    assert not info.value.unconfirmed
    assert ticket.comments == []
    assert client.sessions == "on"  # the token was not taken either


async def test_nobody_listens(client: RTClient, fake_rt: FakeRT) -> None:
    """Without a connection nothing is sent, and that is told."""
    await fake_rt.stop()
    with pytest.raises(CannotConnect, match="Connection refused") as info:
        await client.comment(1, "It drips.")
    assert not info.value.unconfirmed
    assert client.sessions == "on"
    await fake_rt.start()
    await client.comment(1, "It drips.")
    assert fake_rt.by_token == []


async def test_slow_to_connect(
    session: aiohttp.ClientSession, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that does not answer is waited for once, not for a log-in and again."""
    attempts = []

    async def connect(*args: object, **kwargs: object) -> None:
        attempts.append(args)
        await asyncio.Event().wait()

    monkeypatch.setattr(http, "TIMEOUT", aiohttp.ClientTimeout(connect=0.05))
    monkeypatch.setattr(session.connector, "_create_connection", connect)
    client = RTClient(session, fake_rt.url, fake_rt.token)
    with pytest.raises(RTTimeout) as info:
        await client.comment(1, "It drips.")
    assert not info.value.unconfirmed
    assert len(attempts) == 1


@pytest.mark.parametrize("at_once", [1, 4])
async def test_refused_token(client: RTClient, fake_rt: FakeRT, at_once: int) -> None:
    """A token counts as refused when REST2 has refused it, whatever sessions do."""
    fake_rt.token = "1-14-" + "0" * 32
    calls = (client.comment(1, "It drips.") for _ in range(at_once))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in errors] == [InvalidAuth] * at_once
    assert fake_rt.by_token[:2] == ["POST", "GET"] if at_once == 1 else True
    assert fake_rt.tickets[1].comments == []


@pytest.mark.parametrize("late", [False, True])
async def test_session_of_another_call(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait, late: bool
) -> None:
    """While sessions are off, none goes on; a log-in that worked keeps them on."""
    writing, beginning = asyncio.Event(), asyncio.Event()
    fake_rt.fail("GET", LOG_IN, faults.html(502))
    fake_rt.fail("GET", LOG_IN, faults.held(beginning))
    fake_rt.fail("POST", COMMENT, faults.held(writing))
    failed = asyncio.create_task(client.comment(1, "It drips."))
    await fake_rt.until(lambda: len(fake_rt.writes) == 1)
    other = asyncio.create_task(client.version())
    await fake_rt.until(lambda: len(fake_rt.log_ins) == 2)
    for event, call in [(writing, failed), (beginning, other)][:: -1 if late else 1]:
        event.set()
        await call
    assert ticket.comments == ["It drips."]
    if late:
        assert len(fake_rt.logged_in) == 1
    else:
        await fake_rt.until(lambda: not fake_rt.logged_in)
        await fake_rt.work_done()
        await wait(seconds=LIFETIME)
    fake_rt.requests.clear()
    await client.version()
    assert fake_rt.by_token == []
    assert client.sessions == "on"


# --- A log-in as somebody else --------------------------------------------


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("kind", [int, str])
async def test_page_of_another_account(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    order: int,
    kind: type[int | str],
) -> None:
    """A session that the web server gives to somebody else is ended and not used."""
    fake_rt.web_user = fake_rt.add_account("alice")
    fake_rt.fail("GET", LOG_IN, telling_user(fake_rt, order, kind), times=None)
    for text in "ab":
        await client.comment(1, text)
    await fake_rt.until(lambda: not fake_rt.logged_in)
    creators = [one.creator for one in fake_rt.history(ticket)[1:]]
    assert creators == ["ha-service"] * 2
    assert fake_rt.by_token == ["POST", "POST"]
    assert len(fake_rt.log_ins) == len(fake_rt.log_outs) == 1
    assert client.sessions == "off: the log-in is that of another account"


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("kind", [int, str])
async def test_page_of_the_same_account(
    client: RTClient, fake_rt: FakeRT, order: int, kind: type[int | str]
) -> None:
    """However RT writes down whom it let in, its own account is known."""
    fake_rt.fail("GET", LOG_IN, telling_user(fake_rt, order, kind))
    await client.version()
    assert fake_rt.by_token == []
    assert client.sessions == "on"


def telling_user(fake_rt: FakeRT, order: int, kind: type[int | str]) -> faults.Fault:
    """Let a page tell who is logged in as Perl does: in any order, of either kind."""

    async def tell(request: web.Request, work: faults.Work) -> web.StreamResponse:
        response = await work()
        account = fake_rt.web_user or fake_rt.accounts[0]
        user = {
            "EmailAddress": "14@x.test",
            "Name": account.name,
            "id": kind(account.id),
            "Privileged": True,
            "RealName": 'The "id":14 {of} 14',
        }
        ordered = dict([*user.items()][::order])
        told = json.dumps(ordered, separators=(",", ":"))
        script = f"RT.CurrentUser = {told};"
        response.text = f'<script>{script}\nRT.Config = {{"id":14}};</script>'
        return response

    return tell


# --- A balancer that sticks to a host -------------------------------------


@pytest.fixture
def sticky_rt(fake_rt: FakeRT) -> FakeRT:
    """Return the fake RT with two hosts behind a balancer with a cookie of its own."""
    fake_rt.hosts = 2
    fake_rt.sticky = True
    return fake_rt


async def stuck(client: RTClient, sticky_rt: FakeRT, ticket: FakeTicket) -> None:
    """Check that calls go on with one session, at one host."""
    log_ins, before = len(sticky_rt.log_ins), len(ticket.comments)
    sticky_rt.requests.clear()
    for _ in range(5):
        await client.comment(1, "It drips.")
    assert len(ticket.comments) == before + 5
    assert client.sessions == "on"
    assert sticky_rt.by_token == []
    assert len(sticky_rt.log_ins) == log_ins
    assert len({sent.cookie("SERVERID") for sent in sticky_rt.requests} - {""}) == 1


async def test_sticky_balancer(
    client: RTClient, sticky_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A balancer's cookie is sent along with the session's."""
    await client.version()
    await stuck(client, sticky_rt, ticket)
    assert len(sticky_rt.log_ins) == 1


async def test_lost_host(
    client: RTClient, sticky_rt: FakeRT, ticket: FakeTicket
) -> None:
    """When its host is lost, the client sticks to another one, even afterwards."""
    await client.version()
    sticky_rt.lost_hosts = {int(sticky_rt.requests[-1].cookie("SERVERID"))}
    await client.version()
    await stuck(client, sticky_rt, ticket)
    sticky_rt.lost_hosts = set()
    await stuck(client, sticky_rt, ticket)
    assert len(sticky_rt.log_ins) == 2


async def test_sticky_balancer_and_failed_log_in(
    client: RTClient, sticky_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """The balancer's cookie counts even if the log-in that it came with failed."""
    sticky_rt.fail("GET", LOG_IN, faults.html(502))
    await client.version()
    assert client.sessions.startswith("off: ")
    await wait(seconds=LIFETIME)
    await client.version()
    await stuck(client, sticky_rt, ticket)
    assert len(sticky_rt.log_ins) == 2
