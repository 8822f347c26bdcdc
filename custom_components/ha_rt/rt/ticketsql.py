"""TicketSQL, RT's query language, built from values and never from strings.

https://docs.bestpractical.com/rt/5.0.3/query_builder.html
"""

from collections.abc import Iterable
from datetime import timedelta
from math import ceil
import unicodedata

from .errors import Unsearchable
from .text import whole

# RT keeps a custom field's value in a column of this size; a longer value goes
# to another column, and comparing that one turns the query's AND into OR.
MAX_VALUE_BYTES = 255

ACTIVE = "__Active__"
CLOSED = 'Status = "__Inactive__"'
NOBODY = "Nobody"
NOTHING = "id = 0"

_NONCHARACTERS = frozenset(
    map(
        chr,
        [
            *range(0xFDD0, 0xFDF0),
            *(plane + 0xFFFE for plane in range(0, 0x110000, 0x10000)),
            *(plane + 0xFFFF for plane in range(0, 0x110000, 0x10000)),
        ],
    )
)

_DOTTED_I = "\u0130"

# RT takes these for the name of a column, and replaces these by the account's own.
_COLUMN_PREFIX = "cf."
_PLACEHOLDERS = frozenset({"__currentuser__", "__currentusername__"})


def check_value(value: str, what: str = "") -> None:
    """Refuse a custom field's value that RT cannot store whole and find again.

    Args:
        value: Any text, compared by RT as it is, except for upper and lower case.
        what: What the value is, for the error.

    Raises:
        Unsearchable: RT would cut the value, find nothing, or find other tickets.

    """
    if not value.strip():
        raise Unsearchable(Unsearchable.EMPTY, what)
    # Surrogates cannot be sent, NUL ends a value on PostgreSQL, and RT replaces
    # what Unicode keeps for programs themselves.
    if any(
        unicodedata.category(character) in {"Cc", "Cs"} or character in _NONCHARACTERS
        for character in value
    ):
        raise Unsearchable(Unsearchable.CONTROL_CHARACTER, what)
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise Unsearchable(Unsearchable.TOO_LONG, what)
    if _is_misread(value):
        raise Unsearchable(Unsearchable.QUOTE_AND_BACKSLASH, what)
    if _is_reserved(value):
        raise Unsearchable(Unsearchable.RESERVED, what)
    # RT 5.0.10 never finds it on MariaDB.
    if "''" in value:
        raise Unsearchable(Unsearchable.TWO_APOSTROPHES, what)


