"""The queue as RT last showed it, for a start at which RT cannot be reached."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import CONF_QUEUE, DOMAIN
from .rt.models import Queue
from .stored import UNREADABLE

_VERSION = 1


class KnownQueue:
    """The queue of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Bind the queue to its file."""
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}.queue", private=True
        )

    async def async_load(self, data: Mapping[str, Any]) -> Queue | None:
        """Return the queue, if it is the one that an entry's data name."""
        try:
            stored = await self._store.async_load()
            if not stored or stored["source"] != _source(data):
                return None
            return Queue(**stored["queue"])
        except UNREADABLE:
            return None

    async def async_save(self, data: Mapping[str, Any], queue: Queue) -> None:
        """Write the queue, if it is not what the file holds."""
        if queue != await self.async_load(data):
            await self._store.async_save(
                {"source": _source(data), "queue": asdict(queue)}
            )

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()


def _source(data: Mapping[str, Any]) -> list[str]:
    """Return where the queue is."""
    return [data[CONF_URL], data[CONF_QUEUE]]
