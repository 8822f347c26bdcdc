"""Tests of the reports that wait while RT cannot be reached."""

from typing import Any, Final

from tests import Wait
from tests.fake_rt import FakeRT

QUEUED: Final[dict[str, Any]] = {
    "ticket_id": None,
    "ticket_url": None,
    "action": "queued",
}

LATE: Final = "Reported at 12:00; Request Tracker could not take it then."

# More than the longest pause between two tries.
LONG: Final = {"minutes": 7}


async def come_back(fake_rt: FakeRT, wait: Wait) -> None:
    """Let RT be reached again, and what waits be delivered."""
    await fake_rt.start()
    await wait(**LONG)
