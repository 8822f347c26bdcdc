"""The client: what it asks RT for, and what it makes of the answers."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

import aiohttp
import pytest

from custom_components.ha_rt.rt import ticketsql, transport
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import (
    CannotConnect,
    Forbidden,
    InvalidAuth,
    NotFound,
    NotRT,
    RTError,
    RTTimeout,
    ServerError,
)
from custom_components.ha_rt.rt.models import NewTicket, Queue, Ticket, User
from tests.fake_rt import FakeRT, faults

FACILITY = "Facility Management"


def shown(data: Any) -> faults.Fault:
    """Answer with JSON."""
    return faults.answer(200, json.dumps(data))


# --- The server and the account -------------------------------------------


async def test_version(client: RTClient, fake_rt: FakeRT) -> None:
    """RT tells its version."""
    fake_rt.version = "5.0.9"
    assert await client.version() == "5.0.9"


async def test_user(client: RTClient, fake_rt: FakeRT) -> None:
    """The token tells whose it is."""
    assert await client.user() == User(id=14, name="ha-service", privileged=True)
    fake_rt.accounts[0].privileged = False
    user = await client.user()
    assert user is not None
    assert not user.privileged


@pytest.mark.parametrize("token", ["abc", "1-14", "1-x-abc", "1-14-xyz", "14-abc"])
async def test_user_of_another_token(
    session: aiohttp.ClientSession, fake_rt: FakeRT, token: str
) -> None:
    """A token of another form tells nothing, and nobody is asked."""
    assert await RTClient(session, fake_rt.url, token).user() is None
    assert fake_rt.requests == []


@pytest.mark.parametrize("status", [403, 404])
async def test_user_not_told(client: RTClient, fake_rt: FakeRT, status: int) -> None:
    """RT need not tell whose token it is."""
    fake_rt.fail("GET", "/user/14$", faults.message(status, "No"))
    assert await client.user() is None


# --- Queues ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (FACILITY, 3),
        ("facility MANAGEMENT", 3),
        ("3", 3),
        ("IT/Support", 10),
        ("it/support", 10),
        ("Büro & Hof? #1 100%", 11),
        ("%2F", 12),
    ],
)
async def test_queue(client: RTClient, fake_rt: FakeRT, name: str, number: int) -> None:
    """A queue is found whatever its name is."""
    fake_rt.add_queue("IT/Support", number=10)
    fake_rt.add_queue("Büro & Hof? #1 100%", number=11)
    fake_rt.add_queue("%2F", number=12)
    assert (await client.queue(name)).id == number


async def test_queue_read(client: RTClient, fake_rt: FakeRT) -> None:
    """All that RT tells of a queue is read."""
    assert await client.queue(FACILITY) == Queue(
        id=3,
        name=FACILITY,
        lifecycle="default",
        enabled=True,
        may_create=True,
        custom_fields={"DeviceId": 2, "EventType": 3},
    )
    fake_rt.queues[FACILITY].disabled = True
    fake_rt.queues[FACILITY].lifecycle = "incident"
    fake_rt.rights -= {"CreateTicket", "SeeCustomField"}
    assert await client.queue(FACILITY) == Queue(
        id=3,
        name=FACILITY,
        lifecycle="incident",
        enabled=False,
        may_create=False,
        custom_fields={},
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("DeviceId", 2), ("deviceid", 2), ("DEVICEID", 2), ("Device", None), ("2", None)],
)
async def test_custom_field(
    client: RTClient, fake_rt: FakeRT, name: str, expected: int | None
) -> None:
    """A custom field is found by its name, in any case."""
    assert (await client.queue(FACILITY)).custom_field(name) == expected


@pytest.mark.parametrize("name", ["Nowhere", "No/where", "999", " Facility Management"])
async def test_no_queue(client: RTClient, fake_rt: FakeRT, name: str) -> None:
    """A queue that does not exist."""
    with pytest.raises(NotFound):
        await client.queue(name)


async def test_queue_not_seen(client: RTClient, fake_rt: FakeRT) -> None:
    """A queue that the account may not see looks like none; RT's word is kept."""
    fake_rt.rights -= {"SeeQueue"}
    with pytest.raises(NotFound, match=r"^Forbidden$"):
        await client.queue(FACILITY)


