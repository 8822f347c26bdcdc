"""What the fake RT holds: accounts, queues, custom fields, tickets, their history."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from .account import ALL_RIGHTS, Account, FakeQueue
from .ticket import NOBODY, SYSTEM, FakeAttachment, FakeTicket, FakeTransaction, Value

_FIRST_GUEST = 501


class Data:
    """All that the fake RT holds; tests read and change it freely."""

    def __init__(self) -> None:
        """Start as RT does, with one more queue and one account that may do all."""
        self.accounts = [Account(id=14, name="ha-service", rights=set(ALL_RIGHTS))]
        self.guests: dict[str, int] = {SYSTEM: 1, NOBODY: 6}
        """Numbers of the users without an account, mostly known by their address."""
        self.fields: dict[str, int] = {"DeviceId": 2, "EventType": 3}
        """Numbers of the custom fields by name."""
        self.choices: dict[str, tuple[str, ...]] = {}
        """The only values of some custom fields."""
        self.types: dict[str, str] = {}
        """RT's types of the custom fields that are not for a line of text."""
        self.multiple: set[str] = set()
        """Names of the custom fields that take several values."""
        self.queues: dict[str, FakeQueue] = {}
        self.tickets: dict[int, FakeTicket] = {}
        self.uncommitted: dict[int, FakeTicket] = {}
        """Tickets that have their number and are not to be seen yet."""
        self.journal: list[FakeTransaction] = []
        """The history of all tickets."""
        self.attachments: list[FakeAttachment] = []
        """The texts and files of all transactions."""
        self.max_attachment_size = 10_000_000
        """RT's setting MaxAttachmentSize, with DropLongAttachments."""
        self.transactions = 99
        """Number of the newest transaction."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.add_queue("General", fields=(), number=1)
        self.add_queue("Facility Management", number=3)

    @property
    def token(self) -> str:
        """Token of the first account."""
        return self.accounts[0].token

    @token.setter
    def token(self, token: str) -> None:
        self.accounts[0].token = token

    @property
    def rights(self) -> set[str]:
        """Rights of the first account."""
        return self.accounts[0].rights

    @rights.setter
    def rights(self, rights: Iterable[str]) -> None:
        self.accounts[0].rights = set(rights)

    def now(self) -> datetime:
        """Return the time, which RT keeps in seconds."""
        return self.clock().replace(microsecond=0)

    def add_account(
        self,
        name: str,
        rights: Iterable[str] = ALL_RIGHTS,
        *,
        queues: Iterable[str] | None = None,
        privileged: bool = True,
    ) -> Account:
        """Add another account."""
        account = Account(
            id=max(account.id for account in self.accounts) + 2,
            name=name,
            rights=set(rights),
            queues=None if queues is None else set(queues),
            privileged=privileged,
        )
        self.accounts.append(account)
        return account

    def add_queue(
        self,
        name: str,
        *,
        fields: Iterable[str] = ("DeviceId", "EventType"),
        number: int = 0,
        lifecycle: str = "default",
        disabled: bool = False,
    ) -> FakeQueue:
        """Add a queue, and the custom fields that are new."""
        queue = FakeQueue(
            id=number or max((q.id for q in self.queues.values()), default=0) + 1,
            name=name,
            fields=list(fields),
            lifecycle=lifecycle,
            disabled=disabled,
        )
        for one in queue.fields:
            self.fields.setdefault(one, max(self.fields.values()) + 1)
        self.queues[name] = queue
        self.journal.append(
            FakeTransaction(
                id=queue.id,
                object_type="RT::Queue",
                object_id=queue.id,
                type="Create",
                creator=SYSTEM,
                created=self.now(),
            )
        )
        return queue

    def add_field(
        self,
        name: str,
        *queues: str,
        choices: Sequence[str] = (),
        multiple: bool = False,
    ) -> int:
        """Add a custom field to queues and return its number."""
        number = self.fields.setdefault(name, max(self.fields.values()) + 1)
        for queue in queues:
            self.queues[queue].fields.append(name)
        if choices:
            self.choices[name] = tuple(choices)
        if multiple:
            self.multiple.add(name)
        return number

    def add_ticket(
        self,
        device_id: str | None = None,
        *,
        queue: str = "Facility Management",
        subject: str = "A ticket",
        status: str = "new",
        custom_fields: Mapping[str, Value] | None = None,
        creator: str = "root",
    ) -> FakeTicket:
        """Add a ticket as people do in the web UI."""
        values = dict(custom_fields or {})
        if device_id is not None:
            values["DeviceId"] = device_id
        ticket = FakeTicket(
            id=max([0, *self.tickets, *self.uncommitted]) + 1,
            queue=queue,
            subject=subject,
            status=status,
            custom_fields=values,
            creator=creator,
            created=self.now(),
        )
        lifecycle = self.queues[queue].statuses
        if status not in lifecycle.initial:
            ticket.started = ticket.created
        if status in lifecycle.inactive:
            ticket.resolved = ticket.created
        self.tickets[ticket.id] = ticket
        self.record(ticket, "Create", creator)
        return ticket

    def record(
        self,
        ticket: FakeTicket,
        kind: str,
        by: str,
        *,
        field: str = "",
        old: str = "",
        new: str = "",
        data: str = "",
    ) -> FakeTransaction:
        """Add to a ticket's history."""
        self.transactions += 1
        transaction = FakeTransaction(
            id=self.transactions,
            object_id=ticket.id,
            type=kind,
            creator=by,
            created=self.now(),
            field=field,
            old_value=old,
            new_value=new,
            data=data,
        )
        self.journal.append(transaction)
        ticket.last_updated, ticket.last_updated_by = transaction.created, by
        return transaction

    def history(self, ticket: FakeTicket) -> list[FakeTransaction]:
        """Return what happened to a ticket and to those merged into it."""
        return [one for one in self.journal if self.ticket_of(one) is ticket]

    def ticket_of(self, transaction: FakeTransaction) -> FakeTicket | None:
        """Return the ticket whose history a transaction is a part of."""
        if transaction.object_type != "RT::Ticket":
            return None
        return self.find_ticket(transaction.object_id)

    def find_account(self, name: str) -> Account | None:
        """Return an account by its name, in upper or lower case."""
        wanted = name.casefold()
        return next((a for a in self.accounts if a.name.casefold() == wanted), None)

    def find_user(self, name_or_number: object) -> str:
        """Return the name of somebody with or without an account, or nothing."""
        wanted = str(name_or_number).casefold()
        users = self.guests | {account.name: account.id for account in self.accounts}
        return next(
            (n for n, number in users.items() if wanted in {n.casefold(), str(number)}),
            "",
        )

    def find_by_address(self, address: str) -> str:
        """Return the name of the user with an address, who is new if nobody has it."""
        wanted = address.casefold()
        names = [*self.guests, *(account.name for account in self.accounts)]
        for name in names:
            if wanted in {name.casefold(), f"{name}@example.test".casefold()}:
                return name
        self.user_number(address)
        return address

    def user_number(self, name: str) -> int:
        """Return the number of a user, who is new if nobody knows the name."""
        if account := self.find_account(name):
            return account.id
        newest = max(_FIRST_GUEST - 1, *self.guests.values())
        return self.guests.setdefault(name, newest + 1)

    def find_queue(self, name_or_number: object) -> FakeQueue | None:
        """Return a queue by its name, in upper or lower case, or its number."""
        wanted = str(name_or_number).casefold()
        return next(
            (
                queue
                for queue in self.queues.values()
                if wanted in {str(queue.id), queue.name.casefold()}
            ),
            None,
        )

    def find_ticket(self, number: int) -> FakeTicket | None:
        """Return a ticket; for a merged one, the one it was merged into."""
        ticket = self.tickets.get(number)
        while ticket and ticket.merged_into:
            ticket = self.tickets.get(ticket.merged_into)
        return ticket

    def find_field(self, name_or_number: str) -> str | None:
        """Return the name of a custom field, given its name or its number."""
        wanted = name_or_number.casefold()
        return next(
            (
                name
                for name, number in self.fields.items()
                if wanted in {str(number), name.casefold()}
            ),
            None,
        )
