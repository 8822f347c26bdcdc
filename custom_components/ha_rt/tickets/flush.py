"""Sends what was held back of a key when its throttle window is over."""

from ..model.key import Key
from ..model.report import Action, Message, Outcome, Report
from ..model.throttle import ThrottleWindow
from ..rt.errors import RTError
from .handler import TicketHandler
from .throttle import confirm


async def flush(handler: TicketHandler, key: Key) -> Outcome | None:
    """Tell RT what was held back of a key, now that its window has ended.

    Returns:
        What was done; None, if nothing is held back any more.

    Raises:
        RTError: RT did not confirm; it is tried again later.

    """
    async with handler.locks.of(str(key)):
        window = handler.throttle.get(str(key))
        if not window or not window.held:
            return None
        try:
            await confirm(handler.lookup, key, window)
            if not window.held:
                handler.throttle.close(str(key))
                return None
            return await _deliver_held_back(handler, key, window)
        except RTError as err:
            handler.throttle.postpone(str(key), err)
            raise


async def _deliver_held_back(
    handler: TicketHandler, key: Key, window: ThrottleWindow
) -> Outcome:
    """Tell RT what was held back; its ticket may have been closed meanwhile."""
    held = Report(
        key=key,
        subject=window.subject,
        message=Message(text=window.text, content_type=window.content_type),
        severity=window.severity,
    )
    known = await handler.look_up(held)
    if known.open:
        return await handler.comment(held, known.open.shown().id)
    closed = await handler.closed_ticket(key, known, window.ticket_id)
    if closed and await handler.lookup.was_open_until(closed, window.last_known):
        outcome = await handler.comment(held, closed.id)
        handler.throttle.close(str(key))
        return outcome
    # The problem came again after somebody had closed the ticket.
    outcome = await handler.apply(held, known)
    if outcome.action is Action.SKIPPED:
        handler.throttle.close(str(key))
    return outcome
