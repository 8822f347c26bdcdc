"""Build queries in TransactionSQL, RT's query language for transactions.

It is TicketSQL with other fields; ticketsql joins the conditions.
"""

from collections.abc import Iterable

from .ticketsql import all_of, any_of

# RT replaces the placeholder by the account's own number. RT_System is RT itself, which
# runs the actions of rules.
BY_PEOPLE = all_of('Creator != "__CurrentUser__"', 'Creator != "RT_System"')

# Other records, such as users, have transactions and the same numbers, too.
ON_TICKET = 'ObjectType = "RT::Ticket"'
CREATION = 'Type = "Create"'
COMMENT = 'Type = "Comment"'
CORRESPONDENCE = 'Type = "Correspond"'
MERGE = all_of('Type = "AddLink"', 'Field = "MergedInto"')
_CHANGE = 'Type = "Set"'
# RT also records each change of the owner as SetWatcher.
OWNER_CHANGE = all_of(_CHANGE, 'Field = "Owner"')
RESPONSE = any_of([CORRESPONDENCE, OWNER_CHANGE])
STATUS_CHANGE = 'Type = "Status"'
# RT's notes on texts and files that exceed its MaxAttachmentSize.
TRUNCATED = any_of(['Type = "AttachmentDrop"', 'Type = "AttachmentTruncate"'])


def on_tickets(first: int, last: int) -> str:
    """Return the condition that the ticket has a number from first to last."""
    return all_of(ON_TICKET, f"ObjectId >= {first}", f"ObjectId <= {last}")


def in_queue(queue: int) -> str:
    """Return the condition that the ticket is in the queue with this number."""
    return f"TicketQueue = {queue}"


def after(transaction: int) -> str:
    """Return the condition that the transaction has a higher number."""
    return f"id > {transaction}"


def on_any_of(tickets: Iterable[int]) -> str:
    """Return the condition that the record has one of these numbers; add ON_TICKET."""
    return any_of(f"ObjectId = {ticket}" for ticket in tickets)


def in_or_moved_from(queue: int) -> str:
    """Return the condition that the ticket is in a queue, or is moved out of it."""
    moved = all_of(_CHANGE, 'Field = "Queue"', f'OldValue = "{queue}"')
    return any_of([in_queue(queue), moved])


def is_watched(fields: Iterable[int], *, with_comments: bool) -> str:
    """Return the condition that the transaction is one that watching tickets needs.

    It matches only transactions that the account may see, because RT leaves out others
    after it has split the result into pages.

    Args:
        fields: Numbers of the custom fields that the account may see.
        with_comments: Whether the account may see comments.

    """
    types = [CREATION, STATUS_CHANGE, _CHANGE, CORRESPONDENCE, MERGE]
    if with_comments:
        types.append(COMMENT)
    types += [all_of('Type = "CustomField"', f"Field = {field}") for field in fields]
    return all_of(
        ON_TICKET,
        'TicketType = "ticket"',  # not a reminder
        any_of(types),
    )
