"""The queue of an entry, as all that deals with its tickets knows it."""

from dataclasses import dataclass

from ..model.key import KeyFields
from ..model.settings import Settings
from ..model.severity import SeverityScale
from ..rt.client import RTClient
from ..rt.errors import Forbidden
from ..rt.models import Queue
from .lifecycle import Lifecycle


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueContext:
    """A queue, the account that works in it, and how the options want it."""

    client: RTClient
    queue: Queue
    """The queue as it was when the entry was set up."""
    fields: KeyFields
    lifecycle: Lifecycle
    settings: Settings
    severities: SeverityScale
    web_url: str
    """The address at which people reach RT, without trailing slash."""

    def ticket_url(self, ticket_id: int) -> str:
        """Return the address of a ticket's page for people."""
        return f"{self.web_url}/Ticket/Display.html?id={ticket_id}"

    async def check_sight(self) -> None:
        """Tell an empty queue from one whose tickets the account may not see.

        Raises:
            Forbidden: It may not see them, which searches do not tell.
            RTError: See the errors of `rt`.

        """
        if await self.client.queues_with_right("ShowTicket", self.queue.name) == []:
            raise Forbidden("ShowTicket", "It shows no tickets of the queue")
