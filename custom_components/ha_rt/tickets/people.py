"""Sees who of the people a ticket was created with is on it."""

from collections.abc import Iterable, Mapping
import logging

from ..rt.client import RTClient
from ..rt.errors import RTError
from ..rt.models import NewTicket, Ticket
from ..rt.people import parse_people

_LOGGER = logging.getLogger(__name__)


async def missing_people(client: RTClient, ticket: Ticket, new: NewTicket) -> list[str]:
    """Return who is not on a ticket of those it was created with.

    RT drops whom it does not know, and says nothing. It shows people by their logins,
    however they were given: only if somebody seems to be missing, it is asked for
    their addresses.

    Args:
        client: The account to look as.
        ticket: The ticket as it is.
        new: What it was created from.

    Returns:
        The role and who is missing in it, but for an owner, who is the only one.

    """
    missing = _missing(
        {
            "owner": [new.owner] if new.owner else [],
            "requestor": [one for text in new.requestor for one in parse_people(text)],
            "cc": [one for text in new.cc for one in parse_people(text)],
        },
        shown := {
            "owner": [ticket.owner] if ticket.owner else [],
            "requestor": ticket.requestors,
            "cc": ticket.cc,
        },
    )
    if any(shown[role] for role in missing):
        try:
            missing = _missing(missing, await client.people(ticket.id))
        except RTError as err:
            _LOGGER.debug("Reading the people of ticket %s failed: %s", ticket.id, err)
    return [
        role if role == "owner" else f"{role}: {one}"
        for role, people in missing.items()
        for one in people
    ]


def _missing(
    wanted: Mapping[str, Iterable[str]], present: Mapping[str, Iterable[str]]
) -> dict[str, list[str]]:
    """Return who is wanted and not present, by role; RT ignores upper and lower case."""
    missing: dict[str, list[str]] = {}
    for role, people in wanted.items():
        here = {one.casefold() for one in present[role]}
        if absent := [one for one in people if one.casefold() not in here]:
            missing[role] = list(dict.fromkeys(absent))
    return missing