def quote(value: str) -> str:
    """Return a value as a TicketSQL string."""
    return '"' + whole(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def custom_field_is(field: int, value: str) -> str:
    """Return the condition that a custom field has a value.

    Args:
        field: The field's number.
        value: The value; RT finds it in upper and lower case alike, and may find more.

    Raises:
        Unsearchable: RT cannot find this value.

    """
    check_value(value)
    name = quote(f"CF.{{{field}}}")
    if _DOTTED_I not in value:
        return f"{name} = {quote(value)}"
    # PostgreSQL makes another lower case of it than RT does, and none is equal.
    pattern = quote(value.replace("\\", "_"))
    return all_of(f"{name} STARTSWITH {pattern}", f"{name} ENDSWITH {pattern}")


def custom_field_is_empty(field: int) -> str:
    """Return the condition that a custom field, by its number, has no value."""
    return f"{quote(f'CF.{{{field}}}')} IS NULL"


def queue_is(queue: int) -> str:
    """Return the condition that a ticket is in the queue with this number."""
    return f"Queue = {queue}"


def queue_is_not(queue: int) -> str:
    """Return the condition that a ticket is not in the queue with this number."""
    return f"Queue != {queue}"


def id_is(ticket_id: int) -> str:
    """Return the condition that a ticket has this number."""
    return f"id = {ticket_id}"


def id_in(ids: Iterable[int]) -> str:
    """Return the condition that a ticket has one of these numbers."""
    return any_of(id_is(ticket_id) for ticket_id in ids)


def id_after(ticket_id: int) -> str:
    """Return the condition that a ticket was created after another one."""
    return f"id > {ticket_id}"


def status_in(statuses: Iterable[str]) -> str:
    """Return the condition that a ticket has one of these statuses.

    TicketSQL has no IN. Without statuses: every one that the lifecycle of the
    ticket's queue counts as initial or active.
    """
    return any_of(_is("Status", s) for s in list(statuses) or [ACTIVE])


def status_not_in(statuses: Iterable[str]) -> str:
    """Return the condition that a ticket has none of these statuses."""
    return all_of(
        *("id > 0" if _is_unknown(s) else f"Status != {quote(s)}" for s in statuses)
    )


def owner_is(login: str) -> str:
    """Return the condition that a user owns a ticket, or nobody for no login."""
    return _is("Owner", login or NOBODY)


def text_contains(text: str) -> str:
    """Return the condition that a subject or, with an index, a message has a text.

    RT finds nothing in messages unless its full text search is set up.
    """
    if "\0" in text:
        return NOTHING
    # Anything may stand before it anyway, so that RT takes no text for a column.
    pattern = f"%{text}" if _is_reserved(text) else text
    return any_of(_like(field, pattern) for field in ("Subject", "Content"))


def created_within(time: timedelta) -> str:
    """Return the condition that a ticket was created at most some time ago."""
    return f"Created > {_ago(time)}"


def updated_within(time: timedelta) -> str:
    """Return the condition that something happened to a ticket some time ago or less."""
    return f"LastUpdated > {_ago(time)}"


def resolved_within(time: timedelta) -> str:
    """Return the condition that a ticket was closed at most some time ago."""
    return f"Resolved > {_ago(time)}"


def _is(field: str, value: str) -> str:
    """Return the condition that a field has a value; none has what RT mistakes."""
    return NOTHING if _is_unknown(value) else f"{field} = {quote(value)}"


def _like(field: str, pattern: str) -> str:
    """Return the condition that a field holds a pattern.

    A backslash is an escape on some of RT's databases and a character on others: it is
    looked for as either, and as any character, for one that escapes leaves no gap.
    """
    if _is_misread(pattern):
        pattern = pattern.replace("\\", "_")
    ways = [pattern, pattern.replace("\\", "\\\\"), pattern.replace("\\", "_")]
    plain, escaped, gap = (f"{field} LIKE {quote(way)}" for way in ways)
    return all_of(any_of([plain, escaped]), gap) if "\\" in pattern else plain


def _is_reserved(value: str) -> bool:
    """Tell whether RT takes a value for something else, or its database for its end."""
    folded = value.casefold()
    return (
        folded.startswith(_COLUMN_PREFIX) or folded in _PLACEHOLDERS or "\0" in folded
    )


def _is_misread(value: str) -> bool:
    """Tell whether PostgreSQL takes what RT makes of a value for an error of syntax.

    RT then finds nothing, and says no more.
    """
    return {"'", "\\"} <= set(value)


def _is_unknown(value: str) -> bool:
    """Tell whether RT cannot be asked for a value, which nothing there has."""
    return _is_reserved(value) or _is_misread(value)


def _ago(time: timedelta) -> str:
    """Return a time in the past.

    Only a relative time is the same in the time zone of every account, and RT takes
    "1440 minutes ago" for a time of day.
    """
    return f'"-{ceil(time.total_seconds())} seconds"'


def all_of(*conditions: str) -> str:
    """Join conditions that all have to be met.

    Between one pair of parentheses, RT takes the last AND or OR for all of them.
    """
    return "(" + " AND ".join(conditions) + ")"


def any_of(conditions: Iterable[str]) -> str:
    """Join conditions of which one has to be met."""
    return "(" + " OR ".join(conditions) + ")"
