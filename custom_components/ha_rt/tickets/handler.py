"""The service desk: one open ticket per key.

The first report of a key creates a ticket, and further ones comment on it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
import logging
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..model.key import Key
from ..model.report import Action, Attached, Message, Outcome, Reason, Report
from ..model.settings import CommentPolicy, Duplicates
from ..model.text import apologies, compose
from ..model.throttle import ThrottleWindow
from ..rt.errors import RTError
from ..rt.models import Ticket
from .changes import reopen
from .context import QueueContext
from .create import Creator
from .duplicates import join_duplicates
from .escalation import raise_severity
from .exactly_once import Messenger, not_kept
from .locks import KeyLocks
from .lookup import FoundTicket, LookupResult, TicketLookup
from .policy import Choice, choose
from .throttle import Throttle, confirm, held_back_told


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
            self.locks.count_occurrence(
                key, came, report.min_occurrences, report.within
            )
        )
        if is_rare and not self.lookup.index.get(key):
            return self._skip(report.key, Reason.MINIMUM_OCCURRENCES)
        return replace(report, is_rare=is_rare)

    async def handle(self, report: Report, came: datetime) -> Outcome:
        """Comment on the open ticket of a report's key, or create one, or hold it back.

        It has to be the key's turn, or two reports find nothing and both create.

        Args:
            report: Its key has to be one that RT can find again.
            came: When it came; aware.

        Returns:
            The ticket's number and what was done with it.

        Raises:
            RTError: RT did not confirm; see the errors of `rt`.

        """
        if report.force_create:
            return await self.apply(report, LookupResult(open=None))
        window = self.throttle.get(str(report.key))
        reason = self.throttle.reason_to_hold(window, report) if window else None
        if window and reason and await self._is_open(report.key, window):
            return self._hold(report, reason, window, came)
        result = self._open_since(report, came) or await self.look_up(report.key)
        if window and reason and (found := result.open):
            if not found.ticket:
                # Nobody can tell whether it is open still.
                return self._hold(report, reason, window, came)
            if found.ticket_id == window.ticket_id:
                window.seen_open = dt_util.utcnow()
                return self._hold(report, reason, window, came)
        return await self.apply(report, result)

    async def look_up(self, key: Key) -> LookupResult:
        """Return how a key stands, or wait for the ticket that RT may be creating.

        Raises:
            UnderWay: RT may yet create it.
            RTError: See the errors of `rt`.

        """
        asked = dt_util.utcnow()
        result = await self.lookup.find(key)
        if result.open:
            self.locks.confirm(str(key))
            self.locks.of(str(key)).mark_open(result.open, asked)
        elif self.locks.is_unconfirmed(str(key)):
            return LookupResult(open=await self.creator.find_unconfirmed(key))
        return result

    def _open_since(self, report: Report, came: datetime) -> LookupResult | None:
        """Return how a report's key stands, if that was seen after the report came.

        So of many reports at once, only the first has to look.
        """
        found = self.locks.of(str(report.key)).open_since(came)
        # To raise the severity, the ticket has to be known as it is now.
        if not found or not found.ticket or report.severity:
            return None
        return LookupResult(open=found)

    async def apply(self, report: Report, result: LookupResult) -> Outcome:
        """Comment on a key's ticket or create one, in the key's turn; see take."""
        if result.open:
            self.locks.reset_occurrences(str(report.key))
            return await self._repeat(report, result.open)
        if report.is_rare:
            return self._skip(report.key, Reason.MINIMUM_OCCURRENCES)
        if not report.force_create and (
            outcome := await self.after_resolution(report, result.closed)
        ):
            return outcome
        if self.context.settings.dry_run:
            return would(Action.CREATED, report.key, None, subject=report.subject)
        return await self.create(report)

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
        ) as digest:
            text = compose(
                message.text_or(report.subject), message.content_type, after=digest
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

    def _hold(
        self, report: Report, reason: Reason, window: ThrottleWindow, came: datetime
    ) -> Outcome:
        """Hold a report back."""
        self.locks.reset_occurrences(str(report.key))
        if not self.context.settings.dry_run:
            self.throttle.hold(str(report.key), window, report, came)
        return self._skip(report.key, reason, window.ticket_id)

    async def _repeat(self, report: Report, found: FoundTicket) -> Outcome:
        """Comment on the open ticket, unless repeats are not wanted."""
        is_off = self.context.settings.comment_policy is CommentPolicy.NEVER
        if is_off:
            outcome = self._skip(report.key, Reason.COMMENTS_OFF, found.ticket_id)
        elif self.context.settings.dry_run:
            outcome = would(
                Action.COMMENTED, report.key, found.ticket_id, subject=report.subject
            )
        else:
            outcome = await self.comment(report, found.shown().id)
        if self.context.settings.dry_run:
            return outcome
        raised = await self.escalate(report, found)
        return replace(outcome, not_stored=[*outcome.not_stored, *raised])

    async def comment(self, report: Report, ticket_id: int) -> Outcome:
        """Comment on a ticket, and tell what was held back.

        Raises:
            RTError: RT did not confirm; see the errors of `rt`.

        """
        message = report.message

        async def send(attached: Attached) -> None:
            notes = [
                *report.references(),
                *report.notes,
                *apologies(attached.failures),
                *digest,
            ]
            text = compose(
                message.text_or(report.subject), message.content_type, after=notes
            )
            await self.messenger.comment(ticket_id, text, message, attached.files)

        async with held_back_told(
            self.throttle, self.lookup, report.key, message
        ) as digest:
            _, attached = await message.send(send)
        self.lookup.mark(report.key, message.marker)
        self.throttle.open(str(report.key), ticket_id, report)
        shortened = await not_kept(self.context.client, ticket_id, message, attached)
        return Outcome(
            action=Action.COMMENTED,
            ticket_id=ticket_id,
            not_stored=[*attached.failures, *shortened],
        )

    async def after_resolution(
        self, report: Report, known: Ticket | None
    ) -> Outcome | None:
        """Do what the options say of a key whose ticket was closed a while ago.

        Returns:
            What was done; None if a new ticket is to be created.

        Raises:
            RTError: See the errors of `rt`.

        """
        if not self.context.settings.keep_closed:
            return None
        closed = await self.lookup.last_closed(report.key, known)
        choice = choose(self.context.settings, closed)
        if not closed or choice is Choice.NEW:
            return None
        if choice is Choice.QUIET:
            return self._skip(report.key, Reason.QUIET, closed.id)
        if self.context.settings.dry_run:
            outcome = would(
                Action.COMMENTED, report.key, closed.id, subject=report.subject
            )
            return replace(outcome, reopened=True)
        ticket = await reopen(
            self.context.client, closed, self.context.settings.reopen_status
        )
        if not ticket or not await self.context.lifecycle.is_open(ticket):
            return None
        self.lookup.index.record(str(report.key), ticket.id)
        outcome = await self.comment(report, ticket.id)
        raised = await self.escalate(
            report, FoundTicket(ticket_id=ticket.id, ticket=ticket)
        )
        return replace(
            outcome, reopened=True, not_stored=[*outcome.not_stored, *raised]
        )

    def _skip(self, key: Key, reason: Reason, ticket_id: int | None = None) -> Outcome:
        """Return the outcome of a report that is not sent."""
        if self.context.settings.dry_run:
            return would(Action.SKIPPED, key, ticket_id, reason)
        return Outcome(action=Action.SKIPPED, reason=reason, ticket_id=ticket_id)


async def flush(handler: TicketHandler, key: Key) -> Outcome | None:
    """Tell RT what was held back of a key, now that its window has ended.

    Returns:
        What was done; None, if nothing is held back any more.

    Raises:
        RTError: RT did not confirm; it is tried again later.

    """
    async with handler.locks.of(str(key)):
        window = handler.throttle.get(str(key))
        if not window or not window.held:
            return None
        try:
            await confirm(handler.lookup, key, window)
            if not window.held:
                handler.throttle.close(str(key))
                return None
            return await _deliver_held_back(handler, key, window)
        except RTError as err:
            handler.throttle.postpone(str(key), err)
            raise


async def _deliver_held_back(
    handler: TicketHandler, key: Key, window: ThrottleWindow
) -> Outcome:
    """Tell RT what was held back; its ticket may have been closed meanwhile."""
    held = Report(
        key=key,
        subject=window.subject,
        message=Message(text=window.text, content_type=window.content_type),
        severity=window.severity,
    )
    result = await handler.lookup.find(key)
    if result.open:
        return await handler.comment(held, result.open.shown().id)
    closed = result.closed or await handler.lookup.own(key, window.ticket_id)
    if closed and await handler.lookup.was_open_until(closed, window.last_known):
        outcome = await handler.comment(held, closed.id)
        handler.throttle.close(str(key))
        return outcome
    # The problem came again after somebody had closed the ticket.
    done = await handler.after_resolution(held, result.closed)
    if done and done.action is Action.SKIPPED:
        handler.throttle.close(str(key))
    return done or await handler.create(held)


_LOGGER = logging.getLogger(__name__)


def would(
    action: Action,
    target: Key | int,
    ticket_id: int | None,
    reason: Reason | None = None,
    subject: str = "",
) -> Outcome:
    """Say what would be done, if this were no dry run."""
    details = [f"ticket {ticket_id}"] if ticket_id else []
    details += [reason] if reason else []
    _LOGGER.info(
        "Dry run: for %s, a %s would be %s%s%s",
        f"ticket {target}" if isinstance(target, int) else target.label(),
        "report" if action is Action.SKIPPED else "ticket",
        action,
        f" ({', '.join(details)})" if details else "",
        f": {subject}" if subject else "",
    )
    return Outcome(
        action=Action.DRY_RUN, would=action, ticket_id=ticket_id, reason=reason
    )
