"""What comes from the server byte by byte: nothing of it is more than an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.ha_rt.rt.client import RTClient
from tests.hostile import NASTY_TEXTS, examples
from tests.hostile.client_calls import CALLS, TOKEN, ask

# What is left of them in a line, which has a length that HTTP servers allow.
LINES = [
    *(text.encode(errors="surrogatepass")[:6000] for text in NASTY_TEXTS),
    *(b"\xff", b"\x80abc", b"a=b", b"a, b", b";" * 500, b'"', b"text/html"),
    TOKEN.encode(),
]
HEADERS = {
    b"Retry-After": [
        b"120",
        b"1.5",
        b"Wed, 21 Oct 2015 07:28:00 GMT",
        b"Mon, 01 Jan 99999999999999 00:00:00 GMT",
        b"Mon, 01 Jan 2026 00:00:00 +99999999999999",
        b"Mon, 99 Jan 2026 99:99:99 GMT",
        b"1 Jan 1 0:0",
    ],
    b"Location": [
        b"/REST/2.0/ticket/1",
        b"/REST/2.0/ticket/" + b"1" * 5000,
        "/REST/2.0/ticket/٣".encode(),
        b"/REST/2.0/transaction/" + b"9" * 400,
        b"https://example.test/?token=" + TOKEN.encode(),
        b"https://" + TOKEN.encode() + b"@example.test/",
        b"http://[",
        b"javascript:alert(1)",
    ],
    b"Set-Cookie": [
        *(b"RT_SID_x.80=0123456789abcdef; " + more for more in (b"Path=/", b"Path=x")),
        b"RT_SID_x.80=0123456789abcdef; Path=/; Max-Age=" + b"9" * 400,
        b"RT_SID_x.80=0123456789abcdef; Max-Age=" + b"9" * 5000,
        b"RT_SID_x.80=0123456789abcdef; Expires=Mon, 99-Jan-99999 99:99:99 GMT",
        b"RT_SID_x.80=0123456789abcdef; Domain=.; Max-Age=-1",
        b'RT_SID_x.80="a\\015\\012X: y\\001\\377"; Path=/',
        b'RT_SID_x.80="a\xffb\x80"; Path=/',
        b"=0123456789abcdef",
        b"path=0123456789abcdef",
        b"__proto__=" + b"x" * 5000,
    ],
    b"Content-Type": [
        b'application/json; charset="utf-8"',
        b"application/json; charset=\xff; charset*0*=utf-8'",
        b"text/html; charset=idna",
        b"text/plain; x*99999999999=a'b'c; x*0=d",
        b"application/json" + b";" * 500,
    ],
    b"Content-Encoding": [b"gzip", b"deflate", b"br", b"zstd", b"x", b"gzip, gzip"],
    b"Transfer-Encoding": [b"chunked", b"identity", b"gzip, chunked"],
    b"Content-Length": [b"0", b"7", b"-1", b"9" * 30, b"+1"],
}
BODIES = [
    b"",
    b"Login required",
    b'{"Version":"5.0.3"}',
    b'{"message":"' + TOKEN.encode() + b'"}',
    b'<script>RT.CurrentUser = {"id":' + b"9" * 5000 + b"};</script>",
    b"\x1f\x8b\x08\x00garbage",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"fffffffffffffffff\r\nhello",
]
STATUSES = [
    200,
    201,
    204,
    302,
    304,
    400,
    401,
    403,
    404,
    413,
    429,
    500,
    503,
    504,
    999,
    0,
]


def answer(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes, reason: bytes = b"x"
) -> bytes:
    """Return an answer as it crosses the network."""
    lines = [b"HTTP/1.1 %d %b" % (status, reason)]
    lines += [b"%b: %b" % header for header in headers]
    head = [line.replace(b"\r", b"").replace(b"\n", b"") for line in lines]
    return b"\r\n".join([*head, b"", body])


class Wire:
    """A server that answers always the same bytes, and hangs up."""

    def __init__(self) -> None:
        """Describe a server that says nothing."""
        self.says = b""
        self.to_log_in = b""
        """What it says to a log-in instead."""
        self.port = 0

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    async def answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer a request."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            is_log_in = head.startswith(b"GET /SelfService/")
            writer.write((is_log_in and self.to_log_in) or self.says)
            await writer.drain()
        writer.close()


@pytest.fixture
async def wire(socket_enabled: None) -> AsyncIterator[Wire]:
    """Return a running server."""
    wire = Wire()
    server = await asyncio.start_server(wire.answer, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    async with server:
        yield wire


@pytest.fixture
async def session(wire: Wire) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session for clients of that server."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def ask_all(
    wire: Wire, session: aiohttp.ClientSession, *names: str, sessions: bool
) -> None:
    """Ask with a new client."""
    client = RTClient(session, wire.url, TOKEN, use_sessions=sessions)
    for name in names:
        await ask(client, CALLS[name])
    await client.close()
    assert TOKEN not in client.sessions


@pytest.mark.parametrize("name", HEADERS)
async def test_headers(wire: Wire, session: aiohttp.ClientSession, name: bytes) -> None:
    """One header holds what nobody expects, in an answer that is else a good one."""
    statuses = {b"Retry-After": [503], b"Location": [201, 302]}.get(name, [200])
    for value in (*HEADERS[name], *LINES):
        for status in statuses:
            json = [(b"Content-Type", b"application/json")]
            headers = [(name, value), *(json if name != b"Content-Type" else [])]
            wire.says = answer(status, headers, b'{"Version":"5.0.3"}')
            await ask_all(wire, session, "version", "create", sessions=False)


async def test_log_in(wire: Wire, session: aiohttp.ClientSession) -> None:
    """The log-in gives a cookie that nobody can use, or a page that nobody can read."""
    good = (b"Content-Type", b"application/json")
    wire.says = answer(200, [good], b'{"Version":"5.0.3"}')
    cookies = HEADERS[b"Set-Cookie"]
    pages = [(cookie, b"") for cookie in (*cookies, *LINES)]
    pages += [(cookies[0], body) for body in BODIES]
    for cookie, body in pages:
        html = [(b"Set-Cookie", cookie), (b"Content-Type", b"text/html")]
        wire.to_log_in = answer(200, html, body)
        await ask_all(wire, session, "version", sessions=True)


@pytest.mark.parametrize("sessions", [False, True])
@examples(60)
@given(
    status=st.sampled_from(STATUSES),
    reason=st.binary(max_size=10) | st.sampled_from(LINES),
    headers=st.lists(
        st.one_of(
            *(
                st.tuples(st.just(name), st.sampled_from(values + LINES))
                for name, values in HEADERS.items()
            ),
            st.tuples(st.binary(max_size=10), st.binary(max_size=20)),
        ),
        max_size=5,
    ),
    body=st.sampled_from(BODIES) | st.binary(max_size=30),
)
async def test_any_answer(
    wire: Wire,
    session: aiohttp.ClientSession,
    status: int,
    reason: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    *,
    sessions: bool,
) -> None:
    """Whatever the server says."""
    wire.says = answer(status, headers, body, reason)
    await ask_all(wire, session, "version", "comment", sessions=sessions)


@examples(40)
@given(raw=st.binary(max_size=200) | st.sampled_from(LINES + BODIES))
async def test_no_answer(
    wire: Wire, session: aiohttp.ClientSession, raw: bytes
) -> None:
    """The server does not speak HTTP."""
    wire.says = raw
    await ask_all(wire, session, "version", "create", sessions=False)
