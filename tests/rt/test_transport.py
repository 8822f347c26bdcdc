"""Requests to RT: whatever comes back, or does not, is told apart and told once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from http.cookies import CookieError
import logging
import re
import traceback

from _pytest.mark import ParameterSet
import aiohttp
from aiohttp import web
from homeassistant.const import CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import HomeAssistantTCPConnector
import pytest

from custom_components.ha_rt.connection import async_connect
from custom_components.ha_rt.const import CONF_USE_SESSIONS
from custom_components.ha_rt.rt import http, transport
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import (
    AnswerTooLarge,
    CannotConnect,
    ConnectionLost,
    Forbidden,
    HostNotFound,
    InvalidAuth,
    NotFound,
    NotRT,
    Rejected,
    RTError,
    RTTimeout,
    ServerError,
    TLSError,
    TooLarge,
)
from custom_components.ha_rt.rt.models import NewTicket
from tests import connection_data
from tests.fake_rt import FakeRT, FakeTicket, faults

TOKEN_ONLY = {CONF_USE_SESSIONS: False}
BROKEN = r"The connection broke \(\w+\)"
NOT_JSON = "The answer is not valid JSON"
PERL = "Bad thing\\n at /opt/rt5/lib/RT/Tickets.pm line 3187.\\n"
DEEP = "[" * 50_000

# Fault, error, its text. The account lacks the right that the request needs if
# RT forbids it.
ANSWERS: dict[str, tuple[faults.Fault, type[RTError], str]] = {
    "web page": (faults.html(), NotRT, r".*text/html.*"),
    "web page 400": (faults.html(400), NotRT, r"400 Bad Request \(text/html\)"),
    "web page 403": (faults.html(403), NotRT, r"403 Forbidden \(text/html\)"),
    "web page 404": (faults.html(404), NotRT, r"404 Not Found \(text/html\)"),
    "text 404": (
        faults.answer(404, "Not Found", "text/plain"),
        NotRT,
        r"404 Not Found \(text/plain\)",
    ),
    "too large": (faults.html(413), TooLarge, "413 .* Too Large"),
    "conflict": (faults.message(409, "Taken"), Rejected, "Taken"),
    "list": (faults.answer(422, '["One", "Two"]'), Rejected, "One; Two"),
    "empty message": (faults.message(422, ""), Rejected, "422 Unprocessable .*"),
    "empty list": (faults.answer(422, "[]"), Rejected, "422 Unprocessable .*"),
    "no JSON": (faults.answer(409, "{"), Rejected, "409 Conflict"),
    "no UTF-8": (faults.answer(409, b'{"message": "\xfc"}'), Rejected, "409 Conflict"),
    "deep JSON": (faults.answer(409, DEEP), Rejected, "409 Conflict"),
    "long": (faults.message(409, "x " * 999), Rejected, "(x )*x? ?"),
    "too many": (faults.html(429), ServerError, "429 Too Many Requests"),
    "unavailable": (faults.html(503), ServerError, "503 Service Unavailable"),
    "moved": (faults.redirect("https://x.test/rt"), NotRT, "It .* https://x.test/rt"),
    "moved, with secrets": (
        faults.redirect("https://x.test/login?next=secret#secret", 302),
        NotRT,
        "It redirects to https://x.test/login",
    ),
    "moved nowhere": (faults.answer(302), NotRT, "It redirects to "),
    "other protocol": (faults.not_http(), NotRT, "The answer is not HTTP"),
}
FAILURES: dict[str, tuple[faults.Fault, type[RTError], str]] = {
    "proxy": (faults.html(502), ServerError, "502 Bad Gateway"),
    "proxy timeout": (faults.html(504), RTTimeout, "504 Gateway Timeout"),
    "RT": (faults.answer(500), ServerError, "500 Internal Server Error"),
    "RT's words": (faults.message(500, PERL), ServerError, "Bad thing"),
    "reset before": (faults.reset_before, ConnectionLost, BROKEN),
    "reset after": (faults.reset_after, ConnectionLost, BROKEN),
    "reset during": (faults.reset_during(0.1), ConnectionLost, BROKEN),
    "hung up": (faults.hang_up, ConnectionLost, BROKEN),
    "slow before": (faults.slow(before=0.5), RTTimeout, r"No answer within 0\.2 s"),
    "slow after": (faults.slow(after=0.5), RTTimeout, r"No answer within 0\.2 s"),
}
# The body is needed.
BODIES: dict[str, tuple[faults.Fault, type[RTError], str]] = {
    "cut": (faults.cut_body, ConnectionLost, BROKEN),
    "none": (faults.empty_body, ConnectionLost, BROKEN),
    "Latin-1": (faults.latin_1_body, NotRT, NOT_JSON),
    "not JSON": (faults.garble(b"<html>"), NotRT, NOT_JSON),
    "empty": (faults.garble(b""), NotRT, NOT_JSON),
    "deep": (faults.garble(DEEP.encode()), NotRT, NOT_JSON),
    "huge": (faults.huge(5), AnswerTooLarge, "The answer is over 4194304 bytes"),
    "full": (
        faults.garble(b"[%b]" % b",".join([b"{}"] * 40_000)),
        AnswerTooLarge,
        "The answer holds over 60000 values",
    ),
    "long number": (faults.garble(b"[%b]" % (b"9" * 4000)), NotRT, NOT_JSON),
    "other type": (
        faults.garble(b"{}", content_type="text/json"),
        NotRT,
        "The answer is text/json, not JSON",
    ),
    "list": (faults.garble(b"[]"), NotRT, "The answer is not a JSON object"),
    "null": (faults.garble(b"null"), NotRT, "The answer is not a JSON object"),
    "empty object": (faults.garble(b"{}"), NotRT, "Unexpected ticket in the answer"),
    "odd id": (faults.garble(b'{"id": "x"}'), NotRT, "Unexpected ticket .*"),
    "odd fields": (
        faults.garble(b'{"id": 1, "CustomFields": "x"}'),
        NotRT,
        "Unexpected ticket .*",
    ),
    "odd links": (
        faults.garble(b'{"id": 1, "_hyperlinks": {"ref": "comment"}}'),
        NotRT,
        "Unexpected ticket .*",
    ),
}
REFUSALS: dict[str, tuple[faults.Fault, type[RTError], str]] = {
    "forbidden": (faults.message(403, "Forbidden"), Forbidden, "Forbidden"),
    "not found": (faults.message(404, "Not Found"), NotFound, "Not Found"),
    "rejected": (faults.message(400, PERL), Rejected, "Bad thing"),
    "unauthorized": (faults.unauthorized, InvalidAuth, "Unauthorized"),
    "login": (faults.login_required, InvalidAuth, "302 Found"),
}


def cases(*tables: Mapping[str, tuple[object, ...]]) -> list[ParameterSet]:
    """Return the rows of tables with their names."""
    rows = [row for table in tables for row in table.items()]
    return [pytest.param(*values, id=name) for name, values in rows]


@pytest.fixture
async def client(hass: HomeAssistant, fake_rt: FakeRT) -> AsyncIterator[RTClient]:
    """Return a client that sends the token with every request."""
    async with async_connect(hass, connection_data(fake_rt), TOKEN_ONLY) as client:
        yield client


@pytest.fixture
def ticket(fake_rt: FakeRT) -> FakeTicket:
    """Return a ticket of the fake RT."""
    return fake_rt.add_ticket("binary_sensor.leak")


@pytest.fixture(autouse=True)
def _no_token_in_logs(
    fake_rt: FakeRT, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Check that no test of this module logs the token."""
    caplog.set_level(logging.DEBUG)
    yield
    records = caplog.get_records("call")
    text = "\n".join(map(caplog.handler.format, records))
    assert fake_rt.token.rpartition("-")[2] not in text


