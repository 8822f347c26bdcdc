"""What RT may have written although its answer was lost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import Final

from homeassistant.util import dt as dt_util

from ..model.key import Key
from ..model.report import Attached, Message
from ..rt import ticketsql
from ..rt.client import RTClient
from ..rt.errors import CannotConnect, RTError, RTTimeout
from ..rt.models import Attachment
from .lookup import MAX_FOUND, TicketLookup

_LOGGER = logging.getLogger(__name__)

# RT goes on working on a request whose connection broke, and waits for a locked
# database for up to 30 s. These are the pauses in seconds between looks for what it may
# still be writing.
LOOKS: Final = (0, 1, 2, 4, 8, 16)

# So much may RT's clock be wrong, or Home Assistant's.
_CLOCKS_DIFFER: Final = timedelta(days=1)

# So many characters of a text are stored whole by any RT.
_SURELY_WHOLE: Final = 10_000


async def look_for[R](
    find: Callable[[], Awaitable[R | None]], pauses: Sequence[float] | None = None
) -> R | None:
    """Look for something, several times, until it is found.

    Args:
        find: Looks once.
        pauses: How long to wait before each look, in seconds; LOOKS by default.

    Raises:
        RTError: The last look failed, so that nothing is known.

    """
    failure: RTError | None = None
    for pause in LOOKS if pauses is None else pauses:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt[R]:
    """A write that is carried out exactly once, even if RT's answer is lost."""

    send: Callable[[], Awaitable[R]]
    find: Callable[[], Awaitable[R | None]]
    """Looks for what RT may have written."""
    may_repeat: Callable[[RTError], Awaitable[bool]]
    """Tells, after an error, whether RT surely neither has it nor will have it."""

    async def once(self) -> R:
        """Send it, and return what RT confirmed or what was found.

        Raises:
            RTError: RT did not confirm, and no look found it.

        """
        try:
            return await self.send()
        except RTError as err:
            if not err.unconfirmed:
                raise
            lost = err
        return await self.again(lost)

    async def again(self, lost: RTError, pauses: Sequence[float] | None = None) -> R:
        """Look for what an error left in doubt, and send it again if it is not there.

        Args:
            lost: What happened when it was sent.
            pauses: How long to wait before each look, in seconds; LOOKS by default.

        Raises:
            RTError: It is still in doubt.

        """
        try:
            if (found := await look_for(self.find, pauses)) is not None:
                return found
            if not await self.may_repeat(lost):
                raise lost
        except RTError:
            raise lost from None
        try:
            return await self.send()
        except RTError as err:
            err.unconfirmed = True  # the first one may yet come
            raise


async def find_marked(
    lookup: TicketLookup,
    key: Key,
    marker: str,
    since: datetime,
    first: int | None = None,
) -> int | None:
    """Return the key's ticket, open or not, that has a message with a marker.

    Args:
        lookup: Knows the key's tickets.
        key: Whose.
        marker: What the message was sent with.
        since: When the message was first sent, or before.
        first: The ticket to look in before the others.

    Raises:
        RTError: See the errors of `rt`.

    """
    find = lookup.context.client.find_marked
    if first is not None and await find(first, marker) is not None:
        return first
    age = dt_util.utcnow() - since + _CLOCKS_DIFFER
    found = await lookup.context.client.search(
        ticketsql.all_of(
            lookup.context.fields.condition(key), ticketsql.updated_within(age)
        ),
        limit=MAX_FOUND,
        newest_first=True,
    )
    numbers = [
        ticket.id for ticket in found if lookup.context.fields.has_key(ticket, key)
    ]
    if indexed := lookup.index.get(str(key)):
        numbers.insert(0, indexed.ticket_id)
    for number in dict.fromkeys(numbers):
        if number != first and await find(number, marker) is not None:
            return number
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Messenger:
    """Writes messages into the tickets of one queue.

    Each carries its marker, by which it is found where RT's answer was lost.
    """

    client: RTClient
    queue_name: str

    async def comment(
        self,
        ticket_id: int,
        text: str,
        message: Message,
        files: Sequence[Attachment] = (),
        *,
        status: str = "",
    ) -> int:
        """Add an internal comment to a ticket and return its transaction's number.

        Args:
            ticket_id: The ticket; of a merged one, its target gets the comment.
            text: What to say, of the message's content type.
            message: What it says it of.
            files: Files to keep with it.
            status: Change the status too. RT does not tell whether it did.

        Raises:
            RTError: RT did not confirm, and no look found the comment.

        """
        send = partial(
            self.client.comment,
            ticket_id,
            text,
            message.content_type,
            status=status,
            attachments=files,
            marker=message.marker,
        )
        return await self._once(ticket_id, message.marker, send, self._sees_comments)

    async def reply(
        self, ticket_id: int, text: str, message: Message, files: Sequence[Attachment]
    ) -> int:
        """Send an answer to a ticket's requestors; see comment."""
        send = partial(
            self.client.reply,
            ticket_id,
            text,
            message.content_type,
            attachments=files,
            marker=message.marker,
        )

        async def is_seen() -> bool:
            return True

        return await self._once(ticket_id, message.marker, send, is_seen)

    async def _once(
        self,
        ticket_id: int,
        marker: str,
        send: Callable[[], Awaitable[int]],
        is_seen: Callable[[], Awaitable[bool]],
    ) -> int:
        """Send a message, and again only if it is certain that RT does not have it."""

        async def may_repeat(lost: RTError) -> bool:
            # RT may be slow and store it yet, or not show it.
            return isinstance(lost, CannotConnect) and await is_seen()

        find = partial(self.client.find_marked, ticket_id, marker)
        return await Attempt(send=send, find=find, may_repeat=may_repeat).once()

    async def _sees_comments(self) -> bool:
        """Tell whether RT shows the account comments, as far as RT tells."""
        return bool(
            await self.client.queues_with_right("ShowTicketComments", self.queue_name)
        )


async def not_kept(
    client: RTClient, ticket_id: int, message: Message, attached: Attached
) -> list[str]:
    """Return what RT has not all of: the names of files, and "text".

    Args:
        client: The account that has sent it.
        ticket_id: The ticket that has the message; of a merged one, its target.
        message: The message.
        attached: The files that were sent with it.

    """
    if not attached.files and len(message.text) <= _SURELY_WHOLE:
        return []
    try:
        shortened = await client.truncated_parts(ticket_id, message.marker)
    except RTError as err:
        _LOGGER.warning("RT may not have kept all of ticket %s: %s", ticket_id, err)
        return []
    sent = {"": "text", **{file.name: file.name for file in attached.files}}
    return [sent[name] for name in dict.fromkeys(shortened) if name in sent]
