"""RT's answers, changed: whatever they hold, only errors of the client come of it."""

from dataclasses import replace
from functools import partial
import json
from typing import Any

import aiohttp
from hypothesis import given, strategies as st
from multidict import CIMultiDict
import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.queues import PAGE_SIZE
from tests.fake_rt import FakeRT
from tests.hostile import JSON, NASTY, NASTY_TEXTS, examples
from tests.hostile.client_calls import CALLS, TOKEN, ask, furnish
from tests.hostile.replay import Replay, Said, places, recorded, replaced

ODD_BODIES = (
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"items":[' + b"[" * 90_000 + b"]" * 90_000 + b"]}",
    b'{"message":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"message":' + b"9" * 5000 + b"}",
    b'{"message":1e999}',
    b'["\xed\xa0\x80"]',
    b'{"Version":"\xed\xa0\x80"}',
    b"\xff\xfe{\x00}\x00",
    b"",
)


@pytest.fixture
async def answers(fake_rt: FakeRT) -> dict[str, Said]:
    """Return what a fake RT answers to all that a client asks."""
    fake_rt.token = TOKEN
    furnish(fake_rt)
    async with aiohttp.ClientSession() as session, recorded(fake_rt) as answers:
        client = RTClient(session, fake_rt.url, TOKEN, use_sessions=False)
        for call in CALLS.values():
            await call(client)
    return answers


@pytest.fixture
def replay(answers: dict[str, Said]) -> Replay:
    """Return what gives these answers."""
    return Replay(answers)


@pytest.fixture
def client(fake_rt: FakeRT, replay: Replay) -> RTClient:
    """Return a client that gets them."""
    return RTClient(replay.session, fake_rt.url, TOKEN, use_sessions=False)


@pytest.mark.parametrize("name", CALLS)
async def test_one_place_changed(client: RTClient, replay: Replay, name: str) -> None:
    """Something else stands where RT has always the same."""
    await ask(client, CALLS[name])
    for position in range(max(places(said) for said in replay.given)):
        for value in NASTY:
            replay.change = partial(replaced, position=position, value=value)
            await ask(client, CALLS[name])


@pytest.mark.parametrize("name", CALLS)
@examples(12)
@given(status=st.sampled_from([200, 201, 400, 403, 404, 500, 503]), value=JSON)
async def test_any_json(
    client: RTClient, replay: Replay, name: str, status: int, value: Any
) -> None:
    """The answer is JSON, and nothing that RT says."""
    body = json.dumps(value).encode()
    replay.change = lambda said: replace(said, status=status, body=body)
    await ask(client, CALLS[name])


@pytest.mark.parametrize("name", CALLS)
@examples(12)
@given(
    status=st.sampled_from([200, 400]), start=st.integers(0, 3000), noise=st.binary()
)
async def test_broken_json(
    client: RTClient, replay: Replay, name: str, status: int, start: int, noise: bytes
) -> None:
    """Something else stands in the middle of an answer, or its end is missing."""

    def break_(said: Said) -> Said:
        place = start % (len(said.body) + 1)
        body = said.body[:place] + noise + said.body[place + len(noise) + 1 :]
        return replace(said, status=status, body=body if noise else body[:place])

    replay.change = break_
    await ask(client, CALLS[name])


async def test_odd_bodies(client: RTClient, replay: Replay) -> None:
    """What breaks parsers is an error as well."""
    for status in (200, 201, 400, 500):
        for body in ODD_BODIES:
            replay.change = partial(replace, status=status, body=body)
            for call in CALLS.values():
                await ask(client, call)


@pytest.mark.parametrize("name", ["create", "comment", "reply"])
async def test_numbers_of_what_was_created(
    client: RTClient, replay: Replay, name: str
) -> None:
    """The address of what was created ends with something else than a number of RT."""

    def move(said: Said, *, number: str) -> Said:
        address = said.headers.get("Location", "").rpartition("/")[0]
        return replace(said, headers=CIMultiDict(Location=f"{address}/{number}"))

    for number in (*NASTY_TEXTS, "1/", "../1"):
        replay.change = partial(move, number=number)
        await ask(client, CALLS[name])


@pytest.mark.parametrize("name", ["queues", "pages", "history", "transactions"])
async def test_the_same_page_for_ever(
    client: RTClient, replay: Replay, name: str
) -> None:
    """A server, or a cache before it, that knows no pages does not keep anybody busy."""
    await CALLS[name](client)
    first = replay.given[0]
    items = first.json()["items"]
    full = (items * PAGE_SIZE)[:PAGE_SIZE]
    page = {**first.json(), "items": full, "total": None, "page": None}
    replay.otherwise = first
    replay.change = partial(replace, body=json.dumps(page).encode())
    replay.given.clear()
    await ask(client, CALLS[name])
    assert len(replay.given) <= 1001
