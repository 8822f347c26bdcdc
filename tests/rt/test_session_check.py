"""What the client takes an answer for: about its session, or about one request."""

import asyncio

import aiohttp
from aiohttp import web
import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import (
    Forbidden,
    NotFound,
    NotRT,
    Rejected,
    RTError,
    ServerError,
)
from custom_components.ha_rt.rt.session.pool import LIFETIME, RETRY_DELAY
from tests import Wait
from tests.fake_rt import LOG_IN, FakeRT, FakeTicket, faults

COMMENT = "/comment$"
VERSION = "/REST/2.0/rt$"

ELSEWHERE = faults.redirect("https://blocked.test/", 302)
EMPTY_REDIRECT = faults.answer(
    302, content_type="", headers={"Location": "https://blocked.test/"}
)
STORE_GONE = faults.answer(500, "Internal Server Error", "text/plain")


@pytest.fixture(autouse=True)
def ticket(fake_rt: FakeRT) -> FakeTicket:
    """Return the only ticket of the fake RT."""
    return fake_rt.add_ticket("binary_sensor.leak")


def with_cookie(fault: faults.Fault) -> faults.Fault:
    """Let only those requests go wrong that bring a cookie."""

    async def choose(request: web.Request, work: faults.Work) -> web.StreamResponse:
        return await (fault(request, work) if "Cookie" in request.headers else work())

    return choose


def after_work(fault: faults.Fault) -> faults.Fault:
    """Let RT do the work, and answer something else."""

    async def hide(request: web.Request, work: faults.Work) -> web.StreamResponse:
        await work()
        return await fault(request, work)

    return hide


async def all_ended(fake_rt: FakeRT) -> None:
    """Wait until nobody is logged in to RT."""
    await fake_rt.until(lambda: not fake_rt.logged_in)
    await fake_rt.work_done()


# --- One request that is blocked ------------------------------------------


@pytest.mark.parametrize("fault", [EMPTY_REDIRECT, faults.unauthorized])
async def test_request_not_passed_with_a_cookie(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    wait: Wait,
    fault: faults.Fault,
) -> None:
    """A request that is turned away while the session is good goes by token, once."""
    await client.version()
    fake_rt.fail("POST", COMMENT, with_cookie(fault), times=None)
    for text in "abc":
        fake_rt.requests.clear()
        await client.comment(1, text)
        assert fake_rt.by_token == ["POST"]
        await client.version()
        assert fake_rt.by_token == ["POST"]
    assert ticket.comments == ["a", "b", "c"]
    assert client.sessions == "on"
    assert len(fake_rt.log_ins) == len(fake_rt.logged_in) == 1
    await wait(seconds=LIFETIME)
    await all_ended(fake_rt)


@pytest.mark.parametrize(
    "fault",
    [ELSEWHERE, faults.html(401), faults.html(403), faults.html(200)],
    ids=["302", "401", "403", "200"],
)
@pytest.mark.parametrize("done", [False, True])
async def test_blocked_request(
    client: RTClient,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    wait: Wait,
    fault: faults.Fault,
    done: bool,
) -> None:
    """A page instead of an answer is told, and what it was for is not repeated."""
    await client.version()
    fake_rt.fail("POST", COMMENT, after_work(fault) if done else fault, times=None)
    for _ in range(5):
        with pytest.raises(NotRT):
            await client.comment(1, "union select")
    assert len(fake_rt.writes) == 5
    assert len(ticket.comments) == (5 if done else 0)
    assert fake_rt.by_token == []
    assert client.sessions == "on"
    assert len(fake_rt.log_ins) == len(fake_rt.logged_in) == 1
    await wait(seconds=LIFETIME)
    await all_ended(fake_rt)


