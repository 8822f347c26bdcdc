"""When a ticket is due, and when people first responded to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from .rt import transactionsql
from .rt.client import RTClient
from .rt.models import Ticket
from .rt.ticketsql import all_of
from .severity import Severity


def due(
    ticket: Ticket, severity: Severity | None, limits: Mapping[Severity, timedelta]
) -> datetime | None:
    """Return when a ticket is to be resolved: by RT, or else by its severity.

    Args:
        ticket: The ticket.
        severity: How bad its problem is.
        limits: How long after its creation a ticket without a due date is due.

    """
    if ticket.due or not ticket.created or not severity or severity not in limits:
        return ticket.due
    return ticket.created + limits[severity]


async def first_responses(
    client: RTClient, queue: int, first: int, last: int
) -> dict[int, datetime]:
    """Return when somebody other than the account first responded to tickets.

    A response is a correspondence or a change of the owner.

    Args:
        client: The account.
        queue: Number of the tickets' queue.
        first: The least number of a ticket.
        last: The greatest number of a ticket.

    Returns:
        Times by the number of the ticket.

    Raises:
        RTError: See the errors of `rt`.

    """
    responses: dict[int, datetime] = {}
    pages = client.transactions(
        all_of(
            transactionsql.on_tickets(first, last),
            transactionsql.in_queue(queue),
            transactionsql.BY_PEOPLE,
            transactionsql.RESPONSE,
        )
    )
    async for page in pages:
        for response in page:
            if response.created:
                responses.setdefault(response.ticket, response.created)
    return responses


def minutes(time: timedelta) -> int:
    """Return a time in whole minutes; clocks that were set back count as none."""
    return max(0, int(time.total_seconds() // 60))
