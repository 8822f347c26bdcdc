"""The client: what it writes to RT, and what it makes of the answers."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from custom_components.ha_rt.rt import ticketsql
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import Forbidden, NotFound, NotRT
from custom_components.ha_rt.rt.models import Attachment, NewTicket
from tests import FACILITY
from tests.fake_rt import FakeRT, FakeTicket, faults

PICTURE = Attachment(
    name="snap.jpg", content_type="image/jpeg", content=b"\xff\xd8\x00"
)


def files(ticket: FakeTicket) -> list[tuple[str, str, bytes]]:
    """Return name, type and content of a ticket's files."""
    return [(one.name, one.content_type, one.content) for one in ticket.attachments]


async def test_create_ticket(client: RTClient, fake_rt: FakeRT) -> None:
    """A ticket is created with all that it was given."""
    number = await client.create_ticket(
        NewTicket(
            queue=3,
            subject="Leck ü 設備",
            content="It <b>drips</b>.\nStill.",
            content_type="text/html",
            custom_fields={2: "binary_sensor.leak", 3: "water"},
            requestor=["a@example.test", "ha-service"],
        )
    )
    ticket = fake_rt.tickets[number]
    assert ticket.queue == FACILITY
    assert ticket.subject == "Leck ü 設備"
    assert ticket.content == "It <b>drips</b>.\nStill."
    assert ticket.content_type == "text/html"
    assert ticket.custom_fields == {
        "DeviceId": "binary_sensor.leak",
        "EventType": "water",
    }
    assert ticket.requestors == ["a@example.test", "ha-service"]


async def test_people_by_number(client: RTClient, fake_rt: FakeRT) -> None:
    """Numbers are not sent, which could be anybody's."""
    people = ["4", "a@example.test", "14, b@example.test"]
    new = NewTicket(
        queue=3, subject="s", content="c", requestor=people, cc=people, owner="14"
    )
    ticket = fake_rt.tickets[await client.create_ticket(new)]
    assert ticket.requestors == ticket.cc == ["a@example.test"]
    assert ticket.owner == "Nobody"


async def test_create_ticket_with_all(client: RTClient, fake_rt: FakeRT) -> None:
    """People, priority, links, values and files of a new ticket."""
    fake_rt.add_account("alice", {*fake_rt.rights, "OwnTicket"})
    tags = fake_rt.add_field("Tags", FACILITY, multiple=True)
    other = fake_rt.add_ticket()
    number = await client.create_ticket(
        NewTicket(
            queue=3,
            subject="s",
            content="c",
            custom_fields={tags: ["a", "b"]},
            requestor=["a@example.test"],
            cc=["b@example.test"],
            owner="alice",
            priority=0,
            refers_to=["https://example.test/", str(other.id)],
            attachments=[PICTURE],
        )
    )
    ticket = fake_rt.tickets[number]
    assert ticket.custom_fields == {"Tags": ["a", "b"]}
    assert (ticket.requestors, ticket.cc) == (["a@example.test"], ["b@example.test"])
    assert (ticket.owner, ticket.priority) == ("alice", 0)
    assert ticket.refers_to == ["https://example.test/", "1"]
    assert fake_rt.requests[0].json["Priority"] == 0
    assert files(ticket) == [("snap.jpg", "image/jpeg", b"\xff\xd8\x00")]


async def test_what_create_sends(client: RTClient, fake_rt: FakeRT) -> None:
    """Nothing is sent that was not given; a field goes by its number."""
    await client.create_ticket(
        NewTicket(queue=3, subject="s", content="c", custom_fields={2: "x"})
    )
    assert fake_rt.requests[0].json == {
        "Queue": 3,
        "Subject": "s",
        "Content": "c",
        "ContentType": "text/plain",
        "CustomFields": {"2": "x"},
    }


@pytest.mark.parametrize(
    "location",
    [
        "/REST/2.0/ticket/4711",
        "/rt/REST/2.0/ticket/4711",
        "https://rt.example.test/REST/2.0/ticket/4711",
    ],
)
async def test_location(client: RTClient, fake_rt: FakeRT, location: str) -> None:
    """The header tells the number, whatever address RT thinks it has."""
    fault = faults.answer(201, '{"id": "1"}', headers={"Location": location})
    fake_rt.fail("POST", "/ticket$", fault)
    new = NewTicket(queue=3, subject="s", content="c")
    assert await client.create_ticket(new) == 4711


