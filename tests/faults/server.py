"""What happens to the fake RT as a whole, and to the way there."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
import socket
import ssl
import tempfile
import tracemalloc

from aiohttp import ClientTimeout, web
from homeassistant.config_entries import SOURCE_REAUTH
import pytest

from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.rt import http, transport
from tests.fake_rt import FakeRT, faults
from tests.faults import wire
from tests.faults.certificates import Authority
from tests.faults.fake_house import FakeHouse
from tests.faults.house import Begin


@contextmanager
def short_timeout() -> Iterator[None]:
    """Do not wait long for an answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "TIMEOUT", ClientTimeout(total=0.3, connect=0.2))
        yield


@contextmanager
def few_bytes(limit: int) -> Iterator[None]:
    """Check that not more memory is needed at any time."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < limit


# --- no way there ------------------------------------------------------------


@asynccontextmanager
async def no_address(house: FakeHouse) -> AsyncIterator[None]:
    """Let the server's name have no address."""
    house.has_address = False
    # Connections that are open need no address.
    await house.rt.stop()
    await house.rt.start()
    yield
    house.has_address = True


@asynccontextmanager
async def stopped(house: FakeHouse) -> AsyncIterator[None]:
    """Let nothing listen."""
    await house.rt.stop()
    yield
    await house.rt.start()


@asynccontextmanager
async def silent(house: FakeHouse) -> AsyncIterator[None]:
    """Let connections wait in vain for somebody to accept them."""
    address = ("127.0.0.1", int(house.rt.url.rpartition(":")[2]))
    await house.rt.stop()
    others = [socket.socket() for _ in range(3)]
    with socket.socket() as deaf, short_timeout():
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind(address)
        deaf.listen(0)
        for other in others:
            other.setblocking(False)  # noqa: FBT003
            other.connect_ex(address)
        yield
        for other in others:
            other.close()
    await house.rt.start()


# --- TLS ---------------------------------------------------------------------


@asynccontextmanager
async def _showing(
    house: FakeHouse, context: ssl.SSLContext | None
) -> AsyncIterator[None]:
    """Let the server show another certificate, or none."""
    good = house.rt.ssl_context
    before = len(house.rt.requests)
    await _serve_with(house, context)
    yield
    assert len(house.rt.requests) == before
    await _serve_with(house, good)


async def _serve_with(house: FakeHouse, context: ssl.SSLContext | None) -> None:
    await house.rt.stop()
    house.rt.ssl_context = context
    await house.rt.start()


def untrusted(house: FakeHouse) -> AbstractAsyncContextManager[None]:
    """Let nobody know who signed the certificate."""
    with tempfile.TemporaryDirectory() as folder:
        return _showing(house, Authority(Path(folder)).server())


def expired(house: FakeHouse) -> AbstractAsyncContextManager[None]:
    """Let the certificate have ended yesterday."""
    return _showing(house, house.authority.server(days=-1))


def misnamed(house: FakeHouse) -> AbstractAsyncContextManager[None]:
    """Let the certificate be that of another host."""
    return _showing(house, house.authority.server("www.example.test"))


def without_tls(house: FakeHouse) -> AbstractAsyncContextManager[None]:
    """Let the server not know TLS."""
    return _showing(house, None)


# --- what RT answers ---------------------------------------------------------


@asynccontextmanager
async def stores_later(house: FakeHouse) -> AsyncIterator[None]:
    """Let RT work on a report for long; what waits is tried again meanwhile."""
    release = asyncio.Event()
    house.rt.fail("POST", r"/(ticket|comment)$", faults.held(release))
    with short_timeout():
        yield
        await house.deliver()
    release.set()
    await house.rt.work_done()


@asynccontextmanager
async def refused_token(house: FakeHouse) -> AsyncIterator[None]:
    """Let RT forget the token and all sessions; a new token is asked for."""
    token = house.rt.token
    house.rt.token = "1-14-" + "0" * 32
    house.rt.end_sessions()
    yield
    await house.deliver()
    (flow,) = house.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    house.rt.token = token


def redirect(status: int) -> Begin[FakeHouse]:
    """Send to another server, which would do as it is told."""

    @asynccontextmanager
    async def begin(house: FakeHouse) -> AsyncIterator[None]:
        async with FakeRT() as other:
            other.token = house.rt.token
            house.rt.fail("*", "", wire.elsewhere(other, status), times=None)
            yield
            house.rt.heal()
            assert other.connections == 0

    return begin


# RT waits for its database, and goes on as if that was empty.


@asynccontextmanager
async def locked_for_reading(house: FakeHouse) -> AsyncIterator[None]:
    """Let RT find nothing, after a while."""
    nothing = '{"count":0,"items":[],"page":1,"pages":0,"per_page":100,"total":0}'
    house.rt.fail("GET", "/tickets$", _late(faults.answer(200, nothing)), None)
    house.rt.fail("GET", r"/ticket/\d+$", _late(faults.message(404, "No")), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "LOCK_SECONDS", 0.1)
        yield
    house.rt.heal()


@asynccontextmanager
async def locked_for_writing(house: FakeHouse) -> AsyncIterator[None]:
    """Let RT store nothing, after a while."""
    fault = _late(faults.message(400, "Ticket could not be created"))
    house.rt.fail("POST", r"/(ticket|comment)$", fault, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "LOCK_SECONDS", 0.1)
        yield
    house.rt.heal()


def _late(fault: faults.Fault) -> faults.Fault:
    """Let a fault come when RT has waited for its database."""

    async def late(request: web.Request, work: faults.Work) -> web.StreamResponse:
        await asyncio.sleep(0.15)
        return await fault(request, work)

    return late


def clock(days: int) -> Begin[FakeHouse]:
    """Let RT's clock be wrong, and stay so."""

    @asynccontextmanager
    async def begin(house: FakeHouse) -> AsyncIterator[None]:
        house.rt.clock = lambda: datetime.now(UTC) + timedelta(days=days)
        yield

    return begin
