"""What a dry run says instead of writing to RT."""

from dataclasses import replace
import logging

from ..model.key import Key
from ..model.report import Action, Outcome, Reason, Report
from .policy import Comment, Create, Decision, Hold, Reopen, Skip

_LOGGER = logging.getLogger(__name__)


def describe(report: Report, decision: Decision) -> Outcome:
    """Return what a dry run says of a decision."""
    match decision:
        case Skip(reason=reason, ticket_id=ticket_id):
            return would(Action.SKIPPED, report.key, ticket_id, reason)
        case Hold(reason=reason, window=window):
            return would(Action.SKIPPED, report.key, window.ticket_id, reason)
        case Comment(open=found):
            return would(
                Action.COMMENTED, report.key, found.ticket_id, subject=report.subject
            )
        case Reopen(closed=closed):
            outcome = would(
                Action.COMMENTED, report.key, closed.id, subject=report.subject
            )
            return replace(outcome, reopened=True)
        case Create():
            return would(Action.CREATED, report.key, None, subject=report.subject)


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
