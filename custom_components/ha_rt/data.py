"""What a loaded config entry holds."""

from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry

from .coordinator import HaRtCoordinator
from .desk import Desk
from .intake import Intake
from .rt.client import RTClient
from .rt.models import Queue
from .settings import Settings
from .severity import SeverityScale
from .work import Work

type HaRtConfigEntry = ConfigEntry[HaRtData]


@dataclass(frozen=True, kw_only=True, slots=True)
class HaRtData:
    """The parts of a loaded entry."""

    client: RTClient
    coordinator: HaRtCoordinator
    desk: Desk
    intake: Intake
    queue: Queue
    """The queue as it was when the entry was set up."""
    settings: Settings
    severities: SeverityScale
    web_url: str
    """The address at which people reach RT, without trailing slash."""
    work: Work = field(default_factory=Work)

    def ticket_url(self, ticket_id: int) -> str:
        """Return the address of a ticket's page for people."""
        return f"{self.web_url}/Ticket/Display.html?id={ticket_id}"
