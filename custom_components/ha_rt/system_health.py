"""What the page with information on the system tells of the integration."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .connection import async_connect
from .const import DOMAIN
from .errors import error_key
from .rt.errors import RTError
from .runtime import HaRtConfigEntry

_TIMEOUT_SECONDS = 10
# In no language.
_NOT_KNOWN = "-"


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what tells it."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return whether RT answers, which version it is, and when it last answered."""
    entries: Sequence[HaRtConfigEntry] = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    if not entries:
        return {}
    return {
        "can_reach_server": _async_reach_all(hass, entries),
        "rt_version": _told(entries, [_version(entry) for entry in entries]),
        "last_success": _told(entries, [_last_success(entry) for entry in entries]),
    }


def _told(entries: Sequence[HaRtConfigEntry], values: Sequence[Any]) -> Any:
    """Return the value of the only entry, or those of all in one line.

    Home Assistant has texts for the names of values, and none of them can hold an
    entry's title.
    """
    if len(entries) == 1:
        return values[0]
    return "; ".join(
        f"{entry.title}: {_in_a_line(value)}"
        for entry, value in zip(entries, values, strict=True)
    )


def _in_a_line(value: Any) -> str:
    """Return a value as Home Assistant shows it if it stands alone."""
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case {"error": error}:
            return str(error)
        case _:
            return str(value)


async def _async_reach_all(
    hass: HomeAssistant, entries: Sequence[HaRtConfigEntry]
) -> Any:
    """Return whether the servers answer."""
    return _told(
        entries, await asyncio.gather(*(_async_reach(hass, entry) for entry in entries))
    )


async def _async_reach(hass: HomeAssistant, entry: HaRtConfigEntry) -> Any:
    """Ask RT as the entry does, and return how that went."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            if entry.state is ConfigEntryState.LOADED:
                await entry.runtime_data.context.client.version()
            else:
                async with async_connect(hass, entry.data, entry.options) as client:
                    await client.version()
    except RTError as err:
        return {"type": "failed", "error": error_key(err).replace("_", " ")}
    except TimeoutError:
        return {"type": "failed", "error": "timeout"}
    return "ok"


def _version(entry: HaRtConfigEntry) -> str:
    """Return the version of RT, if it is known."""
    if entry.state is not ConfigEntryState.LOADED:
        return _NOT_KNOWN
    return entry.runtime_data.coordinator.rt_version or _NOT_KNOWN


def _last_success(entry: HaRtConfigEntry) -> datetime | str:
    """Return when the entry's tickets were last read."""
    if entry.state is not ConfigEntryState.LOADED:
        return _NOT_KNOWN
    return entry.runtime_data.coordinator.last_success or _NOT_KNOWN
