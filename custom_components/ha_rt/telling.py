"""How RT is told what was held back: with the next message of its key, and once."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from .finder import Finder
from .keys import Key
from .lost import find_marked
from .noise import Noise
from .report import Message
from .rt.errors import RTError
from .window import Window


@asynccontextmanager
async def telling(
    noise: Noise, finder: Finder, key: Key, message: Message
) -> AsyncGenerator[list[str]]:
    """Give what was held back, as paragraphs for the message that is sent within.

    Args:
        noise: What was held back.
        finder: Finds what RT has of it.
        key: Of whatever; it has to be its turn.
        message: What it is told with.

    Raises:
        RTError: It is not known what of it RT was told before.

    """
    window = noise.get(str(key))
    if not window:
        yield []
        return
    await settle(finder, key, window)
    try:
        yield window.digest()
    except RTError:
        if window.held:
            noise.lose(str(key), message.marker)
        raise


async def settle(finder: Finder, key: Key, window: Window) -> None:
    """See whether RT has the message that told what was held back, if one did.

    Raises:
        RTError: That is not known.

    """
    if not window.lost:
        return
    # It may have gone to another ticket, or have made one.
    found = await find_marked(
        finder, key, window.lost, window.seen_open, window.ticket_id
    )
    window.settle(is_told=found is not None)
