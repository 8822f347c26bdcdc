"""A relay before RT, for what only happens between a client and a server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import re
import socket
import struct

from scripts.live.rt import RTServer

type Forward = Callable[[], Awaitable[bytes]]
type Handle = Callable[[bytes, Forward], Awaitable[bytes]]


@asynccontextmanager
async def relay(rt: RTServer, handle: Handle) -> AsyncIterator[str]:
    """Serve at the address this yields, with the help of a server.

    Args:
        rt: The server.
        handle: Gets a request and what forwards it to the server and returns the
            answer. It returns what the client gets; nothing, to cut the connection.
            Where it fails as connections do, the client's is reset.

    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(reader)
        try:
            if request:
                writer.write(await handle(request, lambda: forward(rt, request)))
        except ConnectionError:
            _reset(writer)
            return
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1")
    async with server:
        yield "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    await server.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Let the client see "connection reset by peer"."""
    linger = struct.pack("ii", 1, 0)
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """Return a whole request, or nothing if the client has none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    body = await reader.readexactly(int(length[1])) if length else b""
    # One request per connection.
    return head[:-2] + b"Connection: close\r\n\r\n" + body


async def forward(rt: RTServer, request: bytes) -> bytes:
    """Return a server's whole answer to a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rt.port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
