"""TransactionSQL, RT's query language for what happened to tickets.

It is TicketSQL with other fields; conditions are joined as in ticketsql.
"""

from .ticketsql import all_of, any_of

# RT puts the account's own number in the first one's place. The second is RT
# itself, which acts when a rule does.
BY_PEOPLE = all_of('Creator != "__CurrentUser__"', 'Creator != "RT_System"')

COMMENT = 'Type = "Comment"'
CORRESPONDENCE = 'Type = "Correspond"'
MERGE = all_of('Type = "AddLink"', 'Field = "MergedInto"')
# RT records each change twice, the other time as SetWatcher.
OWNER_CHANGE = all_of('Type = "Set"', 'Field = "Owner"')
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
