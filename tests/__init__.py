"""Tests of the Service Management integration."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # tests.ha_early has to come before the rest of Home Assistant
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


type Wait = Callable[..., Awaitable[None]]
"""Lets time pass, given as to timedelta, and what is due then happen."""


async def setup_integration(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add a config entry and set it up."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def perform(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Perform an action of the integration and return its response."""
    return await hass.services.async_call(
        "ha_rt", action, data, blocking=True, return_response=True
    )


async def create_ticket(hass: HomeAssistant, **data: Any) -> Any:
    """Report a problem as an automation does, and return the action's response."""
    return await hass.services.async_call(
        "ha_rt",
        "create_ticket",
        {
            "device_id": "binary_sensor.leak",
            "subject": "Leak",
            "text": "Water under the sink",
            **data,
        },
        blocking=True,
        return_response=True,
    )


async def set_up_with(
    hass: HomeAssistant, entry: MockConfigEntry, **options: Any
) -> None:
    """Add a config entry with more options and set it up."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
