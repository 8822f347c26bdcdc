"""Faults of docs/faults.md on the way to a real RT, and what people do there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, override

from aiohttp import ClientTimeout

from scripts.live.rt import RTServer
from tests import FACILITY
from tests.fake_rt import faults
from tests.faults.house import Begin, House
from tests.faults.wire import MEGABYTE, packed
from tests.real_rt.common import (
    INCIDENTS,
    change_by_hand,
    create_by_hand,
    set_status,
    ticket,
    without,
)
from tests.real_rt.relay import Forward, Handle

USER: Final = "u-full"
TIMEOUT: Final = ClientTimeout(total=2)


@dataclass(kw_only=True)
class RealHouse(House):
    """One entry, and a real RT behind a relay."""

    rt: RTServer
    handle: Handle | None = None
    """What the relay does instead of forwarding."""

    async def relay(self, request: bytes, forward: Forward) -> bytes:
        """Do what a fault does, or forward."""
        return await (self.handle(request, forward) if self.handle else forward())

    @override
    def told(self, text: str) -> int:
        found = self.rt.database.rows(
            "SELECT Content FROM Attachments WHERE Content LIKE ?", f"%{text}%"
        )
        return sum(str(content).count(text) for (content,) in found)

    @property
    @override
    def open_tickets(self) -> int:
        return len(self.numbers("new", "open", "stalled"))

    def numbers(self, *statuses: str) -> list[int]:
        """Return the numbers of the device's tickets that were not merged."""
        found = self.rt.database.rows(
            "SELECT Tickets.id, Status FROM Tickets JOIN ObjectCustomFieldValues AS F"
            " ON ObjectId = Tickets.id AND ObjectType = 'RT::Ticket'"
            " WHERE EffectiveId = Tickets.id AND F.Disabled = 0 AND F.Content = ?"
            " AND CustomField = ? AND Queue IN (?, ?)",
            self.device,
            self.rt.custom_fields["DeviceId"],
            *(self.rt.queues[name] for name in (FACILITY, INCIDENTS)),
        )
        return [number for number, status in found if status in statuses]


# --- what the relay does -----------------------------------------------------


def is_write(request: bytes) -> bool:
    """Tell whether a request writes."""
    return request.startswith(b"POST /REST/2.0/ticket")


def is_search(request: bytes) -> bool:
    """Tell whether a request looks for the ticket."""
    return request.startswith(b"GET /REST/2.0/ticket")


def _is_any(_request: bytes) -> bool:
    return True


def _handled(
    is_meant: Callable[[bytes], bool], handle: Handle, *, is_once: bool = False
) -> Begin[RealHouse]:
    """Do something else with some requests."""

    @asynccontextmanager
    async def begin(house: RealHouse) -> AsyncIterator[None]:
        met: list[bytes] = []

        async def fault(request: bytes, forward: Forward) -> bytes:
            if not is_meant(request) or (met and is_once):
                return await forward()
            met.append(request)
            return await handle(request, forward)

        house.handle = fault
        yield
        house.handle = None
        assert met

    return begin


def _answered(status: str, body: bytes = b"", *headers: str) -> Handle:
    """Answer something instead of letting RT see the request."""

    async def handle(_request: bytes, _forward: Forward) -> bytes:
        head = [
            f"HTTP/1.1 {status}",
            "Content-Type: text/html; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *headers,
        ]
        return "\r\n".join([*head, "", ""]).encode() + body

    return handle


def _after_work(then: Handle) -> Handle:
    """Let RT do the work first."""

    async def handle(request: bytes, forward: Forward) -> bytes:
        await forward()
        return await then(request, forward)

    return handle


def _with_body(body: bytes, *headers: str) -> Handle:
    """Answer with RT's status and Location, but this body."""

    async def handle(_request: bytes, forward: Forward) -> bytes:
        kept = [
            line
            for line in (await forward()).partition(b"\r\n\r\n")[0].split(b"\r\n")
            if line.lower().startswith((b"http/", b"location:", b"content-type:"))
        ]
        more = [b"Connection: close", *(header.encode() for header in headers)]
        length = b"Content-Length: %d" % len(body)
        return b"\r\n".join([*kept, *more, length, b"", b""]) + body

    return handle


async def _cut(_request: bytes, _forward: Forward) -> bytes:
    return b""


async def _cut_body(_request: bytes, forward: Forward) -> bytes:
    return (await forward())[:-3]


async def _late(request: bytes, forward: Forward) -> bytes:
    answer = await forward()
    await asyncio.sleep(TIMEOUT.total or 0)
    return answer


async def _cut_while_working(_request: bytes, forward: Forward) -> bytes:
    working.append(asyncio.ensure_future(forward()))
    return b""


