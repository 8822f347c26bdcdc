"""Makes an open ticket as severe as a later report."""

import logging
from typing import Any

from ..model.report import Report
from ..model.severity import SeverityScale
from ..rt.client import RTClient
from ..rt.errors import RTError
from ..rt.models import Ticket

_LOGGER = logging.getLogger(__name__)


async def raise_severity(
    client: RTClient, severities: SeverityScale, report: Report, ticket: Ticket
) -> list[str]:
    """Raise a ticket's priority and severity field to a report's; never lower them.

    The report itself is in RT by then: what fails here is only logged.

    Args:
        client: The account to write as.
        severities: How severities stand in tickets.
        report: With the severity, or without one.
        ticket: As it is now.

    Returns:
        What RT refused: "priority", "severity".

    """
    if report.severity is None:
        return []
    changes: dict[str, Any] = {}
    priority = severities.priority(report.severity, report.priority)
    if priority is not None and priority > ticket.priority:
        changes["Priority"] = priority
    fields = severities.fields(report.severity)
    if fields and severities.is_below(ticket, report.severity):
        changes["CustomFields"] = {str(id_): v for id_, v in fields.items()}
    if not changes:
        return []
    try:
        words = await client.update_ticket(ticket.id, changes)
        after = await client.ticket(ticket.id)
    except RTError as err:
        words, after = str(err), ticket
    refused = []
    if "Priority" in changes and after.priority != priority:
        refused.append("priority")
    if "CustomFields" in changes and severities.is_below(after, report.severity):
        refused.append("severity")
    if refused:
        _LOGGER.warning(
            "RT did not raise the %s of ticket %s: %s",
            " and ".join(refused),
            ticket.id,
            words,
        )
    return refused
