"""What the fake RT keeps of accounts and queues."""

from dataclasses import dataclass
import secrets

from .faults import Fault
from .lifecycle import LIFECYCLES, Lifecycle

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
"""What the integration can make use of; people also have OwnTicket."""


GROUPS = {3: "Everyone", 4: "Privileged", 5: "Unprivileged"}
"""Names of RT's own groups by their numbers, which users have not."""


@dataclass(kw_only=True, eq=False)
class Account:
    """An account with one token."""

    id: int
    name: str
    rights: set[str]
    queues: set[str] | None = None
    """Names of the only queues on which the rights are granted; None for all."""
    privileged: bool = True
    zone: str = "UTC"
    """The time zone in which RT reads the account's queries."""
    comments_garbled: Fault | None = None
    """What becomes of RT's answer to a message in the account's language."""
    token: str = ""

    def __post_init__(self) -> None:
        """Make the token, which holds the account's number."""
        self.token = self.token or f"1-{self.id}-{secrets.token_hex(16)}"

    def may(self, right: str, queue: str) -> bool:
        """Tell whether the account has a right on a queue."""
        return self.may_everywhere(right) or (
            right in self.rights and queue in (self.queues or ())
        )

    def may_everywhere(self, right: str) -> bool:
        """Tell whether the account has a right on all queues."""
        return right in self.rights and self.queues is None


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
    def statuses(self) -> Lifecycle:
        """The way its tickets go."""
        return LIFECYCLES[self.lifecycle]

    @property
    def first_status(self) -> str:
        """Return the status of a new ticket."""
        return self.statuses.initial[0]
