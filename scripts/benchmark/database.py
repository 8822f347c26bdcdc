"""What RT's database holds, past REST and past everything that is measured."""

from collections import Counter

from scripts.live.rt import RTServer

_TEXTS = """
SELECT Attachments.Content FROM Attachments
JOIN Transactions ON Transactions.id = TransactionId
WHERE ObjectType = 'RT::Ticket' AND Transactions.Type IN ('Create', 'Comment')
AND Attachments.Content LIKE ?
"""
_KEYS = """
SELECT ObjectCustomFieldValues.Content FROM ObjectCustomFieldValues
JOIN Tickets ON Tickets.id = ObjectId
WHERE ObjectType = 'RT::Ticket' AND Disabled = 0 AND Status = 'new'
AND ObjectCustomFieldValues.Content LIKE ?
"""


def stored_texts(rt: RTServer, beginning: str) -> Counter[str]:
    """Count the first lines of tickets and comments that begin with something."""
    texts = _read(rt, _TEXTS, beginning)
    return Counter(text.partition("\n")[0].strip() for text in texts)


def open_tickets(rt: RTServer, beginning: str) -> Counter[str]:
    """Count the new tickets by their device, where that begins with something."""
    return Counter(_read(rt, _KEYS, beginning))


def _read(rt: RTServer, query: str, beginning: str) -> list[str]:
    """Return a column of the database."""
    return [str(value) for (value,) in rt.database.rows(query, f"{beginning}%")]
