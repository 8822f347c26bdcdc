"""RT's answers, as large as can be: they hold nobody up and do not fill the memory."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from http.cookies import SimpleCookie
import tracemalloc
from typing import Any

import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import RTError
from custom_components.ha_rt.rt.http import MAX_BODY_BYTES
from tests.fake_rt import FakeRT
from tests.hostile.client_calls import CALLS, TOKEN
from tests.hostile.holding import MAX_SECONDS, longest_hold
from tests.hostile.replay import Replay, Said

MAX_MEMORY = 100_000_000

ROOM = MAX_BODY_BYTES - 100
TICKET = b'{"id":"1","type":"ticket","_url":"https://rt.test/REST/2.0/ticket/1"}'


def _items(items: Iterable[bytes]) -> bytes:
    """Return a collection."""
    return b'{"total":1,"items":[%b]}' % b",".join(items)


def _members(count: int) -> bytes:
    """Return a collection with more than belongs to it."""
    members = b",".join(b'"k%d":""' % number for number in range(count))
    return b'{"total":1,"items":[],%b}' % members


def _ticket(name: bytes, value: bytes) -> bytes:
    """Return a collection with a ticket that has one large value."""
    return _items([b'{"id":1,"%b":%b}' % (name, value)])


def _list(item: bytes, count: int) -> bytes:
    return b"[%b]" % b",".join([item] * count)


LARGE = {
    "25,000 tickets": _items([TICKET] * 25_000),
    "600,000 keys": _members(600_000),
    "keys": _members(28_000),
    "objects": _items([b'{"a":{"b":{"c":{}}}}'] * 5_000),
    "empty lists": _items([b"[]"] * 28_000),
    "custom fields": _ticket(
        b"CustomFields", _list(b'{"id":1,"name":"","values":[""]}', 6_000)
    ),
    "people": _ticket(b"Requestor", _list(b'{"id":""}', 18_000)),
    "a list for a text": _ticket(b"Subject", _list(rb'"\u0001"', 50_000)),
    "long numbers": _items([b"9" * 4_000] * (ROOM // 4_001)),
    "fractions": _items([b"1.2345678901234e-300"] * 50_000),
    "text": _ticket(b"Subject", b'"%b"' % (b"a" * ROOM)),
    "text with an emoji": _ticket(b"Subject", '"😀%b"'.encode() % (b"a" * (ROOM - 9))),
    "text with half a character": _ticket(
        b"Subject", '"😀\\ud800%b"'.encode() % (b"a" * (ROOM - 20))
    ),
    "escapes": _ticket(b"Subject", b'"%b"' % (rb"\n" * (ROOM // 2))),
}


async def _ask(client: RTClient, name: str) -> None:
    """Ask, whatever comes of it."""
    with suppress(RTError):
        await CALLS[name](client)


async def _check(work: Callable[[], Awaitable[Any]]) -> None:
    """See that work holds nobody up, and takes little memory."""
    # The garbage of others may be collected meanwhile.
    holds = []
    while not holds or (min(holds) > MAX_SECONDS and len(holds) < 10):
        holds.append(await longest_hold(work))
    assert min(holds) < MAX_SECONDS
    tracemalloc.start()
    try:
        await work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MAX_MEMORY


@pytest.mark.parametrize("name", ["search", "history", "queue", "update"])
@pytest.mark.parametrize("what", LARGE)
async def test_large_answers(fake_rt: FakeRT, name: str, what: str) -> None:
    """Whatever an answer is full of, and whatever it answers."""
    replay = Replay({})
    client = RTClient(replay.session, fake_rt.url, TOKEN, use_sessions=False)
    for status in (200, 400):
        replay.otherwise = Said(status=status, body=LARGE[what])
        await _check(partial(_ask, client, name))


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("fillable fields", b'name="Queue" name="Object-RT::Ticket-%b'),
        ("version", b"RT.CurrentUser = {%b"),
    ],
)
@pytest.mark.parametrize(
    "filling",
    [
        b"-CustomField",
        b"RT.CurrentUser = {",
        b'name="Object-RT::Ticket-',
        b'name="Object-RT::Ticket--CustomField-1-Value" ',
        b'"id":"',
    ],
)
async def test_large_pages(
    fake_rt: FakeRT, name: str, page: bytes, filling: bytes
) -> None:
    """A page of the web UI is read as quickly, also that of a log-in."""
    body = page % (filling * (ROOM // len(filling)))
    cookies = SimpleCookie("RT_SID_x.80=0123456789abcdef; Path=/")
    replay = Replay({})
    replay.otherwise = Said(content_type="text/html", body=body, cookies=cookies)

    async def read() -> None:
        client = RTClient(replay.session, fake_rt.url, TOKEN)
        await _ask(client, name)
        await client.close()

    await _check(read)
