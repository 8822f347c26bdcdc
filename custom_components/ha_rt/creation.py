"""Creates tickets, once, even if RT's answer is lost."""

from dataclasses import dataclass, replace
from functools import partial
import logging

from homeassistant.util import dt as dt_util

from .attachments import Attached
from .content import apologies, compose, facts_block, subject_and_rest
from .custom_fields import differing
from .finder import Finder, Found
from .keys import Key, KeyFields
from .lost import find_marked, look_for
from .people import missing_people
from .report import Action, Outcome, Report
from .rt.client import RTClient
from .rt.errors import CannotConnect, Forbidden, RTError, RTTimeout, UnderWay
from .rt.models import NewTicket, Ticket
from .severity import SeverityScale
from .turns import Turns

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Creator:
    """Creates the tickets of one queue."""

    client: RTClient
    finder: Finder
    turns: Turns
    severities: SeverityScale

    async def create(self, report: Report) -> Outcome:
        """Create the ticket of a report, and see what RT made of it.

        RT drops what the account may not set, and says nothing.

        Raises:
            RTError: RT did not confirm, and no look found the ticket.

        """

        async def send(attached: Attached) -> tuple[NewTicket, int]:
            new = self._new_ticket(report, attached)
            return new, await self._create(new, report)

        (new, ticket_id), attached = await report.message.send(send)
        self.turns.start_over(str(report.key))
        outcome = await self._read_back(ticket_id, new, report)
        return replace(outcome, not_stored=[*outcome.not_stored, *attached.failures])

    def _new_ticket(self, report: Report, attached: Attached) -> NewTicket:
        """Return what the ticket of a report is created from."""
        subject, rest = subject_and_rest(report.subject)
        message = report.message
        return NewTicket(
            queue=self.finder.queue_id,
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
                **self.severities.fields(report.severity),
                **report.custom_fields,
                **self.finder.fields.values(report.key),
            },
            requestor=report.requestor,
            cc=report.cc,
            owner=report.owner,
            priority=self.severities.priority(report.severity, report.priority),
            refers_to=report.refers_to,
            attachments=attached.files,
            marker=message.marker,
        )

    async def find_unconfirmed(self, key: Key) -> Found:
        """Return the ticket that an earlier report was to create.

        Raises:
            UnderWay: There is none, and RT may still create it.
            RTError: The last look failed.

        """
        if found := await look_for(partial(self._open_ticket, key)):
            self.turns.settle(str(key))
            return found
        raise UnderWay("It did not confirm an earlier report and may yet create it")

    async def _create(self, new: NewTicket, report: Report) -> int:
        """Create a ticket, once, and return its number."""
        try:
            return await self.client.create_ticket(new)
        except RTError as err:
            if not err.unconfirmed:
                raise
            lost = err
        if not report.force_create and isinstance(lost, CannotConnect | RTTimeout):
            self.turns.expect(str(report.key))
        # The key may have other tickets.
        find = partial(
            find_marked, self.finder, report.key, new.marker, dt_util.utcnow()
        )
        try:
            ticket_id = await look_for(find)
            if not ticket_id and not await self._may_repeat(lost, report):
                raise lost
        except RTError:
            raise lost from None
        if not ticket_id:
            ticket_id = await self.client.create_ticket(new)
        self.turns.settle(str(report.key))
        return ticket_id

    async def _may_repeat(self, lost: RTError, report: Report) -> bool:
        """Tell whether a ticket that is not found can be created again."""
        if not isinstance(lost, CannotConnect):
            # RT may be slow and create it yet.
            return False
        # Others may have created the key's ticket meanwhile.
        return report.force_create or not await self._open_ticket(report.key)

    async def _open_ticket(self, key: Key) -> Found | None:
        """Return a key's open ticket."""
        return (await self.finder.find(key)).open

    async def _read_back(
        self, ticket_id: int, new: NewTicket, report: Report
    ) -> Outcome:
        """Say what RT stored; remember the ticket, if need be on disk at once."""
        created = Outcome(action=Action.CREATED, ticket_id=ticket_id)
        key = str(report.key)
        memory = self.finder.memory
        asked = dt_util.utcnow()
        try:
            ticket = await self.client.ticket(ticket_id)
        except Forbidden as err:
            outcome = replace(created, lost_key_rights=(err.right,))
        except RTError as err:
            # RT confirmed the ticket; only what it stored is not known.
            _LOGGER.debug("Reading back ticket %s failed: %s", ticket_id, err)
            outcome = created
        else:
            self.finder.check_status(ticket)
            not_stored = [
                *_not_stored(ticket, new, self.finder.fields),
                *await missing_people(self.client, ticket, new),
            ]
            if not_stored:
                _LOGGER.warning(
                    "RT did not take all of ticket %s: without %s",
                    ticket_id,
                    ", ".join(not_stored),
                )
            if self.finder.fields.has_key(ticket, report.key):
                if not report.force_create:
                    memory.remember(key, ticket_id, marker=new.marker, had_key=True)
                    if ticket.resolved is None and await self.finder.is_open(ticket):
                        found = Found(ticket_id=ticket_id, ticket=ticket)
                        self.turns.of(key).see(found, asked)
                return replace(created, not_stored=not_stored, lost_key_rights=())
            if self.finder.fields.is_taken_away(ticket, report.key, had_key=False):
                await self._disown(ticket)
            rights = ("SeeCustomField", "ModifyCustomField")
            outcome = replace(created, not_stored=not_stored, lost_key_rights=rights)
        if outcome.lost_key_rights or not report.force_create:
            memory.remember(key, ticket_id, marker=new.marker)
            await memory.async_save()
        return outcome

    async def _disown(self, ticket: Ticket) -> None:
        """Take from a new ticket the key of another device, which RT made of its own.

        On SQLite, a newer RT keeps 007 as 7.
        """
        numbers = self.finder.fields.numbers() & ticket.custom_fields.keys()
        fields = {str(n): None for n in numbers if ticket.custom_fields[n]}
        try:
            await self.client.update_ticket(ticket.id, {"CustomFields": fields})
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
