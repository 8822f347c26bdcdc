"""A relay before RT, for what only happens between a client and a server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import re

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

    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(reader)
        if request:
            writer.write(await handle(request, lambda: forward(rt, request)))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1")
    async with server:
        yield "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    await server.wait_closed()


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