async def test_no_right_to_write(client: RTClient, fake_rt: FakeRT) -> None:
    """RT's words and the missing right are told."""
    fake_rt.add_ticket()
    fake_rt.rights -= {"CreateTicket", "CommentOnTicket", "ModifyTicket"}
    with pytest.raises(Forbidden, match=r"^No permission to create tickets") as info:
        await client.create_ticket(NewTicket(queue=3, subject="s", content="c"))
    assert info.value.right == "CreateTicket"
    assert not info.value.unconfirmed
    with pytest.raises(Forbidden, match=r"^Permission Denied$") as info:
        await client.comment(1, "It drips.")
    assert info.value.right == "CommentOnTicket"
    assert not info.value.unconfirmed


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("It drips.", "It drips."),
        ("ü 設備 💧\r\n\ttab", "ü 設備 💧\r\n\ttab"),
        ("0", "0\n"),
        ("00", "00"),
        (" 0", " 0"),
        ("x" * 2_000_000, "x" * 2_000_000),
    ],
    ids=["plain", "wide", "zero", "zeros", "space", "long"],
)
async def test_text(client: RTClient, fake_rt: FakeRT, text: str, stored: str) -> None:
    """RT stores each text, also the one that it would take for none."""
    ticket = fake_rt.add_ticket()
    assert await client.comment(ticket.id, text) == 101
    assert await client.comment(ticket.id, text, "text/html") == 102
    number = await client.create_ticket(NewTicket(queue=3, subject="s", content=text))
    assert ticket.comments == [stored, stored]
    assert fake_rt.tickets[number].content == stored
    types = [request.json["ContentType"] for request in fake_rt.requests]
    assert types == ["text/plain", "text/html", "text/plain"]


# --- Messages and changes -------------------------------------------------


async def test_comment_with_all(client: RTClient, fake_rt: FakeRT) -> None:
    """A comment brings files and changes the status."""
    ticket = fake_rt.add_ticket()
    number = await client.comment(
        1, "<b>Dry</b>", "text/html", status="resolved", attachments=[PICTURE]
    )
    (sent,) = fake_rt.requests
    assert sent.path == "/REST/2.0/ticket/1/comment"
    assert sent.json["ContentType"] == "text/html"
    assert ticket.status == "resolved"
    assert files(ticket) == [("snap.jpg", "image/jpeg", b"\xff\xd8\x00")]
    (comment,) = [one for one in fake_rt.journal if one.type == "Comment"]
    assert number == comment.id


async def test_comment_sends_no_more(client: RTClient, fake_rt: FakeRT) -> None:
    """A plain comment asks for nothing else."""
    fake_rt.add_ticket()
    await client.comment(1, "It drips.")
    assert fake_rt.requests[0].json == {
        "Content": "It drips.",
        "ContentType": "text/plain",
    }


@pytest.mark.parametrize("content_type", ["text/plain", "text/html"])
async def test_marker(client: RTClient, fake_rt: FakeRT, content_type: str) -> None:
    """A marker is in the type of the text, and RT takes the type for the same."""
    number = await client.create_ticket(
        NewTicket(
            queue=3,
            subject="s",
            content="<b>ü</b>",
            content_type=content_type,
            attachments=[PICTURE],
            marker="a1",
        )
    )
    await client.comment(number, "設備", content_type, status="open", marker="b2")
    await client.reply(number, "0", content_type, attachments=[PICTURE], marker="c3")
    sent = [request.json["ContentType"] for request in fake_rt.requests]
    assert sent == [f"{content_type}; x-ha-rt={one}" for one in ("a1", "b2", "c3")]
    ticket = fake_rt.tickets[number]
    assert (ticket.content, ticket.content_type) == ("<b>ü</b>", content_type)
    assert (ticket.comments, ticket.replies) == (["設備"], ["0\n"])
    assert ticket.status == "open"
    texts = [one for one in fake_rt.attachments if one.content_type == content_type]
    assert [one.content.decode() for one in texts] == ["<b>ü</b>", "設備", "0\n"]
    assert len(files(ticket)) == 2


async def test_reply(client: RTClient, fake_rt: FakeRT) -> None:
    """An answer goes to the requestors, and opens the ticket."""
    ticket = fake_rt.add_ticket()
    number = await client.reply(1, "0", attachments=[PICTURE])
    assert (ticket.replies, ticket.comments) == (["0\n"], [])
    assert ticket.status == "open"
    assert len(files(ticket)) == 1
    assert [one.id for one in fake_rt.journal if one.type == "Correspond"] == [number]


