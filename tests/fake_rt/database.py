"""What the database of the fake RT does: late commits, and a backup that is restored."""

from copy import deepcopy
from typing import NamedTuple

from .data import Data
from .ticket import FakeAttachment, FakeTicket, FakeTransaction


class Backup(NamedTuple):
    """All tickets and their history, at some time."""

    tickets: dict[int, FakeTicket]
    journal: list[FakeTransaction]
    attachments: list[FakeAttachment]
    transactions: int


class Database(Data):
    """All that the fake RT holds."""

    def __init__(self) -> None:
        """Start with nothing held back."""
        super().__init__()
        self._held_back: list[FakeTransaction] = []

    def hold_back(self, transaction: FakeTransaction | None = None) -> None:
        """Let what happened last, or this, be seen only later than younger things.

        So it is with what the database commits late. A ticket that was created is
        not to be seen, either; one that was changed shows the change already.
        """
        transaction = transaction or self.journal[-1]
        self.journal.remove(transaction)
        self._held_back.append(transaction)
        if transaction.type == "Create":
            number = transaction.object_id
            self.uncommitted[number] = self.tickets.pop(number)

    def release(self) -> None:
        """Let all that was held back be seen."""
        self.journal = sorted([*self.journal, *self._held_back], key=lambda one: one.id)
        self.tickets |= self.uncommitted
        self._held_back.clear()
        self.uncommitted.clear()

    def backup(self) -> Backup:
        """Return a copy of all tickets."""
        return deepcopy(
            Backup(self.tickets, self.journal, self.attachments, self.transactions)
        )

    def restore(self, backup: Backup) -> None:
        """Have the tickets of a backup again; later numbers are given once more.

        They are others than those that tests got when they were added.
        """
        self.tickets, self.journal, self.attachments, self.transactions = deepcopy(
            backup
        )
