"""The service desk: one open ticket per key.

A key is a device id. Its first report creates a ticket, further ones comment on it.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
import logging
import time
from typing import Any
from weakref import WeakValueDictionary

from .finder import Finder
from .rt import ticketsql
from .rt.client import RTClient
from .rt.errors import CannotConnect, Forbidden, RTError, RTTimeout
from .rt.models import NewTicket

_LOGGER = logging.getLogger(__name__)

# RT silently cuts what is longer, counted in UTF-8.
_MAX_SUBJECT_BYTES = 200
# RT goes on working on a request whose connection broke. These are the pauses in
# seconds between looks for the ticket it may still be creating.
_LOOKS_FOR_LOST_TICKET = (0, 1, 2, 4, 8)
# How long an entry that is unloaded waits for its reports.
_DRAIN_SECONDS = 60
# How long RT may work on a ticket whose creation it did not confirm.
_UNCONFIRMED_SECONDS = 120


class Action(StrEnum):
    """What was done with a report."""

    CREATED = "created"
    COMMENTED = "commented"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A problem of a device, as Home Assistant saw it."""

    device_id: str
    subject: str
    text: str
    force_create: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a report."""

    ticket_id: int
    action: Action
    lost_key_rights: tuple[str, ...] | None = None
    """The rights to grant in RT if it does not show the key that the new ticket was
    given; none if it does; None if that was not seen."""


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Who is next for each key; outlives the desk, for an entry may be reloaded."""

    locks: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary
    )
    unconfirmed: dict[str, float] = field(default_factory=dict)
    """Until when RT may still create a ticket for a key, by the monotonic clock."""
    first_statuses: set[str] = field(default_factory=set)
    """Statuses that RT gives to new tickets, as far as that was seen."""

    def is_unconfirmed(self, key: str) -> bool:
        """Tell whether RT may still create a ticket for a key."""
        return time.monotonic() < self.unconfirmed.get(key, 0)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Turns reports into tickets of one queue."""

    client: RTClient
    finder: Finder
    turns: Turns
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def report(self, report: Report) -> Outcome:
        """Comment on the open ticket of the report's key, or create one.

        Reports of one key run one after the other, so that no two find nothing
        and both create.

        Args:
            report: Its device id has to be one that RT can find again.

        Returns:
            The ticket's number and what was done with it.

        Raises:
            Unsearchable: RT cannot find this device id; nothing was written.
            RTError: RT did not confirm; see the errors of `rt`.

        """
        ticketsql.check_value(report.device_id)
        key = report.device_id
        async with self.turns.locks.setdefault(key, asyncio.Lock()):
            ticket_id = None
            if not report.force_create:
                ticket_id = await self.finder.find(key)
                if not ticket_id and self.turns.is_unconfirmed(key):
                    ticket_id = await self._find_unconfirmed(key)
            if ticket_id:
                await self.client.comment(ticket_id, _text(report))
                return Outcome(ticket_id=ticket_id, action=Action.COMMENTED)
            ticket_id = await self._create(report)
            return Outcome(
                ticket_id=ticket_id,
                action=Action.CREATED,
                lost_key_rights=await self._read_back(ticket_id, key),
            )

    async def finish[R](self, work: Coroutine[Any, Any, R]) -> R:
        """Do some work to its end, even if the caller is cancelled.

        An automation that is restarted cancels its action. RT would go on with what
        it was sent, and the next report would not find the ticket yet.
        """
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def async_drain(self) -> None:
        """Wait for all work to end, for a limited time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._running:
                    await asyncio.wait(self._running)

    async def _create(self, report: Report) -> int:
        """Create a ticket, once, even if RT's answer is lost."""
        key = report.device_id
        subject, content = _subject_and_content(report)
        new = NewTicket(
            queue=self.finder.queue_id,
            subject=subject,
            content=content,
            custom_fields={self.finder.field_id: key},
        )
        try:
            return await self.client.create_ticket(new)
        except RTError as err:
            # A ticket created on purpose beside others cannot be told from them.
            if not err.unconfirmed or report.force_create:
                raise
            lost = err
        if isinstance(lost, CannotConnect | RTTimeout):
            self.turns.unconfirmed[key] = time.monotonic() + _UNCONFIRMED_SECONDS
        try:
            ticket_id = await self._find_lost(key)
        except RTError:
            raise lost from None
        if not ticket_id:
            if not isinstance(lost, CannotConnect):
                # RT may be slow and create it yet.
                raise lost
            ticket_id = await self.client.create_ticket(new)
        self.turns.unconfirmed.pop(key, None)
        return ticket_id

    async def _find_unconfirmed(self, key: str) -> int:
        """Return the number of the ticket that an earlier report was to create."""
        if ticket_id := await self._find_lost(key):
            self.turns.unconfirmed.pop(key, None)
            return ticket_id
        raise RTTimeout("It did not confirm an earlier report and may yet create it")

    async def _find_lost(self, key: str) -> int | None:
        """Return the number of a ticket whose creation RT did not confirm.

        Raises:
            RTError: The last look failed, so that nothing is known.

        """
        failure: RTError | None = None
        for pause in _LOOKS_FOR_LOST_TICKET:
            await asyncio.sleep(pause)
            try:
                if ticket_id := await self.finder.find(key):
                    return ticket_id
                failure = None
            except RTError as err:
                failure = err
        if failure:
            raise failure
        return None

    async def _read_back(self, ticket_id: int, key: str) -> tuple[str, ...] | None:
        """Return the rights to grant so that the next report finds the new ticket.

        RT creates tickets without the custom fields that the account may not set.
        A ticket that the key does not lead to is remembered by its number.
        """
        rights: tuple[str, ...] | None = None
        try:
            ticket = await self.client.ticket(ticket_id)
        except Forbidden as err:
            rights = (err.right,)
        except RTError as err:
            # RT confirmed the ticket; only its key is not known to be whole.
            _LOGGER.debug("Reading back ticket %s failed: %s", ticket_id, err)
        else:
            self.finder.check_status(ticket)
            if self.finder.has_key(ticket, key):
                await self.finder.memory.async_forget(key)
                return ()
            rights = ("SeeCustomField", "ModifyCustomField")
        await self.finder.memory.async_remember(key, ticket_id)
        return rights


def _subject_and_content(report: Report) -> tuple[str, str]:
    """Return a subject that RT keeps whole, and a content with the rest of it."""
    full = report.subject.strip()
    subject = " ".join(full.splitlines())
    encoded = subject.encode(errors="replace")
    if len(encoded) > _MAX_SUBJECT_BYTES:
        kept = encoded[: _MAX_SUBJECT_BYTES - len("…".encode())]
        subject = kept.decode(errors="ignore") + "…"
    if subject == full:
        return subject, _text(report)
    return subject, f"{full}\n\n{report.text}"


def _text(report: Report) -> str:
    """Return the text of a report; RT would store a blank one as nothing."""
    return report.text if report.text.strip() else report.subject
