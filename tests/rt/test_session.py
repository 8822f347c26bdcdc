"""Sessions: the client logs in to RT once for many requests, and out again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
import gc
import logging
from secrets import token_hex
import traceback

import aiohttp
from aiohttp import web
from homeassistant.core import HomeAssistant
import pytest

from custom_components.ha_rt.connection import async_connect
from custom_components.ha_rt.const import CONF_USE_SESSIONS
from custom_components.ha_rt.rt import transport
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import CannotConnect, InvalidAuth, RTError
from custom_components.ha_rt.rt.models import NewTicket
from custom_components.ha_rt.rt.session import login, pool
from custom_components.ha_rt.rt.session.pool import LIFETIME, RETRY_DELAY
from tests import FACILITY, Wait, connection_data
from tests.fake_rt import LOG_IN, LOG_OUT, FakeRT, FakeTicket, Sent, faults

type Log = pytest.LogCaptureFixture
type End = Callable[[RTClient, FakeRT, Wait, Log], Awaitable[None]]
"""Ends a client's session."""


@pytest.fixture
def ticket(fake_rt: FakeRT) -> FakeTicket:
    """Return a ticket of the fake RT."""
    return fake_rt.add_ticket("binary_sensor.leak")


@pytest.fixture(autouse=True)
def _nothing_secret_in_logs(
    fake_rt: FakeRT, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Check that no test of this module logs the token or a cookie."""
    caplog.set_level(logging.DEBUG)
    yield
    text = "\n".join(map(caplog.handler.format, caplog.get_records("call")))
    assert fake_rt.token.rpartition("-")[2] not in text
    requests = fake_rt.requests + fake_rt.log_outs
    for number in {cookie_of(sent) for sent in requests} | fake_rt.sessions.keys():
        assert not number or number not in text


def cookie_of(sent: Sent) -> str:
    """Return the value of a request's cookie."""
    return sent.headers.get("Cookie", "").partition("=")[2]


async def log_outs(fake_rt: FakeRT, count: int) -> None:
    """Wait until RT has ended as many sessions."""
    await fake_rt.until(lambda: len(fake_rt.log_outs) == count)
    await fake_rt.work_done()


# --- One log-in -----------------------------------------------------------


@pytest.mark.parametrize("sub_path", ["", "/it/rt"])
async def test_token_only_to_log_in(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, sub_path: str
) -> None:
    """The token is sent to log in; all else brings the cookie that RT gives for it."""
    fake_rt.sub_path = sub_path
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        await client.version()
        await client.search("id = 1")
        await client.ticket(ticket.id)
        assert await client.queues_with_right("ShowTicket", FACILITY) == [FACILITY]
        assert await client.fillable_fields(3)
        await client.create_ticket(NewTicket(queue=3, subject="Leak", content="Wet"))
        await client.comment(ticket.id, "It drips.")
        await client.update_ticket(ticket.id, {"Priority": 5})
        (number,) = fake_rt.logged_in
        assert client.sessions == "on"
    (login,) = fake_rt.log_ins
    assert login.headers["Authorization"] == f"token {fake_rt.token}"
    assert "Cookie" not in login.headers
    assert not login.query
    assert len(fake_rt.requests) >= 8
    for sent in (*fake_rt.requests, *fake_rt.log_outs):
        assert "Authorization" not in sent.headers
        assert sent.headers["Cookie"] == f"{fake_rt.cookie_name}={number}"
        assert "Mozilla" not in sent.headers["User-Agent"]
        assert fake_rt.token not in f"{sent}"


async def test_calls_at_once(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """However many calls come at once, the client logs in once."""
    fake_rt.fail("POST", "", faults.slow(before=0.02), times=None)
    texts = [f"comment {number}" for number in range(50)]
    await asyncio.gather(*(client.comment(ticket.id, text) for text in texts))
    assert sorted(ticket.comments) == sorted(texts)
    assert len(fake_rt.log_ins) == 1
    assert fake_rt.max_parallel == 4


async def test_unprivileged_account(client: RTClient, fake_rt: FakeRT) -> None:
    """RT shows an unprivileged account another page, and that ends no session."""
    fake_rt.accounts[0].privileged = False
    assert await client.queues_with_right("ShowTicket") is None
    assert await client.version()
    assert len(fake_rt.log_ins) == 1


async def test_two_accounts(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Two tokens for one server have a session each."""
    alice = fake_rt.add_account("alice")
    data = connection_data(fake_rt)
    async with (
        async_connect(hass, data, {}) as ours,
        async_connect(hass, {**data, "token": alice.token}, {}) as hers,
    ):
        for client in (ours, hers, ours, hers):
            await client.comment(ticket.id, "It drips.")
    creators = [one.creator for one in fake_rt.history(ticket)[1:]]
    assert creators == ["ha-service", "alice"] * 2
    assert len(fake_rt.log_ins) == len(fake_rt.log_outs) == 2


async def test_without_sessions(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """Who wants no sessions sends the token with every request."""
    data = connection_data(fake_rt)
    async with async_connect(hass, data, {CONF_USE_SESSIONS: False}) as client:
        await client.version()
        await client.version()
        assert client.sessions == "off"
    assert fake_rt.log_ins == fake_rt.log_outs == []
    for sent in fake_rt.requests:
        assert sent.headers["Authorization"] == f"token {fake_rt.token}"
        assert "Cookie" not in sent.headers


async def test_cancelled_callers(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Who gives up while the client logs in takes the log-in from nobody."""
    release = asyncio.Event()
    fake_rt.fail("GET", LOG_IN, faults.held(release))
    tasks = [
        asyncio.create_task(client.comment(ticket.id, text)) for text in "abcdefgh"
    ]
    await fake_rt.until(lambda: len(fake_rt.log_ins) == 1)
    for task in (tasks[0], tasks[5]):
        task.cancel()
    await asyncio.wait([tasks[0], tasks[5]])
    release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(ticket.comments) == list("bcdegh")
    assert len(fake_rt.log_ins) == 1


async def test_log_in_that_nobody_waits_for(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A log-in whose callers all gave up serves the next one."""
    release = asyncio.Event()
    fake_rt.fail("GET", LOG_IN, faults.held(release))
    task = asyncio.create_task(client.comment(ticket.id, "Lost"))
    await fake_rt.until(lambda: len(fake_rt.log_ins) == 1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    release.set()
    await client.comment(ticket.id, "Kept")
    assert ticket.comments == ["Kept"]
    assert len(fake_rt.log_ins) == 1


# --- The end of a session -------------------------------------------------


async def test_lifetime(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """A session is ended in RT after some minutes, and the next call logs in."""
    await client.comment(ticket.id, "a")
    (number,) = fake_rt.logged_in
    await wait(seconds=LIFETIME - 1)
    await client.comment(ticket.id, "b")
    assert fake_rt.log_outs == []
    await wait(seconds=1)
    await log_outs(fake_rt, 1)
    assert cookie_of(fake_rt.log_outs[0]) == number
    assert fake_rt.logged_in == []
    assert len(fake_rt.log_ins) == 1  # nobody needs a session yet
    await client.comment(ticket.id, "c")
    assert ticket.comments == ["a", "b", "c"]
    assert len(fake_rt.log_ins) == 2
    assert fake_rt.logged_in not in ([], [number])


async def test_revoked_token(client: RTClient, fake_rt: FakeRT, wait: Wait) -> None:
    """A token that was revoked is out within ten minutes, and a new one is not tried."""
    await client.version()
    fake_rt.token = "1-14-" + "0" * 32
    assert await client.version()
    await wait(seconds=LIFETIME)
    await log_outs(fake_rt, 1)
    with pytest.raises(InvalidAuth, match=r"^Unauthorized$"):
        await client.version()
    assert LIFETIME < 10 * 60


async def test_calls_at_the_renewal(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """Calls at the moment of a renewal are neither lost nor doubled."""
    await client.version()
    release = asyncio.Event()
    fake_rt.fail("POST", "", faults.held(release), times=None)
    await wait(seconds=LIFETIME - 1)
    tasks = [
        asyncio.create_task(client.comment(ticket.id, str(number)))
        for number in range(1, 51)
    ]
    await fake_rt.until(lambda: len(fake_rt.writes) == 4)
    await wait(seconds=1)
    assert fake_rt.log_outs == []
    release.set()
    await asyncio.gather(*tasks)
    assert sorted(ticket.comments, key=int) == [str(number) for number in range(1, 51)]
    assert len(fake_rt.writes) == 50
    assert len(fake_rt.log_ins) == 2
    await log_outs(fake_rt, 1)


async def test_log_out_waits_for_a_slot(
    hass: HomeAssistant,
    session: aiohttp.ClientSession,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    wait: Wait,
) -> None:
    """RT never works on more than four requests, whether they are calls or not."""
    alice = fake_rt.add_account("alice")
    data = connection_data(fake_rt)
    async with (
        async_connect(hass, data, {}) as ours,
        async_connect(hass, {**data, "token": alice.token}, {}) as hers,
    ):
        await ours.version()
        await wait(seconds=LIFETIME / 2)
        await hers.version()
        releases = [asyncio.Event() for _ in range(4)]
        held = faults.in_turn(*map(faults.held, releases))
        fake_rt.fail("POST", "", held, times=4)
        await wait(seconds=LIFETIME / 2 - 1)
        calls = [
            asyncio.create_task(hers.comment(ticket.id, str(number)))
            for number in range(4)
        ]
        await fake_rt.until(lambda: len(fake_rt.writes) == 4)
        assert fake_rt.max_parallel == 4
        await wait(seconds=1)
        # What was sent before this would have come by then.
        stranger = RTClient(session, fake_rt.url, fake_rt.token, use_sessions=False)
        await stranger.version()
        assert fake_rt.log_outs == []
        fake_rt.max_parallel = 0
        releases[0].set()
        await fake_rt.until(lambda: len(fake_rt.log_outs) == 1)
        for release in releases:
            release.set()
        await asyncio.gather(*calls)
    assert len(ticket.comments) == 4
    assert len(fake_rt.log_ins) == len(fake_rt.log_outs) == 2
    assert fake_rt.max_parallel == transport.MAX_REQUESTS == 4


async def test_request_under_way_at_the_end(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """A session is not ended under the request that it is used for."""
    await client.version()
    (number,) = fake_rt.logged_in
    release = asyncio.Event()
    fake_rt.fail("POST", "", faults.held(release))
    await wait(seconds=LIFETIME - 1)
    comment = asyncio.create_task(client.comment(ticket.id, "It drips."))
    await fake_rt.until(lambda: len(fake_rt.writes) == 1)
    await wait(seconds=1)
    await client.version()
    assert len(fake_rt.log_ins) == 2
    assert fake_rt.log_outs == []
    release.set()
    await comment
    await log_outs(fake_rt, 1)
    assert ticket.comments == ["It drips."]
    assert len(fake_rt.writes) == 1
    assert cookie_of(fake_rt.log_outs[0]) == number
    assert number not in fake_rt.sessions
    assert len(fake_rt.logged_in) == 1


async def renew(client: RTClient, fake_rt: FakeRT, wait: Wait, log: Log) -> None:
    """Let a session run out, and be ended before the next call."""
    await wait(seconds=LIFETIME)
    await log_outs(fake_rt, len(fake_rt.log_ins))
    while log.text.count(f"GET {LOG_OUT}: 200") < len(fake_rt.log_outs):  # noqa: ASYNC110
        await asyncio.sleep(0)  # until the client has the answer


async def renew_in_a_call(
    client: RTClient, fake_rt: FakeRT, wait: Wait, log: Log
) -> None:
    """Let a session run out, and be ended during the next log-in."""
    ending, beginning = asyncio.Event(), asyncio.Event()
    fake_rt.fail("GET", LOG_OUT, faults.held(ending))
    fake_rt.fail("GET", LOG_IN, faults.held(beginning))
    count = len(fake_rt.log_ins)
    await wait(seconds=LIFETIME)
    call = asyncio.create_task(client.version())
    await fake_rt.until(lambda: len(fake_rt.log_ins) == count + 1)
    ending.set()
    await fake_rt.until(lambda: not fake_rt.logged_in)
    beginning.set()
    await call


async def forget(client: RTClient, fake_rt: FakeRT, wait: Wait, log: Log) -> None:
    """Let RT forget the session."""
    fake_rt.end_sessions()


async def renew_both_ways(
    client: RTClient, fake_rt: FakeRT, wait: Wait, log: Log
) -> None:
    """Let two sessions run out, one of them in a call."""
    await renew_in_a_call(client, fake_rt, wait, log)
    await renew(client, fake_rt, wait, log)


@pytest.mark.parametrize(
    ("end", "most"),
    [(renew, 1), (renew_in_a_call, 2), (renew_both_ways, 2), (forget, 1)],
)
async def test_sessions_do_not_pile_up(
    client: RTClient,
    fake_rt: FakeRT,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    end: End,
    most: int,
) -> None:
    """However often sessions end, RT does not get more and more of them."""
    counts = []
    for _ in range(6):
        await client.version()
        assert len(fake_rt.logged_in) == 1
        counts.append(len(fake_rt.sessions))
        await end(client, fake_rt, wait, caplog)
    assert max(counts) <= most


async def test_refused_log_ins_do_not_pile_up(
    client: RTClient, fake_rt: FakeRT
) -> None:
    """Nor do the sessions of nobody that RT begins for a token that it refuses."""
    fake_rt.token = "1-14-" + "0" * 32
    for _ in range(5):
        with pytest.raises(InvalidAuth):
            await client.version()
        assert len(fake_rt.sessions) == 1


async def test_blocked_log_out(
    client: RTClient, fake_rt: FakeRT, wait: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody can log out, nobody logs in more than once a day."""
    fake_rt.fail("GET", LOG_OUT, faults.html(403), times=None)
    for day in range(1, 4):
        await client.version()
        assert client.sessions == "on"
        await wait(seconds=LIFETIME)
        await log_outs(fake_rt, day)
        while caplog.text.count(f"GET {LOG_OUT}: 403") < day:  # noqa: ASYNC110
            await asyncio.sleep(0)  # until the client has the answer
        for _ in range(5):
            await wait(seconds=LIFETIME)
            await client.version()
        assert client.sessions == "off: the log-out answers 403 Forbidden"
        assert len(fake_rt.log_ins) == len(fake_rt.logged_in) == day
        await wait(seconds=RETRY_DELAY - 5 * LIFETIME)


@pytest.mark.parametrize(
    "fault", [faults.html(503), faults.html(429), faults.reset_before]
)
async def test_failed_log_out(
    client: RTClient,
    fake_rt: FakeRT,
    wait: Wait,
    fault: faults.Fault,
) -> None:
    """A log-out that fails once leaves one session in RT, and the client as it was."""
    fake_rt.fail("GET", LOG_OUT, fault)
    for _ in range(5):
        await client.version()
        await wait(seconds=LIFETIME)
        await log_outs(fake_rt, len(fake_rt.log_ins))
    assert client.sessions == "on"
    assert len(fake_rt.log_ins) == 5
    assert len(fake_rt.logged_in) == 1
    assert fake_rt.by_token == []


@pytest.mark.parametrize("status", [200, 503])
async def test_outage_with_cookies(
    client: RTClient, fake_rt: FakeRT, status: int
) -> None:
    """However many cookies come in an outage, few are kept."""

    async def new_cookie(request: web.Request, work: faults.Work) -> web.StreamResponse:
        cookie = {"Set-Cookie": f"BALANCER={token_hex(16)}; path=/"}
        fault = faults.answer(status, faults.HTML, "text/html", cookie)
        return await fault(request, work)

    fake_rt.fail("*", "", new_cookie, times=None)
    before = cookie_jars()
    for _ in range(50):
        with pytest.raises(RTError):
            await client.version()
    assert cookie_jars() - before < 20


def cookie_jars() -> int:
    """Return how many cookie jars are in memory."""
    gc.collect()
    return sum(isinstance(one, aiohttp.CookieJar) for one in gc.get_objects())


# --- The client's own end -------------------------------------------------


async def test_close(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """Who closes the client leaves no session in RT."""
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        await client.version()
        (number,) = fake_rt.logged_in
    assert [cookie_of(sent) for sent in fake_rt.log_outs] == [number]
    assert fake_rt.logged_in == []


async def test_close_without_a_session(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """Where no session is, none is ended."""
    async with async_connect(hass, connection_data(fake_rt), {}):
        pass
    assert fake_rt.log_ins == fake_rt.log_outs == []


async def test_close_during_a_log_in(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """A session that is only just beginning is ended too."""
    release = asyncio.Event()
    fake_rt.fail("GET", LOG_IN, faults.held(release))
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        call = asyncio.create_task(client.version())
        await fake_rt.until(lambda: len(fake_rt.log_ins) == 1)
        hass.loop.call_later(0.05, release.set)
    with suppress(RTError):
        await call
    assert len(fake_rt.log_outs) == 1
    assert fake_rt.logged_in == []


async def test_close_during_a_call(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A session is ended even while it is used; RT does what it was asked before."""
    fake_rt.fail("POST", "", faults.slow(after=0.1))
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        call = asyncio.create_task(client.comment(ticket.id, "It drips."))
        await fake_rt.until(lambda: bool(ticket.comments))
    with pytest.raises(CannotConnect) as info:
        await call
    assert info.value.unconfirmed
    assert fake_rt.logged_in == []


async def test_close_with_an_old_session_in_use(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """A session that was waiting for its last call is ended too."""
    release = asyncio.Event()
    fake_rt.fail("POST", "", faults.held(release))
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        await client.version()
        await wait(seconds=LIFETIME - 1)
        call = asyncio.create_task(client.comment(ticket.id, "It drips."))
        await fake_rt.until(lambda: len(fake_rt.writes) == 1)
        await wait(seconds=1)
        assert fake_rt.log_outs == []
    assert fake_rt.logged_in == []
    release.set()
    with suppress(RTError):
        await call
    await fake_rt.work_done()


@pytest.mark.parametrize("path", [LOG_IN, LOG_OUT])
async def test_close_without_an_answer(
    hass: HomeAssistant, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Nobody waits long for a server that does not answer at the end."""
    monkeypatch.setattr(pool, "LOG_OUT_SECONDS", 0.05)
    monkeypatch.setattr(login, "LOG_OUT_SECONDS", 0.05)
    release = asyncio.Event()
    fake_rt.fail("GET", path, faults.held(release))
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        call = asyncio.create_task(client.version())
        await fake_rt.until(lambda: bool(fake_rt.log_ins))
        if path == LOG_OUT:
            await call
        start = hass.loop.time()
    assert hass.loop.time() - start < 1
    with suppress(RTError):
        await call
    release.set()


async def test_call_after_the_end(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """Who asks after the end is told so, and nobody logs in again."""
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        await client.version()
    fake_rt.requests.clear()
    with pytest.raises(CannotConnect, match="shut down") as info:
        await client.comment(1, "It drips.")
    assert not info.value.unconfirmed
    assert fake_rt.requests == []
    assert len(fake_rt.log_ins) == 1


async def test_call_with_connections_after_the_end(
    session: aiohttp.ClientSession, fake_rt: FakeRT
) -> None:
    """No session begins after the end, even if the connections are still there."""
    client = RTClient(session, fake_rt.url, fake_rt.token)
    await client.version()
    await client.close()
    assert await client.version()
    assert len(fake_rt.log_ins) == 1
    assert fake_rt.logged_in == []


# --- What is secret -------------------------------------------------------


@pytest.mark.parametrize(
    "echo",
    [
        lambda secret: faults.message(400, f"Bad cookie {secret}"),
        lambda secret: faults.message(500, f"Bad cookie {secret}"),
        lambda secret: faults.answer(404, f'["{secret}"]'),
        lambda secret: faults.redirect(f"https://x.test/{secret}"),
        lambda secret: faults.answer(200, "", f"text/{secret}"),
        lambda secret: faults.garble(secret.encode()),
        lambda secret: faults.not_http(
            f"HTTP/1.1 500 {secret}\r\nContent-Length: 0\r\n\r\n".encode()
        ),
        lambda secret: faults.not_http(f"HTTP/1.1 {secret}\r\n\r\n".encode()),
    ],
)
async def test_echoed_cookie(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    echo: Callable[[str], faults.Fault],
) -> None:
    """A cookie that the server echoes reaches no text."""
    await client.version()
    (number,) = fake_rt.logged_in

    async def fault(request: web.Request, work: faults.Work) -> web.StreamResponse:
        cookie = request.headers.get("Cookie", "").partition("=")[2]
        return await echo(cookie)(request, work)

    fake_rt.fail("*", "/REST/", fault, times=None)
    with pytest.raises(RTError) as info:
        await client.ticket(ticket.id)
    chain: list[BaseException | None] = [info.value]
    for one in chain:
        if one is not None:
            text = f"{one!r} {one} {one.args} {traceback.format_exception(one)}"
            assert number not in text
            assert fake_rt.token not in text
            chain += [one.__cause__, one.__context__]
    assert number not in f"{client!r} {client.sessions}"


async def test_echoed_token(client: RTClient, fake_rt: FakeRT) -> None:
    """A token that the server echoes at the log-in is not told as the reason."""
    head = f"HTTP/1.1 404 {fake_rt.token}\r\nContent-Length: 0\r\n\r\n"
    fake_rt.fail("GET", LOG_IN, faults.not_http(head.encode()))
    assert await client.version()
    assert client.sessions.startswith("off: ")
    assert fake_rt.token not in client.sessions


@pytest.mark.parametrize("path", ["/REST/", LOG_IN, LOG_OUT])
async def test_redirect_elsewhere(
    hass: HomeAssistant, fake_rt: FakeRT, path: str
) -> None:
    """Neither the token nor a cookie goes where a redirect points to."""
    async with FakeRT() as other:
        other.token = fake_rt.token
        async with async_connect(hass, connection_data(fake_rt), {}) as client:
            await client.version()
            fake_rt.end_sessions()
            for target in (f"{other.url}/REST/2.0/rt", f"{other.url}{LOG_IN}"):
                fake_rt.fail("*", path, faults.redirect(target, 302), times=2)
                with suppress(RTError):
                    await client.version()
        assert other.requests == other.log_ins == other.log_outs == []
