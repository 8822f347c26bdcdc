"""Diagnostics of an entry, for bug reports."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant

from .coordinator import HaRtCoordinator
from .delivery.reporter import Reporter
from .queries.view import iso
from .rt.errors import RTError
from .runtime import HaRtConfigEntry

_TO_REDACT = {CONF_TOKEN}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: HaRtConfigEntry
) -> dict[str, Any]:
    """Return what the entry knows and whether RT answers now."""
    known = {
        "data": async_redact_data(entry.data, _TO_REDACT),
        "options": dict(entry.options),
        "state": entry.state.value,
        "reason": entry.reason,
    }
    if entry.state is not ConfigEntryState.LOADED:
        return known
    data = entry.runtime_data
    try:
        version = await data.context.client.version()
    except RTError as err:
        version = err.brief
    return {
        **known,
        "rt_version": version,
        "sessions": data.context.client.sessions,
        "queue_id": data.handler.context.queue.id,
        "device_id_field_id": data.context.fields.device_id,
        "event_type_field_id": data.context.fields.event_type,
        "remembered_tickets": len(data.handler.lookup.index),
        "held_back_reports": data.handler.throttle.held,
        "outbox": _outbox(data.reporter),
        "polls": _polls(data.coordinator),
        "tickets": _tickets(data.coordinator),
        "recent_errors": data.coordinator.recent_errors.as_list(),
    }


def _outbox(reporter: Reporter) -> dict[str, Any]:
    """Return what waits for RT, but not whose."""
    outbox = reporter.outbox
    pending_messages = [*outbox.waiting, *outbox.refused]
    return {
        "waiting": outbox.count,
        # RT's own words may hold what is in a ticket.
        "refused": [_kind(pending.refusal) for pending in outbox.refused],
        "file_bytes": sum(
            file.size for pending in pending_messages for file in pending.files
        ),
        "away_because": _kind(reporter.dispatcher.away_because),
        "set_aside": outbox.set_aside,
    }


def _kind(failure: str) -> str:
    """Return what kind of failure a text of `brief` tells."""
    return failure.partition(":")[0]


def _polls(coordinator: HaRtCoordinator) -> dict[str, Any]:
    """Return how keeping up with the queue goes."""
    interval = coordinator.update_interval
    error = coordinator.last_exception
    return {
        "seconds_between": interval.total_seconds() if interval else None,
        "last_success": iso(coordinator.last_success),
        # What people read, and behind it what RT or the network did.
        "last_error": type(error.__cause__ or error).__name__ if error else None,
        "seen_up_to": coordinator.poller.cursor.after,
        "events_not_announced": coordinator.unannounced,
    }


def _tickets(coordinator: HaRtCoordinator) -> dict[str, Any] | None:
    """Return how many tickets there are, if they were ever read, but not which."""
    snapshot = coordinator.data
    if snapshot is None:
        return None
    return {
        "open": len(snapshot.tickets),
        "by_status": dict(snapshot.statuses),
        "unowned": snapshot.unowned,
        "overdue": snapshot.overdue,
        "without_custom_fields": len(coordinator.poller.tickets.without_fields()),
    }
