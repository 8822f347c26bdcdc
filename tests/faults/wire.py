"""Answers that are more than a client should swallow, and other faults on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import cache
import zlib

from aiohttp import web

from tests.fake_rt import FakeRT
from tests.fake_rt.faults import Fault, Work

MEGABYTE = 1024 * 1024
_BLOCK = b"x" * 65536


def after_work(fault: Fault) -> Fault:
    """Let RT do the work before something goes wrong."""

    async def late(request: web.Request, work: Work) -> web.StreamResponse:
        await work()
        return await fault(request, work)

    return late


def drip(pause: float = 0.05) -> Fault:
    """Answer with a body that comes byte by byte and does not end."""

    async def body() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(pause)

    return _streamed(body)


class Flood:
    """Answers with a body of many megabytes, as far as the client takes them."""

    def __init__(self, megabytes: int) -> None:
        """Take its size."""
        self.taken = 0
        """How many bytes went out."""
        self._size = megabytes * MEGABYTE
        self.fault = _streamed(self._body)

    async def _body(self) -> AsyncIterator[bytes]:
        while self.taken < self._size:
            yield _BLOCK
            self.taken += len(_BLOCK)


def bomb() -> Fault:
    """Answer with what unpacks to 200 megabytes."""

    async def body() -> AsyncIterator[bytes]:
        yield packed(200)

    return _streamed(body, {"Content-Encoding": "gzip"})


@cache
def packed(megabytes: int) -> bytes:
    """Return a text of many megabytes, packed."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b" " * MEGABYTE) for _ in range(megabytes)]
    return b"".join(parts) + packer.flush()


def elsewhere(other: FakeRT, status: int) -> Fault:
    """Send to the same place on another server."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        place = f"{other.url}{request.rel_url.raw_path_qs}"
        return web.Response(status=status, headers={"Location": place})

    return fault


def _streamed(
    body: Callable[[], AsyncIterator[bytes]], headers: Mapping[str, str] | None = None
) -> Fault:
    """Let RT do the work, and answer with its status and Location, but this body."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        done = await work()
        response = web.StreamResponse(status=done.status, headers=headers)
        response.content_type = "application/json"
        if "Location" in done.headers:
            response.headers["Location"] = done.headers["Location"]
        with suppress(ConnectionError):  # the client has enough
            await response.prepare(request)
            async for part in body():
                await response.write(part)
        return response

    return fault
