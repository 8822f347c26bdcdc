"""Creates tickets, once, even if RT's answer is lost."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
import logging
from typing import NamedTuple

from homeassistant.util import dt as dt_util

from ..model.custom_fields import differing
from ..model.key import Key, KeyFields
from ..model.report import Action, Attached, Outcome, Report
from ..model.text import apologies, compose, facts_block, subject_and_rest
from ..rt.errors import (
    CannotConnect,
    Forbidden,
    NotFound,
    NotStored,
    RTError,
    RTTimeout,
    TooLarge,
    UnderWay,
)
from ..rt.models import NewTicket, Ticket
from .context import QueueContext
from .exactly_once import Attempt, find_marked, look_for, not_kept
from .locks import KeyLocks
from .lookup import FoundTicket, TicketLookup
from .people import missing_people

_LOGGER = logging.getLogger(__name__)


class _Stored(NamedTuple):
    """A ticket that RT has."""

    ticket_id: int
    asked: datetime
    """When RT was asked for it."""
    shown: Ticket | Forbidden
    """The ticket, or why RT does not show it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Creator:
    """Creates the tickets of one queue."""

    context: QueueContext
    lookup: TicketLookup
    locks: KeyLocks

    async def create(self, report: Report) -> Outcome:
        """Create the ticket of a report, and see what RT made of it.

        RT drops what the account may not set, and says nothing.

        Raises:
            RTError: RT did not confirm, or confirmed what it does not have, and no
                look found the ticket.

        """

        async def send(attached: Attached) -> tuple[NewTicket, _Stored]:
            new = self._new_ticket(report, attached)
            try:
                return new, await self._create_stored(new, report)
            except NotStored as err:
                if not attached.files:
                    raise
                # Databases refuse what is too large for them, unnoticed by RT.
                raise TooLarge(str(err)) from None

        (new, stored), attached = await report.message.send(send)
        outcome = await self._judge(stored, new, report)
        shortened = await not_kept(
            self.context.client, stored.ticket_id, report.message, attached
        )
        return replace(
            outcome,
            not_stored=[*outcome.not_stored, *attached.failures, *shortened],
        )

    def _new_ticket(self, report: Report, attached: Attached) -> NewTicket:
        """Return what the ticket of a report is created from."""
        subject, rest = subject_and_rest(report.subject)
        message = report.message
        return NewTicket(
            queue=self.context.queue.id,
            subject=subject,
            content=compose(
                message.text_or(report.subject),
                message.content_type,
                before=[rest] if rest else [],
                after=[
                    *report.notes,
                    *apologies(attached.failures),
                    *facts_block(report.facts),
                ],
            ),
            content_type=message.content_type,
            custom_fields={
                **self.context.severities.fields(report.severity),
                **report.custom_fields,
                **self.context.fields.values(report.key),
            },
            requestor=report.requestor,
            cc=report.cc,
            owner=report.owner,
            priority=self.context.severities.priority(report.severity, report.priority),
            refers_to=report.refers_to,
            attachments=attached.files,
            marker=message.marker,
        )

    async def find_unconfirmed(self, key: Key) -> FoundTicket:
        """Return the ticket that an earlier report was to create.

        Raises:
            UnderWay: There is none, and RT may still create it.
            RTError: The last look failed.

        """
        if found := await look_for(partial(self._open_ticket, key)):
            self.locks.confirm(str(key))
            return found
        raise UnderWay("It did not confirm an earlier report and may yet create it")

    async def _create_stored(self, new: NewTicket, report: Report) -> _Stored:
        """Create a ticket; once more, if RT confirmed it and does not have it."""
        attempt = Attempt(
            send=partial(self._send, new, report),
            # The key may have other tickets.
            find=partial(
                find_marked, self.lookup, report.key, new.marker, dt_util.utcnow()
            ),
            may_repeat=partial(self._may_repeat, report),
        )
        ticket_id = await attempt.once()
        self.locks.confirm(str(report.key))
        try:
            return await self._read_back(ticket_id, report)
        except NotStored as err:
            lost = err
        # RT does not work on what it has answered.
        return await self._read_back(await attempt.again(lost, pauses=(0,)), report)

    async def _send(self, new: NewTicket, report: Report) -> int:
        """Create a ticket and return its number; note if RT may create it yet."""
        try:
            return await self.context.client.create_ticket(new)
        except RTError as err:
            is_slow = err.unconfirmed and isinstance(err, CannotConnect | RTTimeout)
            if is_slow and not report.force_create:
                self.locks.mark_unconfirmed(str(report.key))
            raise

    async def _may_repeat(self, report: Report, lost: RTError) -> bool:
        """Tell whether a ticket that is not found can be created again."""
        if not isinstance(lost, CannotConnect | NotStored):
            # RT may be slow and create it yet.
            return False
        # Others may have created the key's ticket meanwhile.
        return report.force_create or not await self._open_ticket(report.key)

    async def _open_ticket(self, key: Key) -> FoundTicket | None:
        """Return a key's open ticket."""
        return (await self.lookup.find(key)).open

    async def _read_back(self, ticket_id: int, report: Report) -> _Stored:
        """Return a ticket that RT confirmed.

        Raises:
            NotStored: RT does not have it.
            RTError: Nobody knows.

        """

        async def read() -> _Stored | NotFound:
            asked = dt_util.utcnow()
            try:
                return _Stored(
                    ticket_id, asked, await self.context.client.ticket(ticket_id)
                )
            except Forbidden as err:
                return _Stored(ticket_id, asked, err)
            except NotFound as err:
                return err

        try:
            found = await look_for(read)
        except RTError as err:
            if not report.force_create:
                await self._record(ticket_id, report)
            err.unconfirmed = True
            raise
        if isinstance(found, _Stored):
            return found
        raise NotStored(f"It confirmed ticket {ticket_id} and does not have it")

    async def _judge(self, stored: _Stored, new: NewTicket, report: Report) -> Outcome:
        """Say what RT stored; remember the ticket, if need be on disk at once."""
        ticket_id, asked, ticket = stored
        outcome = Outcome(action=Action.CREATED, ticket_id=ticket_id)
        if isinstance(ticket, Forbidden):
            await self._record(ticket_id, report)
            return replace(outcome, lost_key_rights=(ticket.right,))
        self.context.lifecycle.check_status(ticket)
        not_stored = [
            *_not_stored(ticket, new, self.context.fields),
            *await missing_people(self.context.client, ticket, new),
        ]
        if not_stored:
            _LOGGER.warning(
                "RT did not take all of ticket %s: without %s",
                ticket_id,
                ", ".join(not_stored),
            )
        outcome = replace(outcome, not_stored=not_stored, lost_key_rights=())
        if not self.context.fields.has_key(ticket, report.key):
            if self.context.fields.is_taken_away(ticket, report.key, had_key=False):
                await self._disown(ticket)
            await self._record(ticket_id, report)
            rights = ("SeeCustomField", "ModifyCustomField")
            return replace(outcome, lost_key_rights=rights)
        if not report.force_create:
            key = str(report.key)
            index = self.lookup.index
            index.record(key, ticket_id, marker=new.marker, had_key=True)
            if ticket.resolved is None and await self.context.lifecycle.is_open(ticket):
                found = FoundTicket(ticket_id=ticket_id, ticket=ticket)
                self.locks.of(key).mark_open(found, asked)
        return outcome

    async def _record(self, ticket_id: int, report: Report) -> None:
        """Remember a ticket that searches may not find, also through a power cut."""
        index = self.lookup.index
        index.record(str(report.key), ticket_id, marker=report.message.marker)
        await index.async_save()

    async def _disown(self, ticket: Ticket) -> None:
        """Take from a new ticket the key of another device, which RT made of its own.

        On SQLite, a newer RT keeps 007 as 7.
        """
        numbers = self.context.fields.numbers() & ticket.custom_fields.keys()
        fields = {str(n): None for n in numbers if ticket.custom_fields[n]}
        try:
            await self.context.client.update_ticket(ticket.id, {"CustomFields": fields})
        except RTError as err:
            _LOGGER.warning("Ticket %s keeps another's key: %s", ticket.id, err)


def _not_stored(ticket: Ticket, new: NewTicket, fields: KeyFields) -> list[str]:
    """Return what a report asked for and its ticket does not have, but for the key and people."""
    key = fields.numbers()
    missing = differing(
        ticket, {id_: v for id_, v in new.custom_fields.items() if id_ not in key}
    )
    if new.priority not in {None, ticket.priority}:
        missing.append("priority")
    if len(ticket.refers_to) < len(set(new.refers_to)):
        missing.append("refers_to")
    return missing
