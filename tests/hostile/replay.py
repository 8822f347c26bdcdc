"""Answers of RT without RT, for many examples in a short time."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
import json
from typing import Any, Final, cast

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tests.fake_rt import FakeRT, faults

type Change = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer, as far as the client looks at it."""

    status: int = 200
    reason: str = ""
    content_type: str = "application/json"
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    body: bytes = b""

    @property
    def content(self) -> Said:
        """Return what the body is read from."""
        return self

    def json(self) -> Any:
        """Return what a JSON body holds, or null."""
        return (
            json.loads(self.body) if self.content_type == "application/json" else None
        )

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the body."""
        yield self.body

    def close(self) -> None:
        """End the connection, of which there is none."""


NOT_FOUND: Final = Said(status=404, body=b'{"message":"Not Found"}')


class Replay:
    """Stands in for a session with a server: gives answers that were recorded."""

    closed = False

    def __init__(self, answers: dict[str, Said]) -> None:
        """Give these answers, by method and address."""
        self._answers = answers
        self.change: Callable[[Said], Said] = lambda said: said
        """Applied to each answer."""
        self.asked: list[tuple[str, str]] = []
        """Method and address of all requests."""
        self.given: list[Said] = []
        """What was answered to them."""
        self.otherwise = NOT_FOUND
        """What is answered where nothing was recorded."""

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return it as what the client takes it for."""
        return cast(aiohttp.ClientSession, self)

    @asynccontextmanager
    async def request(
        self, method: str, url: str, params: Any = None, **_: Any
    ) -> AsyncIterator[Said]:
        """Answer."""
        known = self._answers.get(f"{method} {url} {params or {}}")
        self.asked.append((method, url))
        self.given.append(self.change(known or self.otherwise))
        yield self.given[-1]


@asynccontextmanager
async def recorded(rt: FakeRT) -> AsyncIterator[dict[str, Said]]:
    """Record what a fake RT answers meanwhile."""
    answers: dict[str, Said] = {}

    async def record(request: web.Request, work: faults.Work) -> web.StreamResponse:
        response = await work()
        url = rt.url + request.rel_url.raw_path
        answers[f"{request.method} {url} {dict(request.query)}"] = Said(
            status=response.status,
            content_type=response.content_type,
            headers=CIMultiDict(response.headers),
            body=bytes(cast(bytes, response.body)),
        )
        return response

    rt.fail("*", "", record, times=None)
    yield answers
    rt.heal()


def places(said: Said) -> int:
    """Return how many places an answer has that something else could stand in."""
    return sum(1 for _ in _places({"": said.json()}))


def replaced(said: Said, *, position: int, value: Any) -> Said:
    """Put something else into one place of an answer."""
    holder = {"": said.json()}
    found = list(_places(holder))
    inside, key = found[position % len(found)]
    inside[key] = value
    return replace(said, body=json.dumps(holder[""]).encode())


def _places(inside: Any) -> Iterator[tuple[Any, Any]]:
    """Yield all places of an answer: what holds them, and the key there."""
    pairs = list(inside.items() if isinstance(inside, dict) else enumerate(inside))
    for key, value in pairs:
        yield inside, key
        if isinstance(value, dict | list):
            yield from _places(value)
