"""How far RT's transactions were read; it outlives a restart.

RT's numbers do not show up in their order: a ticket that is being created, while RT
sends mail, shows after what was written meanwhile. So the last minutes are asked for
again, and what was seen is remembered.
"""

from collections.abc import Iterable
import logging
import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .rt.models import Transaction

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
# How long RT may work on a transaction while others, with greater numbers, show.
_OVERLAP_SECONDS = 300


class Bookmark:
    """Which transactions of a queue were seen."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Bind the bookmark to its file."""
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}.bookmark", private=True
        )
        self._source: dict[str, Any] = {}
        self._saved: dict[str, Any] = {}
        self._seen: dict[int, float] = {}
        """When each was first seen, by the monotonic clock."""
        self._is_set = False
        """Whether it is known what was seen."""
        self.after = 0
        """All transactions up to this number were seen."""
        self.statuses: set[str] = set()
        """The statuses that open tickets have had, in lower case."""

    async def async_load(self, url: str, queue: int) -> None:
        """Read how far the transactions of this queue were read, if any were."""
        self._source = {"url": url, "queue": queue}
        try:
            stored = await self._store.async_load()
            if not stored or any(stored[k] != v for k, v in self._source.items()):
                return
            after = int(stored["after"])
            seen = [int(number) for number in stored["seen"]]
            statuses = {str(status) for status in stored["statuses"]}
        except (
            HomeAssistantError,
            LookupError,
            NotImplementedError,
            TypeError,
            ValueError,
        ) as err:
            _LOGGER.warning("How far RT was read is not known any more: %s", err)
            return
        self.after = after
        self.statuses = statuses
        self._is_set = True
        self._see(seen)

    async def async_save(self) -> None:
        """Write the file now, if it is to hold anything else than it does."""
        data = {
            **self._source,
            "after": self.after,
            "seen": sorted(self._seen),
            "statuses": sorted(self.statuses),
        }
        if data != self._saved:
            await self._store.async_save(data)
            self._saved = data

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def is_new(self, transaction: Transaction) -> bool:
        """Tell whether a transaction was not seen yet."""
        return transaction.id > self.after and transaction.id not in self._seen

    def goes_on(self, newest: Iterable[Transaction]) -> bool:
        """Tell whether RT's newest transactions are later than what was seen.

        They are not where nothing was seen before, or where RT began to count anew, as
        when its database was restored.
        """
        last = max(self._seen, default=self.after)
        return self._is_set and last <= max((one.id for one in newest), default=0)

    def start(self, newest: Iterable[Transaction], *, are_all: bool) -> None:
        """Take RT's newest transactions, and all before them, for seen.

        Args:
            newest: The transactions.
            are_all: Whether there are none before them, but what shows late.

        """
        newest = list(newest)
        if not self.goes_on(newest):
            self._seen = {}
            self.after = 0
        if not are_all:
            self.after = min(one.id for one in newest)
        self._is_set = True
        self.add(newest)

    def add(self, transactions: Iterable[Transaction]) -> None:
        """Note that transactions were seen."""
        self._see(one.id for one in transactions)
        settled = time.monotonic() - _OVERLAP_SECONDS
        self.after = max(
            (number for number, when in self._seen.items() if when < settled),
            default=self.after,
        )
        self._seen = {n: when for n, when in self._seen.items() if n > self.after}

    def _see(self, numbers: Iterable[int]) -> None:
        """Remember the numbers of transactions, from now on."""
        now = time.monotonic()
        for number in numbers:
            self._seen.setdefault(number, now)