working: list[asyncio.Future[bytes]] = []
"""Keeps what RT is doing from being forgotten."""


def _page(status: str) -> Handle:
    return _answered(status, faults.HTML.encode())


async def _flood(request: bytes, forward: Forward) -> bytes:
    return await _with_body(b" " * (100 * MEGABYTE))(request, forward)


async def _bomb(request: bytes, forward: Forward) -> bytes:
    body = packed(200)
    return await _with_body(body, "Content-Encoding: gzip")(request, forward)


_REDIRECT: Final = _answered("302 Found", b"", "Location: http://127.0.0.1:9/")
_LATIN_1: Final = _with_body(b'["Hinzugef\xfcgt"]')


# --- what people do ----------------------------------------------------------


def _meanwhile(happen: Callable[[RealHouse, int], None]) -> Begin[RealHouse]:
    """Let something happen to the ticket when the comment is on its way."""

    @asynccontextmanager
    async def begin(house: RealHouse) -> AsyncIterator[None]:
        number = house.numbers("new")[0]

        async def handle(_request: bytes, forward: Forward) -> bytes:
            await asyncio.to_thread(happen, house, number)
            return await forward()

        async with _handled(is_write, handle, is_once=True)(house):
            yield

    return begin


def _merge(house: RealHouse, number: int) -> None:
    target = create_by_hand(house.rt, house.device)
    change_by_hand(house.rt, number, MergeInto=target)


def _move(house: RealHouse, number: int) -> None:
    change_by_hand(house.rt, number, Queue=INCIDENTS)
    assert ticket(house.rt, number).status == "open"


def _hide(house: RealHouse, number: int) -> None:
    change_by_hand(house.rt, number, Queue="Other Queue")


def _close(status: str) -> Begin[RealHouse]:
    return _meanwhile(lambda house, number: set_status(house.rt, number, status))


@asynccontextmanager
async def _without_rights(house: RealHouse) -> AsyncIterator[None]:
    # RT takes ModifyTicket for CommentOnTicket, too.
    with without(house.rt, USER, "CreateTicket", "CommentOnTicket", "ModifyTicket"):
        yield


FAULTS: Final[dict[str, list[Begin[RealHouse]]]] = {
    "Every connection breaks": [_handled(_is_any, _cut)],
    "The connection breaks before RT gets the report": [
        _handled(is_write, _cut, is_once=True)
    ],
    "The connection breaks while RT stores the report": [
        _handled(is_write, _cut_while_working, is_once=True)
    ],
    "The connection breaks when RT has stored the report": [
        _handled(is_write, _after_work(_cut), is_once=True)
    ],
    "RT stores the report in time, but answers too late": [
        _handled(is_write, _late, is_once=True)
    ],
    "RT's answer to the search is cut": [_handled(is_search, _cut_body)],
    "RT's answer to the report is cut": [_handled(is_write, _cut_body)],
    "403 from RT": [_without_rights],
    "403, 404 or 409 as a web page, from a proxy": [
        _handled(_is_any, _page("403 Forbidden"))
    ],
    "413, also without the attachments": [
        _handled(is_write, _page("413 Content Too Large"))
    ],
    "429, with or without Retry-After": [
        _handled(is_write, _answered("429 Too Many Requests", b"", "Retry-After: 60"))
    ],
    "503, with or without Retry-After": [
        _handled(_is_any, _page("503 Service Unavailable"))
    ],
    "500 or 502, and RT has not stored the report": [
        _handled(is_write, _page("502 Bad Gateway"))
    ],
    "504, and RT has not stored the report": [
        _handled(is_write, _page("504 Gateway Timeout"))
    ],
    "500, 502 or 504, and RT has stored the report": [
        _handled(is_write, _after_work(_page(status)), is_once=True)
        for status in ("502 Bad Gateway", "504 Gateway Timeout")
    ],
    "A web page instead of RT's answer": [_handled(_is_any, _page("200 OK"))],
    "A redirect": [_handled(_is_any, _REDIRECT)],
    "An answer of 100 MB to the report": [_handled(is_write, _flood)],
    "An answer to the report that unpacks to 200 MB": [_handled(is_write, _bomb)],
    "An answer to the report in a wrong charset": [_handled(is_write, _LATIN_1)],
    "The ticket is merged a moment before": [_meanwhile(_merge)],
    "The ticket is moved a moment before": [_meanwhile(_move)],
    "The ticket is moved out of sight a moment before": [_meanwhile(_hide)],
    "The ticket is resolved a moment before": [_close("resolved")],
    "The ticket is deleted a moment before": [_close("deleted")],
}
