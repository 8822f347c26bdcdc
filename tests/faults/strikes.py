"""How the faults of the matrix come about, on the fake RT."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tests.fake_rt import faults
from tests.faults import people, server, wire
from tests.faults.fake_house import FakeHouse
from tests.faults.house import Begin

_WRITE: Final = ("POST", r"/(ticket|comment)$")
_SEARCH: Final = ("GET", r"/tickets?(/\d+)?$")
_ALL: Final = ("*", "")


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that lasts as long as a context."""

    begin: Begin[FakeHouse]
    is_https: bool = False


def _sent(
    fault: faults.Fault, place: tuple[str, str], times: int | None = None
) -> Strike:
    """Let requests go wrong."""

    @asynccontextmanager
    async def begin(house: FakeHouse) -> AsyncIterator[None]:
        house.rt.fail(*place, fault, times)
        yield
        house.rt.heal()

    return Strike(begin)


def _once(fault: faults.Fault) -> Strike:
    """Let one write go wrong."""
    return _sent(fault, _WRITE, times=1)


def _impatient(strike: Strike) -> Strike:
    """Let a fault meet a client that does not wait for long."""

    @asynccontextmanager
    async def begin(house: FakeHouse) -> AsyncIterator[None]:
        with server.short_timeout():
            async with strike.begin(house):
                yield

    return Strike(begin)


def _everywhere(fault: faults.Fault) -> list[Strike]:
    """Let all requests go wrong, and another time all writes."""
    return [_sent(fault, _ALL), _sent(fault, _WRITE)]


def _flood(place: tuple[str, str]) -> Strike:
    """Answer with 100 megabytes."""

    @asynccontextmanager
    async def begin(house: FakeHouse) -> AsyncIterator[None]:
        flood = wire.Flood(100)
        async with _frugal(_sent(flood.fault, place)).begin(house):
            yield
            assert 0 < flood.taken < 50 * wire.MEGABYTE

    return Strike(begin)


def _frugal(strike: Strike) -> Strike:
    """Check that a fault needs no more memory than one answer may have."""

    @asynccontextmanager
    async def begin(house: FakeHouse) -> AsyncIterator[None]:
        wire.packed(200)  # this is needed once
        async with strike.begin(house):
            with server.few_bytes(100 * wire.MEGABYTE):
                yield

    return Strike(begin)


_REFUSED = (400, 409, 412, 422)
_CHARSETS = [
    faults.garble(b'["Hinzugef\xfcgt"]', content_type=f"application/json{charset}")
    for charset in ("; charset=utf-8", "; charset=none-such")
]

STRIKES: Final = {
    "The server's name has no address (DNS fails)": [Strike(server.no_address)],
    "Nothing listens at the address (connection refused)": [Strike(server.stopped)],
    "The host does not answer at all": [Strike(server.silent)],
    "The certificate is not trusted": [Strike(server.untrusted, is_https=True)],
    "The certificate has expired": [Strike(server.expired, is_https=True)],
    "The certificate is another host's": [Strike(server.misnamed, is_https=True)],
    "The server does not speak TLS": [Strike(server.without_tls, is_https=True)],
    "Every connection breaks": [_sent(faults.reset_before, _ALL)],
    "The connection breaks before RT gets the report": [_once(faults.reset_before)],
    "The connection breaks while RT stores the report": [
        _once(faults.reset_during(0.05))
    ],
    "The connection breaks when RT has stored the report": [
        _once(faults.reset_after),
        _once(faults.hang_up),
    ],
    "The same for a repeat, and the account lacks ShowTicketComments": [
        Strike(people.hide_comments)
    ],
    "RT's answer to the search is cut": [_sent(faults.cut_body, _SEARCH)],
    "RT's answer to the report is cut": [
        _sent(faults.cut_body, _WRITE),
        _sent(faults.empty_body, _WRITE),
    ],
    "RT answers nothing in time": [_impatient(_sent(faults.slow(before=0.6), _ALL))],
    "RT stores the report in time, but answers too late": [
        _impatient(_once(faults.slow(after=0.6)))
    ],
    "RT stores the report long after the time is over": [Strike(server.stores_later)],
    "RT's answer to the search drips": [_impatient(_sent(wire.drip(), _SEARCH))],
    "RT's answer to the report drips": [_impatient(_sent(wire.drip(), _WRITE))],
    "400, 409, 412 or 422 from RT": [
        _sent(faults.message(status, "No"), _WRITE) for status in _REFUSED
    ],
    "401 for every request": [
        Strike(server.refused_token),
        _sent(faults.unauthorized, _ALL),
    ],
    "401 once, as of a busy database": [_once(faults.unauthorized)],
    "403 from RT": _everywhere(faults.message(403, "Forbidden")),
    "404 from RT": _everywhere(faults.message(404, "Not Found")),
    "403, 404 or 409 as a web page, from a proxy": [
        *_everywhere(faults.html(403)),
        _sent(faults.html(404), _WRITE),
        _sent(faults.html(409), _WRITE),
    ],
    "413, also without the attachments": [_sent(faults.html(413), _WRITE)],
    "429, with or without Retry-After": [
        *_everywhere(faults.busy("60", 429)),
        _sent(faults.html(429), _WRITE),
    ],
    "503, with or without Retry-After": [
        *_everywhere(faults.busy("60", 503)),
        _sent(faults.html(503), _WRITE),
    ],
    "500 or 502, and RT has not stored the report": [
        *_everywhere(faults.html(502)),
        _sent(faults.html(500), _WRITE),
        _sent(faults.message(500, "Bad thing"), _WRITE),
    ],
    "504, and RT has not stored the report": _everywhere(faults.html(504)),
    "500, 502 or 504, and RT has stored the report": [
        _once(wire.after_work(faults.html(status))) for status in (500, 502, 504)
    ],
    "A web page instead of RT's answer": _everywhere(faults.html()),
    "Another protocol": _everywhere(faults.not_http()),
    "A redirect": [Strike(server.redirect(status)) for status in (301, 302, 307, 308)],
    "An answer of 100 MB to the search": [_flood(_SEARCH)],
    "An answer of 100 MB to the report": [_flood(_WRITE)],
    "An answer to the search that unpacks to 200 MB": [
        _frugal(_sent(wire.bomb(), _SEARCH))
    ],
    "An answer to the report that unpacks to 200 MB": [
        _frugal(_sent(wire.bomb(), _WRITE))
    ],
    "An answer to the search that cannot be unpacked": [
        _sent(faults.answer(200, "{}", headers={"Content-Encoding": "gzip"}), _SEARCH)
    ],
    "An answer to the search in a wrong charset": [
        _sent(fault, _SEARCH) for fault in _CHARSETS
    ],
    "An answer to the report in a wrong charset": [
        _sent(fault, _WRITE) for fault in _CHARSETS
    ],
    "RT's database is locked for reading": [Strike(server.locked_for_reading)],
    "RT's database is locked for writing": [Strike(server.locked_for_writing)],
    "RT's clock is a day slow": [Strike(server.clock(days=-1))],
    "RT's clock is a day fast": [Strike(server.clock(days=1))],
    "The ticket is merged a moment before": [Strike(people.merge_before)],
    "The ticket is moved a moment before": [Strike(people.move_before)],
    "The ticket is moved out of sight a moment before": [Strike(people.hide_before)],
    "The ticket is resolved a moment before": [
        Strike(people.set_before(status)) for status in ("resolved", "rejected")
    ],
    "The ticket is deleted a moment before": [Strike(people.set_before("deleted"))],
}
"""The ways in which each fault comes about."""
