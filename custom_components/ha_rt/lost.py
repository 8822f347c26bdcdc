"""What RT may have written although its answer was lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from .finder import MAX_FOUND, Finder
from .keys import Key
from .rt import ticketsql
from .rt.errors import RTError, RTTimeout

# RT goes on working on a request whose connection broke, and waits for a locked
# database for up to 30 s. These are the pauses in seconds between looks for what it may
# still be writing.
LOOKS: Final = (0, 1, 2, 4, 8, 16)

# So much may RT's clock be wrong, or Home Assistant's.
_CLOCKS_DIFFER: Final = timedelta(days=1)


async def look_for[R](find: Callable[[], Awaitable[R | None]]) -> R | None:
    """Look for something, several times, until it is found.

    Raises:
        RTError: The last look failed, so that nothing is known.

    """
    failure: RTError | None = None
    for pause in LOOKS:
        await asyncio.sleep(pause)
        try:
            if (found := await find()) is not None:
                return found
            failure = None
        except RTTimeout:
            raise  # each look would take as long
        except RTError as err:
            failure = err
    if failure:
        raise failure
    return None


async def find_marked(
    finder: Finder, key: Key, marker: str, since: datetime, first: int | None = None
) -> int | None:
    """Return the key's ticket, open or not, that has a message with a marker.

    Args:
        finder: Knows the key's tickets.
        key: Whose.
        marker: What the message was sent with.
        since: When the message was first sent, or before.
        first: The ticket to look in before the others.

    Raises:
        RTError: See the errors of `rt`.

    """
    find = finder.client.find_marked
    if first is not None and await find(first, marker) is not None:
        return first
    age = dt_util.utcnow() - since + _CLOCKS_DIFFER
    found = await finder.client.search(
        ticketsql.all_of(finder.fields.condition(key), ticketsql.updated_within(age)),
        limit=MAX_FOUND,
        newest_first=True,
    )
    numbers = [ticket.id for ticket in found if finder.fields.has_key(ticket, key)]
    if remembered := finder.memory.get(str(key)):
        numbers.insert(0, remembered.ticket_id)
    for number in dict.fromkeys(numbers):
        if number != first and await find(number, marker) is not None:
            return number
    return None
