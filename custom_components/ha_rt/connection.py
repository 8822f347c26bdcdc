"""The HTTP connection of a config entry to its RT server."""

import asyncio
from collections.abc import Mapping
import socket
from typing import Any, cast, override

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN, CONF_URL, EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import (
    SERVER_SOFTWARE,
    HomeAssistantTCPConnector,
    async_get_clientsession,
)
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ssl import client_context, client_context_no_verify

from .const import DOMAIN
from .rt.client import RTClient
from .rt.transport import KEEPALIVE_SECONDS, MAX_REQUESTS

_SLOTS: HassKey[dict[str, asyncio.Semaphore]] = HassKey(f"{DOMAIN}_slots")


class _Resolver(AbstractResolver):
    """Home Assistant's own name resolution, which knows .local names too."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Find Home Assistant's connector."""
        self._connector = cast(
            HomeAssistantTCPConnector, async_get_clientsession(hass).connector
        )

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
def async_open_session(
    hass: HomeAssistant, *, verify_ssl: bool
) -> aiohttp.ClientSession:
    """Return a session for one RT account; who opened it closes it.

    Not one of Home Assistant's sessions: they keep idle connections longer than
    RT does, and a report must not be sent into a connection that RT is closing.
    """
    context = client_context() if verify_ssl else client_context_no_verify()
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            ssl=context,
            resolver=_Resolver(hass),
            keepalive_timeout=KEEPALIVE_SECONDS,
        ),
        # RT prefers a cookie over the token and would go by an older log-in.
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": SERVER_SOFTWARE},
    )


@callback
def async_close_with_entry(
    hass: HomeAssistant, entry: ConfigEntry, session: aiohttp.ClientSession
) -> None:
    """Close a session with its entry, or with Home Assistant, which unloads none."""

    async def async_close(_event: Event) -> None:
        await session.close()

    entry.async_on_unload(session.close)
    entry.async_on_unload(
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, async_close)
    )


@callback
def async_client(
    hass: HomeAssistant, session: aiohttp.ClientSession, data: Mapping[str, Any]
) -> RTClient:
    """Return a client for an entry's data; clients of one server share its slots."""
    url = data[CONF_URL]
    slots = hass.data.setdefault(_SLOTS, {}).setdefault(
        url, asyncio.Semaphore(MAX_REQUESTS)
    )
    return RTClient(session, url, data[CONF_TOKEN], slots)
