"""What can go wrong on the way to RT and back; see FakeRT.fail.

A fault takes the request and `work`, which lets RT do what it is asked and returns
its answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import socket
import struct
from typing import Any, Final

from aiohttp import web

type Work = Callable[[], Awaitable[web.Response]]
type Fault = Callable[[web.Request, Work], Awaitable[web.StreamResponse]]

HTML = "<!DOCTYPE html>\n<html><head><title>Not RT's REST</title></head></html>"


async def no_fault(request: web.Request, work: Work) -> web.StreamResponse:
    """Let the request through."""
    return await work()


async def reset_before(request: web.Request, work: Work) -> web.StreamResponse:
    """Break the connection; RT never sees the request."""
    return _reset(request)


async def reset_after(request: web.Request, work: Work) -> web.StreamResponse:
    """Break the connection when RT has done the work, before it answers."""
    await work()
    return _reset(request)


def reset_during(seconds: float = 0.3) -> Fault:
    """Break the connection, while RT goes on working for some seconds."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        response = _reset(request)
        await asyncio.sleep(seconds)
        await work()
        return response

    return fault


async def hang_up(request: web.Request, work: Work) -> web.StreamResponse:
    """Close the connection politely, without an answer; RT has done the work."""
    await work()
    return _raw(request, b"")


SLOW: Final[set[Fault]] = set()
"""Faults that hold an answer back."""


def slow(before: float = 0, after: float = 0) -> Fault:
    """Answer late: wait some seconds before RT does the work, or after."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        await asyncio.sleep(before)
        response = await work()
        await asyncio.sleep(after)
        return response

    SLOW.add(fault)
    return fault


def held(release: asyncio.Event) -> Fault:
    """Let RT do the work when the event is set."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        await release.wait()
        return await work()

    return fault


def answer(
    status: int,
    body: str | bytes = "",
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Answer something instead of letting RT see the request."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        return web.Response(
            status=status,
            body=body.encode() if isinstance(body, str) else body,
            headers={"Content-Type": content_type, **(headers or {})},
        )

    return fault


def html(status: int = 200) -> Fault:
    """Answer a web page, as proxies and other servers do."""
    return answer(status, HTML, "text/html; charset=utf-8")


def busy(retry_after: str, status: int = 503) -> Fault:
    """Ask to be left alone for a while."""
    return answer(status, "Busy", "text/plain", {"Retry-After": retry_after})


def message(status: int, text: str) -> Fault:
    """Answer as RT's REST2 refuses."""
    return answer(status, f'{{"message":"{text}"}}')


def redirect(location: str, status: int = 301) -> Fault:
    """Send elsewhere."""
    return answer(status, "", "text/html", {"Location": location})


login_required = answer(302, "Login required", "text/html", {"Location": "/"})
unauthorized = message(401, "Unauthorized")


def garble(
    body: bytes, *, cut: bool = False, content_type: str = "application/json"
) -> Fault:
    """Let RT do the work and answer with its status and Location, but this body.

    A cut body announces more, and the connection breaks after it.
    """

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        done = await work()
        headers = {"Content-Type": content_type}
        if "Location" in done.headers:
            headers["Location"] = done.headers["Location"]
        if not cut:
            return web.Response(status=done.status, body=body, headers=headers)
        headers["Content-Length"] = str(len(body) + 30)
        head = [f"HTTP/1.1 {done.status} {done.reason}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        return _raw(request, "\r\n".join([*head, "", ""]).encode() + body)

    return fault


# How RT answers a comment in Latin-1 and in wider characters; the work is done.
latin_1_body = garble('["Kommentar hinzugefügt"]'.encode("latin-1"))
empty_body = garble(b"", cut=True)
cut_body = garble(b'{"id": "1", "ty', cut=True)


def huge(megabytes: int) -> Fault:
    """Answer with valid JSON that does not end for a while."""
    return garble(b'["' + b"x" * (megabytes * 1024 * 1024) + b'"]')


def crossing_close(seconds: float) -> Fault:
    """Break what was idle for longer, as if RT had just closed it; let all else pass."""
    last: dict[object, float] = {}

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        peer = request.get_extra_info("peername")
        if loop.time() - last.get(peer, loop.time()) > seconds:
            return _reset(request)
        response = await work()
        last[peer] = loop.time()
        return response

    return fault


def not_http(body: bytes = b"SSH-2.0-OpenSSH_9.2\r\n") -> Fault:
    """Answer in another protocol."""

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        return _raw(request, body)

    return fault


def in_turn(*faults: Fault | None) -> Fault:
    """Do something else each time; None lets the request through."""
    turns = iter(faults)

    async def fault(request: web.Request, work: Work) -> web.StreamResponse:
        turn = next(turns)
        return await (turn(request, work) if turn else work())

    return fault


def _reset(request: web.Request) -> web.StreamResponse:
    """Let the client see "connection reset by peer"."""
    if (transport := request.transport) is not None:
        connection: Any = transport.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    return web.Response()


def _raw(request: web.Request, data: bytes) -> web.StreamResponse:
    """Send bytes and close the connection."""
    if (transport := request.transport) is not None:
        transport.write(data)
        transport.close()
    return web.Response()