def check(
    fake_rt: FakeRT, info: pytest.ExceptionInfo[RTError], kind: type[RTError], text: str
) -> None:
    """Check an error's kind and text, and that it knows nothing of the request."""
    error = info.value
    assert type(error) is kind
    assert re.fullmatch(text, str(error))
    assert len(str(error)) <= 300
    assert fake_rt.token not in "".join(traceback.format_exception(error))
    chain: list[BaseException | None] = [error]
    for one in chain:
        if one is not None:
            assert fake_rt.token not in f"{one!r} {one} {one.args}"
            assert not isinstance(one, aiohttp.ClientError)
            chain += [one.__cause__, one.__context__]


@pytest.mark.usefixtures("short_timeout")
@pytest.mark.parametrize(
    ("fault", "kind", "text"), cases(ANSWERS, FAILURES, BODIES, REFUSALS)
)
async def test_read(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    fault: faults.Fault,
    kind: type[RTError],
    text: str,
) -> None:
    """What is wrong with the answer to a read is told; the next read is not affected."""
    fake_rt.fail("*", "", fault, times=None)
    with pytest.raises(RTError) as info:
        await client.ticket(ticket.id)
    check(fake_rt, info, kind, text)
    if isinstance(info.value, Forbidden):
        assert info.value.right == "ShowTicket"
    fake_rt.heal()
    assert (await client.ticket(ticket.id)).id == ticket.id


