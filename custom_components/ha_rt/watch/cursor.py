"""How far RT's transactions were read; it outlives a restart.

RT's numbers do not show up in their order: a ticket that is being created, while RT
sends mail, shows after what was written meanwhile. So the last minutes are asked for
again, and what was seen is remembered.
"""

from collections.abc import Iterable
import logging
import math
import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, UNREADABLE
from ..rt.models import Transaction

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
# How long RT may work on a transaction while others, with greater numbers, show.
_OVERLAP_SECONDS = 300


class Cursor:
    """Which transactions of a queue were seen."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Bind the cursor to its file."""
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}.cursor", private=True
        )
        self._source: dict[str, Any] = {}
        self._saved: dict[str, Any] = {}
        self._seen: dict[int, float] = {}
        """When each was first seen, by the monotonic clock."""
        self._unannounced: set[int] = set()
        """Those of them that were not announced yet."""
        self._is_set = False
        """Whether it is known what was seen."""
        self._latest = 0.0
        """When the latest of them happened, by RT's clock, in seconds since 1970."""
        self._since = 0.0
        """Only what happened after that is new, by the same clock; 0: all is."""
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
            latest, since = float(stored["latest"]), float(stored["since"])
        except UNREADABLE as err:
            _LOGGER.warning("How far RT was read is not known any more: %s", err)
            return
        self.after = after
        self.statuses = statuses
        self._latest, self._since = latest, since
        self._is_set = True
        self._see(seen)

    async def async_save(self) -> None:
        """Write the file now, if it is to hold anything else than it does."""
        data = {
            **self._source,
            "after": self.after,
            "seen": sorted(self._seen.keys() - self._unannounced),
            "latest": self._latest,
            "since": self._since,
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
        return (
            transaction.id > self.after
            and transaction.id not in self._seen
            and not self._is_old(transaction)
        )

    def goes_on(self, newest: Iterable[Transaction]) -> bool:
        """Tell whether RT's newest transactions are later than what was seen.

        They are not where nothing was seen before, where RT began to count anew, as
        when its database was restored, or where it shows the account less than it did.
        """
        last = max(self._seen, default=self.after)
        return self._is_set and last <= max((one.id for one in newest), default=0)

    @property
    def may_repeat(self) -> bool:
        """Tell whether RT may show again what was seen long ago; see skip."""
        return self._since > 0

    def skip(self, newest: Iterable[Transaction]) -> None:
        """Pass over what RT shows again, all of it, if it does.

        Args:
            newest: RT's newest transactions.

        """
        again = [one.id for one in newest if one.id > self.after and self._is_old(one)]
        if again:
            self.after = max(again)
            self._since = 0.0

    def start(self, newest: Iterable[Transaction], *, are_all: bool) -> None:
        """Take RT's newest transactions, and all before them, for seen.

        Args:
            newest: The transactions.
            are_all: Whether there are none before them, but what shows late.

        """
        newest = list(newest)
        if self._is_set and not self.goes_on(newest):
            if not newest:
                return  # RT shows nothing, which is not that nothing happened.
            # What RT may show again later was announced.
            self._since = self._latest
            self._seen = {}
            self._unannounced = set()
            self.after = 0
        if not are_all:
            self.after = min(one.id for one in newest) - 1
        self._is_set = True
        self.add(newest)

    def add(
        self, transactions: Iterable[Transaction], unannounced: Iterable[int] = ()
    ) -> None:
        """Note that transactions were seen.

        Args:
            transactions: The transactions.
            unannounced: The numbers of those that are to be announced. Until they are, the
                file does not hold them.

        """
        transactions = list(transactions)
        self._unannounced.update(unannounced)
        self._latest = max([self._latest, *map(_time, transactions)])
        self._see(one.id for one in transactions)
        settled = time.monotonic() - _OVERLAP_SECONDS
        first_unannounced = min(self._unannounced, default=math.inf)
        self.after = max(
            (
                number
                for number, when in self._seen.items()
                if when < settled and number < first_unannounced
            ),
            default=self.after,
        )
        self._seen = {n: when for n, when in self._seen.items() if n > self.after}

    def announce(self, number: int) -> None:
        """Note that a transaction is announced as soon as the file is written."""
        self._unannounced.discard(number)

    def _is_old(self, transaction: Transaction) -> bool:
        """Tell whether a transaction was seen before RT showed less."""
        return 0 < self._since >= _time(transaction)

    def _see(self, numbers: Iterable[int]) -> None:
        """Remember the numbers of transactions, from now on."""
        now = time.monotonic()
        for number in numbers:
            self._seen.setdefault(number, now)


def _time(transaction: Transaction) -> float:
    """Return when a transaction happened, in seconds since 1970."""
    return transaction.created.timestamp() if transaction.created else 0.0
