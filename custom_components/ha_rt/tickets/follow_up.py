"""What is done with a ticket after it was reported: comments, replies, resolution."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from ..model.key import Key
from ..model.report import Action, Attached, Message, Outcome
from ..model.text import apologies, compose
from ..rt.errors import NotChanged
from ..rt.models import Ticket
from .changes import is_touched, resolve as resolve_ticket
from .dry_run import would
from .exactly_once import not_kept
from .handler import TicketHandler
from .throttle import held_back_told

# Said in a ticket that stays open for the person who works on it.
_RECOVERED = "Home Assistant reports that the problem is over."


async def resolve(
    handler: TicketHandler,
    target: Key | int,
    message: Message,
    *,
    status: str,
    only_if_untouched: bool = False,
) -> Outcome:
    """Resolve a ticket, with a comment if there is something to say.

    Args:
        handler: Whose queue the key belongs to.
        target: A key, or the number of a ticket.
        message: What to say; may be empty.
        status: The status to give.
        only_if_untouched: Only comment on a ticket that a person owns or answered.

    Returns:
        What was done; nothing, if no ticket is open.

    Raises:
        Unsearchable: RT cannot find this key.
        NotChanged: RT refused the status; the message holds its words.
        RTError: See the errors of `rt`.

    """
    async with _locked(handler, target) as key:
        ticket = await _open_ticket(handler, target)
        if not ticket:
            number = None if isinstance(target, Key) else target
            return Outcome(action=Action.NONE, ticket_id=number)
        touched = only_if_untouched and await is_touched(handler.context.client, ticket)
        if handler.context.settings.dry_run:
            action = Action.COMMENTED if touched else Action.RESOLVED
            return would(action, target, ticket.id)
        if isinstance(target, Key) or await handler.lookup.is_proven(
            Key.parse(key), ticket
        ):
            about = key
        else:
            about = _no_key(target)
        status = "" if touched else status
        attached = await _finish(handler, ticket, about, message, status)
        shortened = await not_kept(handler.context.client, ticket.id, message, attached)
        return Outcome(
            action=Action.COMMENTED if touched else Action.RESOLVED,
            ticket_id=ticket.id,
            not_stored=[*attached.failures, *shortened],
        )


async def comment(
    handler: TicketHandler,
    target: Key | int,
    message: Message,
    *,
    is_reply: bool = False,
) -> Outcome:
    """Add a comment to a ticket, or answer its requestors.

    Args:
        handler: Whose queue the key belongs to.
        target: A key, or the number of a ticket.
        message: What to say.
        is_reply: Send it to the requestors.

    Returns:
        What was done; nothing, if the key has no open ticket.

    Raises:
        Unsearchable: RT cannot find this key.
        RTError: See the errors of `rt`.

    """
    action = Action.REPLIED if is_reply else Action.COMMENTED
    ticket_id: int | None
    if isinstance(target, Key):
        found = await handler.find(target)
        ticket_id = found.shown().id if found else None
    else:
        ticket_id = target
    if ticket_id is None:
        return Outcome(action=Action.NONE)
    if handler.context.settings.dry_run:
        return would(action, target, ticket_id)

    async def send(attached: Attached) -> None:
        notes = apologies(attached.failures)
        text = compose(message.text, message.content_type, after=notes)
        say = handler.messenger.reply if is_reply else handler.messenger.comment
        await say(ticket_id, text, message, attached.files)

    _, attached = await message.send(send)
    shortened = await not_kept(handler.context.client, ticket_id, message, attached)
    return Outcome(
        action=action,
        ticket_id=ticket_id,
        not_stored=[*attached.failures, *shortened],
    )


async def _finish(
    handler: TicketHandler, ticket: Ticket, key: str, message: Message, status: str
) -> Attached:
    """Say that a problem is over and, unless a person sees to it, set a status."""

    async def send(attached: Attached) -> Ticket:
        text = compose(
            message.text_or("" if status else _RECOVERED),
            message.content_type,
            after=[*apologies(attached.failures), *held_back],
        ).strip()
        if attached.files and not text:
            # RT keeps no marker of a message without a text.
            text = _RECOVERED
        say = partial(
            handler.messenger.comment,
            ticket.id,
            text,
            message,
            attached.files,
            status=status,
        )
        if status:
            return await resolve_ticket(
                handler.context.client,
                ticket.id,
                status=status,
                say=say if text else None,
            )
        await say()
        return ticket

    try:
        async with held_back_told(
            handler.throttle, handler.lookup, Key.parse(key), message
        ) as held_back:
            after, attached = await message.send(send)
    except NotChanged:
        # The comment is stored, with what was held back.
        window = handler.throttle.get(key)
        if window and window.held:
            handler.throttle.close(key)
        raise
    handler.throttle.close(key)
    # It may be a status that leaves the ticket open.
    if after.resolved != ticket.resolved:
        handler.lookup.close(key)
    return attached


@asynccontextmanager
async def _locked(handler: TicketHandler, target: Key | int) -> AsyncGenerator[str]:
    """Hold the lock of a key, or of the key that a ticket was made for."""
    if isinstance(target, Key):
        target.check()
        key = str(target)
    else:
        key = handler.lookup.index.key_of(target) or _no_key(target)
    lock = handler.locks.of(key)
    async with lock:
        # The ticket may be closed then.
        lock.invalidate()
        yield key


async def _open_ticket(handler: TicketHandler, target: Key | int) -> Ticket | None:
    """Return the ticket that is meant, if it is open."""
    if isinstance(target, Key):
        found = (await handler.lookup.find(target)).open
        return found.shown() if found else None
    ticket = await handler.context.client.ticket(target)
    return ticket if await handler.context.lifecycle.is_open(ticket) else None


def _no_key(ticket_id: int) -> str:
    """Return what stands for the key of a ticket without one: a text that is none."""
    return f"\n{ticket_id}"
