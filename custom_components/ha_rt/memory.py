"""Numbers of the tickets that were made for keys.

A ticket that people move to another queue or merge into another cannot be found by
its key any more, nor can one whose key RT lost.
"""

import asyncio
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
# More than anybody has open; those that were not used for longest are dropped.
_MAX_TICKETS = 5000
_SAVE_SECONDS = 5

_MEMORIES: HassKey[dict[str, TicketMemory]] = HassKey(f"{DOMAIN}_memories")


class TicketMemory:
    """The open ticket of each key of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Bind the memory to its file."""
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True
        )
        self._loading = asyncio.Lock()
        self._is_loaded = False
        self._source: dict[str, Any] = {"url": "", "queue": 0}
        self._tickets: dict[str, int] = {}
        """The one that was used last stands at the end."""

    @property
    def url(self) -> str:
        """Return the server whose tickets are remembered."""
        return str(self._source["url"])

    async def async_load(self) -> None:
        """Read, once, what an earlier run remembered."""
        async with self._loading:
            if self._is_loaded:
                return
            self._is_loaded = True
            try:
                stored = await self._store.async_load()
            except (HomeAssistantError, NotImplementedError) as err:
                _LOGGER.warning("The remembered tickets cannot be read: %s", err)
                return
        match stored:
            case {"url": str(url), "queue": int(queue), "tickets": dict(tickets)}:
                self._source = {"url": url, "queue": queue}
                self._tickets = {
                    key: number
                    for key, number in tickets.items()
                    if isinstance(number, int)
                }

    @callback
    def bind(self, url: str, queue: int) -> None:
        """Forget everything if it is about another queue."""
        source = {"url": url, "queue": queue}
        if self._source != source:
            self._source = source
            self._tickets = {}

    def __len__(self) -> int:
        """Return how many tickets are remembered."""
        return len(self._tickets)

    def get(self, key: str) -> int | None:
        """Return the number of the key's ticket, if one is remembered."""
        return self._tickets.get(key)

    def key_of(self, ticket_id: int) -> str | None:
        """Return the key whose ticket this is, if it is remembered."""
        return next(
            (k for k, number in self._tickets.items() if number == ticket_id), None
        )

    @callback
    def remember(self, key: str, ticket_id: int) -> None:
        """Keep the number of the key's ticket, on disk within seconds."""
        known = self._tickets.pop(key, None)
        self._tickets[key] = ticket_id
        while len(self._tickets) > _MAX_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        if known != ticket_id:
            self._store.async_delay_save(self._data, _SAVE_SECONDS)

    @callback
    def forget(self, key: str) -> None:
        """Drop the number of the key's ticket."""
        if self._tickets.pop(key, None) is not None:
            self._store.async_delay_save(self._data, _SAVE_SECONDS)

    async def async_save(self) -> None:
        """Write the file now."""
        await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def _data(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {**self._source, "tickets": dict(self._tickets)}


async def async_memory(hass: HomeAssistant, entry_id: str) -> TicketMemory:
    """Return an entry's memory, which outlives a reload."""
    memories = hass.data.setdefault(_MEMORIES, {})
    memory = memories.setdefault(entry_id, TicketMemory(hass, entry_id))
    await memory.async_load()
    return memory


async def async_load_memories(hass: HomeAssistant) -> None:
    """Read the memories of all entries, loaded or not, for is_claimed."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await async_memory(hass, entry.entry_id)


@callback
def is_claimed(hass: HomeAssistant, memory: TicketMemory, ticket_id: int) -> bool:
    """Tell whether a ticket was made for another entry's key on the same server.

    People may have moved it into this entry's queue.
    """
    return any(
        other is not memory
        and other.url == memory.url
        and other.key_of(ticket_id) is not None
        for other in hass.data.get(_MEMORIES, {}).values()
    )


async def async_remove_memory(hass: HomeAssistant, entry_id: str) -> None:
    """Delete an entry's memory."""
    await (await async_memory(hass, entry_id)).async_remove()
    del hass.data[_MEMORIES][entry_id]
