"""Home Assistant's core in this process, with nothing but what an integration needs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from unittest.mock import patch

from homeassistant import bootstrap, loader
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntries,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component

from scripts.live.rt import RTServer

ACCOUNT = "ha-service"
QUEUE = "Facility Management"
# Every Home Assistant has them.
PLATFORMS = ("event", "sensor", "todo")


class BenchmarkError(Exception):
    """Something did not work, so that there is nothing to measure."""


@asynccontextmanager
async def home_assistant(config: Path) -> AsyncIterator[HomeAssistant]:
    """Run a core with its registries; it finds ha_rt beside this package."""
    hass = HomeAssistant(str(config))
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    if not await bootstrap.async_load_base_functionality(hass):
        raise BenchmarkError("Home Assistant's registries do not load")
    hass.set_state(CoreState.running)
    # To-do lists want its server, for browsers that nobody uses here.
    hass.config.components.add("http")
    for platform in PLATFORMS:
        if not await async_setup_component(hass, platform, {}):
            raise BenchmarkError(f"{platform} is not set up")
    # Names in .local are of no use here, and would be asked for in the network.
    with patch("homeassistant.components.zeroconf.async_get_async_zeroconf"):
        try:
            yield hass
        finally:
            await hass.async_stop(force=True)


async def add_entry(
    hass: HomeAssistant,
    domain: str,
    data: Mapping[str, Any],
    options: Mapping[str, Any] = MappingProxyType({}),
) -> ConfigEntry:
    """Add an entry as its flows would have left it, and set it up."""
    entry = ConfigEntry(
        data=data,
        discovery_keys=MappingProxyType({}),
        domain=domain,
        minor_version=1,
        options=options,
        pref_disable_polling=True,  # what a poll costs is measured, and only then
        source=SOURCE_USER,
        subentries_data=None,
        title=domain,
        unique_id=None,
        version=1,
    )
    await hass.config_entries.async_add(entry)
    if entry.state is not ConfigEntryState.LOADED:
        raise BenchmarkError(f"{domain} is {entry.state.value}: {entry.reason}")
    return entry


def entry_data(rt: RTServer, url: str, queue: str = QUEUE) -> dict[str, Any]:
    """Return the data of an entry of ha_rt."""
    token = rt.tokens[ACCOUNT]
    return {"url": url, "token": token, "verify_ssl": True, "queue": queue}


async def act(
    hass: HomeAssistant, action: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Carry out an action as an automation does, and return its response."""
    response = await hass.services.async_call(
        "ha_rt", action, dict(arguments), blocking=True, return_response=True
    )
    if not response:
        raise BenchmarkError(f"{action} answers nothing")
    return cast("dict[str, Any]", response)