async def test_no_right_to_reply(client: RTClient, fake_rt: FakeRT) -> None:
    """The missing right is told."""
    fake_rt.add_ticket()
    fake_rt.rights -= {"ReplyToTicket", "ModifyTicket"}
    with pytest.raises(Forbidden, match=r"^Permission Denied$") as info:
        await client.reply(1, "x")
    assert info.value.right == "ReplyToTicket"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"Status": "open", "Priority": 50},
            (
                "Ticket 1: Priority changed from 'Low' to 'Medium';"
                " Ticket 1: Status changed from 'new' to 'open'"
            ),
        ),
        (
            {"Status": "bogus"},
            "Ticket 1: Status 'bogus' isn't a valid status for this ticket.",
        ),
        ({"Status": "new"}, ""),
        ({}, ""),
    ],
)
async def test_update_ticket(
    client: RTClient, fake_rt: FakeRT, changes: dict[str, object], words: str
) -> None:
    """RT's words on a change are told, whether it made it or not."""
    fake_rt.add_ticket()
    assert await client.update_ticket(1, changes) == words
    (sent,) = fake_rt.requests
    assert (sent.method, sent.path) == ("PUT", "/REST/2.0/ticket/1")
    assert sent.json == changes


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('["Größe geändert", "設備"]', "Größe geändert; 設備"),
        ('["a\\n  b"]', "a b"),
        ("{}", ""),
        ("null", ""),
        ("not JSON", ""),
    ],
)
async def test_words(client: RTClient, fake_rt: FakeRT, body: str, words: str) -> None:
    """Words are told in one line; odd ones are none."""
    fake_rt.fail("PUT", "/ticket/1$", faults.answer(200, body))
    assert await client.update_ticket(1, {"Status": "open"}) == words


async def test_update_errors(client: RTClient, fake_rt: FakeRT) -> None:
    """A ticket that may not be seen, and one that does not exist."""
    fake_rt.add_ticket()
    with pytest.raises(NotFound):
        await client.update_ticket(2, {"Status": "open"})
    fake_rt.rights -= {"ShowTicket"}
    with pytest.raises(Forbidden) as info:
        await client.update_ticket(1, {"Status": "open"})
    assert info.value.right == "ShowTicket"


# --- The address ----------------------------------------------------------


async def test_own_address_only(client: RTClient, fake_rt: FakeRT) -> None:
    """Addresses in RT's answers are not used: they may lead elsewhere."""
    fake_rt.web_base_url = "https://elsewhere.example.test/rt"
    for _ in range(150):
        fake_rt.add_ticket("a")
    number = await client.create_ticket(NewTicket(queue=3, subject="s", content="c"))
    assert (await client.ticket(number)).id == number
    assert len(await client.search("Queue = 3", limit=500)) == 151
    assert (await client.queue("3")).id == 3


@pytest.mark.parametrize(
    "ask",
    [
        RTClient.version,
        RTClient.user,
        RTClient.queues,
        lambda client: client.queue(FACILITY),
        lambda client: client.search("id = 1"),
        lambda client: client.ticket(1),
        lambda client: client.history(1),
        lambda client: client.comment(1, "It drips."),
        lambda client: client.update_ticket(1, {"Status": "open"}),
        lambda client: client.create_ticket(
            NewTicket(queue=3, subject="s", content="c")
        ),
    ],
)
async def test_below_path(
    session: aiohttp.ClientSession,
    fake_rt: FakeRT,
    ask: Callable[[RTClient], Awaitable[object]],
) -> None:
    """RT may be mounted below a path; beside it is nothing."""
    fake_rt.sub_path = "/it/rt"
    fake_rt.add_ticket()
    assert await ask(RTClient(session, fake_rt.url, fake_rt.token, use_sessions=False))
    beside = RTClient(
        session, fake_rt.url.removesuffix("/rt"), fake_rt.token, use_sessions=False
    )
    with pytest.raises(NotRT, match=r"404"):
        await ask(beside)


async def test_side_by_side(client: RTClient, fake_rt: FakeRT) -> None:
    """Answers go to those who asked."""
    for number in range(30):
        fake_rt.add_ticket(f"device-{number}")
    results = await asyncio.gather(
        *(client.search(ticketsql.custom_field_is(2, f"device-{n}")) for n in range(30))
    )
    assert [[ticket.id for ticket in found] for found in results] == [
        [number + 1] for number in range(30)
    ]
