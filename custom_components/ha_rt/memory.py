"""Numbers of tickets that RT cannot find by their key."""

import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
# Each stands for a ticket that a person has to look at; older ones are stale.
_MAX_TICKETS = 1000


class TicketMemory:
    """The ticket of each key whose key RT did not store or does not show."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, url: str = "", queue: int = 0
    ) -> None:
        """Bind the memory to its file, and to the queue whose tickets it holds."""
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True
        )
        self._source = {"url": url, "queue": queue}
        self._tickets: dict[str, int] = {}

    async def async_load(self) -> None:
        """Read what an earlier run remembered of the same queue."""
        try:
            stored = await self._store.async_load()
        except (HomeAssistantError, NotImplementedError) as err:
            _LOGGER.warning("The remembered tickets cannot be read: %s", err)
            return
        match stored:
            case {"tickets": dict(tickets), **source} if source == self._source:
                self._tickets = tickets

    def __len__(self) -> int:
        """Return how many tickets are remembered."""
        return len(self._tickets)

    def get(self, key: str) -> int | None:
        """Return the number of the key's ticket, if one is remembered."""
        return self._tickets.get(key)

    async def async_remember(self, key: str, ticket_id: int) -> None:
        """Keep the number of the key's ticket, on disk before this returns."""
        self._tickets[key] = ticket_id
        while len(self._tickets) > _MAX_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        await self._async_save()

    async def async_forget(self, key: str) -> None:
        """Drop the number of the key's ticket."""
        if self._tickets.pop(key, None) is not None:
            await self._async_save()

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    async def _async_save(self) -> None:
        """Write the file."""
        await self._store.async_save({**self._source, "tickets": self._tickets})