async def test_queues(client: RTClient, fake_rt: FakeRT) -> None:
    """All pages are read, though RT does not tell how many there are."""
    names = {f"Queue {number:03}" for number in range(250)}
    for name in sorted(names):
        fake_rt.add_queue(name)
    fake_rt.accounts[0].queues = names - {f"Queue {n:03}" for n in range(0, 200, 3)}
    assert await client.queues() == sorted(fake_rt.accounts[0].queues)


@pytest.mark.parametrize(
    "answer",
    [{}, [], {"items": None}, {"items": {}}, {"items": ["x"]}, {"items": [{}]}],
)
async def test_odd_queues(client: RTClient, fake_rt: FakeRT, answer: Any) -> None:
    """What is no list of queues is not taken for one."""
    fake_rt.fail("GET", "/queues/all", shown(answer))
    with pytest.raises(NotRT):
        await client.queues()


# --- RT's web pages -------------------------------------------------------


async def test_queues_with_right(client: RTClient, fake_rt: FakeRT) -> None:
    """The web UI tells on which queues the account has a right."""
    fake_rt.add_queue("IT")
    fake_rt.accounts[0].queues = {FACILITY, "IT"}
    assert await client.queues_with_right("ShowTicket") == [FACILITY, "IT"]
    assert await client.queues_with_right("ShowTicket", "IT") == ["IT"]
    assert await client.queues_with_right("ShowTicket", "General") == []
    fake_rt.rights -= {"ShowTicket"}
    assert await client.queues_with_right("ShowTicket") == []
    assert await client.queues_with_right("CreateTicket") == [FACILITY, "IT"]


async def test_can_fill(client: RTClient, fake_rt: FakeRT) -> None:
    """The web UI tells whether the account may fill a custom field."""
    assert await client.can_fill(3, 2) is True
    assert await client.can_fill(3, 22) is False
    assert await client.can_fill(1, 2) is False
    fake_rt.rights -= {"ModifyCustomField"}
    assert await client.can_fill(3, 2) is False
    fake_rt.rights |= {"SetInitialCustomField"}
    assert await client.can_fill(3, 2) is True


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('name="Object-RT::Ticket--CustomField-2-Value"', True),
        ('name="Object-RT::Ticket--CustomField-2-Values"', True),
        ('name="Object-RT::Ticket--CustomField:Basics-2-Value"', True),
        ('name="Object-RT::Ticket--CustomField-2-Upload"', False),
        ('name="Object-RT::Ticket--CustomField-12-Value"', False),
        ('name="Object-RT::Ticket--CustomField-22-Value"', False),
        ('name="Object-RT::Transaction--CustomField-2-Value"', False),
        ('name="Subject" value="CustomField-2-Value"', False),
    ],
)
async def test_field_in_form(
    client: RTClient, fake_rt: FakeRT, attributes: str, expected: bool
) -> None:
    """The field is known by the name of its input."""
    form = f'<select name="Queue"></select><input {attributes} />'
    fake_rt.fail("GET", "/Ticket/Create", faults.answer(200, form, "text/html"))
    assert await client.can_fill(3, 2) is expected


def unprivileged(fake_rt: FakeRT) -> None:
    """Turn the account into one that sees RT's self-service only."""
    fake_rt.accounts[0].privileged = False


def elsewhere(fake_rt: FakeRT) -> None:
    """Let RT think that it has another address."""
    fake_rt.web_base_url = "https://rt.example.test"


def answering(fault: faults.Fault) -> Callable[[FakeRT], None]:
    """Let RT's web pages answer something else."""
    return lambda fake_rt: fake_rt.fail("GET", "/(Helpers|Ticket)/", fault, times=None)


