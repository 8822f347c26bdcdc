"""A client for Request Tracker's REST2.

https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html
"""

import asyncio
from collections.abc import Mapping, Sequence
import json
from typing import Any

from .errors import Forbidden, Rejected, RTError, TooLarge, WebServerFailed
from .models import Attachment, NewTicket, with_marker
from .parse import created_number
from .response import Response
from .text import join_surrogates
from .tickets import TicketClient


class RTClient(TicketClient):
    """Client of one account on one RT server; its methods change tickets.

    All methods raise RTError, the base class of the errors of this package.
    """

    async def create_ticket(self, ticket: NewTicket) -> int:
        """Create a ticket and return its number.

        RT silently drops values that the account may not set: read the ticket back.

        Args:
            ticket: The values of the ticket.

        Raises:
            Forbidden: The account lacks CreateTicket, or the queue does not exist.
            TooLarge: The request did not reach RT; it may without its attachments.
            RTError: If `unconfirmed` is set, the ticket may exist.

        """
        response = await self._post(
            "/REST/2.0/ticket",
            ticket.to_json() | {"Content": _text(ticket.content)},
            ticket.attachments,
            "CreateTicket",
        )
        return created_number(response, "ticket")

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
            ticket_id: Number of the ticket. If it was merged, the comment is added
                to the ticket that it was merged into.
            content: The text.
            content_type: "text/plain" or "text/html".
            status: New status of the ticket. RT does not report whether it was set.
            attachments: Files to store with the comment.
            marker: Idempotency marker, not visible to people; see find_marked.

        Raises:
            Forbidden: The account lacks CommentOnTicket, or the ticket does not exist.
            TooLarge: The request did not reach RT; it may without its attachments.
            RTError: If `unconfirmed` is set, the comment may be stored.

        """
        return await self._add_message(
            ("comment", "CommentOnTicket"),
            ticket_id,
            {
                "Content": _text(content),
                "ContentType": with_marker(content_type, marker),
            }
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
        """Send a reply to a ticket's requestors and return the transaction's number.

        RT reopens a resolved ticket.

        Args:
            ticket_id: Number of the ticket. If it was merged, the reply is added to
                the ticket that it was merged into.
            content: The text.
            content_type: "text/plain" or "text/html".
            attachments: Files to send with the reply.
            marker: Idempotency marker, not visible to people; see find_marked.

        Raises:
            Forbidden: The account lacks ReplyToTicket, or the ticket does not exist.
            TooLarge: The request did not reach RT; it may without its attachments.
            RTError: If `unconfirmed` is set, the reply may have been sent.

        """
        return await self._add_message(
            ("correspond", "ReplyToTicket"),
            ticket_id,
            {
                "Content": _text(content),
                "ContentType": with_marker(content_type, marker),
            },
            attachments,
        )

    async def update_ticket(self, ticket_id: int, changes: Mapping[str, Any]) -> str:
        """Change values of a ticket and return RT's messages.

        RT's status is the same whether it made the change or refused it, and the
        messages are in the account's language: read the ticket back.

        Args:
            ticket_id: Number of the ticket.
            changes: New values by RT's names, such as Status or CustomFields.

        Returns:
            The messages in one line; empty if the values were the same before.

        Raises:
            Forbidden: The account may not see the ticket (ShowTicket).
            NotFound: The ticket does not exist.
            RTError: If `unconfirmed` is set, the change may have been made.

        """
        response = await self._transport.send(
            "PUT",
            f"/REST/2.0/ticket/{ticket_id}",
            body=await _encode(changes),
            right="ShowTicket",
        )
        return self._transport.redact(response.change_messages())

    async def _add_message(
        self,
        resource_and_right: tuple[str, str],
        ticket_id: int,
        body: dict[str, Any],
        attachments: Sequence[Attachment],
    ) -> int:
        """Add a message to a ticket and return the transaction's number."""
        resource, right = resource_and_right
        try:
            response = await self._post(
                f"/REST/2.0/ticket/{ticket_id}/{resource}", body, attachments, right
            )
        except TooLarge:
            raise
        except Rejected as err:
            # RT rejects a well-formed message for a missing right only, and its
            # message is in the account's language.
            raise Forbidden(right, str(err)) from None
        return created_number(response, "transaction")

    async def _post(
        self,
        path: str,
        body: Mapping[str, Any],
        attachments: Sequence[Attachment],
        right: str,
    ) -> Response:
        """Send a POST request with attachments to REST2."""
        encoded = await _encode(body, attachments)
        try:
            return await self._transport.send("POST", path, body=encoded, right=right)
        except WebServerFailed as err:
            if not attachments or await self._reaches_rt(encoded):
                raise
            raise TooLarge(str(err)) from None

    async def _reaches_rt(self, body: bytes) -> bool:
        """Return whether a request with this body reaches RT.

        Apache's mod_fcgid responds to a body larger than its FcgidMaxRequestLen as to
        a crash of RT, which may have stored the message before. It does so for every
        path; this one accepts no POST, so that RT stores nothing.
        """
        try:
            await self._transport.send("POST", "/REST/2.0/rt", body=body)
        except WebServerFailed:
            return False
        except RTError:
            pass
        return True


def _text(content: str) -> str:
    """Return a text that RT stores: it takes "0" for no text at all."""
    return "0\n" if content == "0" else content


async def _encode(
    body: Mapping[str, Any], attachments: Sequence[Attachment] = ()
) -> bytes:
    """Return JSON, with attachments encoded outside the event loop."""

    def encode(**files: list[dict[str, str]]) -> bytes:
        text = json.dumps({**body, **files}, ensure_ascii=False)
        return join_surrogates(text).encode()

    if not attachments:
        return encode()
    return await asyncio.to_thread(
        lambda: encode(Attachments=[file.to_json() for file in attachments])
    )
