"""What the fake RT keeps of tickets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

type Value = str | list[str]
"""Of a custom field; a list for one that takes several."""

NEVER = datetime.fromtimestamp(0, UTC)
NOBODY = "Nobody"
SYSTEM = "RT_System"


@dataclass(kw_only=True, eq=False)
class FakeTransaction:
    """An entry of a ticket's history, or of a queue's."""

    id: int
    object_type: str = "RT::Ticket"
    object_id: int
    """The ticket it was made for, also when that was merged later."""
    type: str
    creator: str
    created: datetime
    field: str = ""
    old_value: str = ""
    new_value: str = ""
    data: str = ""


@dataclass(kw_only=True, eq=False)
class FakeAttachment:
    """A text or a file that came with a transaction."""

    id: int
    transaction: FakeTransaction
    name: str = ""
    content_type: str
    """Without parameters."""
    headers: str = ""
    """With what else was sent of the type; people do not see it."""
    content: bytes = b""
    parent: int = 0
    """Number of the part that holds this one."""


@dataclass(kw_only=True, eq=False)
class FakeTicket:
    """A ticket."""

    id: int
    queue: str
    type: str = "ticket"
    """Or another, such as "reminder", which no search finds."""
    subject: str = ""
    status: str = "new"
    content: str = ""
    content_type: str = "text/plain"
    custom_fields: dict[str, Value] = field(default_factory=dict)
    """Value by the field's name."""
    requestors: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    """Texts of the correspondence."""
    attachments: list[FakeAttachment] = field(default_factory=list)
    """The files, not the texts."""
    merged_into: int | None = None
    owner: str = NOBODY
    creator: str = SYSTEM
    priority: int = 0
    links: dict[str, list[str]] = field(default_factory=dict)
    """Addresses and ticket numbers by kind, such as "RefersTo"."""
    created: datetime = NEVER
    started: datetime = NEVER
    resolved: datetime = NEVER
    due: datetime = NEVER
    last_updated: datetime = NEVER
    last_updated_by: str = SYSTEM

    @property
    def refers_to(self) -> list[str]:
        """The addresses and numbers of tickets that this one refers to."""
        return self.links.get("RefersTo", [])

    def values(self, name: str) -> list[str]:
        """Return the values of a custom field."""
        value = self.custom_fields.get(name, [])
        return [value] if isinstance(value, str) else value