@pytest.mark.parametrize(
    "prepare",
    [
        unprivileged,
        elsewhere,
        answering(faults.html()),
        answering(faults.html(403)),
        answering(faults.html(404)),
        answering(faults.html(500)),
        answering(faults.html(502)),
        answering(faults.html(503)),
        answering(faults.redirect("/NoAuth/Login.html", 302)),
        answering(faults.message(400, "No")),
        answering(faults.message(403, "No")),
        answering(faults.message(404, "No")),
        answering(faults.answer(200, "{}")),
        answering(faults.answer(200, '["General"]')),
        answering(faults.answer(200, '[{"value": "General"}]')),
        answering(faults.answer(200, "not JSON")),
    ],
)
async def test_web_pages_not_shown(
    client: RTClient, fake_rt: FakeRT, prepare: Callable[[FakeRT], None]
) -> None:
    """A server that does not show its web pages to this account tells nothing."""
    prepare(fake_rt)
    assert await client.queues_with_right("ShowTicket") is None
    assert await client.can_fill(3, 2) is None
    assert await client.queues() == [FACILITY, "General"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.reset_before, CannotConnect),
        (faults.slow(before=0.5), RTTimeout),
        (faults.unauthorized, InvalidAuth),
        (faults.cut_body, CannotConnect),
    ],
)
async def test_web_pages_and_the_network(
    client: RTClient,
    fake_rt: FakeRT,
    monkeypatch: pytest.MonkeyPatch,
    fault: faults.Fault,
    kind: type[RTError],
) -> None:
    """A server that cannot be asked is no server that does not tell."""
    monkeypatch.setattr(transport, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    fake_rt.fail("GET", "", fault, times=None)
    with pytest.raises(kind):
        await client.queues_with_right("ShowTicket")
    with pytest.raises(kind):
        await client.can_fill(3, 2)


# --- Searching ------------------------------------------------------------


async def test_search(client: RTClient, fake_rt: FakeRT) -> None:
    """The tickets that a query finds are read, the oldest first."""
    fake_rt.add_ticket("a")
    fake_rt.add_ticket("A", status="resolved")
    fake_rt.add_ticket("b")
    assert await client.search(ticketsql.custom_field_is(2, "a")) == [
        Ticket(id=1, status="new", custom_fields={2: ["a"], 3: []}, may_comment=False),
        Ticket(
            id=2, status="resolved", custom_fields={2: ["A"], 3: []}, may_comment=False
        ),
    ]
    (sent,) = fake_rt.requests
    assert sent.path == "/REST/2.0/tickets"
    assert sent.query["query"] == '"CF.{2}" = "a"'
    assert (sent.query["orderby"], sent.query["order"]) == ("id", "ASC")
    assert sent.query["fields"] == "Status,CustomFields"


async def test_search_finds_nothing(client: RTClient, fake_rt: FakeRT) -> None:
    """Nothing found, no right to see it: the same to RT."""
    assert await client.search("id = 1") == []
    fake_rt.add_ticket()
    assert len(await client.search("id = 1")) == 1
    fake_rt.rights -= {"ShowTicket"}
    assert await client.search("id = 1") == []


async def test_search_without_see_custom_field(
    client: RTClient, fake_rt: FakeRT
) -> None:
    """RT finds by a field that it does not show."""
    fake_rt.add_ticket("a")
    fake_rt.rights -= {"SeeCustomField"}
    (ticket,) = await client.search(ticketsql.custom_field_is(2, "a"))
    assert ticket.custom_fields == {}


@pytest.mark.parametrize("knows_totals", [True, False])
@pytest.mark.parametrize(
    ("tickets", "limit", "found", "requests"),
    [
        (3, 100, 3, (1, 2)),
        (100, 100, 100, (1, 1)),
        (101, 100, 100, (1, 1)),
        (5, 2, 2, (1, 1)),
        (2, 5, 2, (1, 2)),
        (5, 1, 1, (1, 1)),
        (230, 1000, 230, (3, 4)),
        (230, 150, 150, (2, 2)),
        (200, 1000, 200, (2, 3)),
    ],
)
async def test_search_pages(
    client: RTClient,
    fake_rt: FakeRT,
    knows_totals: bool,
    tickets: int,
    limit: int,
    found: int,
    requests: tuple[int, int],
) -> None:
    """All pages up to the limit are read, whether RT tells the total or not."""
    fake_rt.knows_totals = knows_totals
    for _ in range(tickets):
        fake_rt.add_ticket()
    result = await client.search("Queue = 3", limit=limit)
    assert [ticket.id for ticket in result] == list(range(1, found + 1))
    assert len(fake_rt.requests) == requests[not knows_totals]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"total": 1, "items": []}, ServerError),
        ({"total": 1, "items": [{}]}, NotRT),
        ({"total": 1, "items": [{"id": "x"}]}, NotRT),
        ({"total": 1, "items": ["1"]}, NotRT),
        ({"total": "x", "items": [{"id": "1"}]}, NotRT),
        ({"total": 1, "items": "1"}, NotRT),
        ({"total": 0}, NotRT),
        ({"message": "No"}, NotRT),
        ([], NotRT),
        (None, NotRT),
    ],
)
async def test_odd_search(
    client: RTClient, fake_rt: FakeRT, answer: Any, kind: type[RTError]
) -> None:
    """An odd answer is not taken for "nothing found"."""
    fake_rt.fail("GET", "/tickets", shown(answer))
    with pytest.raises(RTError) as info:
        await client.search("id = 1")
    assert type(info.value) is kind


