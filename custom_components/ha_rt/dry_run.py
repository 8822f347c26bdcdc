"""What is said instead of done."""

import logging

from .keys import Key
from .report import Action, Outcome, Reason

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
