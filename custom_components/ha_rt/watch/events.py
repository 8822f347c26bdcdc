"""What happens to tickets, as it is announced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..rt.models import Transaction
from .snapshot import OpenTicket


class Happening(StrEnum):
    """What can happen to a ticket."""

    CREATED = "created"
    COMMENTED = "commented"
    REPLIED = "replied"
    STATUS_CHANGED = "status_changed"
    OWNER_CHANGED = "owner_changed"
    RESOLVED = "resolved"


# RT's types of transactions.
_HAPPENINGS = {
    "Create": Happening.CREATED,
    "Comment": Happening.COMMENTED,
    "Correspond": Happening.REPLIED,
    "Status": Happening.STATUS_CHANGED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketEvent:
    """Something that happened to a ticket."""

    happening: Happening
    transaction: Transaction
    ticket: OpenTicket
    """As it was when Home Assistant heard of it; it may be closed."""
    old: str | None
    """A status or a login; None where there is none, as for nobody."""
    new: str | None
    is_own: bool
    """Whether the account did it that Home Assistant uses."""


def changes_owner(transaction: Transaction) -> bool:
    """Tell whether a transaction gives a ticket to somebody.

    RT records it a second time, as a change of a watcher.
    """
    return (transaction.type, transaction.field) == ("Set", "Owner")


def changes_status(transaction: Transaction) -> bool:
    """Tell whether a transaction gives a ticket another status."""
    return happening_of(transaction) is Happening.STATUS_CHANGED


def departed(transactions: Iterable[Transaction], queue: int) -> list[int]:
    """Return the numbers of the tickets that are in another queue in the end.

    Args:
        transactions: In their order.
        queue: The number of the queue that they were in.

    """
    last = {one.ticket: one.new for one in transactions if _moves(one)}
    return sorted(number for number, new in last.items() if new != str(queue))


def happening_of(transaction: Transaction) -> Happening | None:
    """Return what a transaction is announced as, if it is."""
    if changes_owner(transaction):
        return Happening.OWNER_CHANGED
    return _HAPPENINGS.get(transaction.type)


def happened_in_queue(
    transactions: Sequence[Transaction], queue: int
) -> list[Transaction]:
    """Leave out what happened to tickets while they were in other queues.

    A ticket that comes brings with it all that happened to it before.

    Args:
        transactions: In their order.
        queue: The number of the queue. Tickets that were never moved are in it.

    """
    here = str(queue)
    queues = {one.ticket: one.new for one in transactions if _moves(one)}
    found = []
    for one in reversed(transactions):
        if _moves(one):
            queues[one.ticket] = one.old
        elif queues.get(one.ticket, here) == here:
            found.append(one)
    return found[::-1]


def _moves(transaction: Transaction) -> bool:
    """Tell whether a transaction moves a ticket to another queue."""
    return (transaction.type, transaction.field) == ("Set", "Queue")