# --- Tickets --------------------------------------------------------------


async def test_ticket(client: RTClient, fake_rt: FakeRT) -> None:
    """A single ticket tells whether the account may comment."""
    fake_rt.add_ticket("a", status="stalled")
    assert await client.ticket(1) == Ticket(
        id=1, status="stalled", custom_fields={2: ["a"], 3: []}, may_comment=True
    )
    fake_rt.rights -= {"CommentOnTicket", "SeeCustomField"}
    assert await client.ticket(1) == Ticket(
        id=1, status="stalled", custom_fields={}, may_comment=False
    )


async def test_merged_ticket(client: RTClient, fake_rt: FakeRT) -> None:
    """A merged ticket is the one that it was merged into."""
    target, merged = fake_rt.add_ticket("a"), fake_rt.add_ticket("b")
    merged.merged_into = target.id
    assert (await client.ticket(merged.id)).id == target.id
    await client.comment(merged.id, "It drips.")
    assert target.comments == ["It drips."]


async def test_ticket_not_shown(client: RTClient, fake_rt: FakeRT) -> None:
    """A ticket that may not be seen, and one that does not exist."""
    fake_rt.add_ticket()
    fake_rt.rights -= {"ShowTicket"}
    with pytest.raises(Forbidden, match=r"^Forbidden$") as info:
        await client.ticket(1)
    assert info.value.right == "ShowTicket"
    with pytest.raises(NotFound):
        await client.ticket(2)


async def test_create_ticket(client: RTClient, fake_rt: FakeRT) -> None:
    """A ticket is created with all that it was given."""
    number = await client.create_ticket(
        NewTicket(
            queue=3,
            subject="Leck ü 設備",
            content="It <b>drips</b>.\nStill.",
            content_type="text/html",
            custom_fields={2: "binary_sensor.leak", 3: "water"},
            requestor=["a@example.test", "b"],
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
    assert ticket.requestors == ["a@example.test", "b"]


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
        lambda client: client.comment(1, "It drips."),
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
    assert await ask(RTClient(session, fake_rt.url, fake_rt.token))
    beside = RTClient(session, fake_rt.url.removesuffix("/rt"), fake_rt.token)
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
