"""TransactionSQL, RT's query language for what happened to tickets.

It is TicketSQL with other fields; conditions are joined as in ticketsql.
"""

from collections.abc import Iterable

from .ticketsql import all_of, any_of

# RT puts the account's own number in the first one's place. The second is RT
# itself, which acts when a rule does.
BY_PEOPLE = all_of('Creator != "__CurrentUser__"', 'Creator != "RT_System"')

CREATION = 'Type = "Create"'
COMMENT = 'Type = "Comment"'
CORRESPONDENCE = 'Type = "Correspond"'
MERGE = all_of('Type = "AddLink"', 'Field = "MergedInto"')
_CHANGE = 'Type = "Set"'
# RT records each change of the owner twice, the other time as SetWatcher.
OWNER_CHANGE = all_of(_CHANGE, 'Field = "Owner"')
RESPONSE = any_of([CORRESPONDENCE, OWNER_CHANGE])
STATUS_CHANGE = 'Type = "Status"'


def on_tickets(first: int, last: int) -> str:
    """Return the condition that it happened to a ticket with one of these numbers."""
    # Numbers of other things are the same.
    return all_of(
        'ObjectType = "RT::Ticket"', f"ObjectId >= {first}", f"ObjectId <= {last}"
    )


def in_queue(queue: int) -> str:
    """Return the condition that the ticket is in the queue with this number."""
    return f"TicketQueue = {queue}"


def after(transaction: int) -> str:
    """Return the condition that it happened after another transaction."""
    return f"id > {transaction}"


def happened_in(queue: int, fields: Iterable[int], *, with_comments: bool) -> str:
    """Return the condition that a watcher of a queue has to know of it.

    RT leaves out what the account may not see after it has cut the pages, so that
    only what it sees all of may be asked for.

    Args:
        queue: The queue's number. Tickets that leave it belong to it, too.
        fields: The numbers of the custom fields that the account sees.
        with_comments: Whether the account sees comments.

    """
    left = all_of(_CHANGE, 'Field = "Queue"', f'OldValue = "{queue}"')
    kinds = [CREATION, STATUS_CHANGE, _CHANGE, CORRESPONDENCE, MERGE]
    if with_comments:
        kinds.append(COMMENT)
    kinds += [all_of('Type = "CustomField"', f"Field = {field}") for field in fields]
    return all_of(
        'ObjectType = "RT::Ticket"',
        'TicketType = "ticket"',  # and not a reminder
        any_of([in_queue(queue), left]),
        any_of(kinds),
    )
