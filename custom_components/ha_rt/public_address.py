"""Whether a server is reached over the internet."""

from ipaddress import ip_address
from typing import cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import (
    HomeAssistantTCPConnector,
    async_get_clientsession,
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
    connector = cast(HomeAssistantTCPConnector, async_get_clientsession(hass).connector)
    try:
        found = await connector.async_resolve_host(host)
    except OSError:
        return False
    return all(ip_address(one["host"]).is_global for one in found)
