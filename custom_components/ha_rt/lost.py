"""What RT may have written although its answer was lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from .rt.errors import RTError, RTTimeout

# RT goes on working on a request whose connection broke, and waits for a locked
# database for up to 30 s. These are the pauses in seconds between looks for what it may
# still be writing.
LOOKS: Final = (0, 1, 2, 4, 8, 16)


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
