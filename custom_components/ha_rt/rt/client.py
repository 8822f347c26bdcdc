"""A client for Request Tracker's REST2.

https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html
"""

import asyncio
from collections.abc import Mapping, Sequence
import json
from typing import Any

from .answer import Response
from .errors import Forbidden, Rejected, RTError, TooLarge, WebServerFailed
from .models import Attachment, NewTicket, marked
from .parse import created_number
from .text import whole
from .tickets import ReadingClient


class RTClient(ReadingClient):
    """One account on one RT server.

    All methods raise the errors of this package, see RTError.
    """

    async def create_ticket(self, ticket: NewTicket) -> int:
        """Create a ticket and return its number.

        RT drops what the account may not set, and says nothing: read back what
        matters.

        Raises:
            Forbidden: No right to create tickets (CreateTicket), or no such queue.
            TooLarge: RT has not got it; without its files, it may.
            RTError: If its `unconfirmed` is set, the ticket may exist.

        """
        answer = await self._add(
            "/REST/2.0/ticket",
            ticket.to_json() | {"Content": _text(ticket.content)},
            ticket.attachments,
            "CreateTicket",
        )
        return created_number(answer, "ticket")

    async def comment(
        self,
        ticket_id: int,
        content: str,
        content_type: str = "text/plain",
        *,
        status: str = "",
        attachments: Sequence[Attachment] = (),
        marker: str = "",
    ) -> int:
        """Add an internal comment to a ticket and return the transaction's number.

        Args:
            ticket_id: The ticket; of a merged one, its target gets the comment.
            content: The text.
            content_type: What the text is: text/plain or text/html.
            status: Change the status too. RT does not tell whether it did.
            attachments: Files to keep with the comment.
            marker: What find_marked finds the comment by; people do not see it.

        Raises:
            Forbidden: No right to comment (CommentOnTicket), or no such ticket.
            TooLarge: RT has not got it; without its files, it may.
            RTError: If its `unconfirmed` is set, the comment may be stored.

        """
        return await self._message(
            ("comment", "CommentOnTicket"),
            ticket_id,
            {"Content": _text(content), "ContentType": marked(content_type, marker)}
            | ({"Status": status} if status else {}),
            attachments,
        )

    async def reply(
        self,
        ticket_id: int,
        content: str,
        content_type: str = "text/plain",
        *,
        attachments: Sequence[Attachment] = (),
        marker: str = "",
    ) -> int:
        """Send an answer to a ticket's requestors; see comment.

        RT reopens a ticket that was resolved.

        Raises:
            Forbidden: No right to reply (ReplyToTicket), or no such ticket.
            RTError: If its `unconfirmed` is set, the reply may be sent.

        """
        return await self._message(
            ("correspond", "ReplyToTicket"),
            ticket_id,
            {"Content": _text(content), "ContentType": marked(content_type, marker)},
            attachments,
        )

    async def update_ticket(self, ticket_id: int, changes: Mapping[str, Any]) -> str:
        """Ask RT to change a ticket, and return its words on that.

        RT answers alike whether it did or refused, in the account's language: only
        reading the ticket again tells. No words: nothing was to change.

        Args:
            ticket_id: The ticket.
            changes: New values by RT's names, such as Status or CustomFields.

        Raises:
            Forbidden: The account may not see the ticket (ShowTicket).
            NotFound: There is no such ticket.

        """
        answer = await self._transport.send(
            "PUT",
            f"/REST/2.0/ticket/{ticket_id}",
            body=await _encode(changes),
            right="ShowTicket",
        )
        return self._transport.clean(answer.words())

    async def _message(
        self,
        resource_and_right: tuple[str, str],
        ticket_id: int,
        body: dict[str, Any],
        attachments: Sequence[Attachment],
    ) -> int:
        """Add a message to a ticket and return its transaction's number."""
        resource, right = resource_and_right
        try:
            answer = await self._add(
                f"/REST/2.0/ticket/{ticket_id}/{resource}", body, attachments, right
            )
        except TooLarge:
            raise
        except Rejected as err:
            # A well-formed message is refused for this reason only, in the
            # language of the account.
            raise Forbidden(right, str(err)) from None
        return created_number(answer, "transaction")

    async def _add(
        self,
        path: str,
        body: Mapping[str, Any],
        attachments: Sequence[Attachment],
        right: str,
    ) -> Response:
        """Add something to RT, with its files."""
        encoded = await _encode(body, attachments)
        try:
            return await self._transport.send("POST", path, body=encoded, right=right)
        except WebServerFailed as err:
            if not attachments or await self._is_let_through(encoded):
                raise
            raise TooLarge(str(err)) from None

    async def _is_let_through(self, body: bytes) -> bool:
        """Tell whether as much gets to RT at all.

        Apache's mod_fcgid fails over what is larger than its FcgidMaxRequestLen, just
        as over what RT has stored, and died of. It does so wherever it is sent; here,
        RT only answers that it takes none.
        """
        try:
            await self._transport.send("POST", "/REST/2.0/rt", body=body)
        except WebServerFailed:
            return False
        except RTError:
            pass
        return True


def _text(content: str) -> str:
    """Return a text as RT keeps it: it takes a bare 0 for no text at all."""
    return "0\n" if content == "0" else content


async def _encode(
    body: Mapping[str, Any], attachments: Sequence[Attachment] = ()
) -> bytes:
    """Return JSON; files are encoded beside the event loop."""

    def encode(**files: list[dict[str, str]]) -> bytes:
        return whole(json.dumps({**body, **files}, ensure_ascii=False)).encode()

    if not attachments:
        return encode()
    return await asyncio.to_thread(
        lambda: encode(Attachments=[file.to_json() for file in attachments])
    )
