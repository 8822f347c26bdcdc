"""What a loaded config entry holds."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .desk import Desk
from .rt.client import RTClient

type HaRtConfigEntry = ConfigEntry[HaRtData]


@dataclass(frozen=True, kw_only=True, slots=True)
class HaRtData:
    """The parts of a loaded entry."""

    client: RTClient
    desk: Desk
    field_name: str
    """Name of the custom field that holds the device id."""
    web_url: str
    """The address at which people reach RT, without trailing slash."""

    def ticket_url(self, ticket_id: int) -> str:
        """Return the address of a ticket's page for people."""
        return f"{self.web_url}/Ticket/Display.html?id={ticket_id}"
