"""Two tickets for one key, created at the same moment by two who share it.

Home Assistants that report into one queue do not know of each other. Each looks again
after it has created a ticket; the later one of them sees both.
"""

from dataclasses import replace
import logging

from ..model.key import Key
from ..model.report import Outcome
from ..model.settings import Duplicates
from ..rt.client import RTClient
from ..rt.errors import NotChanged, RTError
from .changes import Changes, change
from .lookup import TicketLookup

_LOGGER = logging.getLogger(__name__)


async def join_duplicates(
    client: RTClient, lookup: TicketLookup, key: Key, created: Outcome, how: Duplicates
) -> Outcome:
    """Link or merge the younger of a key's open tickets, if there are several.

    The report has its ticket, whatever becomes of this.

    Args:
        client: The account to write as.
        lookup: Knows the key's tickets.
        key: Whose tickets.
        created: What became of the report: the ticket that was just created.
        how: What to do with the younger ones.

    Returns:
        What became of the report, with the ticket that it is in now.

    """
    if how is Duplicates.KEEP:
        return created
    try:
        numbers = [ticket.id for ticket in await lookup.open_tickets(key)]
        if created.ticket_id not in numbers:
            return created  # RT has lost its key, or somebody was very quick
        oldest, *younger = numbers
        for number in younger:
            if how is Duplicates.MERGE:
                await _merge(client, lookup, number, oldest)
            else:
                changes = Changes(refers_to=[str(oldest)])
                await change(client, number, changes)
    except RTError as err:
        _LOGGER.warning(
            "Other tickets of %s could not be joined with #%s: %s",
            key.label(),
            created.ticket_id,
            err.brief,
        )
        return created
    if younger:
        lookup.index.record(str(key), oldest, had_key=True)
    if how is Duplicates.MERGE and created.ticket_id in younger:
        return replace(created, ticket_id=oldest)
    return created


async def _merge(
    client: RTClient, lookup: TicketLookup, number: int, target: int
) -> None:
    """Merge a ticket into an open one, and see that RT did."""
    # Into one that is closed or deleted, both would vanish.
    if not await lookup.context.lifecycle.is_open(await client.ticket(target)):
        raise NotChanged(f"#{target} is not open any more")
    words = await client.update_ticket(number, {"MergeInto": target})
    if (await client.ticket(number)).id != target:
        raise NotChanged(f"#{number} is not merged into #{target}: {words}")
