"""The HTTP connection of a config entry to its RT server."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
import socket
from typing import Any, Final, cast, override

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    CONF_TOKEN,
    CONF_URL,
    CONF_VERIFY_SSL,
    EVENT_HOMEASSISTANT_FINAL_WRITE,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import (
    SERVER_SOFTWARE,
    HomeAssistantTCPConnector,
    async_get_clientsession,
)
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ssl import client_context, client_context_no_verify

from .const import CONF_USE_SESSIONS, DOMAIN
from .model.settings import DEFAULTS
from .rt.client import RTClient
from .rt.http import KEEPALIVE_SECONDS
from .rt.transport import MAX_REQUESTS

_UP: Final = {ConfigEntryState.LOADED, ConfigEntryState.UNLOAD_IN_PROGRESS}
# Home Assistant's own start waits for this, where an entry could not be set up.
_CLOSE_SECONDS: Final = 1

_SLOTS: HassKey[dict[str, asyncio.Semaphore]] = HassKey(f"{DOMAIN}_slots")


@callback
def async_connector(hass: HomeAssistant) -> HomeAssistantTCPConnector:
    """Return Home Assistant's own connector, which resolves names."""
    return cast(HomeAssistantTCPConnector, async_get_clientsession(hass).connector)


class _Resolver(AbstractResolver):
    """Home Assistant's own name resolution, which knows .local names too."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Find Home Assistant's connector."""
        self._connector = async_connector(hass)

    @override
    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        results = await self._connector.async_resolve_host(host)
        return [ResolveResult(**{**result, "port": port}) for result in results]

    @override
    async def close(self) -> None:
        """Leave Home Assistant's connector alone."""


@callback
def async_connect_entry(hass: HomeAssistant, entry: ConfigEntry) -> RTClient:
    """Return a client for an entry.

    It is closed with the entry, or with Home Assistant, which unloads none.
    """
    session = _async_open_session(hass, entry.data)
    client = _async_client(hass, session, entry.data, entry.options)

    async def async_close(_event: Event | None = None) -> None:
        was_up = entry.state in _UP
        with suppress(TimeoutError):
            async with asyncio.timeout(None if was_up else _CLOSE_SECONDS):
                await client.close()
        await session.close()

    entry.async_on_unload(async_close)
    # At the later event that is called close, no name is resolved any more.
    entry.async_on_unload(
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, async_close)
    )
    return client


@asynccontextmanager
async def async_connect(
    hass: HomeAssistant, data: Mapping[str, Any], options: Mapping[str, Any]
) -> AsyncIterator[RTClient]:
    """Connect to a server for a while, with the data and options of an entry."""
    async with _async_open_session(hass, data) as session:
        client = _async_client(hass, session, data, options)
        try:
            yield client
        finally:
            await client.close()


@callback
def _async_open_session(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> aiohttp.ClientSession:
    """Return connections for one RT account; who opened them closes them.

    Not one of Home Assistant's sessions: they keep idle connections longer than
    RT does, and a report must not be sent into a connection that RT is closing.
    """
    verify = data[CONF_VERIFY_SSL]
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            ssl=client_context() if verify else client_context_no_verify(),
            resolver=_Resolver(hass),
            keepalive_timeout=KEEPALIVE_SECONDS,
        ),
        # RT prefers a cookie over the token and would go by an older log-in.
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": SERVER_SOFTWARE},
    )


@callback
def _async_client(
    hass: HomeAssistant,
    session: aiohttp.ClientSession,
    data: Mapping[str, Any],
    options: Mapping[str, Any],
) -> RTClient:
    """Return a client; clients of one server share its slots."""
    url = data[CONF_URL]
    slots = hass.data.setdefault(_SLOTS, {}).setdefault(
        url, asyncio.Semaphore(MAX_REQUESTS)
    )
    return RTClient(
        session,
        url,
        data[CONF_TOKEN],
        slots,
        use_sessions=options.get(CONF_USE_SESSIONS, DEFAULTS[CONF_USE_SESSIONS]),
    )


async def async_is_public(hass: HomeAssistant, host: str) -> bool:
    """Tell whether all addresses of a host are public ones; no, if it has none.

    A machine at home may have a public address of IPv6 beside its private one.
    """
    try:
        return ip_address(host).is_global
    except ValueError:
        pass  # it is a name
    if host.rstrip(".").endswith(".local"):
        return False
    try:
        found = await async_connector(hass).async_resolve_host(host)
    except OSError:
        return False
    return all(ip_address(one["host"]).is_global for one in found)
