"""TicketSQL: each query finds what it is for, and nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.ha_rt.rt import ticketsql
from custom_components.ha_rt.rt.errors import Unsearchable
from tests.fake_rt.data import Data
from tests.fake_rt.ticketsql import compile_query

FIELD = 2

VALUES = [
    "binary_sensor.leak",
    "a b",
    " a b ",
    "a  b",
    'a"b',
    "a'b",
    "a\\b",
    "a\\\\b",
    "a\\",
    'a\\"b',
    '"',
    "'",
    "\\",
    '""',
    '\\"',
    'x" OR Queue = "General',
    "x' OR Queue = 'General",
    'x" OR id > 0 OR "a" = "a',
    '"} = "x" OR "CF.{DeviceId',
    "a(b)c",
    "{a}",
    "%",
    "_",
    "a%",
    "NULL",
    "0",
    "-5",
    "007",
    "a cf.b",
    "cf",
    "xCF.{2}",
    "__CurrentUser__ x",
    "AND",
    "Büro 設備 💧",
    "ÜBER İ",
    "İ\\_%",
    "u\u0308",
    "a\u00a0b",
    "a\u200bb",
    "\ufeffa",
    "x" * ticketsql.MAX_VALUE_BYTES,
    "ü" * 127 + "x",
]


def found(data: Data, query: str) -> list[int]:
    """Return the numbers of the tickets that a query finds."""
    matches = compile_query(data, query)
    return [number for number, ticket in data.tickets.items() if matches(ticket)]


@pytest.fixture
def data() -> Data:
    """Return one ticket per value, and one without."""
    data = Data()
    for value in VALUES:
        data.add_ticket(value)
    data.add_ticket()
    return data


@pytest.mark.parametrize(("number", "value"), enumerate(VALUES, 1))
def test_value(data: Data, number: int, value: str) -> None:
    """Each value finds its own ticket and no other."""
    query = ticketsql.custom_field_is(FIELD, value)
    assert found(data, query) == [number]
    in_queue = ticketsql.all_of(query, ticketsql.queue_is(3), ticketsql.status_in([]))
    assert found(data, in_queue) == [number]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", Unsearchable.EMPTY),
        (" \u00a0\u2003", Unsearchable.EMPTY),
        ("\n", Unsearchable.EMPTY),
        ("a\nb", Unsearchable.CONTROL_CHARACTER),
        ("a\tb", Unsearchable.CONTROL_CHARACTER),
        ("a\0b", Unsearchable.CONTROL_CHARACTER),
        ("a\x7f", Unsearchable.CONTROL_CHARACTER),
        ("a\x85b", Unsearchable.CONTROL_CHARACTER),
        ("a\ud800b", Unsearchable.CONTROL_CHARACTER),
        ("a\ufdd0b", Unsearchable.CONTROL_CHARACTER),
        ("a\ufdefb", Unsearchable.CONTROL_CHARACTER),
        ("a\ufffeb", Unsearchable.CONTROL_CHARACTER),
        ("a\U0010ffff", Unsearchable.CONTROL_CHARACTER),
        ("x" * 256, Unsearchable.TOO_LONG),
        ("ü" * 128, Unsearchable.TOO_LONG),
        ("cf.1234", Unsearchable.RESERVED),
        ("CF.{DeviceId}", Unsearchable.RESERVED),
        ("Cf.", Unsearchable.RESERVED),
        ("__CurrentUser__", Unsearchable.RESERVED),
        ("__currentusername__", Unsearchable.RESERVED),
        ("it's c:\\x", Unsearchable.QUOTE_AND_BACKSLASH),
        ("\\'", Unsearchable.QUOTE_AND_BACKSLASH),
        ("a''b", Unsearchable.TWO_APOSTROPHES),
    ],
)
def test_refused_value(value: str, reason: str) -> None:
    """A value that RT would cut, or take for something else, is refused."""
    with pytest.raises(Unsearchable) as info:
        ticketsql.check_value(value)
    assert info.value.reason == reason
    assert not info.value.unconfirmed
    with pytest.raises(Unsearchable):
        ticketsql.custom_field_is(FIELD, value)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], [1, 2, 3]),
        (["new"], [1]),
        (["new", "stalled", 'odd "status"'], [1, 3, 5]),
        (["resolved"], [4]),
    ],
)
def test_statuses(statuses: list[str], expected: list[int]) -> None:
    """Without statuses, all that RT counts as active are meant."""
    data = Data()
    for status in ("new", "open", "stalled", "resolved", 'odd "status"'):
        data.add_ticket(status=status)
    data.tickets[5].status = 'odd "status"'
    query = ticketsql.status_in(iter(statuses))
    assert [n for n in found(data, query) if statuses or n < 5] == expected


def test_joined() -> None:
    """Alternatives keep together, wherever they stand among other conditions."""
    data = Data()
    data.add_ticket(queue="General", status="resolved")
    data.add_ticket(queue="General")
    data.add_ticket(queue="Facility Management")
    data.add_ticket(queue="General", status="open")
    either = ticketsql.any_of([ticketsql.id_is(1), ticketsql.id_is(2)])
    new = ticketsql.status_in(["new", "open"])
    in_queue = ticketsql.queue_is(1)
    for conditions in (
        (either, new, in_queue),
        (in_queue, either, new),
        (new, in_queue, either),
    ):
        assert found(data, ticketsql.all_of(*conditions)) == [2]
    assert found(data, either) == [1, 2]


def test_not_these_statuses() -> None:
    """Statuses can be excluded, written in any case."""
    data = Data()
    for status in ("new", "open", "stalled", "resolved"):
        data.add_ticket(status=status)
    assert found(data, ticketsql.status_not_in(["New", "stalled"])) == [2, 4]


def test_numbers() -> None:
    """Tickets are found by several numbers, and by being newer than another."""
    data = Data()
    for _ in range(5):
        data.add_ticket()
    first, second = ticketsql.id_in([4, 2, 99]), ticketsql.id_after(3)
    assert found(data, first) == [2, 4]
    assert found(data, second) == [4, 5]
    assert found(data, ticketsql.all_of(first, second)) == [4]


def test_owner() -> None:
    """No login stands for nobody."""
    data = Data()
    data.add_account("alice")
    data.add_ticket().owner = "alice"
    data.add_ticket()
    assert found(data, ticketsql.owner_is("Alice")) == [1]
    assert found(data, ticketsql.owner_is("")) == [2]
    assert found(data, ticketsql.owner_is('" OR id > 0 OR "a" = "a')) == []
    assert found(data, ticketsql.owner_is("alice\0")) == []
    assert found(data, ticketsql.owner_is("'\\")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("leak", [1, 2]),
        ('"', [2]),
        ("\\", [3, 4]),
        ("'s\\", [4]),
        ('" OR id > 0 OR "a" = "a', []),
        ("", [1, 2, 3, 4]),
    ],
)
def test_text(text: str, expected: list[int]) -> None:
    """A text is found in subjects, in any case."""
    data = Data()
    for subject in ("Leak", 'A "leak"', "C:\\", "It's\\"):
        data.add_ticket(subject=subject)
    assert found(data, ticketsql.text_contains(text)) == expected


@pytest.mark.parametrize(
    "condition", [ticketsql.created_within, ticketsql.resolved_within]
)
@pytest.mark.parametrize(
    "age",
    [
        timedelta(seconds=1440),
        timedelta(minutes=90),
        timedelta(hours=24),
        timedelta(days=7),
        timedelta(days=366, hours=1),
    ],
)
def test_ages(condition: Callable[[timedelta], str], age: timedelta) -> None:
    """An age is exact, in any unit and in the account's time zone."""
    data = Data()
    now = data.now()
    data.clock = lambda: now
    data.add_ticket(status="new")
    for second in (1, 0, -1):
        ticket = data.add_ticket(status="resolved")
        ticket.created = ticket.resolved = now - age - timedelta(seconds=second)
    data.tickets[1].created = datetime.fromtimestamp(1, UTC)
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        matches = compile_query(data, condition(age), zone)
        assert [t.id for t in data.tickets.values() if matches(t)] == [4]
