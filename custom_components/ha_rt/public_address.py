"""Whether a server is reached over the internet."""

from ipaddress import ip_address

from homeassistant.core import HomeAssistant

from .connection import async_connector


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
