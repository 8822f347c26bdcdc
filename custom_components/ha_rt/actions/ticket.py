"""What the actions on a known ticket take."""

from collections.abc import Mapping
from typing import Any

from ..data import HaRtData
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
    return found.ticket_id


def owner_of(arguments: Mapping[str, Any]) -> str | None:
    """Return the login that an action gives, empty for nobody, or None."""
    owner: str | None = arguments.get(Argument.OWNER)
    if owner is None:
        return None
    owner = owner.strip()
    return "" if owner.casefold() == NOBODY.casefold() else owner
