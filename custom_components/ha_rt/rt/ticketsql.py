"""Build queries in TicketSQL, RT's query language, with all values quoted.

https://docs.bestpractical.com/rt/5.0.3/query_builder.html
"""

from collections.abc import Iterable
from datetime import timedelta
from math import ceil
import unicodedata

from .errors import Unsearchable
from .text import join_surrogates

# The size of the column for a custom field's value. RT stores a longer value in another
# column, and comparing that one turns the query's AND into OR.
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

# RT takes a value with this prefix for the name of a column, and replaces the
# placeholders by the account's own number and name.
_COLUMN_PREFIX = "cf."
_PLACEHOLDERS = frozenset({"__currentuser__", "__currentusername__"})


def check_value(value: str, what: str = "") -> None:
    """Check that RT can store a custom field's value completely and find it again.

    Args:
        value: Any text. RT compares it as it is, but ignores case.
        what: What the value is, such as a field's name, for the error.

    Raises:
        Unsearchable: RT would truncate the value, find nothing, or find other
            tickets.

    """
    if not value.strip():
        raise Unsearchable(Unsearchable.EMPTY, what)
    # Surrogates cannot be sent, NUL ends a value on PostgreSQL, and RT replaces
    # noncharacters.
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
    # RT 5.0.10 does not find them on MariaDB.
    if "''" in value:
        raise Unsearchable(Unsearchable.TWO_APOSTROPHES, what)


def quote(value: str) -> str:
    """Return a value as a TicketSQL string."""
    return '"' + join_surrogates(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def custom_field_is(field: int, value: str) -> str:
    """Return the condition that a custom field has a value.

    Args:
        field: The field's number.
        value: The value. RT ignores case and may find further tickets.

    Raises:
        Unsearchable: RT cannot find this value.

    """
    check_value(value)
    name = quote(f"CF.{{{field}}}")
    if _DOTTED_I not in value:
        return f"{name} = {quote(value)}"
    # PostgreSQL and RT convert it to different lower case, so that = finds nothing.
    pattern = quote(value.replace("\\", "_"))
    return all_of(f"{name} STARTSWITH {pattern}", f"{name} ENDSWITH {pattern}")


def custom_field_is_empty(field: int) -> str:
    """Return the condition that the custom field with this number has no value."""
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
    """Return the condition that a ticket has a higher number, so was created later."""
    return f"id > {ticket_id}"


def status_in(statuses: Iterable[str]) -> str:
    """Return the condition that a ticket has one of these statuses.

    TicketSQL has no IN.

    Args:
        statuses: Names of statuses. If there are none, all statuses that the lifecycle
            of the ticket's queue counts as initial or active.

    """
    return any_of(_is("Status", s) for s in list(statuses) or [ACTIVE])


def status_not_in(statuses: Iterable[str]) -> str:
    """Return the condition that a ticket has none of these statuses."""
    return all_of(
        *("id > 0" if _is_unknown(s) else f"Status != {quote(s)}" for s in statuses)
    )


def owner_is(login: str) -> str:
    """Return the condition that a user, or Nobody for an empty login, owns a ticket."""
    return _is("Owner", login or NOBODY)


def text_contains(text: str) -> str:
    """Return the condition that the subject or a message of a ticket contains a text.

    RT searches messages only if its full-text search is set up.
    """
    if "\0" in text:
        return NOTHING
    # A leading wildcard changes no result, and RT then takes the text for no column.
    pattern = f"%{text}" if _is_reserved(text) else text
    return any_of(_like(field, pattern) for field in ("Subject", "Content"))


def created_within(period: timedelta) -> str:
    """Return the condition that a ticket was created within a past period."""
    return f"Created > {_ago(period)}"


def updated_within(period: timedelta) -> str:
    """Return the condition that a ticket was updated within a past period."""
    return f"LastUpdated > {_ago(period)}"


def resolved_within(period: timedelta) -> str:
    """Return the condition that a ticket was resolved within a past period."""
    return f"Resolved > {_ago(period)}"


def _is(field: str, value: str) -> str:
    """Return the condition that a field has a value, never met if RT misreads it."""
    return NOTHING if _is_unknown(value) else f"{field} = {quote(value)}"


def _like(field: str, pattern: str) -> str:
    """Return the condition that a field contains a pattern.

    In a pattern, a backslash is an escape character on some of RT's databases and a
    plain one on others: the condition allows both, and also requires any character in
    its place, because an escape character matches none.
    """
    if _is_misread(pattern):
        pattern = pattern.replace("\\", "_")
    patterns = [pattern, pattern.replace("\\", "\\\\"), pattern.replace("\\", "_")]
    plain, escaped, any_character = (f"{field} LIKE {quote(p)}" for p in patterns)
    if "\\" not in pattern:
        return plain
    return all_of(any_of([plain, escaped]), any_character)


def _is_reserved(value: str) -> bool:
    """Return whether RT takes a value for a column or placeholder, or NUL cuts it."""
    folded = value.casefold()
    return (
        folded.startswith(_COLUMN_PREFIX) or folded in _PLACEHOLDERS or "\0" in folded
    )


def _is_misread(value: str) -> bool:
    """Return whether RT's quoting of a value is a syntax error on PostgreSQL.

    RT then returns no tickets and no error.
    """
    return {"'", "\\"} <= set(value)


def _is_unknown(value: str) -> bool:
    """Return whether RT cannot search for a value; no status or user has such a one."""
    return _is_reserved(value) or _is_misread(value)


def _ago(period: timedelta) -> str:
    """Return the time at which a past period began, for RT.

    A relative time does not depend on the account's time zone. It is in seconds, as RT
    takes "1440 minutes ago" for a time of day.
    """
    return f'"-{ceil(period.total_seconds())} seconds"'


def all_of(*conditions: str) -> str:
    """Return the condition that all conditions are met.

    Within one pair of parentheses, RT applies the last AND or OR to all conditions.
    """
    return "(" + " AND ".join(conditions) + ")"


def any_of(conditions: Iterable[str]) -> str:
    """Return the condition that at least one condition is met."""
    return "(" + " OR ".join(conditions) + ")"
