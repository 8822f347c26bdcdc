"""How RT is told what waited for it: each message once, whatever happened meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from ..model.report import Action, Attached, Message, Outcome, Reason, Report
from ..model.text import late
from ..rt.errors import UnderWay
from ..tickets.exactly_once import find_marked
from ..tickets.handler import Desk
from ..tickets.lookup import Found, Standing
from .backlog import Digest
from .pending import Parcel
from .record import Kept, KeptFile
from .store import Outbox


async def deliver(
    desk: Desk, outbox: Outbox, parcel: Parcel, *, may_be_under_way: bool
) -> Outcome | None:
    """Tell RT what a parcel holds, in its key's turn.

    What RT has leaves the outbox at once. RT may have got any of it before, for its
    answer may have been lost, or Home Assistant stopped: it is looked for first.

    Args:
        desk: Whose queue it is for.
        outbox: Where the parcel is.
        parcel: The parcel.
        may_be_under_way: Whether RT may still be working on what it did not confirm.

    Returns:
        What was done with the first report; None if RT had it before.

    Raises:
        UnderWay: RT may still be working on it.
        RTError: RT did not confirm; see the errors of `rt`.

    """
    outcome = None
    if parcel.first:
        outcome = await _tell_first(
            desk, outbox, parcel.first, may_be_under_way=may_be_under_way
        )
        after = parcel.without_first(outcome.ticket_id)
        # Where comments are off, a repeat may still raise the severity.
        if outcome.action is Action.SKIPPED and outcome.reason != Reason.COMMENTS_OFF:
            after = replace(after, digests=())
        await outbox.async_update(parcel, after)
        parcel = after
    while parcel.digests:
        await _tell_digest(desk, outbox, parcel, may_be_under_way=may_be_under_way)
        after = parcel.without_digest()
        await outbox.async_update(parcel, after)
        parcel = after
    return outcome


async def _tell_first(
    desk: Desk, outbox: Outbox, kept: Kept, *, may_be_under_way: bool
) -> Outcome:
    """Tell RT the first report of a parcel."""
    attach = partial(_attach, outbox, kept.files, kept.failures)
    report = replace(
        kept.report,
        message=replace(kept.report.message, attach=attach),
        notes=(late(kept.came),),
    )
    standing = Standing(open=None)
    if not report.force_create:
        standing = await desk.stand(report.key)
    return await _tell(
        desk, report, standing, kept.came, may_be_under_way=may_be_under_way
    )


async def _tell(
    desk: Desk,
    report: Report,
    standing: Standing,
    came: datetime,
    *,
    may_be_under_way: bool,
) -> Outcome:
    """Tell RT a report, unless it has it."""
    first = standing.open.ticket_id if standing.open else None
    told = await find_marked(
        desk.finder, report.key, report.message.marker, came, first
    )
    if told is not None:
        refused = await desk.escalate(report, standing.open)
        return Outcome(action=Action.COMMENTED, ticket_id=told, not_stored=refused)
    if may_be_under_way:
        raise UnderWay("It did not confirm an earlier report and may yet store it")
    return await desk.place(report, standing)


async def _tell_digest(
    desk: Desk, outbox: Outbox, parcel: Parcel, *, may_be_under_way: bool
) -> None:
    """Tell RT what came after the first report."""
    digest = parcel.digests[0]
    standing = await desk.stand(parcel.key)
    if not standing.open and parcel.ticket_id is not None:
        # A person has closed it since, and what came before belongs there.
        own = standing.closed or await desk.finder.own(parcel.key, parcel.ticket_id)
        if own:
            standing = Standing(open=Found(ticket_id=own.id, ticket=own))
    report = _report(outbox, parcel, digest)
    came = digest.said[0].first
    await _tell(desk, report, standing, came, may_be_under_way=may_be_under_way)


def _report(outbox: Outbox, parcel: Parcel, digest: Digest) -> Report:
    """Return what came after the first report, as one."""
    text, content_type = digest.message()
    return Report(
        key=parcel.key,
        subject=parcel.key.label(),
        message=Message(
            text=text,
            content_type=content_type,
            marker=digest.marker,
            attach=partial(_attach, outbox, digest.files, digest.failures),
        ),
        severity=digest.severity,
    )


async def _attach(
    outbox: Outbox, files: tuple[KeptFile, ...], failures: Mapping[str, str]
) -> Attached:
    """Return the files that wait with a report."""
    attached = await outbox.async_read_files(files)
    return replace(attached, failures={**failures, **attached.failures})
