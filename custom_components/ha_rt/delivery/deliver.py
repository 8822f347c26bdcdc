"""How RT is told what waited for it: each message once, whatever happened meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from ..model.report import Action, Attached, Message, Outcome, Reason, Report
from ..model.text import late
from ..rt.errors import UnderWay
from ..tickets.exactly_once import find_marked
from ..tickets.handler import TicketHandler
from ..tickets.lookup import FoundTicket
from ..tickets.policy import Known
from .backlog import Backlog
from .outbox import Outbox
from .pending import PendingMessage
from .record import StoredFile, StoredReport


async def deliver(
    handler: TicketHandler,
    outbox: Outbox,
    pending: PendingMessage,
    *,
    may_be_under_way: bool,
) -> Outcome | None:
    """Deliver a pending message; the caller holds the key's lock.

    What RT has leaves the outbox at once. RT may have got any of it before, for its
    answer may have been lost, or Home Assistant stopped: it is looked for first.

    Args:
        handler: Whose queue it is for.
        outbox: Where the message is.
        pending: The message.
        may_be_under_way: Whether RT may still be working on what it did not confirm.

    Returns:
        What was done with the first report; None if RT had it before.

    Raises:
        UnderWay: RT may still be working on it.
        RTError: RT did not confirm; see the errors of `rt`.

    """
    outcome = None
    if pending.first:
        outcome = await _deliver_first(
            handler, outbox, pending.first, may_be_under_way=may_be_under_way
        )
        after = pending.without_first(outcome.ticket_id)
        # Where comments are off, a repeat may still raise the severity.
        if outcome.action is Action.SKIPPED and outcome.reason != Reason.COMMENTS_OFF:
            after = replace(after, backlogs=())
        await outbox.async_update(pending, after)
        pending = after
    while pending.backlogs:
        await _deliver_backlog(
            handler, outbox, pending, may_be_under_way=may_be_under_way
        )
        after = pending.without_backlog()
        await outbox.async_update(pending, after)
        pending = after
    return outcome


async def _deliver_first(
    handler: TicketHandler,
    outbox: Outbox,
    stored_report: StoredReport,
    *,
    may_be_under_way: bool,
) -> Outcome:
    """Deliver the first report of a message."""
    attach = partial(_attach, outbox, stored_report.files, stored_report.failures)
    report = replace(
        stored_report.report,
        message=replace(stored_report.report.message, attach=attach),
        notes=(late(stored_report.came),),
    )
    known = await handler.look_up(report)
    return await _deliver_report(
        handler, report, known, stored_report.came, may_be_under_way=may_be_under_way
    )


async def _deliver_report(
    handler: TicketHandler,
    report: Report,
    known: Known,
    came: datetime,
    *,
    may_be_under_way: bool,
) -> Outcome:
    """Deliver a report, unless RT has it."""
    first = known.open.ticket_id if known.open else None
    told = await find_marked(
        handler.lookup, report.key, report.message.marker, came, first
    )
    if told is not None:
        refused = await handler.escalate(report, known.open)
        return Outcome(action=Action.COMMENTED, ticket_id=told, not_stored=refused)
    if may_be_under_way:
        raise UnderWay("It did not confirm an earlier report and may yet store it")
    return await handler.apply(report, known)


async def _deliver_backlog(
    handler: TicketHandler,
    outbox: Outbox,
    pending: PendingMessage,
    *,
    may_be_under_way: bool,
) -> None:
    """Deliver what came after the first report."""
    backlog = pending.backlogs[0]
    report = _report(outbox, pending, backlog)
    known = await handler.look_up(report)
    if (
        not known.open
        and pending.ticket_id is not None
        and (own := await handler.closed_ticket(report.key, known, pending.ticket_id))
    ):
        # A person has closed it since, and what came before belongs there.
        known = Known(open=FoundTicket(ticket_id=own.id, ticket=own))
    came = backlog.texts[0].first
    await _deliver_report(
        handler, report, known, came, may_be_under_way=may_be_under_way
    )


def _report(outbox: Outbox, pending: PendingMessage, backlog: Backlog) -> Report:
    """Return what came after the first report, as one."""
    text, content_type = backlog.message()
    return Report(
        key=pending.key,
        subject=pending.key.label(),
        message=Message(
            text=text,
            content_type=content_type,
            marker=backlog.marker,
            attach=partial(_attach, outbox, backlog.files, backlog.failures),
        ),
        severity=backlog.severity,
    )


async def _attach(
    outbox: Outbox, files: tuple[StoredFile, ...], failures: Mapping[str, str]
) -> Attached:
    """Return the files that wait with a report."""
    attached = await outbox.async_read_files(files)
    return replace(attached, failures={**failures, **attached.failures})
