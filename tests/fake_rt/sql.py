"""The grammar of TicketSQL and TransactionSQL as RT reads it (lib/RT/SQL.pm)."""

from collections.abc import Callable, Iterable
import operator
import re
from typing import Any

type Test[T] = Callable[[T], bool]
type Condition[T] = Callable[[str, str, str], Test[T]]
"""Returns the test that a key, an operator and a value stand for."""

_QUOTED = r""""(?:[^\\"]|\\.)*"|'(?:[^\\']|\\.)*'"""
_FIELD = r"CF\.\{.+?\}"
_OPERATOR = (
    r"!=|>=|<=|=|>|<|IS\s+NOT|IS|NOT\s+LIKE|LIKE|NOT\s+STARTSWITH|STARTSWITH|ENDSWITH"
)
_WORD = r"[{}\w.]+"
# In RT's order; what is between tokens is skipped, whatever it is.
_TOKEN = re.compile(
    rf"(AND|OR)|({_OPERATOR})|({_FIELD}|{_WORD}|{_QUOTED}|[+-]?\d+)|(\()|(\))",
    re.IGNORECASE | re.DOTALL,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class WrongQueryError(Exception):
    """What RT says of a query that it does not understand."""


class Parser[T]:
    """Reads `condition (AND|OR condition)*`, with parentheses.

    Of AND and OR side by side, RT takes the last one for all of them. What all that
    matches the query meets is in `certain`.
    """

    def __init__(self, query: str, condition: Condition[T]) -> None:
        """Cut the query into tokens."""
        self._query = query
        self._condition = condition
        self._tokens = list(_TOKEN.finditer(query))
        self._next = 0
        self.certain: list[tuple[str, str, str]] = []
        """Conditions: key, operator and value."""

    def parse(self) -> Test[T]:
        """Return the test of the whole query."""
        test = self._several()
        if self._next < len(self._tokens):
            raise self._wrong("AGGREGATOR")
        return test

    def _several(self) -> Test[T]:
        before = len(self.certain)
        tests = [self._one()]
        joined: Callable[[Iterable[bool]], bool] = all
        while aggregator := self._take("aggregator"):
            joined = all if aggregator.upper() == "AND" else any
            tests.append(self._one())
        if joined is any:
            del self.certain[before:]
        return lambda record: joined(test(record) for test in tests)

    def _one(self) -> Test[T]:
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
        wanted = self._take("operator") or self._stop("OPERATOR", last("KEYWORD"))
        value = self._take("word") or self._stop("VALUE", last("OPERATOR"))
        condition = _unquote(key), " ".join(wanted.upper().split()), _unquote(value)
        self.certain.append(condition)
        return self._condition(*condition)

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


def compare(symbol: str, left: Any, right: Any) -> bool:
    """Compare two values."""
    if symbol not in _COMPARISONS:
        raise NotImplementedError(f"The fake RT knows no {symbol} here")
    return _COMPARISONS[symbol](left, right)


def text_test(symbol: str, text: str, value: str) -> bool:
    """Compare two texts, in upper and lower case alike."""
    text, value = text.casefold(), value.casefold()
    pattern = re.escape(value).replace("%", ".*").replace("_", ".")
    if symbol == "STARTSWITH":
        return re.match(pattern, text, re.DOTALL) is not None
    if symbol == "ENDSWITH":
        return re.search(rf"(?:{pattern})\Z", text, re.DOTALL) is not None
    if symbol.endswith("LIKE"):
        found = re.search(pattern, text, re.DOTALL) is not None
        return found is (symbol == "LIKE")
    return compare(symbol, text, value)


def _unquote(text: str) -> str:
    if text[0] in "\"'":
        text = text[1:-1]
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
