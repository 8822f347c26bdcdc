"""What the actions on a known ticket take."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.exceptions import ServiceValidationError

from ..const import DOMAIN
from ..data import HaRtData
from ..rt.people import numbers
from ..rt.ticketsql import NOBODY
from .common import Argument, nothing_open, target_of


async def async_ticket_id(data: HaRtData, arguments: Mapping[str, Any]) -> int:
    """Return the number of the ticket that an action is about.

    Raises:
        ServiceValidationError: It is not told, or the key has no open ticket.
        RTError: See the errors of `rt`.

    """
    target = target_of(data, arguments)
    if isinstance(target, int):
        return target
    if not (found := await data.desk.find(target)):
        raise nothing_open(target)
    return found.shown().id


def people_of(arguments: Mapping[str, Any], role: Argument) -> list[str]:
    """Return the people that an action gives in a role.

    Raises:
        ServiceValidationError: One is a number, which could be anybody's.

    """
    people: list[str] = arguments[role]
    _check_people(people, role)
    return people


def owner_of(arguments: Mapping[str, Any]) -> str | None:
    """Return the login that an action gives, empty for nobody, or None.

    Raises:
        ServiceValidationError: It is a number, which could be anybody's.

    """
    owner: str | None = arguments.get(Argument.OWNER)
    if owner is None:
        return None
    _check_people([owner], Argument.OWNER)
    owner = owner.strip()
    return "" if owner.casefold() == NOBODY.casefold() else owner


def _check_people(people: Iterable[str], role: Argument) -> None:
    """Refuse numbers: RT takes them for those of its users and groups."""
    if found := [number for text in people for number in numbers(text)]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="people_by_number",
            translation_placeholders={"field": role, "numbers": ", ".join(found)},
        )
