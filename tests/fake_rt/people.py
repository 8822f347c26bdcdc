"""People who work on tickets in RT's web UI; they may do everything."""

from datetime import datetime

from . import changes
from .data import Data
from .links import add_links
from .messages import File, add_message
from .ticket import FakeTicket


class Person:
    """Somebody with an account, who acts at the time of the fake RT's clock."""

    def __init__(self, rt: Data, name: str) -> None:
        """Act for the account with this name."""
        self.name = name
        self._rt = rt

    def create(
        self,
        subject: str = "A ticket",
        device_id: str | None = None,
        *,
        queue: str = "Facility Management",
        status: str = "new",
    ) -> FakeTicket:
        """Create a ticket."""
        return self._rt.add_ticket(
            device_id, queue=queue, subject=subject, status=status, creator=self.name
        )

    def comment(self, ticket: FakeTicket, text: str, *files: File) -> None:
        """Comment."""
        add_message(self._rt, ticket, "Comment", self.name, text, files=files)

    def reply(self, ticket: FakeTicket, text: str, *files: File) -> None:
        """Answer the requestors, which opens the ticket."""
        add_message(self._rt, ticket, "Correspond", self.name, text, files=files)

    def take(self, ticket: FakeTicket) -> None:
        """Own the ticket, whoever does."""
        changes.set_owner(self._rt, ticket, self.name, self.name)

    def give(self, ticket: FakeTicket, owner: str) -> None:
        """Let somebody own the ticket; "Nobody" for none."""
        changes.set_owner(self._rt, ticket, owner, self.name)

    def set_status(self, ticket: FakeTicket, status: str) -> None:
        """Change the status."""
        words = changes.set_status(self._rt, ticket, status, self.name)
        assert ticket.status == status, words

    def resolve(self, ticket: FakeTicket) -> None:
        """Set the first status of those that RT counts as inactive."""
        lifecycle = self._rt.queues[ticket.queue].statuses
        self.set_status(ticket, lifecycle.inactive[0])

    def delete(self, ticket: FakeTicket) -> None:
        """Delete the ticket, which to RT is a status."""
        self.set_status(ticket, "deleted")

    def set_priority(self, ticket: FakeTicket, priority: int) -> None:
        """Change the priority."""
        changes.set_priority(self._rt, ticket, priority, self.name)

    def set_due(self, ticket: FakeTicket, due: datetime | None) -> None:
        """Change the time until which the ticket is to be done."""
        changes.set_due(self._rt, ticket, due, self.name)

    def rename(self, ticket: FakeTicket, subject: str) -> None:
        """Change the subject."""
        changes.set_subject(self._rt, ticket, subject, self.name)

    def set_field(self, ticket: FakeTicket, field: str, *values: str) -> None:
        """Give a custom field values, or none."""
        several = field in self._rt.multiple
        given = list(values) if several else next(iter(values), None)
        changes.set_field(self._rt, ticket, field, given, self.name)

    def link(self, ticket: FakeTicket, *targets: object) -> None:
        """Let the ticket refer to addresses and numbers of tickets."""
        add_links(self._rt, ticket, "RefersTo", targets, self.name)

    def move(self, ticket: FakeTicket, queue: str) -> None:
        """Move the ticket to another queue."""
        changes.set_queue(self._rt, ticket, queue, self.name)

    def merge(self, ticket: FakeTicket, into: FakeTicket) -> None:
        """Make the ticket a part of another one."""
        changes.merge(self._rt, ticket, into, self.name)
