"""Custom fields of tickets, by the names that people know them by."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .rt.models import Queue, Ticket


def numbered(
    queue: Queue, values: Mapping[str, Any], reserved: Collection[int]
) -> dict[int, str | list[str]]:
    """Return values of custom fields by the fields' numbers.

    Args:
        queue: The queue that the fields have to apply to.
        values: Values by the fields' names, in upper or lower case; lists for fields
            that take several.
        reserved: Numbers of the fields that only this integration fills.

    Raises:
        ServiceValidationError: A field does not apply to the queue, or is reserved.

    """
    numbers = {name: queue.custom_field(name) for name in values}
    if unknown := [name for name, number in numbers.items() if number is None]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unknown_custom_fields",
            translation_placeholders={
                "fields": ", ".join(unknown),
                "queue": queue.name,
            },
        )
    if kept := [name for name, number in numbers.items() if number in reserved]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="reserved_custom_field",
            translation_placeholders={"fields": ", ".join(kept)},
        )
    return {
        number: (
            # An empty text would become a value beside the others.
            [text for one in value if (text := _text(one))]
            if isinstance(value, list)
            else _text(value)
        )
        for name, value in values.items()
        if (number := numbers[name]) is not None
    }


def differing(
    ticket: Ticket,
    wanted: Mapping[int, str | Sequence[str]],
    before: Ticket | None = None,
) -> list[str]:
    """Return the names of the fields whose values RT did not take.

    It drops silently what it does not allow.

    Args:
        ticket: The ticket as it is.
        wanted: The values that were sent, by the fields' numbers.
        before: The ticket as it was, if it was not created with these values.

    """
    return [
        field_name(ticket, number)
        for number, value in wanted.items()
        if not has_value(ticket, number, value)
        and not _has_other_form(ticket, number, value, before)
    ]


def has_value(ticket: Ticket, number: int, value: str | Sequence[str]) -> bool:
    """Tell whether a field has a value; RT may write it in upper or lower case."""
    return _folded(ticket.custom_fields.get(number, ())) == _folded(value)


def field_name(ticket: Ticket, number: int) -> str:
    """Return the name of a field, or its number if RT does not show it."""
    return ticket.field_names.get(number, f"custom field {number}")


def shown(values: Sequence[str]) -> str | list[str] | None:
    """Return a field's values as people see them: one, several or none."""
    if len(values) > 1:
        return list(values)
    return values[0] if values else None


def _has_other_form(
    ticket: Ticket, number: int, value: str | Sequence[str], before: Ticket | None
) -> bool:
    """Tell whether RT took a value and wrote it in its own way, as it does dates."""
    stored = ticket.custom_fields.get(number, ())
    if len(_folded(stored)) != len(_folded(value)):
        return False
    return before is None or stored != before.custom_fields.get(number, ())


def _folded(value: str | Sequence[str]) -> set[str]:
    """Return values as RT compares them; it keeps no double and no empty one."""
    values = [value] if isinstance(value, str) else value
    return {one.casefold() for one in values} - {""}


def _text(value: Any) -> str:
    """Return a value as RT takes it; none empties the field."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