async def test_blocked_answer(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Nor is it repeated when nobody can say how the session is."""
    await client.version()
    fake_rt.fail("POST", COMMENT, after_work(faults.html(403)), times=None)
    fake_rt.fail("GET", VERSION, faults.answer(429), times=None)
    with pytest.raises(NotRT):
        await client.comment(1, "It drips.")
    assert ticket.comments == ["It drips."]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.message(404, "Not Found"), NotFound),
        (faults.message(403, "Permission Denied"), Forbidden),
        (faults.message(400, "Bad Request"), Rejected),
    ],
)
async def test_normal_refusal(
    client: RTClient, fake_rt: FakeRT, fault: faults.Fault, kind: type[RTError]
) -> None:
    """What RT says with a session that it took before it is asked again, with the same one."""
    await client.version()
    fake_rt.requests.clear()
    fake_rt.fail("*", "", fault, times=None)
    with pytest.raises(kind):
        await client.ticket(1)
    with pytest.raises(kind):
        await client.update_ticket(1, {"Priority": 5})
    assert [sent.method for sent in fake_rt.requests] == ["GET", "GET", "PUT", "PUT"]
    assert len(fake_rt.log_ins) == 1


# --- All of REST2 ---------------------------------------------------------


@pytest.mark.parametrize("fault", [ELSEWHERE, faults.html(200)], ids=["302", "200"])
async def test_maintenance(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, fault: faults.Fault
) -> None:
    """Where nothing answers as REST2, by no way, sessions are not to blame."""
    await client.version()
    fake_rt.fail("*", "/REST/", fault, times=None)
    most = 0
    for _ in range(20):
        with pytest.raises(NotRT):
            await client.comment(1, "Lost")
        most = max(most, len(fake_rt.logged_in))
        assert client.sessions == "on"
    await all_ended(fake_rt)
    assert most <= 3
    fake_rt.heal()
    fake_rt.requests.clear()
    await client.comment(1, "Kept")
    assert ticket.comments == ["Kept"]
    assert fake_rt.by_token == []
    assert client.sessions == "on"
    assert len(fake_rt.logged_in) == 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.message(403, "Missing Authentication Token"),
        *map(faults.html, (400, 404, 407, 421, 429)),
    ],
    ids=["403", "400", "404", "407", "421", "429"],
)
async def test_gateway_without_cookies(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, fault: faults.Fault
) -> None:
    """A gateway that wants the token at REST2 gets it from the first call on."""
    fake_rt.fail("*", "/REST/", with_cookie(fault), times=None)
    await client.comment(1, "a")
    assert client.sessions == "off: REST 2 does not take the cookie of the log-in"
    await all_ended(fake_rt)
    fake_rt.requests.clear()
    await client.comment(1, "b")
    assert await client.ticket(1)
    assert ticket.comments == ["a", "b"]
    assert fake_rt.by_token == [sent.method for sent in fake_rt.requests]
    assert fake_rt.logged_in == []


def lose_store(fake_rt: FakeRT) -> None:
    """Let RT lose the place where it keeps its sessions."""
    fake_rt.fail("*", "/REST/", with_cookie(STORE_GONE), times=None)
    fake_rt.fail("GET", LOG_IN, faults.html(), times=None)


async def test_read_from_rt_without_its_store(
    client: RTClient, fake_rt: FakeRT
) -> None:
    """What reads goes on by token at once when RT has lost its sessions."""
    await client.version()
    lose_store(fake_rt)
    fake_rt.requests.clear()
    assert await client.ticket(1)
    assert fake_rt.by_token == ["GET"]
    assert client.sessions == "off: the log-in sets no cookie for this address"


async def test_write_to_rt_without_its_store(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """What writes is not repeated, for RT may have done it; the next one is by token."""
    await client.version()
    lose_store(fake_rt)
    with pytest.raises(ServerError) as info:
        await client.comment(1, "a")
    assert info.value.unconfirmed
    assert len(fake_rt.writes) == 1
    await client.comment(1, "b")
    assert ticket.comments == ["b"]
    assert len(fake_rt.writes) == 2
    assert client.sessions == "off: the log-in sets no cookie for this address"


async def test_rt_that_breaks_down_in_a_write(
    session: aiohttp.ClientSession,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A write that RT may have done stays in doubt if nothing answers after it."""
    client = RTClient(session, fake_rt.url, fake_rt.token)
    await client.version()

    async def connect(*args: object, **kwargs: object) -> None:
        raise aiohttp.ConnectionTimeoutError

    async def break_down(request: web.Request, work: faults.Work) -> web.StreamResponse:
        await work()
        monkeypatch.setattr(session.connector, "_create_connection", connect)
        response = await STORE_GONE(request, work)
        response.force_close()
        return response

    fake_rt.fail("POST", COMMENT, break_down)
    with pytest.raises(RTError) as info:
        await client.comment(1, "It drips.")
    assert info.value.unconfirmed
    assert ticket.comments == ["It drips."]
    await client.close()


# --- For how long ---------------------------------------------------------


async def test_look_again_during_a_call(
    client: RTClient, fake_rt: FakeRT, wait: Wait
) -> None:
    """A call by token that ends when sessions are due again does not put them off."""
    fake_rt.fail("GET", LOG_IN, faults.html(404))
    await client.version()
    assert client.sessions.startswith("off: ")
    await wait(seconds=RETRY_DELAY - 1)
    release = asyncio.Event()
    fake_rt.fail("POST", COMMENT, faults.held(release))
    comment = asyncio.create_task(client.comment(1, "It drips."))
    await fake_rt.until(lambda: len(fake_rt.writes) == 1)
    await wait(seconds=1)
    release.set()
    await comment
    assert client.sessions == "on"
    fake_rt.requests.clear()
    await client.version()
    assert fake_rt.by_token == []
    assert len(fake_rt.log_ins) == 2


async def test_cookie_of_a_refused_session(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A cookie that other calls still use stays out of texts, even if it was refused."""
    await client.version()
    (number,) = fake_rt.logged_in
    release = asyncio.Event()

    async def echo(request: web.Request, work: faults.Work) -> web.StreamResponse:
        await release.wait()
        return await faults.message(404, request.headers["Cookie"])(request, work)

    fake_rt.fail("GET", "/ticket/1", echo, times=2)
    reading = asyncio.create_task(client.ticket(1))
    await fake_rt.until(lambda: bool(fake_rt.sent("GET", "/ticket/1")))
    fake_rt.fail("POST", COMMENT, faults.login_required)
    await client.comment(1, "It drips.")
    release.set()
    with pytest.raises(NotFound) as info:
        await reading
    assert fake_rt.cookie_name in str(info.value)
    assert number not in str(info.value)
