"""Tests of the Service Management integration."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # tests.ha_early has to come before the rest of Home Assistant
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

    from tests.fake_rt import FakeRT

CAMERA = "camera.kitchen"
DEVICE = "binary_sensor.leak"
FACILITY = "Facility Management"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

type Load = Callable[..., Awaitable[None]]
"""Loads the entry, with more options."""

type Wait = Callable[..., Awaitable[None]]
"""Lets time pass, given as to timedelta, and what is due then happen."""


def connection_data(fake_rt: FakeRT) -> dict[str, Any]:
    """Return what an entry's data say of the way to the fake RT."""
    return {"url": fake_rt.url, "token": fake_rt.token, "verify_ssl": True}


async def setup_integration(
    hass: HomeAssistant, entry: MockConfigEntry, *, polls: bool = False, **options: Any
) -> None:
    """Add a config entry, perhaps with more options, and set it up.

    It looks for what happens in RT only if it polls: many tests count requests.
    """
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, **options}, pref_disable_polling=not polls
    )
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def change_options(
    hass: HomeAssistant, entry: MockConfigEntry, **options: Any
) -> None:
    """Change options of a loaded entry."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    await hass.config_entries.async_reload(entry.entry_id)


async def restart(hass: HomeAssistant, *entries: MockConfigEntry) -> None:
    """Forget all but what is on disk, as a restart does; the first is set up first."""
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)
    for name in [key for key in hass.data if str(key).startswith("ha_rt_")]:
        del hass.data[name]
    for entry in entries:
        await hass.config_entries.async_setup(entry.entry_id)


async def perform(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Perform an action of the integration and return its response."""
    return await hass.services.async_call(
        "ha_rt", action, data, blocking=True, return_response=True
    )


async def create_ticket(hass: HomeAssistant, **data: Any) -> Any:
    """Report a problem as an automation does, and return the action's response."""
    report = {"device_id": DEVICE, "subject": "Leak", "text": "Water under the sink"}
    return await perform(hass, "create_ticket", **{**report, **data})


async def search(hass: HomeAssistant, **arguments: Any) -> list[int]:
    """Search, and return the numbers of the tickets."""
    answer = await perform(hass, "search_tickets", **arguments)
    assert answer["count"] == len(answer["tickets"])
    return [ticket["ticket_id"] for ticket in answer["tickets"]]


def ago(fake_rt: FakeRT, **time: float) -> datetime:
    """Set RT's clock, back from NOW, and return its time."""
    moment = NOW - timedelta(**time)
    fake_rt.clock = lambda: moment
    return moment


def methods(fake_rt: FakeRT) -> str:
    """Return the methods of all requests, in order."""
    return " ".join(request.method for request in fake_rt.requests)
