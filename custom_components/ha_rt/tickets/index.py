"""Numbers of the tickets that were made for keys.

A ticket that people move to another queue or merge into another cannot be found by
its key any more, nor can one whose key RT lost.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
import logging
from typing import Any, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..model.key import Key

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
# More than anybody has open; those that were not used for longest are dropped.
_MAX_TICKETS = 5000
_SAVE_SECONDS = 5

_INDEXES: HassKey[dict[str, TicketIndex]] = HassKey(f"{DOMAIN}_memories")


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexedTicket:
    """A ticket, and what proves that its number is not another one's by now.

    RT gives numbers a second time after a backup was restored.
    """

    ticket_id: int
    marker: str = ""
    """Of a message of ours in the ticket: the first one, if the ticket is ours."""
    had_key: bool = False
    """Whether RT was seen to hold the key in the ticket."""

    @classmethod
    def from_json(cls, stored: Any) -> Self | None:
        """Read one from its file, or nothing if it is none."""
        match stored:
            case {
                "ticket_id": int(ticket_id),
                "marker": str(marker),
                "had_key": bool(had_key),
            }:
                return cls(ticket_id=ticket_id, marker=marker, had_key=had_key)
        return None


class TicketIndex:
    """The open ticket of each key of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Bind the index to its file."""
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True
        )
        self._loading = asyncio.Lock()
        self._is_loaded = False
        self._source: dict[str, Any] = {"url": "", "queue": 0}
        self._fields: list[int] = []
        """Numbers of the fields in which the keys were seen."""
        self._tickets: dict[str, IndexedTicket] = {}
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
            case {
                "url": str(url),
                "queue": int(queue),
                "fields": list(fields),
                "tickets": dict(tickets),
            }:
                self._source = {"url": url, "queue": queue}
                self._fields = fields
                self._tickets = {
                    key: ticket
                    for key, one in tickets.items()
                    if (ticket := IndexedTicket.from_json(one))
                }

    @callback
    def bind(self, url: str, queue: int, fields: Iterable[int]) -> None:
        """Forget everything if it is about another queue.

        Args:
            url: Of the server.
            queue: Number of the queue.
            fields: Numbers of the fields that hold the keys. In others than before,
                RT was not seen to hold any.

        """
        source = {"url": url, "queue": queue}
        if self._source != source:
            self._source = source
            self._tickets = {}
        if self._fields != (fields := sorted(fields)):
            self._fields = fields
            self._tickets = {
                key: replace(one, had_key=False) for key, one in self._tickets.items()
            }

    def __len__(self) -> int:
        """Return how many tickets are remembered."""
        return len(self._tickets)

    def get(self, key: str) -> IndexedTicket | None:
        """Return the key's ticket, if one is remembered."""
        return self._tickets.get(key)

    def key_of(self, ticket_id: int) -> str | None:
        """Return the key whose ticket this is, if it is remembered."""
        return next(
            (k for k, one in self._tickets.items() if one.ticket_id == ticket_id), None
        )

    @callback
    def record(
        self, key: str, ticket_id: int, *, marker: str = "", had_key: bool = False
    ) -> None:
        """Keep the key's ticket, on disk within seconds.

        Args:
            key: Whose ticket.
            ticket_id: Its number.
            marker: Of a message in it, if none is known of yet.
            had_key: Whether RT holds the key in it, if that was not seen before.

        """
        before = self._tickets.pop(key, None)
        known = before if before and before.ticket_id == ticket_id else None
        after = IndexedTicket(
            ticket_id=ticket_id,
            marker=(known and known.marker) or marker,
            had_key=had_key or bool(known and known.had_key),
        )
        self._tickets[key] = after
        while len(self._tickets) > _MAX_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        if before != after:
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
        tickets = {key: asdict(one) for key, one in self._tickets.items()}
        return {**self._source, "fields": self._fields, "tickets": tickets}


async def async_index(hass: HomeAssistant, entry_id: str) -> TicketIndex:
    """Return an entry's index, which outlives a reload."""
    indexes = hass.data.setdefault(_INDEXES, {})
    index = indexes.setdefault(entry_id, TicketIndex(hass, entry_id))
    await index.async_load()
    return index


async def async_load_indexes(hass: HomeAssistant) -> None:
    """Read the memories of all entries, loaded or not, for is_claimed."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await async_index(hass, entry.entry_id)


@callback
def is_claimed(
    hass: HomeAssistant, index: TicketIndex, ticket_id: int, device_id: str
) -> bool:
    """Tell whether a device's ticket was made for another entry on the same server.

    People may have moved it into this entry's queue. A number that is remembered for
    another device was given a second time.
    """
    return any(
        other is not index
        and other.url == index.url
        and (key := other.key_of(ticket_id)) is not None
        and Key.parse(key).device_id == device_id
        for other in hass.data.get(_INDEXES, {}).values()
    )


async def async_remove_index(hass: HomeAssistant, entry_id: str) -> None:
    """Delete an entry's index."""
    await (await async_index(hass, entry_id)).async_remove()
    del hass.data[_INDEXES][entry_id]
