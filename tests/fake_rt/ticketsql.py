"""TicketSQL as RT reads it (lib/RT/SQL.pm), for the fields that a desk asks for."""

from collections.abc import Callable, Iterable
import re

from .data import INACTIVE_STATUSES, Data, FakeTicket

type Test = Callable[[FakeTicket], bool]

_QUOTED = r""""(?:[^\\"]|\\.)*"|'(?:[^\\']|\\.)*'"""
_FIELD = r"CF\.\{.+?\}"
_OPERATOR = r"!=|>=|<=|=|>|<|IS\s+NOT|IS|NOT\s+LIKE|LIKE|NOT\s+STARTSWITH|STARTSWITH"
_WORD = r"[{}\w.]+"
# In RT's order; what is between tokens is skipped, whatever it is.
_TOKEN = re.compile(
    rf"(AND|OR)|({_OPERATOR})|({_FIELD}|{_WORD}|{_QUOTED}|[+-]?\d+)|(\()|(\))",
    re.IGNORECASE | re.DOTALL,
)
_CUSTOM_FIELD = re.compile(r"(?:CF|CustomField)\.(?:\{(.*)\}|(.*))", re.IGNORECASE)
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_MAX_BYTES = 255


class WrongQueryError(Exception):
    """What RT says of a query that it does not understand."""


def compile_query(data: Data, query: str) -> Test:
    """Return the test that a query stands for."""
    return _Parser(data, query).parse()


class _Parser:
    """Reads `condition (AND|OR condition)*`, with parentheses.

    Of AND and OR side by side, RT takes the last one for all of them.
    """

    def __init__(self, data: Data, query: str) -> None:
        """Cut the query into tokens."""
        self._data = data
        self._query = query
        self._tokens = list(_TOKEN.finditer(query))
        self._next = 0

    def parse(self) -> Test:
        """Return the test of the whole query."""
        test = self._several()
        if self._next < len(self._tokens):
            raise self._wrong("AGGREGATOR")
        return test

    def _several(self) -> Test:
        tests = [self._one()]
        joined: Callable[[Iterable[bool]], bool] = all
        while aggregator := self._take("aggregator"):
            joined = all if aggregator.upper() == "AND" else any
            tests.append(self._one())
        return lambda ticket: joined(test(ticket) for test in tests)

    def _one(self) -> Test:
        if self._take("open"):
            test = self._several()
            if not self._take("close"):
                if self._next == len(self._tokens):
                    raise self._incomplete("1 unclosed paren")
                raise self._wrong("AGGREGATOR or CLOSE_PAREN")
            return test
        last = "last element ({}) is not close paren or value".format
        key = self._take("word") or self._stop(
            "KEYWORD or OPEN_PAREN", last("AGGREGATOR")
        )
        operator = self._take("operator") or self._stop("OPERATOR", last("KEYWORD"))
        value = self._take("word") or self._stop("VALUE", last("OPERATOR"))
        return self._condition(_unquote(key), operator, _unquote(value))

    def _take(self, kind: str) -> str:
        """Return the next token if it is of this kind, and go on; else nothing."""
        if self._next == len(self._tokens):
            return ""
        token = self._tokens[self._next]
        kinds = ("aggregator", "operator", "word", "open", "close")
        if kinds[(token.lastindex or 0) - 1] != kind:
            return ""
        self._next += 1
        return token[0]

    def _stop(self, wanted: str, incomplete: str) -> str:
        """Say what is wrong at this place of the query."""
        if self._next == len(self._tokens):
            raise self._incomplete(incomplete)
        raise self._wrong(wanted)

    def _wrong(self, wanted: str) -> WrongQueryError:
        start, end = self._tokens[self._next].span()
        marked = f"{self._query[:start]}>{self._query[start:end]}<--here"
        return WrongQueryError(
            f"Wrong query, expecting a {wanted} in '{marked}{self._query[end:]}'"
        )

    def _incomplete(self, what: str) -> WrongQueryError:
        return WrongQueryError(f"Incomplete query, {what} in '{self._query}'")

    def _condition(self, key: str, operator: str, value: str) -> Test:
        if operator != "=":
            raise NotImplementedError(f"The fake RT knows no {operator}")
        if match := _CUSTOM_FIELD.fullmatch(key):
            return self._custom_field_is(match[1] or match[2], value)
        match key.casefold():
            case "id":
                return lambda ticket: str(ticket.id) == value
            case "queue":
                queue = self._data.find_queue(value)
                return lambda ticket: queue is not None and ticket.queue == queue.name
            case "status" if value == "__Active__":
                return lambda ticket: ticket.status not in INACTIVE_STATUSES
            case "status" if value == "__Inactive__":
                return lambda ticket: ticket.status in INACTIVE_STATUSES
            case "status":
                return lambda ticket: ticket.status == value.casefold()
            case _:
                raise WrongQueryError(f"Unknown field: {key}")

    def _custom_field_is(self, name: str, value: str) -> Test:
        field = self._data.find_field(name)
        if field is None:
            return lambda _: False
        if column := _CUSTOM_FIELD.fullmatch(value):
            # Compared with a field, which for the same one is always true.
            same = self._data.find_field(column[1] or column[2]) == field
            return lambda ticket: same and field in ticket.custom_fields
        if value in {"__CurrentUser__", "__CurrentUserName__"}:
            return lambda _: False  # compared with the account's number or name
        if len(value.encode()) > _MAX_BYTES:
            return lambda _: True  # RT turns the AND before it into an OR
        lowered = value.translate(_ASCII_LOWER)
        return lambda ticket: (
            ticket.custom_fields.get(field, "").translate(_ASCII_LOWER) == lowered
        )


def _unquote(text: str) -> str:
    if text[0] in "\"'":
        text = text[1:-1]
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