# --- Writes ---------------------------------------------------------------

STORED, NOT_STORED = True, False

# Fault, error, its text, whether RT may have done the work, whether it did.
WRITES: dict[str, tuple[faults.Fault, type[RTError], str, bool, bool]] = {
    **{
        name: (*row, False, NOT_STORED)
        for name, row in ANSWERS.items()
        if name not in {"web page", "other protocol", "redirect"}
    },
    **{
        name: (*row, True, name in {"reset after", "hung up", "slow after"})
        for name, row in FAILURES.items()
        if name not in {"reset during", "slow before"}
    },
    "web page": (
        faults.html(),
        NotRT,
        r"200 \(text/html\) where 201 was expected",
        False,
        NOT_STORED,
    ),
    "200": (
        faults.answer(200, "[]"),
        NotRT,
        r"200 \(application/json\) where 201 was expected",
        False,
        NOT_STORED,
    ),
    "200 with Location": (
        faults.answer(200, "[]", headers={"Location": "/REST/2.0/ticket/7"}),
        NotRT,
        r"200 \(application/json\) where 201 was expected",
        False,
        NOT_STORED,
    ),
    "201 without Location": (
        faults.answer(201, "[]"),
        NotRT,
        r"201 \(application/json\) where 201 was expected",
        True,
        NOT_STORED,
    ),
    "201 for something else": (
        faults.answer(201, "[]", headers={"Location": "/REST/2.0/user/7"}),
        NotRT,
        r"201 \(application/json\) where 201 was expected",
        True,
        NOT_STORED,
    ),
    "forbidden": (*REFUSALS["forbidden"], False, NOT_STORED),
    "unauthorized": (*REFUSALS["unauthorized"], False, NOT_STORED),
    "login": (*REFUSALS["login"], False, NOT_STORED),
}


@pytest.mark.usefixtures("short_timeout")
@pytest.mark.parametrize(
    ("fault", "kind", "text", "unconfirmed", "stored"), cases(WRITES)
)
@pytest.mark.parametrize("what", ["ticket", "comment"])
async def test_write(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    what: str,
    fault: faults.Fault,
    kind: type[RTError],
    text: str,
    unconfirmed: bool,
    stored: bool,
) -> None:
    """A write is sent once, unless RT refuses it, and its error says whether it may be stored."""
    fake_rt.fail("*", "", fault, times=None)
    if what == "comment" and kind is Rejected:
        kind = Forbidden  # a comment of ours is well-formed
    with pytest.raises(RTError) as info:
        await write(client, what, ticket)
    check(fake_rt, info, kind, text)
    assert info.value.unconfirmed is unconfirmed
    if isinstance(info.value, Forbidden):
        rights = {"ticket": "CreateTicket", "comment": "CommentOnTicket"}
        assert info.value.right == rights[what]
    is_sent_again = what == "ticket" and kind is Forbidden
    assert len(fake_rt.writes) == 1 + is_sent_again
    assert written(fake_rt, ticket) == int(stored)


