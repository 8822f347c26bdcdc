"""TicketSQL as RT reads it (lib/RT/Tickets.pm), for the fields that are asked for."""

from collections.abc import Callable
import re

from .data import Data
from .dates import read_time
from .lifecycle import INACTIVE_STATUSES
from .sql import Parser, Test, WrongQueryError, compare, text_test
from .ticket import NEVER, FakeTicket

_CUSTOM_FIELD = re.compile(r"(?:CF|CustomField)\.(?:\{(.*)\}|(.*))", re.IGNORECASE)
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_MAX_BYTES = 255
_TIMES = {
    "created": "created",
    "due": "due",
    "lastupdated": "last_updated",
    "resolved": "resolved",
    "started": "started",
}


def compile_query(data: Data, query: str, zone: str = "UTC") -> Test[FakeTicket]:
    """Return the test that a query stands for.

    Args:
        data: All that RT holds.
        query: TicketSQL.
        zone: The time zone of the account that asks.

    """
    return Parser(query, _Conditions(data, zone).condition).parse()


class _Conditions:
    """Makes tests of tickets."""

    def __init__(self, data: Data, zone: str) -> None:
        self._data = data
        self._zone = zone

    def condition(self, key: str, symbol: str, value: str) -> Test[FakeTicket]:
        """Return the test that a condition stands for."""
        if match := _CUSTOM_FIELD.fullmatch(key):
            return self._custom_field(match[1] or match[2], symbol, value)
        known = key.casefold()
        if known in _TIMES:
            return self._time(_TIMES[known], symbol, value)
        makers: dict[str, Callable[[str, str], Test[FakeTicket]]] = {
            "id": _number("id"),
            "priority": _number("priority"),
            "queue": self._queue,
            "status": self._status,
            "owner": self._user("owner"),
            "creator": self._user("creator"),
            "subject": lambda s, v: lambda ticket: text_test(s, ticket.subject, v),
            # RT's full text search is off unless somebody sets it up.
            "content": lambda *_: lambda _: False,
        }
        if known not in makers:
            raise WrongQueryError(f"Unknown field: {key}")
        return makers[known](symbol, value)

    def _queue(self, symbol: str, value: str) -> Test[FakeTicket]:
        queue = self._data.find_queue(value)
        name = queue.name if queue else ""
        return lambda ticket: compare(symbol, ticket.queue, name)

    def _status(self, symbol: str, value: str) -> Test[FakeTicket]:
        kinds = {"__Active__": "active", "__Inactive__": "inactive"}
        if value not in kinds:
            status = value.lower()
            return lambda ticket: compare(symbol, ticket.status.lower(), status)

        def test(ticket: FakeTicket) -> bool:
            closed = ticket.status.casefold() in INACTIVE_STATUSES
            kind = "inactive" if closed else "active"
            return compare(symbol, kind, kinds[value])

        return test

    def _user(self, attribute: str) -> Callable[[str, str], Test[FakeTicket]]:
        def make(symbol: str, value: str) -> Test[FakeTicket]:
            name = self._data.find_user(value)
            return lambda ticket: compare(symbol, getattr(ticket, attribute), name)

        return make

    def _time(self, attribute: str, symbol: str, value: str) -> Test[FakeTicket]:
        if symbol in {"IS", "IS NOT"}:
            return lambda t: (getattr(t, attribute) == NEVER) is (symbol == "IS")
        limit = read_time(value, self._data.now(), self._zone)

        def test(ticket: FakeTicket) -> bool:
            time = getattr(ticket, attribute)
            return time != NEVER and compare(symbol, time, limit)

        return test

    def _custom_field(self, name: str, symbol: str, value: str) -> Test[FakeTicket]:
        field = self._data.find_field(name)
        if field is None:
            return lambda _: False
        if symbol in {"IS", "IS NOT"}:
            return lambda ticket: (not ticket.values(field)) is (symbol == "IS")
        if symbol in {"STARTSWITH", "ENDSWITH"}:
            return lambda ticket: any(
                text_test(symbol, one, value) for one in ticket.values(field)
            )
        if symbol.endswith("LIKE"):
            return lambda ticket: (
                any(text_test("LIKE", one, value) for one in ticket.values(field))
                is (symbol == "LIKE")
            )
        if symbol not in {"=", "!="}:
            raise NotImplementedError(f"The fake RT knows no {symbol} here")
        equal = self._custom_field_is(field, value)
        if symbol == "=":
            return equal
        # A value without a text is neither equal nor different.
        return lambda ticket: not equal(ticket) and "" not in ticket.values(field)

    def _custom_field_is(self, field: str, value: str) -> Test[FakeTicket]:
        if column := _CUSTOM_FIELD.fullmatch(value):
            # Compared with a field, which for the same one is always true.
            same = self._data.find_field(column[1] or column[2]) == field
            return lambda ticket: same and bool(ticket.values(field))
        if value in {"__CurrentUser__", "__CurrentUserName__"}:
            return lambda _: False  # compared with the account's number or name
        if len(value.encode()) > _MAX_BYTES:
            return lambda _: True  # RT turns the AND before it into an OR
        lowered = value.translate(_ASCII_LOWER)
        return lambda ticket: any(
            one.translate(_ASCII_LOWER) == lowered for one in ticket.values(field)
        )


def _number(attribute: str) -> Callable[[str, str], Test[FakeTicket]]:
    def make(symbol: str, value: str) -> Test[FakeTicket]:
        return lambda ticket: compare(symbol, getattr(ticket, attribute), int(value))

    return make
