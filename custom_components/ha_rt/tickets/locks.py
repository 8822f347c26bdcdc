"""The lock of each dedup key, and what is under way for it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
import time
from weakref import WeakValueDictionary

from .lookup import FoundTicket
from .policy import Occurrences

# How long RT may work on a ticket whose creation it did not confirm.
_UNCONFIRMED_SECONDS = 120


class KeyLock(asyncio.Lock):
    """Lets the work for a key be done one by one; gone when nobody works or waits."""

    def __init__(self) -> None:
        """Begin without having seen anything."""
        super().__init__()
        self._seen: tuple[FoundTicket, datetime] | None = None

    def mark_open(self, found: FoundTicket, asked: datetime) -> None:
        """Note that the key's ticket is open.

        Args:
            found: The ticket.
            asked: When RT was asked.

        """
        self._seen = (found, asked)

    def invalidate(self) -> None:
        """Take it for unknown whether the key's ticket is open."""
        self._seen = None

    def open_since(self, came: datetime) -> FoundTicket | None:
        """Return the key's ticket, if it was open when a report had come already."""
        if not self._seen or self._seen[1] < came:
            return None
        return self._seen[0]


@dataclass(frozen=True, kw_only=True)
class KeyLocks:
    """What is under way for each key; outlives the handler when an entry is reloaded."""

    occurrences: Occurrences = field(default_factory=Occurrences)
    first_statuses: set[str] = field(default_factory=set)
    """Statuses that RT gives to new tickets, as far as that was seen."""
    under_way: dict[str, float] = field(default_factory=dict)
    """Until when RT may be working on a pending message, by the monotonic clock."""
    _locks: WeakValueDictionary[str, KeyLock] = field(
        default_factory=WeakValueDictionary
    )
    _unconfirmed: dict[str, float] = field(default_factory=dict)
    """Until when RT may still create a ticket for a key, by the monotonic clock."""

    def of(self, key: str) -> KeyLock:
        """Return the lock that lets the work for a key be done one by one."""
        return self._locks.setdefault(key, KeyLock())

    def is_unconfirmed(self, key: str) -> bool:
        """Tell whether RT may still create a ticket for a key."""
        return time.monotonic() < self._unconfirmed.get(key, 0)

    def mark_unconfirmed(self, key: str) -> None:
        """Note that RT may still create a ticket for a key."""
        self._unconfirmed[key] = time.monotonic() + _UNCONFIRMED_SECONDS

    def confirm(self, key: str) -> None:
        """Note that RT does not work on a ticket for a key any more."""
        self._unconfirmed.pop(key, None)
