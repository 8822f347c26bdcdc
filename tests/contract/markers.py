"""Messages that are found again by what people do not see of them."""

from base64 import b64decode
from typing import Any
from uuid import uuid4

import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.models import Attachment, NewTicket

from .case import FACILITY
from .ways import As, ClientOf, Rest, SeededRT, Ways

TEXT = "Es tropft ü 設備\nЁ"
FILE = Attachment(name="a.txt", content_type="text/plain", content=b"file")


async def parts_of(rest: Rest, transaction: int, ticket_id: int) -> list[Any]:
    """Return the texts and files of a transaction."""
    data = await rest.get(
        f"ticket/{ticket_id}/attachments", fields="TransactionId", per_page="100"
    )
    return [
        await rest.get(f"attachment/{item['id']}")
        for item in data["items"]
        if item["TransactionId"] == str(transaction)
    ]


class MarkerCases(Ways):
    """A parameter of the content type, which RT keeps in the headers of the text."""

    @pytest.fixture
    def marker(self) -> str:
        """Return a marker that no other message has."""
        return uuid4().hex

    @pytest.fixture
    def client(self, client_of: ClientOf) -> RTClient:
        """Return the client of the user who may do all."""
        return client_of("u-full")

    @pytest.mark.parametrize("content_type", ["text/plain", "text/html"])
    @pytest.mark.parametrize("files", [[], [FILE]], ids=["alone", "with a file"])
    @pytest.mark.parametrize("way", ["comment", "reply"])
    async def test_marked_message(
        self,
        rest: Rest,
        client: RTClient,
        marker: str,
        way: str,
        files: list[Attachment],
        content_type: str,
    ) -> None:
        """A message is found by its marker, and is otherwise what it was without."""
        number = await rest.create()
        send = getattr(client, way)
        await send(number, TEXT, attachments=files, marker=uuid4().hex)
        transaction = await send(
            number, TEXT, content_type, attachments=files, marker=marker
        )
        await send(number, TEXT, attachments=files)
        assert await client.find_marked(number, marker) == transaction
        *whole, text = (await parts_of(rest, transaction, number))[: 1 + len(files)]
        assert [one["ContentType"] for one in whole] == ["multipart/mixed"] * len(files)
        assert text["ContentType"] == content_type
        assert b64decode(text["Content"]).decode() == TEXT
        kept = f'Content-Type: {content_type}; charset="utf-8"; x-ha-rt="{marker}"'
        assert kept in " ".join(text["Headers"].split())

    @pytest.mark.parametrize("files", [[], [FILE]], ids=["alone", "with a file"])
    async def test_marked_ticket(
        self,
        server: SeededRT,
        rest: Rest,
        client: RTClient,
        marker: str,
        files: list[Attachment],
    ) -> None:
        """A new ticket is marked by its first message."""
        number = await client.create_ticket(
            NewTicket(
                queue=server.queues[FACILITY],
                subject="s",
                content=TEXT,
                attachments=files,
                marker=marker,
            )
        )
        (created,) = await client.history(number)
        assert created.type == "Create"
        assert await client.find_marked(number, marker) == created.id
        *_, text = (await parts_of(rest, created.id, number))[: 1 + len(files)]
        assert b64decode(text["Content"]).decode() == TEXT

    async def test_not_marked(self, rest: Rest, client: RTClient, marker: str) -> None:
        """Nothing is found where no such message is; one without a text has no marker."""
        number, other = await rest.create(), await rest.create()
        await client.comment(number, TEXT, marker=marker)
        assert await client.find_marked(other, marker) is None
        assert await client.find_marked(number, uuid4().hex) is None
        silent = uuid4().hex
        await client.comment(number, "", attachments=[FILE], marker=silent)
        await client.comment(number, "", marker=silent)
        assert await client.find_marked(number, silent) is None

    @pytest.mark.parametrize(
        ("user", "seen"),
        [
            ("ha-service", [False, True]),
            ("no-ShowTicketComments", [False, True]),
            ("no-ShowTicket", [False, False]),
            ("no-rights", [False, False]),
            ("readonly", [False, True]),
            ("no-SeeQueue", [True, True]),
            ("lang-ru", [True, True]),
        ],
    )
    async def test_marker_not_seen(
        self, rest: Rest, client_of: ClientOf, user: str, seen: list[bool]
    ) -> None:
        """A comment is found by who may see comments, a reply by who sees the ticket."""
        number = await rest.create()
        client = client_of("u-full")
        comment, reply = uuid4().hex, uuid4().hex
        await client.comment(number, TEXT, marker=comment)
        await client.reply(number, TEXT, marker=reply)
        found = [
            await client_of(user).find_marked(number, one) for one in (comment, reply)
        ]
        assert [one is not None for one in found] == seen

    @pytest.mark.parametrize("user", ["lang-de", "lang-ru"])
    @pytest.mark.parametrize("way", ["comment", "reply"])
    async def test_marked_in_other_languages(
        self, rest: Rest, client_of: ClientOf, marker: str, user: str, way: str
    ) -> None:
        """A message is found by its marker although RT's answer to it was broken."""
        number = await rest.create()
        client = client_of(user)
        transaction = await getattr(client, way)(number, TEXT, marker=marker)
        assert await client.find_marked(number, marker) == transaction

    async def test_marked_and_merged(
        self, rest: Rest, client: RTClient, marker: str
    ) -> None:
        """Merged tickets have each other's messages."""
        merged, target = await rest.create(), await rest.create()
        markers = [uuid4().hex for _ in range(3)]
        written = [await client.comment(merged, TEXT, marker=markers[0])]
        written.append(await client.comment(target, TEXT, marker=markers[1]))
        assert await client.find_marked(target, markers[0]) is None
        await rest.put(merged, MergeInto=target)
        written.append(await client.comment(merged, TEXT, marker=markers[2]))
        for number in (merged, target):
            assert [await client.find_marked(number, one) for one in markers] == written

    async def test_marked_and_deleted(
        self, as_user: As, rest: Rest, client: RTClient
    ) -> None:
        """A deleted ticket takes messages still, and they are found."""
        number = await rest.create()
        before, after = uuid4().hex, uuid4().hex
        await client.comment(number, TEXT, marker=before)
        words = await as_user("root").put(number, Status="deleted")
        assert words == [f"Ticket {number}: Ticket deleted"]
        await client.comment(number, TEXT, marker=after)
        assert await client.find_marked(number, before)
        assert await client.find_marked(number, after)

    async def test_marked_elsewhere(
        self, rest: Rest, client_of: ClientOf, marker: str
    ) -> None:
        """RT searches all tickets when it is asked about none that it shows."""
        number = await rest.create()
        transaction = await client_of("u-full").comment(number, TEXT, marker=marker)
        for user, found in (("u-full", transaction), ("no-ShowTicketComments", None)):
            assert await client_of(user).find_marked(999999, marker) == found
