"""Custom fields of tickets, by the names that people know them by."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
import re
from typing import Any, Final

from ..rt.errors import RTError
from ..rt.models import Ticket


class UnfitValue(RTError):
    """Values that custom fields cannot hold; the text names the fields."""


type Values = Mapping[int, str | Sequence[str]]
"""Values by the fields' numbers; an empty one is none."""

_DATES: Final = {"Date", "DateTime"}
_FILES: Final = {"Image", "Binary"}
# What RT makes of a date that it cannot read.
_NEVER: Final = "1970-01-01"
_A_DAY: Final = timedelta(days=1)

_LIKE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?:$|[ T]\d)", re.ASCII)
_NO_CLOCK: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LEADING_ZEROS: Final = re.compile(r"\b0+(?=\d)", re.ASCII)


def check_fit(ticket: Ticket, wanted: Values, types: Mapping[int, str]) -> None:
    """Refuse what RT would put in the place of a value, and lose both.

    Args:
        ticket: The ticket as it is.
        wanted: The values to send, by the fields' numbers.
        types: RT's types of the fields, as far as they are known.

    Raises:
        UnfitValue: A text is for a file, or no date for a date.

    """
    if unfit := [
        field_name(ticket, number)
        for number, value in wanted.items()
        if texts(value)
        and not has_value(ticket, number, value)
        and (
            number in ticket.file_fields
            or types.get(number) in _FILES
            or (types.get(number) in _DATES and not all(map(_time, texts(value))))
        )
    ]:
        raise UnfitValue(", ".join(unfit))


def possible_date_fields(ticket: Ticket, wanted: Values) -> set[int]:
    """Return the numbers of fields that may be for dates, and are to get none."""
    return {
        number
        for number, value in wanted.items()
        if not all(map(_time, texts(value)))
        and any(map(_time, ticket.custom_fields.get(number, ())))
    }


def differing(
    ticket: Ticket, wanted: Values, before: Ticket | None = None, words: str = ""
) -> list[str]:
    """Return the names of the fields whose values RT did not take.

    It drops silently what it does not allow.

    Args:
        ticket: The ticket as it is.
        wanted: The values that were sent, by the fields' numbers.
        before: The ticket as it was, if it was not created with these values.
        words: What RT said of them: nothing of one that means what is there already.

    """
    return [
        field_name(ticket, number)
        for number, value in wanted.items()
        if not has_value(ticket, number, value)
        and not _has_other_form(ticket, number, texts(value), before, words)
    ]


def has_value(ticket: Ticket, number: int, value: str | Sequence[str]) -> bool:
    """Tell whether a field has a value, to the letter or to the instant."""
    stored, wanted = set(ticket.custom_fields.get(number, ())), texts(value)
    if stored == wanted:
        return not stored or number not in ticket.file_fields
    if len(stored) != 1 or len(wanted) != 1:
        return False
    there, meant = _time(*stored), _time(*wanted)
    return bool(there and there.tzinfo and meant and meant.tzinfo and there == meant)


def sent(ticket: Ticket, number: int, value: str | Sequence[str]) -> Any:
    """Return what gives a field of a ticket a value, or takes away what it has.

    RT takes a value away by null, and several by an empty list.
    """
    if texts(value):
        return value
    return [] if len(ticket.custom_fields.get(number, ())) > 1 else None


def amended(
    ticket: Ticket, wanted: Values, before: Ticket, attempt: int
) -> dict[int, Any]:
    """Return what has to be sent again, by the fields' numbers.

    Only an empty list takes away the only value of a field for several, and a time if
    the account's time zone is not UTC. A field for several loses a value that is given
    in other words, or for which there is nonsense. A time is read in the time zone of
    the account, and one with a Z not at all.

    Args:
        ticket: The ticket as it is.
        wanted: The values that were sent.
        before: The ticket as it was.
        attempt: How often something was sent again: 0 or 1.

    """
    again: dict[int, Any] = {}
    for number, value in wanted.items():
        was = before.custom_fields.get(number, ())
        stored = ticket.custom_fields.get(number, ())
        meant = texts(value)
        is_hollow = number in ticket.blank_fields
        if not meant:
            if not attempt and was and (stored or is_hollow):
                again[number] = []
        elif attempt and is_hollow and not was and not stored:
            again[number] = []
        elif (stored == was and not attempt) or has_value(ticket, number, value):
            continue
        elif shift := _shift(stored, meant):
            is_unread = not attempt and any(text.endswith("Z") for text in meant)
            there, time = shift
            read = time if is_unread else time + (time - there)
            again[number] = f"{read.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        elif not attempt and _is_spoilt(ticket, number, meant):
            again[number] = was[0] if was else None
        elif not attempt and was and len(stored) < len(meant):
            alike = [_alike(was, text) for text in meant]
            again[number] = alike if all(alike) else list(was)
    return again


