"""What the fake RT holds: accounts, queues, custom fields, tickets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
import secrets

from .faults import Fault

ALL_RIGHTS = frozenset(
    {
        "CommentOnTicket",
        "CreateTicket",
        "ModifyCustomField",
        "ModifyTicket",
        "ReplyToTicket",
        "SeeCustomField",
        "SeeQueue",
        "ShowTicket",
        "ShowTicketComments",
    }
)

INACTIVE_STATUSES = frozenset(
    {"resolved", "rejected", "deleted", "closed", "false_positive"}
)


@dataclass(kw_only=True, eq=False)
class Account:
    """An account with one token."""

    id: int
    name: str
    rights: set[str]
    queues: set[str] | None = None
    """Names of the only queues on which the rights are granted; None for all."""
    privileged: bool = True
    comments_garbled: Fault | None = None
    """What becomes of RT's answer to a comment in the account's language."""
    token: str = ""

    def __post_init__(self) -> None:
        """Make the token, which holds the account's number."""
        self.token = self.token or f"1-{self.id}-{secrets.token_hex(16)}"

    def may(self, right: str, queue: str) -> bool:
        """Tell whether the account has a right on a queue."""
        return right in self.rights and (self.queues is None or queue in self.queues)


@dataclass(kw_only=True, eq=False)
class FakeQueue:
    """A queue."""

    id: int
    name: str
    fields: list[str]
    """Names of the custom fields that apply to its tickets."""
    lifecycle: str = "default"
    disabled: bool = False

    @property
    def first_status(self) -> str:
        """Return the status of a new ticket."""
        return "new" if self.lifecycle == "default" else "open"


@dataclass(kw_only=True, eq=False)
class FakeTicket:
    """A ticket."""

    id: int
    queue: str
    subject: str = ""
    status: str = "new"
    content: str = ""
    content_type: str = "text/plain"
    custom_fields: dict[str, str] = field(default_factory=dict)
    """Value by the field's name."""
    requestors: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    merged_into: int | None = None


class Data:
    """All that the fake RT holds; tests read and change it freely."""

    def __init__(self) -> None:
        """Start as RT does, with one more queue and one account that may do all."""
        self.accounts = [Account(id=14, name="ha-service", rights=set(ALL_RIGHTS))]
        self.fields: dict[str, int] = {"DeviceId": 2, "EventType": 3}
        """Numbers of the custom fields by name."""
        self.queues: dict[str, FakeQueue] = {}
        self.tickets: dict[int, FakeTicket] = {}
        self.transactions = 100
        """Number of the newest transaction."""
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
        return queue

    def add_ticket(
        self,
        device_id: str | None = None,
        *,
        queue: str = "Facility Management",
        subject: str = "A ticket",
        status: str = "new",
        custom_fields: dict[str, str] | None = None,
    ) -> FakeTicket:
        """Add a ticket as people do in the web UI."""
        values = dict(custom_fields or {})
        if device_id is not None:
            values["DeviceId"] = device_id
        ticket = FakeTicket(
            id=max(self.tickets, default=0) + 1,
            queue=queue,
            subject=subject,
            status=status,
            custom_fields=values,
        )
        self.tickets[ticket.id] = ticket
        return ticket

    def next_transaction(self) -> int:
        """Return the number of a new transaction."""
        self.transactions += 1
        return self.transactions

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
