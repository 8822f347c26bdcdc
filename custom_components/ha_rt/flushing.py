"""What is done when the time is over for which reports are held back."""

from .desk import Desk
from .keys import Key
from .report import Action, Message, Outcome, Report
from .rt.errors import RTError
from .telling import settle
from .window import Window


async def flush(desk: Desk, key: Key) -> Outcome | None:
    """Tell RT what was held back of a key, now that its window has ended.

    Returns:
        What was done; None, if nothing is held back any more.

    Raises:
        RTError: RT did not confirm; it is tried again later.

    """
    async with desk.turns.of(str(key)):
        window = desk.noise.get(str(key))
        if not window or not window.held:
            return None
        try:
            await settle(desk.finder, key, window)
            if not window.held:
                desk.noise.close(str(key))
                return None
            return await _tell(desk, key, window)
        except RTError as err:
            desk.noise.postpone(str(key), err)
            raise


async def _tell(desk: Desk, key: Key, window: Window) -> Outcome:
    """Tell RT what was held back; its ticket may have been closed meanwhile."""
    held = Report(
        key=key,
        subject=window.subject,
        message=Message(text=window.text, content_type=window.content_type),
        severity=window.severity,
    )
    standing = await desk.finder.find(key)
    if standing.open:
        return await desk.comment(held, standing.open.shown().id)
    closed = standing.closed or await desk.finder.own(key, window.ticket_id)
    if closed and await desk.finder.was_open_until(closed, window.last_known):
        outcome = await desk.comment(held, closed.id)
        desk.noise.close(str(key))
        return outcome
    # The problem came again after somebody had closed the ticket.
    done = await desk.after_resolution(held, standing.closed)
    if done and done.action is Action.SKIPPED:
        desk.noise.close(str(key))
    return done or await desk.create(held)