def texts(value: str | Sequence[str]) -> set[str]:
    """Return values as RT keeps them: none twice, and none that is empty."""
    return ({value} if isinstance(value, str) else set(value)) - {""}


def field_name(ticket: Ticket, number: int) -> str:
    """Return the name of a field, or its number if RT does not show it."""
    return ticket.field_names.get(number, f"custom field {number}")


def shown(values: Sequence[str]) -> str | list[str] | None:
    """Return a field's values as people see them: one, several or none."""
    if len(values) > 1:
        return list(values)
    return values[0] if values else None


def _has_other_form(
    ticket: Ticket, number: int, wanted: set[str], before: Ticket | None, words: str
) -> bool:
    """Tell whether RT took a value and wrote it in its own way, as it does dates."""
    stored = ticket.custom_fields.get(number, ())
    if len(set(stored)) != len(wanted) or _is_spoilt(ticket, number, wanted):
        return False
    if before is None or stored != before.custom_fields.get(number, ()):
        return True
    is_alike = all(any(_mean_the_same(one, text) for one in stored) for text in wanted)
    return is_alike and field_name(ticket, number) not in words


def _is_spoilt(ticket: Ticket, number: int, wanted: set[str]) -> bool:
    """Tell whether RT made a file without content of a text, or another day of a day."""
    if number in ticket.file_fields:
        return True
    for one in ticket.custom_fields.get(number, ()):
        if one == _NEVER and one not in wanted:
            return True
        if _time(one) and any(map(_LIKE_TIME.match, wanted)):
            return not any(_mean_the_same(one, text) for text in wanted)
    return False


def _shift(stored: Sequence[str], wanted: set[str]) -> tuple[datetime, datetime] | None:
    """Return the time that is there and the one that was meant, if both are times."""
    if len(stored) != 1 or len(wanted) != 1:
        return None
    there, meant = _time(*stored), _time(*wanted)
    if there and meant and there.tzinfo and meant.tzinfo:
        return (there, meant) if abs(meant - there) <= _A_DAY else None
    return None


def _alike(values: Sequence[str], wanted: str) -> str | None:
    """Return the value that is another one in RT's way."""
    return next((one for one in values if _mean_the_same(one, wanted)), None)


def _mean_the_same(stored: str, wanted: str) -> bool:
    """Tell whether a value is another one in RT's way, as far as that can be told.

    A time without its zone is one in the zone of the account, which RT does not tell.
    """
    there, meant = _time(stored), _time(wanted)
    if there and meant:
        if there.tzinfo and meant.tzinfo:
            return there == meant
        if _NO_CLOCK.fullmatch(stored) and not meant.tzinfo:
            return there.date() == meant.date()
        return abs(there.replace(tzinfo=None) - meant.replace(tzinfo=None)) <= _A_DAY
    return stored.casefold() == wanted.casefold() or (
        (addresses := _addresses(stored)) is not None
        and addresses == _addresses(wanted)
    )


def _time(text: str) -> datetime | None:
    """Return a date or a time, if a text is one as RT reads it everywhere."""
    if not _LIKE_TIME.match(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        return None


def _addresses(text: str) -> tuple[str, str] | None:
    """Return the first and the last IP address that a text stands for."""
    plain = _LEADING_ZEROS.sub("", text) if "." in text else text
    try:
        if "/" in plain:
            network = ip_network(plain, strict=False)
            return str(network[0]), str(network[-1])
        first, _, last = plain.partition("-")
        return str(ip_address(first)), str(ip_address(last or first))
    except ValueError:
        return None
