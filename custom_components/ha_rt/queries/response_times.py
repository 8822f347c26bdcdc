"""When a ticket is due, and when people first responded to it."""

from datetime import datetime, timedelta

from ..rt import transactionsql
from ..rt.client import RTClient
from ..rt.ticketsql import all_of


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
