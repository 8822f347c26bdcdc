"""Handles reports: one open ticket per dedup key.

The first report of a key creates a ticket, and further ones comment on it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..model.key import Key
from ..model.report import Action, Attached, Outcome, Reason, Report
from ..model.settings import Duplicates
from ..model.text import apologies, compose
from ..model.throttle import ThrottleWindow
from ..rt.models import Ticket
from .changes import reopen
from .context import QueueContext
from .create import Creator
from .dry_run import describe, would
from .duplicates import join_duplicates
from .escalation import raise_severity
from .exactly_once import Messenger, not_kept
from .locks import KeyLocks
from .lookup import FoundTicket, TicketLookup
from .policy import (
    Comment,
    Create,
    Decision,
    Hold,
    Known,
    Reopen,
    Skip,
    decide,
    reason_to_hold,
)
from .throttle import Throttle, held_back_told


@dataclass(frozen=True, kw_only=True)
class TicketHandler:
    """Turns reports into tickets of one queue."""

    context: QueueContext
    lookup: TicketLookup
    creator: Creator
    messenger: Messenger
    locks: KeyLocks
    throttle: Throttle

    def admit(self, report: Report, came: datetime) -> Report | Outcome:
        """Return a report for RT, or what becomes of one that RT need not know of.

        Args:
            report: It is counted among the occurrences for its key.
            came: When it came; aware.

        """
        key = str(report.key)
        if report.severity and report.severity.is_below(
            self.context.settings.minimum_severity
        ):
            return self._skip(report.key, Reason.MINIMUM_SEVERITY)
        is_rare = report.min_occurrences > 1 and report.min_occurrences > (
            self.locks.occurrences.count(
                key, came, report.min_occurrences, report.within
            )
        )
        if is_rare and not self.lookup.index.get(key):
            return self._skip(report.key, Reason.MINIMUM_OCCURRENCES)
        return replace(report, is_rare=is_rare)

    async def handle(self, report: Report, came: datetime) -> Outcome:
        """Look a report's ticket up, and write to it what the policy decides.

        The caller holds the key's lock, or two reports find nothing and both create.

        Args:
            report: Its key has to be one that RT can find again.
            came: When it came; aware.

        Returns:
            The ticket's number and what was done with it.

        Raises:
            RTError: RT did not confirm; see the errors of `rt`.

        """
        return await self.apply(report, await self._look_up_new(report, came), came)

    async def _look_up_new(self, report: Report, came: datetime) -> Known:
        """Return what is known of the key of a report that came just now."""
        if report.force_create:
            return Known()
        now = dt_util.utcnow()
        window = self.throttle.get(str(report.key))
        is_held = reason_to_hold(report, window, self.context.settings, now)
        if window and is_held and await self._is_open(report.key, window):
            return Known(
                open=FoundTicket(ticket_id=window.ticket_id, ticket=None),
                window=window,
            )
        # So of many reports at once, only the first has to look.
        found = self.locks.of(str(report.key)).open_since(came)
        # To raise the severity, the ticket has to be known as it is now.
        if found and found.ticket and not report.severity:
            return Known(open=found, window=window)
        known = replace(await self.look_up(report), window=window)
        if (
            window
            and is_held
            and known.open
            and known.open.ticket_id == window.ticket_id
        ):
            window.seen_open = now
        return known

    async def look_up(self, report: Report) -> Known:
        """Return how a report's key stands, as RT says.

        Raises:
            UnderWay: RT may yet create its ticket.
            RTError: See the errors of `rt`.

        """
        if report.force_create:
            return Known()
        key = report.key
        asked = dt_util.utcnow()
        result = await self.lookup.find(key)
        if result.open:
            self.locks.confirm(str(key))
            self.locks.of(str(key)).mark_open(result.open, asked)
            return Known(open=result.open)
        if self.locks.is_unconfirmed(str(key)):
            return Known(open=await self.creator.find_unconfirmed(key))
        if report.is_rare or not self.context.settings.keep_closed:
            return Known(closed=result.closed)
        return Known(closed=await self.lookup.last_closed(key, result.closed))

    async def closed_ticket(
        self, key: Key, known: Known, ticket_id: int
    ) -> Ticket | None:
        """Return the closed ticket that has a key's earlier messages, if it is proven.

        Args:
            key: The dedup key.
            known: What was found of it just now.
            ticket_id: The number under which the ticket was known.

        Raises:
            RTError: See the errors of `rt`.

        """
        if known.closed and known.closed.id == ticket_id:
            return known.closed
        return await self.lookup.own(key, ticket_id)

    async def apply(
        self, report: Report, known: Known, came: datetime | None = None
    ) -> Outcome:
        """Do with a report what the policy decides; the caller holds the key's lock.

        Args:
            report: The report.
            known: What is known of its key.
            came: When it came, if it may be held back.

        Raises:
            RTError: RT did not confirm; see the errors of `rt`.

        """
        settings = self.context.settings
        decision = decide(report, known, settings, dt_util.utcnow())
        if settings.dry_run:
            return describe(report, decision)
        outcome = await self._write(report, decision, came or dt_util.utcnow())
        if not isinstance(decision, Skip) or decision.open:
            self.locks.occurrences.reset(str(report.key))
        return outcome

    async def _write(
        self, report: Report, decision: Decision, came: datetime
    ) -> Outcome:
        """Carry a decision out."""
        match decision:
            case Hold(reason=reason, window=window):
                self.throttle.hold(str(report.key), window, report, came)
                return Outcome(
                    action=Action.SKIPPED, reason=reason, ticket_id=window.ticket_id
                )
            case Skip(reason=reason, ticket_id=ticket_id, open=found):
                outcome = Outcome(
                    action=Action.SKIPPED, reason=reason, ticket_id=ticket_id
                )
                return await self._escalated(report, found, outcome)
            case Comment(open=found):
                outcome = await self.comment(report, found.shown().id)
                return await self._escalated(report, found, outcome)
            case Reopen(closed=closed):
                return await self._reopen(report, closed) or await self.create(report)
            case Create():
                return await self.create(report)

    async def _reopen(self, report: Report, closed: Ticket) -> Outcome | None:
        """Reopen a ticket and comment on it; return nothing if RT does not reopen it."""
        context = self.context
        ticket = await reopen(context.client, closed, context.settings.reopen_status)
        if not ticket or not await context.lifecycle.is_open(ticket):
            return None
        self.lookup.index.record(str(report.key), ticket.id)
        outcome = await self.comment(report, ticket.id)
        found = FoundTicket(ticket_id=ticket.id, ticket=ticket)
        return replace(await self._escalated(report, found, outcome), reopened=True)

    async def _escalated(
        self, report: Report, found: FoundTicket | None, outcome: Outcome
    ) -> Outcome:
        """Return an outcome with what RT refused of a higher severity."""
        raised = await self.escalate(report, found)
        return replace(outcome, not_stored=[*outcome.not_stored, *raised])

    async def escalate(self, report: Report, found: FoundTicket | None) -> list[str]:
        """Make a ticket as severe as a repeat, and return what RT refused."""
        if not found or not found.ticket:
            return []
        return await raise_severity(
            self.context.client, self.context.severities, report, found.ticket
        )

    async def find(self, key: Key) -> FoundTicket | None:
        """Return the open ticket of a key, when earlier work for it is done.

        Raises:
            Unsearchable: RT cannot find this key.
            RTError: See the errors of `rt`.

        """
        key.check()
        async with self.locks.of(str(key)):
            # Whoever asks may be about to close it.
            self.locks.of(str(key)).invalidate()
            return (await self.lookup.find(key)).open

    async def create(self, report: Report) -> Outcome:
        """Create a ticket that tells what was held back, and hold repeats back.

        Raises:
            RTError: RT did not confirm; see the errors of `rt`.

        """
        if report.force_create:
            return await self.creator.create(report)
        message = report.message
        async with held_back_told(
            self.throttle, self.lookup, report.key, message
        ) as held_back:
            text = compose(
                message.text_or(report.subject), message.content_type, after=held_back
            )
            outcome = await self.creator.create(
                replace(report, message=replace(message, text=text))
            )
        outcome = await join_duplicates(
            self.context.client,
            self.lookup,
            report.key,
            outcome,
            self.context.settings.duplicates,
        )
        if self.context.settings.duplicates is not Duplicates.KEEP:
            self.locks.of(str(report.key)).invalidate()
        if TYPE_CHECKING:
            assert outcome.ticket_id
        self.throttle.open(str(report.key), outcome.ticket_id, report)
        return outcome

    async def _is_open(self, key: Key, window: ThrottleWindow) -> bool:
        """Tell whether the ticket of a key's window is open, or was a moment ago.

        Of one that does not show the key, this is not told.
        """
        if window.was_just_open():
            return True
        if not await self.lookup.is_still_open(key, window.ticket_id):
            return False
        window.seen_open = dt_util.utcnow()
        return True

    async def comment(self, report: Report, ticket_id: int) -> Outcome:
        """Comment on a ticket, with what was held back.

        Raises:
            RTError: RT did not confirm; see the errors of `rt`.

        """
        message = report.message

        async def send(attached: Attached) -> None:
            notes = [
                *report.references(),
                *report.notes,
                *apologies(attached.failures),
                *held_back,
            ]
            text = compose(
                message.text_or(report.subject), message.content_type, after=notes
            )
            await self.messenger.comment(ticket_id, text, message, attached.files)

        async with held_back_told(
            self.throttle, self.lookup, report.key, message
        ) as held_back:
            _, attached = await message.send(send)
        self.lookup.mark(report.key, message.marker)
        self.throttle.open(str(report.key), ticket_id, report)
        shortened = await not_kept(self.context.client, ticket_id, message, attached)
        return Outcome(
            action=Action.COMMENTED,
            ticket_id=ticket_id,
            not_stored=[*attached.failures, *shortened],
        )

    def _skip(self, key: Key, reason: Reason, ticket_id: int | None = None) -> Outcome:
        """Return the outcome of a report that is not sent."""
        if self.context.settings.dry_run:
            return would(Action.SKIPPED, key, ticket_id, reason)
        return Outcome(action=Action.SKIPPED, reason=reason, ticket_id=ticket_id)