@pytest.mark.usefixtures("short_timeout")
@pytest.mark.parametrize(
    "fault", [faults.reset_during(0.3), faults.slow(before=0.3)], ids=["reset", "slow"]
)
@pytest.mark.parametrize("what", ["ticket", "comment"])
async def test_write_done_later(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    what: str,
    fault: faults.Fault,
) -> None:
    """A write whose error says that it may be stored yet, is stored yet."""
    fake_rt.fail("POST", "", fault)
    with pytest.raises(RTError) as info:
        await write(client, what, ticket)
    assert info.value.unconfirmed
    assert written(fake_rt, ticket) == 0
    await fake_rt.work_done()
    assert written(fake_rt, ticket) == 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.latin_1_body,
        faults.empty_body,
        faults.cut_body,
        faults.garble(b""),
        faults.garble(faults.HTML.encode(), content_type="text/html"),
        faults.huge(5),
    ],
    ids=["Latin-1", "none", "cut", "empty", "HTML", "huge"],
)
@pytest.mark.parametrize("what", ["ticket", "comment"])
async def test_stored_in_spite_of_body(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    what: str,
    fault: faults.Fault,
) -> None:
    """Status and Location say that it is stored, whatever the body is."""
    fake_rt.fail("POST", "", fault)
    number = await write(client, what, ticket)
    assert number == {"ticket": 2, "comment": fake_rt.transactions}[what]
    assert written(fake_rt, ticket) == 1
    assert len(fake_rt.requests) == 1


async def write(client: RTClient, what: str, ticket: FakeTicket) -> int:
    """Create a ticket or a comment."""
    if what == "comment":
        return await client.comment(ticket.id, "It drips.")
    new = NewTicket(queue=3, subject="Leak", content="It drips.")
    return await client.create_ticket(new)


def written(fake_rt: FakeRT, ticket: FakeTicket) -> int:
    """Return how many tickets and comments were created."""
    return len(fake_rt.tickets) - 1 + len(ticket.comments)


# --- Authentication -------------------------------------------------------


@pytest.mark.parametrize("refusal", [faults.unauthorized, faults.login_required])
@pytest.mark.parametrize("what", ["ticket", "comment"])
async def test_single_401(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    what: str,
    refusal: faults.Fault,
) -> None:
    """A locked database looks like a refused token, once; nothing is doubled."""
    fake_rt.fail("POST", "", refusal)
    await write(client, what, ticket)
    assert written(fake_rt, ticket) == 1
    assert [request.method for request in fake_rt.requests] == ["POST", "GET", "POST"]
    assert fake_rt.requests[1].path == "/REST/2.0/rt"


