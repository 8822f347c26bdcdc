"""Diagnostics of an entry, for bug reports."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant

from .data import HaRtConfigEntry
from .rt.errors import RTError

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
        version = await data.client.version()
    except RTError as err:
        version = f"{type(err).__name__}: {err}"
    return {
        **known,
        "rt_version": version,
        "sessions": data.client.sessions,
        "queue_id": data.desk.finder.queue_id,
        "device_id_field_id": data.desk.finder.fields.device_id,
        "event_type_field_id": data.desk.finder.fields.event_type,
        "remembered_tickets": len(data.desk.finder.memory),
        "held_back_reports": data.desk.noise.held,
    }
