"""Reports, messages and outcomes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from html import escape
from secrets import token_hex

from ..rt.errors import TooLarge
from ..rt.models import Attachment
from .key import Key
from .severity import Severity
from .text import HTML, PLAIN


class Action(StrEnum):
    """What was done."""

    CREATED = "created"
    COMMENTED = "commented"
    REPLIED = "replied"
    RESOLVED = "resolved"
    SKIPPED = "skipped"
    NONE = "none"
    QUEUED = "queued"
    DRY_RUN = "dry_run"


class Reason(StrEnum):
    """Why a report was skipped."""

    COMMENTS_OFF = "comments_off"
    IDENTICAL = "identical"
    MINIMUM_OCCURRENCES = "min_occurrences"
    MINIMUM_SEVERITY = "minimum_severity"
    QUIET = "quiet"
    THROTTLED = "throttled"


async def _nothing() -> Attached:
    """Attach nothing."""
    return Attached(files=(), failures={})


def new_marker() -> str:
    """Return a marker that no other message has."""
    return token_hex(16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A text for a ticket."""

    text: str
    content_type: str = PLAIN
    attach: Callable[[], Awaitable[Attached]] = _nothing
    """Fetches the files, when it is certain that they are sent."""
    marker: str = field(default_factory=new_marker)
    """What the message is found by in RT; people do not see it."""

    async def send[R](
        self, send: Callable[[Attached], Awaitable[R]]
    ) -> tuple[R, Attached]:
        """Send the message with its files, or without them if they are too much.

        Args:
            send: Sends it with these files, and tells what is missing.

        Returns:
            What `send` returned, and the files it was given.

        """
        attached = await self.attach()
        try:
            return await send(attached), attached
        except TooLarge:
            if not attached.files:
                raise
        refused = {file.name: "too large for RT" for file in attached.files}
        attached = Attached(files=(), failures={**attached.failures, **refused})
        return await send(attached), attached

    def text_or(self, substitute: str) -> str:
        """Return the text, or a plain one: RT would store a blank one as nothing."""
        if self.text.strip():
            return self.text
        return escape(substitute) if self.content_type == HTML else substitute


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A problem of a device, as Home Assistant saw it."""

    key: Key
    subject: str
    message: Message
    severity: Severity | None = None
    priority: int | None = None
    custom_fields: Mapping[int, str | Sequence[str]] = field(default_factory=dict)
    """Values of a new ticket, by the field's number."""
    requestor: Sequence[str] = ()
    cc: Sequence[str] = ()
    owner: str = ""
    refers_to: Sequence[str] = ()
    notes: Sequence[str] = ()
    """What else is said of it, as paragraphs."""
    facts: Sequence[tuple[str, str]] = ()
    """What Home Assistant knows of the device: labels and values."""
    force_create: bool = False
    min_occurrences: int = 1
    within: timedelta = timedelta()
    is_rare: bool = False
    """There were less than that so far, which make no ticket."""

    def references(self) -> list[str]:
        """Return what the report refers to, as a paragraph or none."""
        return [f"Refers to: {', '.join(self.refers_to)}"] if self.refers_to else []


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a report or of another request."""

    action: Action
    ticket_id: int | None = None
    reason: Reason | None = None
    """Why it was skipped."""
    would: Action | None = None
    """What a dry run would have done."""
    reopened: bool = False
    not_stored: Sequence[str] = ()
    """What was asked for and RT does not have."""
    lost_key_rights: Sequence[str] | None = None
    """The rights to grant in RT if it does not show the key that the new ticket was
    given; none if it does; None if that was not seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attached:
    """What could be had of the wanted files and pictures."""

    files: tuple[Attachment, ...]
    failures: Mapping[str, str]
    """Why the others could not be had, in a few words."""
