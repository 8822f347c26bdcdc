"""The cases of the contract; a subclass has a fixture `server`, a SeededRT."""

import asyncio
from contextlib import suppress
import json
import re
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest

from custom_components.ha_rt.rt import ticketsql
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import Forbidden, InvalidAuth, NotFound, NotRT
from custom_components.ha_rt.rt.http import KEEPALIVE_SECONDS
from custom_components.ha_rt.rt.models import NewTicket, Queue, User

from .answers import CASES
from .case import FACILITY, FILE, NOTABLE, TEXT, UNTYPED, Case
from .change_answers import CHANGE_CASES
from .changes import ChangeCases
from .creation import CreateCases
from .history import HistoryCases
from .markers import MarkerCases
from .merging import MergeCases
from .messages import MessageCases
from .pages import PageCases
from .queries import QueryCases
from .sessions import SessionCases
from .shapes import differences, fill_words
from .ticket_answers import TICKET_CASES
from .transactions import TransactionCases
from .watching import WatchCases
from .ways import ClientOf, Create, Rest, SeededRT

_CASES = CASES | TICKET_CASES | CHANGE_CASES


class Contract(
    QueryCases,
    TransactionCases,
    CreateCases,
    ChangeCases,
    MergeCases,
    MessageCases,
    MarkerCases,
    HistoryCases,
    PageCases,
    SessionCases,
    WatchCases,
):
    """The cases; pytest collects them in a subclass."""

    closes_soon = True
    """Whether the server closes connections that are idle for four seconds."""

    @pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
    async def test_answer(
        self,
        server: SeededRT,
        session: aiohttp.ClientSession,
        create: Create,
        rest: Rest,
        case: Case,
    ) -> None:
        """Each answer has the form that the client expects."""
        words = {
            **{name: str(number) for name, number in server.users.items()},
            "queue": str(server.queues[FACILITY]),
            "field": str(server.custom_fields["DeviceId"]),
            "url": re.escape(server.url),
            "port": str(urlsplit(server.url).port),
        }
        for word in ("ticket", "other"):
            if f"{{{word}}}" in f"{case.path}{case.query}{case.send}":
                words[word] = str(await create("contract"))
        if {"{comment}", "{file}"} & set(case.path.split("/")):
            words |= await self._comment_with_file(rest, await create("contract"))

        def fill[T](form: T) -> T:
            return fill_words(form, words)

        headers = {
            "Authorization": f"token {server.tokens[case.user]}",
            "Referer": f"{server.url}/",
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if case.send is not None else {}),
            **fill(case.send_headers),
        }
        raw = case.send if isinstance(case.send, str) else json.dumps(case.send)
        async with session.request(
            case.method,
            server.url + fill(case.path),
            params={name: fill(value) for name, value in case.query.items()},
            data=None if case.send is None else raw,
            headers={name: value for name, value in headers.items() if value},
            allow_redirects=False,
        ) as response:
            text = await response.text()

        assert response.status == case.status, text
        assert response.headers.get("Content-Type", UNTYPED) == case.content_type
        for name in NOTABLE:
            assert (name in response.headers) == (name in case.headers), name
        for name, pattern in case.headers.items():
            assert re.fullmatch(fill(pattern), response.headers[name])
        if isinstance(case.body, str):
            assert fill(case.body) in text
        else:
            assert not list(differences(fill(case.body), json.loads(text)))

    async def _comment_with_file(self, rest: Rest, ticket_id: int) -> dict[str, str]:
        """Comment, and return the numbers of the comment and of its file."""
        await rest.say("comment", ticket_id, Attachments=[FILE])
        history = await rest.get(f"ticket/{ticket_id}/history", fields="Type")
        found = await rest.get(f"ticket/{ticket_id}/attachments", fields="Filename")
        (comment,) = [one["id"] for one in history["items"] if one["Type"] == "Comment"]
        (file,) = [one["id"] for one in found["items"] if one["Filename"]]
        return {"comment": comment, "file": file}

    async def test_server(self, server: SeededRT, client_of: ClientOf) -> None:
        """RT tells its version and whose token it was sent."""
        client = client_of("u-full")
        assert await client.version() == server.version
        assert await client.user() == User(
            id=server.users["u-full"], name="u-full", privileged=True
        )
        user = await client_of("unpriv").user()
        assert user is not None
        assert not user.privileged
        for wrong in ("revoked", "disabled1"):
            with pytest.raises(InvalidAuth, match=r"^Unauthorized$"):
                await client_of(wrong).version()

    async def test_queue(self, server: SeededRT, client_of: ClientOf) -> None:
        """A queue is found by its name in any case and by its number."""
        client = client_of("u-full")
        number = server.queues[FACILITY]
        queue = await client.queue("fACILITY mANAGEMENT")
        assert queue == await client.queue(str(number)) == await client.queue(FACILITY)
        assert (queue.id, queue.name) == (number, FACILITY)
        assert (queue.lifecycle, queue.enabled, queue.may_create) == (
            "default",
            True,
            True,
        )
        assert queue.custom_field("deviceid") == server.custom_fields["DeviceId"]
        assert (await client.queue("Incidents")).lifecycle == "incident"
        for name in ("General", "Nowhere", " Facility Management", "No/where", "IT/S"):
            with pytest.raises(NotFound):
                await client.queue(name)

    @pytest.mark.parametrize(
        "name", ["IT/Support", "it/support", "Büro Ümläut 設備", "Ops \"A\" 'B' \\C"]
    )
    async def test_queue_with_special_name(
        self, server: SeededRT, client_of: ClientOf, name: str
    ) -> None:
        """Whatever a queue is called, it is found."""
        queue = await client_of("all-queues").queue(name)
        assert server.queues[queue.name] == queue.id
        assert queue.name.casefold() == name.casefold()

    async def test_disabled_queue(self, client_of: ClientOf) -> None:
        """A disabled queue is found by its name, and stands in no list."""
        client = client_of("all-queues")
        queue: Queue = await client.queue("Disabled Queue")
        assert not queue.enabled
        assert "Disabled Queue" not in await client.queues()
        assert "Disabled Queue" not in (await client.queues_with_right("") or [])

    async def test_queues(self, server: SeededRT, client_of: ClientOf) -> None:
        """Only the queues that the account may see are listed."""
        assert await client_of("u-full").queues() == [FACILITY, "Incidents"]
        assert await client_of("no-rights").queues() == []
        assert {"IT/Support", "General"} < set(await client_of("all-queues").queues())

    @pytest.mark.parametrize(
        ("user", "right", "granted"),
        [
            ("u-full", "ShowTicket", True),
            ("u-full", "CreateTicket", True),
            ("no-ShowTicket", "ShowTicket", False),
            ("no-ShowTicket", "CreateTicket", True),
            ("no-CommentOnTicket", "CommentOnTicket", False),
            ("no-CommentOnTicket", "ModifyTicket", True),
            ("no-SeeQueue", "ShowTicket", False),
            ("no-rights", "ShowTicket", False),
            ("u-full", "NoSuchRight", False),
            ("unpriv", "ShowTicket", None),
        ],
    )
    async def test_queues_with_right(
        self, client_of: ClientOf, user: str, right: str, granted: bool | None
    ) -> None:
        """RT tells the queues on which a privileged account has a right."""
        client = client_of(user)
        every = await client.queues_with_right(right)
        one = await client.queues_with_right(right, FACILITY)
        if granted is None:
            assert (every, one) == (None, None)
        else:
            assert (FACILITY in (every or [])) is granted
            assert one == ([FACILITY] if granted else [])

    @pytest.mark.parametrize(
        ("user", "expected"),
        [
            ("u-full", True),
            ("only-initialcf", True),
            ("no-ModifyCustomField", False),
            ("no-SeeCustomField", False),
            ("no-SeeQueue", False),
            ("unpriv", None),
        ],
    )
    async def test_fillable_fields(
        self, server: SeededRT, client_of: ClientOf, user: str, expected: bool | None
    ) -> None:
        """RT's form for a new ticket shows which custom fields one may fill."""
        queue, number = server.queues[FACILITY], server.custom_fields["DeviceId"]
        fields = await client_of(user).fillable_fields(queue)
        assert (fields if fields is None else number in fields) is expected

    async def test_ticket(
        self, server: SeededRT, client_of: ClientOf, create: Create
    ) -> None:
        """A ticket is created, found by its device id, read and commented on."""
        client, number = client_of("u-full"), server.custom_fields["DeviceId"]
        device_id = f"Tür {uuid4()} leak"
        ticket_id = await create(device_id)
        (found,) = await client.search(
            ticketsql.custom_field_is(number, device_id.replace("leak", "LEAK"))
        )
        ticket = await client.ticket(ticket_id)
        assert found.id == ticket.id == ticket_id
        assert found.status == ticket.status == "new"
        assert found.custom_fields == ticket.custom_fields
        assert ticket.custom_fields[number] == [device_id]
        assert ticket.custom_fields[server.custom_fields["EventType"]] == []
        assert ticket.may_comment
        first = await client.comment(ticket_id, "It drips.")
        assert await client.comment(ticket_id, "0") > first

    @pytest.mark.parametrize(
        ("user", "stored"),
        [
            ("u-full", True),
            ("ha-service", True),
            ("only-initialcf", True),
            ("no-ModifyCustomField", False),
            ("no-SeeCustomField", True),
            ("no-cfrights", False),
        ],
    )
    async def test_dropped_field(
        self,
        server: SeededRT,
        client_of: ClientOf,
        create: Create,
        user: str,
        stored: bool,
    ) -> None:
        """RT creates a ticket without the field that the account may not set."""
        device_id = str(uuid4())
        ticket = await client_of("u-full").ticket(await create(device_id, user))
        number = server.custom_fields["DeviceId"]
        assert ticket.custom_fields[number] == ([device_id] if stored else [])

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("x" * 200, "x" * 200),
            ("x" * 300, "x" * 200),
            ("ü" * 100, "ü" * 100),
            ("ü" * 150, "ü" * 100),
            ("x" + "ü" * 150, "x" + "ü" * 99),
            ("two\nlines", "twolines"),
        ],
        ids=["whole", "cut", "whole, wide", "cut, wide", "cut within", "lines"],
    )
    async def test_subject(
        self,
        server: SeededRT,
        session: aiohttp.ClientSession,
        client_of: ClientOf,
        sent: str,
        kept: str,
    ) -> None:
        """RT silently shortens a subject."""
        number = await client_of("u-full").create_ticket(
            NewTicket(queue=server.queues[FACILITY], subject=sent, content="text")
        )
        async with session.get(
            f"{server.url}/REST/2.0/ticket/{number}",
            headers={"Authorization": f"token {server.tokens['u-full']}"},
        ) as response:
            assert (await response.json())["Subject"] == kept

    async def test_missing_rights(self, client_of: ClientOf, create: Create) -> None:
        """What the account may not do is told by the right's name, or not at all."""
        ticket_id = await create("contract")
        blind = client_of("no-ShowTicket")
        assert await blind.search(ticketsql.id_is(ticket_id)) == []
        with pytest.raises(Forbidden) as info:
            await blind.ticket(ticket_id)
        assert info.value.right == "ShowTicket"
        assert await blind.comment(ticket_id, "Unseen.")
        assert await client_of("no-CommentOnTicket").comment(ticket_id, "Allowed.")
        assert (
            await client_of("no-SeeCustomField").ticket(ticket_id)
        ).custom_fields == {}
        readonly = client_of("readonly")
        assert not (await readonly.ticket(ticket_id)).may_comment
        with pytest.raises(Forbidden, match=r"^Permission Denied$") as info:
            await readonly.comment(ticket_id, "Refused.")
        assert info.value.right == "CommentOnTicket"
        with pytest.raises(Forbidden, match=r"^No permission to create") as info:
            await create("contract", "readonly")
        assert info.value.right == "CreateTicket"
        with pytest.raises(NotFound):
            await client_of("u-full").ticket(999999)
        with pytest.raises(Forbidden):
            await client_of("u-full").comment(999999, "No ticket.")

    async def test_wrong_address(
        self, server: SeededRT, session: aiohttp.ClientSession
    ) -> None:
        """An address below RT's own is told from RT."""
        client = RTClient(session, f"{server.url}/x", server.tokens["u-full"])
        with pytest.raises(NotRT):
            await client.version()
        with pytest.raises(NotRT) as info:
            await client.comment(1, "Lost.")
        assert not info.value.unconfirmed

    @pytest.mark.parametrize(
        ("user", "error"),
        [("lang-de", UnicodeDecodeError), ("lang-ru", aiohttp.ClientPayloadError)],
    )
    async def test_broken_body(
        self,
        server: SeededRT,
        session: aiohttp.ClientSession,
        client_of: ClientOf,
        create: Create,
        user: str,
        error: type[Exception],
    ) -> None:
        """RT cannot say in every language that it stored a comment."""
        ticket_id = await create("contract")
        assert await client_of(user).comment(ticket_id, "It drips.") > 0
        async with session.post(
            f"{server.url}/REST/2.0/ticket/{ticket_id}/comment",
            json=TEXT,
            headers={"Authorization": f"token {server.tokens[user]}"},
        ) as response:
            assert response.status == 201
            assert "/transaction/" in response.headers["Location"]
            with pytest.raises(error):
                await response.json()

    async def test_idle_connection(self, server: SeededRT) -> None:
        """RT keeps an idle connection for longer than the client, and says nothing more."""
        loop = asyncio.get_running_loop()
        address = urlsplit(server.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"GET /REST/2.0/rt HTTP/1.1\r\nHost: rt\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        start = loop.time()
        said = await reader.readuntil(b"}")
        with suppress(TimeoutError):
            async with asyncio.timeout(KEEPALIVE_SECONDS * 8):
                said += await reader.read()
        writer.close()
        assert b"401" in head
        assert b"connection: close" not in head.lower()
        assert said == b'{"message":"Unauthorized"}'
        assert loop.time() - start > KEEPALIVE_SECONDS * 1.5
        assert reader.at_eof() == self.closes_soon


class ContractBelowPath(SessionCases):
    """The cases for a server that is mounted at /rt."""

    async def test_location(
        self, server: SeededRT, session: aiohttp.ClientSession
    ) -> None:
        """The path of what was created starts with the mount's."""
        async with session.post(
            f"{server.url}/REST/2.0/ticket",
            json={"Queue": FACILITY},
            headers={"Authorization": f"token {server.tokens['u-full']}"},
        ) as response:
            assert response.headers["Location"].startswith("/rt/REST/2.0/ticket/")

    async def test_client(
        self, server: SeededRT, client_of: ClientOf, create: Create
    ) -> None:
        """The client works as it does without a mount."""
        client = client_of("u-full")
        ticket_id = await create("below-path")
        assert await client.comment(ticket_id, "It drips.") > 0
        assert (await client.ticket(ticket_id)).id == ticket_id
        assert await client.queues_with_right("ShowTicket", FACILITY) == [FACILITY]
        number = server.custom_fields["DeviceId"]
        assert number in (await client.fillable_fields(server.queues[FACILITY]) or ())

    async def test_wrong_address(
        self, server: SeededRT, session: aiohttp.ClientSession
    ) -> None:
        """Beside the mount is nothing."""
        url = server.url.removesuffix("/rt")
        client = RTClient(session, url, server.tokens["u-full"])
        with pytest.raises(NotRT, match=r"^404 Not Found \(text/(plain|html)\)$"):
            await client.version()
