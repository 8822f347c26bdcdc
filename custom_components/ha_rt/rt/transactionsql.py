"""TransactionSQL, RT's query language for what happened to tickets.

It is TicketSQL with other fields; conditions are joined as in ticketsql.
"""

from collections.abc import Iterable

from .ticketsql import all_of, any_of

# RT puts the account's own number in the first one's place. The second is RT
# itself, which acts when a rule does.
BY_PEOPLE = all_of('Creator != "__CurrentUser__"', 'Creator != "RT_System"')

# Numbers of other things are the same.
ON_TICKET = 'ObjectType = "RT::Ticket"'
CREATION = 'Type = "Create"'
COMMENT = 'Type = "Comment"'
CORRESPONDENCE = 'Type = "Correspond"'
MERGE = all_of('Type = "AddLink"', 'Field = "MergedInto"')
_CHANGE = 'Type = "Set"'
# RT records each change of the owner twice, the other time as SetWatcher.
OWNER_CHANGE = all_of(_CHANGE, 'Field = "Owner"')
RESPONSE = any_of([CORRESPONDENCE, OWNER_CHANGE])
STATUS_CHANGE = 'Type = "Status"'
# RT's notes on texts and files that are larger than its MaxAttachmentSize.
SHORTENED = any_of(['Type = "AttachmentDrop"', 'Type = "AttachmentTruncate"'])


def on_tickets(first: int, last: int) -> str:
    """Return the condition that it happened to a ticket with one of these numbers."""
    return all_of(ON_TICKET, f"ObjectId >= {first}", f"ObjectId <= {last}")


def in_queue(queue: int) -> str:
    """Return the condition that the ticket is in the queue with this number."""
    return f"TicketQueue = {queue}"


def after(transaction: int) -> str:
    """Return the condition that it happened after another transaction."""
    return f"id > {transaction}"


def on_any_of(tickets: Iterable[int]) -> str:
    """Return the condition that it happened to one of these; join it with matters."""
    return any_of(f"ObjectId = {ticket}" for ticket in tickets)


def in_or_from(queue: int) -> str:
    """Return the condition that the ticket is in a queue, or that it leaves it."""
    left = all_of(_CHANGE, 'Field = "Queue"', f'OldValue = "{queue}"')
    return any_of([in_queue(queue), left])


def matters(fields: Iterable[int], *, with_comments: bool) -> str:
    """Return the condition that a watcher of tickets has to know of it.

    RT leaves out what the account may not see after it has cut the pages, so that
    only what it sees all of may be asked for.

    Args:
        fields: The numbers of the custom fields that the account sees.
        with_comments: Whether the account sees comments.

    """
    kinds = [CREATION, STATUS_CHANGE, _CHANGE, CORRESPONDENCE, MERGE]
    if with_comments:
        kinds.append(COMMENT)
    kinds += [all_of('Type = "CustomField"', f"Field = {field}") for field in fields]
    return all_of(
        ON_TICKET,
        'TicketType = "ticket"',  # and not a reminder
        any_of(kinds),
    )
