"""TicketSQL, RT's query language, built from values and never from strings.

https://docs.bestpractical.com/rt/5.0.3/query_builder.html
"""

from collections.abc import Iterable
import unicodedata

from .errors import Unsearchable

# RT keeps a custom field's value in a column of this size; a longer value goes
# to another column, and comparing that one turns the query's AND into OR.
MAX_VALUE_BYTES = 255

ACTIVE = "__Active__"

# RT takes these for the name of a column, and replaces these by the account's own.
_COLUMN_PREFIX = "cf."
_PLACEHOLDERS = frozenset({"__currentuser__", "__currentusername__"})


def check_value(value: str) -> None:
    """Refuse a custom field's value that RT cannot store whole and find again.

    Args:
        value: Any text, compared by RT as it is, except for upper and lower case.

    Raises:
        Unsearchable: RT would cut the value, find nothing, or find other tickets.

    """
    if not value.strip():
        raise Unsearchable(Unsearchable.EMPTY)
    # Surrogates cannot be sent, and NUL ends a value on PostgreSQL.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise Unsearchable(Unsearchable.CONTROL_CHARACTER)
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise Unsearchable(Unsearchable.TOO_LONG)
    folded = value.casefold()
    if folded.startswith(_COLUMN_PREFIX) or folded in _PLACEHOLDERS:
        raise Unsearchable(Unsearchable.RESERVED)
    # A syntax error inside RT on PostgreSQL, reported as "nothing found".
    if "'" in value and "\\" in value:
        raise Unsearchable(Unsearchable.QUOTE_AND_BACKSLASH)


def quote(value: str) -> str:
    """Return a value as a TicketSQL string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def custom_field_is(field: int | str, value: str) -> str:
    """Return the condition that a custom field has a value.

    Args:
        field: The field's number, or its name.
        value: The value; RT finds it in upper and lower case alike.

    Raises:
        Unsearchable: RT cannot find this value.

    """
    check_value(value)
    return f"{quote(f'CF.{{{field}}}')} = {quote(value)}"


def queue_is(queue: int) -> str:
    """Return the condition that a ticket is in the queue with this number."""
    return f"Queue = {queue}"


def id_is(ticket_id: int) -> str:
    """Return the condition that a ticket has this number."""
    return f"id = {ticket_id}"


def status_in(statuses: Iterable[str]) -> str:
    """Return the condition that a ticket has one of these statuses.

    TicketSQL has no IN. Without statuses: every one that the lifecycle of the
    ticket's queue counts as initial or active.
    """
    return any_of(f"Status = {quote(s)}" for s in list(statuses) or [ACTIVE])


def all_of(*conditions: str) -> str:
    """Join conditions that all have to be met.

    Between one pair of parentheses, RT takes the last AND or OR for all of them.
    """
    return "(" + " AND ".join(conditions) + ")"


def any_of(conditions: Iterable[str]) -> str:
    """Join conditions of which one has to be met."""
    return "(" + " OR ".join(conditions) + ")"
