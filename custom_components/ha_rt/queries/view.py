"""Tickets as the actions answer them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from ..model.custom_fields import field_name, shown
from ..model.severity import due
from ..rt.models import Ticket, Transaction
from ..tickets.context import QueueContext
from .response_times import first_responses, minutes


async def async_view(context: QueueContext, ticket: Ticket) -> dict[str, Any]:
    """Return what a search tells of a ticket."""
    fields = context.fields
    severity = context.severities.of(ticket)
    is_open = await context.lifecycle.is_open(ticket)
    resolved = None if is_open else ticket.resolved
    until = due(ticket, severity, context.settings.sla)
    return {
        "ticket_id": ticket.id,
        "ticket_url": context.ticket_url(ticket.id),
        "subject": ticket.subject,
        "status": ticket.status,
        "is_open": is_open,
        "queue": _queue_name(context, ticket),
        "owner": ticket.owner or None,
        "requestors": list(ticket.requestors),
        "priority": ticket.priority,
        "severity": severity.value if severity else None,
        "device_id": ticket.first_value(fields.device_id),
        "event_type": ticket.first_value(fields.event_type),
        "created": iso(ticket.created),
        "started": iso(ticket.started),
        "due": iso(until),
        "resolved": iso(resolved),
        "updated": iso(ticket.updated),
        "resolution_minutes": _minutes_between(ticket.created, resolved),
        "overdue": is_open and until is not None and until < dt_util.utcnow(),
        "custom_fields": {
            name: shown(ticket.custom_fields.get(number, ()))
            for number, name in sorted(
                ticket.field_names.items(), key=lambda field: field[1].casefold()
            )
        },
    }


async def async_full_view(context: QueueContext, ticket: Ticket) -> dict[str, Any]:
    """Return all that is told of a single ticket, but for its history."""
    responses = await first_responses(
        context.client, ticket.queue, ticket.id, ticket.id
    )
    response = responses.get(ticket.id)
    return {
        **await async_view(context, ticket),
        "refers_to": list(ticket.refers_to),
        "first_response": iso(response),
        "first_response_minutes": _minutes_between(ticket.created, response),
    }


async def async_history_view(
    context: QueueContext, ticket: Ticket
) -> list[dict[str, Any]]:
    """Return what happened to a ticket, the oldest first."""
    # RT records a change of the owner a second time, as one of a watcher.
    history = [
        transaction
        for transaction in await context.client.history(ticket.id)
        if (transaction.type, transaction.field) != ("SetWatcher", "Owner")
    ]
    owners = {
        number
        for transaction in history
        if transaction.field == "Owner"
        for number in (transaction.old, transaction.new)
        if number.isdecimal()
    }
    logins = {number: await context.client.login(int(number)) for number in owners}
    return [_transaction_view(one, ticket, logins) for one in history]


def _transaction_view(
    transaction: Transaction, ticket: Ticket, logins: Mapping[str, str]
) -> dict[str, Any]:
    """Return something that happened, with names instead of numbers."""
    field, old, new = transaction.field, transaction.old, transaction.new
    if field == "Owner":
        old, new = logins.get(old, old), logins.get(new, new)
    elif transaction.type == "CustomField" and field.isdecimal():
        field = field_name(ticket, int(field))
    return {
        "transaction_id": transaction.id,
        "type": transaction.type,
        "creator": transaction.creator,
        "created": iso(transaction.created),
        "field": field or None,
        "old": old or None,
        "new": new or None,
    }


def iso(time: datetime | None) -> str | None:
    """Return a time as text."""
    return time.isoformat() if time else None


def _queue_name(context: QueueContext, ticket: Ticket) -> str:
    """Return the name of a ticket's queue, or its number without SeeQueue there."""
    if ticket.queue_name:
        return ticket.queue_name
    return context.queue.name if ticket.queue == context.queue.id else str(ticket.queue)


def _minutes_between(start: datetime | None, end: datetime | None) -> int | None:
    """Return a time in whole minutes, if it is over."""
    return minutes(end - start) if start and end else None