async def test_second_401(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """RT that takes the token for other requests has not refused it."""
    fake_rt.fail("POST", "", faults.unauthorized, times=2)
    with pytest.raises(ServerError) as info:
        await client.comment(ticket.id, "It drips.")
    assert not info.value.unconfirmed
    assert ticket.comments == []
    assert len(fake_rt.requests) == 3


async def test_refused_token(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A token that is refused twice is refused; no write is repeated."""
    fake_rt.token = "1-14-" + "0" * 32
    with pytest.raises(InvalidAuth, match=r"^Unauthorized$"):
        await client.comment(ticket.id, "It drips.")
    assert [request.method for request in fake_rt.requests] == ["POST", "GET"]


async def test_401_without_answer_to_the_probe(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Without a second answer nothing is known of the token."""
    fake_rt.fail("POST", "", faults.unauthorized)
    fake_rt.fail("GET", "", faults.reset_before, times=None)
    with pytest.raises(CannotConnect):
        await client.comment(ticket.id, "It drips.")
    assert ticket.comments == []


@pytest.mark.parametrize("token", ["", "a b", "a\nb: c", "1-14-ä", "a\0"])
async def test_impossible_token(
    session: aiohttp.ClientSession, fake_rt: FakeRT, token: str
) -> None:
    """What cannot be a token is not sent."""
    with pytest.raises(InvalidAuth):
        await RTClient(session, fake_rt.url, token, use_sessions=False).version()
    assert fake_rt.requests == []


@pytest.mark.parametrize(
    "echo",
    [
        lambda token: faults.message(400, f"Bad token {token}"),
        lambda token: faults.message(401, f"Bad token {token}"),
        lambda token: faults.message(403, f"Bad token {token}"),
        lambda token: faults.message(500, f"Bad token {token}"),
        lambda token: faults.answer(404, f'["{token}"]'),
        lambda token: faults.redirect(f"https://x.test/{token}"),
        lambda token: faults.redirect(f"https://x.test/?token={token}"),
        lambda token: faults.not_http(
            f"HTTP/1.1 500 {token}\r\nContent-Length: 0\r\n\r\n".encode()
        ),
        lambda token: faults.not_http(f"HTTP/1.1 {token}\r\n\r\n".encode()),
        lambda token: faults.garble(token.encode()),
    ],
)
async def test_token_in_answer(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    echo: Callable[[str], faults.Fault],
) -> None:
    """A token that the server echoes reaches no error."""
    fake_rt.fail("*", "", echo(fake_rt.token), times=None)
    with pytest.raises(RTError) as info:
        await client.ticket(ticket.id)
    check(fake_rt, info, type(info.value), r".*")


async def test_headers(client: RTClient, fake_rt: FakeRT, ticket: FakeTicket) -> None:
    """The token travels in its header only, and no cookie of RT comes back."""
    await client.queues_with_right("ShowTicket")
    await client.fillable_fields(3)
    await client.search("id = 1")
    await client.comment(ticket.id, "It drips.")
    assert len(fake_rt.requests) == 4
    for sent in fake_rt.requests:
        assert sent.headers["Authorization"] == f"token {fake_rt.token}"
        assert sent.headers["Accept"] == "application/json"
        assert "Mozilla" not in sent.headers["User-Agent"]
        assert "Cookie" not in sent.headers
        rest = {k: v for k, v in sent.headers.items() if k != "Authorization"}
        assert fake_rt.token not in f"{sent.path}{sent.query}{sent.body!r}{rest}"


@pytest.mark.parametrize("what", ["found", "not found"])
async def test_locked_database(
    client: RTClient, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """What RT could not read for so long is not taken for missing."""
    monkeypatch.setattr(transport, "LOCK_SECONDS", 0.05)
    if what == "found":
        fake_rt.add_ticket()
    fake_rt.fail("GET", "", faults.slow(after=0.1))
    with pytest.raises(ServerError, match="waited for its database"):
        await client.ticket(1)


@pytest.mark.parametrize("status", [403, 404, 409])
async def test_locked_database_at_a_write(
    client: RTClient, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """What RT refused after such a wait may be allowed when it is asked again."""
    monkeypatch.setattr(transport, "LOCK_SECONDS", 0.05)
    ticket = fake_rt.add_ticket()
    for call in (
        client.comment(1, "It drips."),
        client.update_ticket(1, {"Priority": 5}),
    ):
        fake_rt.fail("*", "", late(faults.message(status, "No")))
        with pytest.raises(ServerError, match="waited for its database") as info:
            await call
        assert not info.value.unconfirmed
    assert ticket.comments == []


async def test_slow_write(
    client: RTClient, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What RT did, it did, however long it waited before."""
    monkeypatch.setattr(transport, "LOCK_SECONDS", 0.05)
    ticket = fake_rt.add_ticket()
    fake_rt.fail("POST", "", faults.slow(before=0.1), times=None)
    await client.comment(1, "It drips.")
    assert ticket.comments == ["It drips."]
    new = NewTicket(queue=3, subject="Leak", content="Wet")
    assert await client.create_ticket(new) in fake_rt.tickets


def late(fault: faults.Fault) -> faults.Fault:
    """Let something go wrong after a while."""

    async def wait(request: web.Request, work: faults.Work) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return await fault(request, work)

    return wait


@pytest.mark.parametrize("use_sessions", [False, True])
@pytest.mark.parametrize("what", ["read", "comment", "ticket"])
async def test_unreadable_cookie(
    session: aiohttp.ClientSession,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    use_sessions: bool,
) -> None:
    """A cookie that cannot be parsed leaves it open what became of a write."""

    def cookies(response: aiohttp.ClientResponse) -> None:
        raise CookieError("Control characters are not allowed in cookies")

    monkeypatch.setattr(aiohttp.ClientResponse, "cookies", property(cookies))
    client = RTClient(session, fake_rt.url, fake_rt.token, use_sessions=use_sessions)
    with pytest.raises(NotRT, match=r"^The answer is not HTTP$") as info:
        await (client.ticket(1) if what == "read" else write(client, what, ticket))
    assert info.value.unconfirmed is (what != "read")
    assert len(fake_rt.requests) == 1
    await client.close()


# --- Connections ----------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("what", ["read", "ticket", "comment"])
async def test_redirect_is_not_followed(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, what: str, status: int
) -> None:
    """Neither the token nor a ticket goes where a redirect points to."""
    async with FakeRT() as other:
        other.token = fake_rt.token
        other.add_ticket()
        fake_rt.fail(
            "*", "", faults.redirect(f"{other.url}/REST/2.0/ticket", status), times=None
        )
        with pytest.raises(NotRT, match=re.escape(other.url)):
            await (client.ticket(1) if what == "read" else write(client, what, ticket))
        assert other.requests == []
        assert len(fake_rt.requests) == 1


async def test_parallel_requests(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """All clients of a server together send four requests at once, and no more."""
    fake_rt.fail("*", "", faults.slow(before=0.02), times=None)
    data = connection_data(fake_rt)
    async with (
        async_connect(hass, data, TOKEN_ONLY) as first,
        async_connect(hass, data, TOKEN_ONLY) as second,
    ):
        clients = (first, second)
        await asyncio.gather(
            *(client.comment(ticket.id, "a") for client in clients for _ in range(10)),
            *(client.version() for client in clients for _ in range(10)),
        )
    assert len(fake_rt.requests) == 40
    assert fake_rt.max_parallel == transport.MAX_REQUESTS == 4


async def test_slots_are_given_back(
    session: aiohttp.ClientSession, fake_rt: FakeRT, short_timeout: None
) -> None:
    """Errors, timeouts and cancelled callers block nobody."""
    client = RTClient(session, fake_rt.url, fake_rt.token, use_sessions=False)
    failing = (
        faults.reset_before,
        faults.slow(before=0.5),
        faults.html(502),
        faults.cut_body,
    )
    for fault in failing:
        fake_rt.fail("POST", "", fault, times=4)
        errors = await asyncio.gather(
            *(client.comment(1, "a") for _ in range(4)), return_exceptions=True
        )
        assert all(isinstance(error, RTError) for error in errors)
    fake_rt.fail("GET", "", faults.slow(before=0.1), times=8)
    fake_rt.requests.clear()
    tasks = [asyncio.create_task(client.version()) for _ in range(8)]
    await fake_rt.until(lambda: len(fake_rt.requests) == 4)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    fake_rt.heal()
    assert await client.version()


@pytest.mark.parametrize("crossing", [True, False], ids=["crossing", "closed"])
async def test_idle_connections(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, crossing: bool
) -> None:
    """RT that closes idle connections neither loses nor doubles a write.

    The worst case is a write that crosses the closing on its way.
    """
    limit = http.KEEPALIVE_SECONDS * 1.2
    await fake_rt.stop()
    fake_rt.keepalive_seconds = 60 if crossing else limit
    await fake_rt.start()
    if crossing:
        fake_rt.fail("*", "", faults.crossing_close(limit), times=None)
    data = connection_data(fake_rt)

    async def write_twice(pause: float) -> None:
        async with async_connect(hass, data, TOKEN_ONLY) as client:
            await client.comment(ticket.id, f"{pause} a")
            await asyncio.sleep(pause)
            await client.comment(ticket.id, f"{pause} b")

    pauses = [limit * (0.6 + 0.01 * step) for step in range(60)]
    await asyncio.gather(*(write_twice(pause) for pause in pauses))
    expected = [f"{pause} {which}" for pause in pauses for which in "ab"]
    assert sorted(ticket.comments) == sorted(expected)
    assert len(fake_rt.writes) == len(expected)


async def test_connections_are_reused(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Requests close together share a connection."""
    for _ in range(3):
        await client.comment(ticket.id, "It drips.")
        await client.version()
    assert fake_rt.connections == 1


async def test_read_on_a_closed_connection(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A read that meets a connection just closed is repeated; a write is not."""
    await client.version()
    fake_rt.fail("GET", "", faults.reset_before)
    assert await client.version()
    fake_rt.fail("POST", "", faults.reset_before)
    with pytest.raises(CannotConnect) as info:
        await client.comment(ticket.id, "It drips.")
    assert info.value.unconfirmed
    assert len(fake_rt.writes) == 1


async def test_nobody_listens(client: RTClient, fake_rt: FakeRT) -> None:
    """A server that is down, and then up again."""
    await fake_rt.stop()
    with pytest.raises(CannotConnect, match=r"port \d+: Connection refused") as info:
        await client.version()
    assert type(info.value) is CannotConnect
    assert not info.value.unconfirmed
    check(fake_rt, info, CannotConnect, ".*")
    await fake_rt.start()
    assert await client.version()


async def test_no_such_host(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, fake_rt: FakeRT
) -> None:
    """A name without an address is told from a server that is down."""

    async def resolve(connector: object, host: str) -> list[object]:
        raise OSError(None, "Name or service not known")

    monkeypatch.setattr(HomeAssistantTCPConnector, "async_resolve_host", resolve)
    data = {**connection_data(fake_rt), CONF_URL: "http://rt.example.test"}
    async with async_connect(hass, data, TOKEN_ONLY) as client:
        with pytest.raises(HostNotFound) as info:
            await client.comment(1, "It drips.")
    assert not info.value.unconfirmed
    check(fake_rt, info, HostNotFound, "rt.example.test")


async def test_slow_to_connect(
    session: aiohttp.ClientSession, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that does not answer at all never got the request."""

    async def connect(*args: object, **kwargs: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(http, "TIMEOUT", aiohttp.ClientTimeout(connect=0.05))
    monkeypatch.setattr(session.connector, "_create_connection", connect)
    client = RTClient(session, fake_rt.url, fake_rt.token, use_sessions=False)
    with pytest.raises(RTTimeout, match=r"^No connection within 0\.05 s$") as info:
        await client.comment(1, "It drips.")
    assert not info.value.unconfirmed


async def test_untrusted_certificate(
    hass: HomeAssistant, self_signed_rt: FakeRT
) -> None:
    """A certificate that nobody trusts is refused, unless told otherwise."""
    data = connection_data(self_signed_rt)
    async with async_connect(hass, data, {}) as client:
        with pytest.raises(TLSError, match=r"^self-signed certificate$") as info:
            await client.comment(1, "It drips.")
    assert not info.value.unconfirmed
    assert self_signed_rt.requests == []
    async with async_connect(hass, {**data, CONF_VERIFY_SSL: False}, {}) as client:
        assert await client.version()


async def test_tls_to_a_server_without(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """A server that speaks no TLS."""
    data = {
        **connection_data(fake_rt),
        CONF_URL: fake_rt.url.replace("http:", "https:"),
        CONF_VERIFY_SSL: False,
    }
    async with async_connect(hass, data, {}) as client:
        with pytest.raises(TLSError) as info:
            await client.version()
    check(fake_rt, info, TLSError, ".*")


async def test_no_tls_to_a_server_with(
    hass: HomeAssistant, self_signed_rt: FakeRT
) -> None:
    """A server that speaks only TLS."""
    data = {
        **connection_data(self_signed_rt),
        CONF_URL: self_signed_rt.url.replace("https:", "http:"),
        CONF_VERIFY_SSL: False,
    }
    async with async_connect(hass, data, {}) as client:
        with pytest.raises(RTError) as info:
            await client.version()
    assert isinstance(info.value, CannotConnect | NotRT)


async def test_closed_session(client: RTClient, fake_rt: FakeRT) -> None:
    """Who asks after the end is told so, and nothing is sent."""
    await client._transport._http._session.close()  # noqa: SLF001
    with pytest.raises(CannotConnect, match="shut down") as info:
        await client.comment(1, "It drips.")
    assert not info.value.unconfirmed
    assert fake_rt.requests == []


async def test_session_closed_meanwhile(
    session: aiohttp.ClientSession, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Requests that wait for an answer, or for their turn, end with the session."""
    fake_rt.fail("*", "", faults.slow(after=0.3), times=None)
    client = RTClient(session, fake_rt.url, fake_rt.token, use_sessions=False)
    tasks = [asyncio.create_task(client.comment(1, "a")) for _ in range(6)]
    await fake_rt.until(lambda: len(ticket.comments) == 4)
    await session.close()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(error, CannotConnect) for error in errors)
    assert [error.unconfirmed for error in errors] == [True] * 4 + [False] * 2
    assert len(fake_rt.writes) == 4
