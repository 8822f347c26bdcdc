"""Reading tickets and their history."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
import json
from typing import Any

import pytest

from custom_components.ha_rt.rt import ticketsql, transactionsql
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import (
    AnswerTooLarge,
    ConnectionLost,
    Forbidden,
    InvalidAuth,
    NotFound,
    NotRT,
    RTError,
    RTTimeout,
    ServerError,
)
from custom_components.ha_rt.rt.models import Ticket, Transaction
from custom_components.ha_rt.rt.tickets import ALL_FIELDS, TIME_FIELDS
from tests import FACILITY, NOW
from tests.fake_rt import NEWER, FakeRT, FakeTicket, Person, faults


@pytest.fixture(autouse=True)
def _now(fake_rt: FakeRT) -> None:
    """Stop RT's clock."""
    fake_rt.clock = lambda: NOW


def shown(data: Any) -> faults.Fault:
    """Answer with JSON."""
    return faults.answer(200, json.dumps(data))


@pytest.fixture
def busy(fake_rt: FakeRT, alice: Person) -> FakeTicket:
    """Return a ticket with all that a ticket can have."""
    fake_rt.add_field("Tags", FACILITY, multiple=True)
    ticket = fake_rt.add_ticket(
        "leak", subject="Leak", creator="bob", custom_fields={"Tags": ["a", "b"]}
    )
    fake_rt.add_ticket()
    ticket.requestors, ticket.cc = ["care@example.test", "bob"], ["office@example.test"]
    ticket.priority, ticket.due = 70, NOW + timedelta(days=1)
    fake_rt.clock = lambda: NOW + timedelta(hours=1)
    alice.set_status(ticket, "open")
    fake_rt.clock = lambda: NOW + timedelta(hours=2)
    alice.take(ticket)
    alice.link(ticket, "https://example.test/x?a=1", 2)
    return ticket


# --- Searching ------------------------------------------------------------


async def test_search(client: RTClient, fake_rt: FakeRT) -> None:
    """The tickets that a query finds are read, the oldest first."""
    fake_rt.add_ticket("a")
    fake_rt.add_ticket("A", status="resolved")
    fake_rt.add_ticket("b")
    by_key = ticketsql.custom_field_is(2, "a")
    first, second = await client.search(by_key)
    assert first == Ticket(
        id=1,
        status="new",
        queue=3,
        custom_fields={2: ["a"], 3: []},
        field_names={2: "DeviceId", 3: "EventType"},
    )
    assert (second.id, second.custom_fields[2], second.resolved) == (2, ["A"], NOW)
    (sent,) = fake_rt.requests
    assert sent.path == "/REST/2.0/tickets"
    assert sent.query["query"] == '"CF.{2}" = "a"'
    assert (sent.query["orderby"], sent.query["order"]) == ("id", "ASC")
    assert sent.query["fields"] == "Status,Queue,Owner,Priority,Resolved,CustomFields"


async def test_search_fields(
    client: RTClient, fake_rt: FakeRT, busy: FakeTicket
) -> None:
    """What is asked for of each ticket is read, and nothing else."""
    (found,) = await client.search("id = 1", fields=TIME_FIELDS)
    times = {
        "created": NOW,
        "started": NOW + timedelta(hours=1),
        "due": NOW + timedelta(days=1),
    }
    alice = {"owner": "alice", "owner_id": fake_rt.user_number("alice")}
    assert found == Ticket(id=1, status="open", queue=3, priority=70, **alice, **times)
    (found,) = await client.search("id = 1", fields=ALL_FIELDS, queue_names=True)
    assert found == Ticket(
        id=1,
        status="open",
        queue=3,
        queue_name=FACILITY,
        subject="Leak",
        creator="bob",
        requestors=("care@example.test", "bob"),
        priority=70,
        updated=NOW + timedelta(hours=2),
        custom_fields={2: ["leak"], 3: [], 4: ["a", "b"]},
        field_names={2: "DeviceId", 3: "EventType", 4: "Tags"},
        **alice,
        **times,
    )


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
        (3, 100, 3, (1, 3)),
        (100, 100, 100, (1, 2)),
        (101, 100, 100, (1, 2)),
        (5, 2, 2, (1, 2)),
        (2, 5, 2, (1, 3)),
        (5, 1, 1, (1, 2)),
        (230, 1000, 230, (3, 5)),
        (230, 150, 150, (2, 3)),
        (200, 1000, 200, (2, 4)),
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
    """All pages up to the limit are read; whether RT tells totals is asked once."""
    fake_rt.knows_totals = knows_totals
    for _ in range(tickets):
        fake_rt.add_ticket()
    result = await client.search("Queue = 3", limit=limit)
    assert [ticket.id for ticket in result] == list(range(1, found + 1))
    assert len(fake_rt.requests) == requests[not knows_totals]


@pytest.mark.parametrize(("limit", "newest_first"), [(100, False), (70, True)])
async def test_search_large_tickets(
    client: RTClient, fake_rt: FakeRT, limit: int, newest_first: bool
) -> None:
    """Tickets that are too large for one answer are read in several."""
    large = {"EventType": "x" * 100_000}
    numbers = [fake_rt.add_ticket(custom_fields=large).id for _ in range(100)]
    found = await client.search("id > 0", limit=limit, newest_first=newest_first)
    assert [ticket.id for ticket in found] == (
        numbers[::-1][:limit] if newest_first else numbers
    )
    assert all(ticket.custom_fields[3] == ["x" * 100_000] for ticket in found)
    assert len(fake_rt.requests) < 8


async def test_search_largest_ticket(client: RTClient, fake_rt: FakeRT) -> None:
    """One that is too large alone is an error, and not taken for none."""
    fake_rt.add_ticket()
    fake_rt.add_ticket(custom_fields={"EventType": "x" * 5_000_000})
    with pytest.raises(AnswerTooLarge):
        await client.search("id > 0")
    assert [sent.query["per_page"] for sent in fake_rt.requests] == [
        *("100", "25", "5", "1", "1")
    ]


async def test_large_history(client: RTClient, fake_rt: FakeRT, alice: Person) -> None:
    """The same goes for what happened to large fields."""
    ticket = fake_rt.add_ticket()
    for number in range(120):
        alice.set_field(ticket, "EventType", f"{number}" + "x" * 40_000)
    history = await client.history(1)
    assert [one.new.rstrip("x") for one in history[1:]] == list(map(str, range(120)))
    newest = await client.newest_transactions(transactionsql.in_queue(3), 100)
    assert newest == history[-100:]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"total": 1, "items": []}, ServerError),
        ({"total": 101, "items": [{"id": 1}] * 101}, NotRT),
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
    fake_rt.fail("GET", "/tickets", shown(answer), times=None)
    with pytest.raises(RTError) as info:
        await client.search("id = 1")
    assert type(info.value) is kind


async def test_count(client: RTClient, fake_rt: FakeRT) -> None:
    """How many tickets a query finds is told without reading them."""
    for _ in range(130):
        fake_rt.add_ticket()
    fake_rt.add_ticket(queue="General")
    assert await client.count("Queue = 3") == 130
    assert await client.count("Queue = 3 AND id < 0") == 0
    assert [one.query["per_page"] for one in fake_rt.requests] == ["1", "1"]
    fake_rt.knows_totals = False
    assert await client.count("Queue = 3") is None


@pytest.mark.parametrize("answer", [[], None, {"total": "130"}, {"total": {}}])
async def test_odd_count(client: RTClient, fake_rt: FakeRT, answer: Any) -> None:
    """What is no number is not taken for one."""
    fake_rt.fail("GET", "/tickets", shown(answer))
    with pytest.raises(NotRT):
        await client.count("Queue = 3")


# --- Tickets --------------------------------------------------------------


async def test_ticket(client: RTClient, fake_rt: FakeRT) -> None:
    """A single ticket tells whether the account may comment."""
    fake_rt.add_ticket("a", status="stalled")
    ticket = await client.ticket(1)
    assert (ticket.status, ticket.may_comment) == ("stalled", True)
    fake_rt.rights -= {"CommentOnTicket"}
    assert (await client.ticket(1)).may_comment
    fake_rt.rights -= {"ModifyTicket", "SeeCustomField"}
    ticket = await client.ticket(1)
    assert not ticket.may_comment
    assert ticket.custom_fields == ticket.field_names == {}


async def test_ticket_read(client: RTClient, fake_rt: FakeRT, busy: FakeTicket) -> None:
    """All that RT tells of a ticket is read."""
    (found,) = await client.search("id = 1", fields=ALL_FIELDS, queue_names=True)
    ticket = await client.ticket(1, queue_name=True)
    assert ticket.cc == ("office@example.test",)
    assert ticket.refers_to == ("https://example.test/x?a=1", "2")
    assert ticket.may_comment
    single = {"cc": (), "refers_to": (), "may_comment": False}
    assert replace(ticket, **single) == found
    assert (await client.ticket(1)).queue_name == ""


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"Queue": "3"},
        {"Queue": {"id": "x"}},
        {"CustomFields": [{"id": "2"}]},
        {"CustomFields": ["2"]},
        {"Created": "yesterday"},
        {"_hyperlinks": [{"ref": "refers-to"}]},
        {"_hyperlinks": ["self"]},
    ],
)
async def test_odd_ticket(
    client: RTClient, fake_rt: FakeRT, change: dict[str, Any]
) -> None:
    """What is no ticket of RT is not taken for one."""
    fake_rt.fail("GET", "/ticket/1$", shown({"id": 1, "Status": "new", **change}))
    with pytest.raises(NotRT, match="ticket"):
        await client.ticket(1)


async def test_deleted_value(client: RTClient, fake_rt: FakeRT) -> None:
    """RT shows null where a custom field's value was deleted."""
    fields = [{"id": "2", "name": "DeviceId", "values": [None]}]
    ticket = {"id": 1, "Status": "new", "CustomFields": fields}
    fake_rt.fail("GET", "/ticket/1$", shown(ticket))
    assert (await client.ticket(1)).custom_fields == {2: []}


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


# --- Whether a status is an open one --------------------------------------


async def test_is_active(client: RTClient, fake_rt: FakeRT, alice: Person) -> None:
    """RT tells it, once for each status of a queue."""
    fake_rt.add_queue("Incidents", lifecycle="incident")
    tickets = [fake_rt.add_ticket() for _ in range(4)]
    tickets += [fake_rt.add_ticket(queue="Incidents", status="open") for _ in range(2)]
    for ticket in tickets[1:4]:
        alice.resolve(ticket)
    alice.set_status(tickets[3], "open")
    alice.set_status(tickets[4], "closed")
    expected = [True, False, False, True, False, True]
    found = [await client.ticket(ticket.id) for ticket in tickets]
    fake_rt.requests.clear()
    assert [await client.is_active(ticket) for ticket in found] == expected
    # open was asked about once, resolved and closed twice: they are not active
    assert len(fake_rt.requests) == 5
    assert [await client.is_active(ticket) for ticket in found] == expected
    assert len(fake_rt.requests) == 5


async def test_is_active_in_motion(
    client: RTClient, fake_rt: FakeRT, alice: Person
) -> None:
    """A status that somebody changed meanwhile is not taken for another."""
    ticket = fake_rt.add_ticket()
    alice.resolve(ticket)
    resolved = await client.ticket(1)
    alice.set_status(ticket, "open")
    assert not await client.is_active(resolved)
    assert await client.is_active(await client.ticket(1))
    alice.set_status(ticket, "resolved")
    assert not await client.is_active(resolved)


# --- What happened --------------------------------------------------------


async def test_history(client: RTClient, fake_rt: FakeRT, alice: Person) -> None:
    """What happened to a ticket is read, the oldest first."""
    ticket = fake_rt.add_ticket()
    alice.set_status(ticket, "open")
    fake_rt.add_ticket()
    alice.comment(ticket, "Hm")
    created, opened, commented = await client.history(1)
    assert (created.type, commented.type) == ("Create", "Comment")
    assert opened == Transaction(
        id=101,
        ticket=1,
        type="Status",
        creator="alice",
        creator_id=fake_rt.user_number("alice"),
        created=NOW,
        field="Status",
        old="new",
        new="open",
    )
    assert await client.history(99) == []
    fake_rt.rights -= {"ShowTicket"}
    assert await client.history(1) == []


@pytest.mark.parametrize("version", ["5.0.3", NEWER])
async def test_long_history(
    client: RTClient, fake_rt: FakeRT, alice: Person, version: str
) -> None:
    """The last of many transactions are read, a hundred with each request."""
    fake_rt.version = version
    ticket = fake_rt.add_ticket()
    for number in range(250):
        alice.set_priority(ticket, number + 1)
    assert [one.new for one in await client.history(1)][1:] == [
        str(number + 1) for number in range(250)
    ]
    assert len(fake_rt.requests) == 4
    fake_rt.requests.clear()
    last = await client.history(1, limit=120)
    assert [one.new for one in last] == [str(number + 1) for number in range(130, 250)]
    assert len(fake_rt.requests) == 2


async def test_history_with_hidden_comments(client: RTClient, fake_rt: FakeRT) -> None:
    """A page from which RT left out comments is not the last one."""
    me = Person(fake_rt, "ha-service")
    ticket = fake_rt.add_ticket()
    for _ in range(99):
        me.set_priority(ticket, ticket.priority + 1)
    for _ in range(50):
        me.comment(ticket, "Again")
    fake_rt.rights -= {"ShowTicketComments"}
    assert len(await client.history(1)) == 100


async def test_transactions(client: RTClient, fake_rt: FakeRT) -> None:
    """What a query finds is read, page by page."""
    alice, me = Person(fake_rt, "alice"), Person(fake_rt, "ha-service")
    fake_rt.add_account("alice")
    first, second = fake_rt.add_ticket(), fake_rt.add_ticket(queue="General")
    for _ in range(130):
        alice.reply(first, "x")
        alice.reply(second, "x")
        me.reply(first, "x")
    query = ticketsql.all_of(
        transactionsql.on_tickets(1, 9),
        transactionsql.in_queue(3),
        transactionsql.BY_PEOPLE,
        transactionsql.RESPONSE,
    )
    pages = [page async for page in client.transactions(query)]
    assert [len(page) for page in pages] == [100, 30]
    assert {(one.ticket, one.creator) for page in pages for one in page} == {
        (1, "alice")
    }
    assert len(fake_rt.requests) == 2


async def test_newest_transactions(
    client: RTClient, fake_rt: FakeRT, alice: Person
) -> None:
    """The last few that a query finds are read with one request, the oldest first."""
    ticket = fake_rt.add_ticket()
    for number in range(120):
        alice.set_priority(ticket, number + 1)
    query = transactionsql.in_queue(3)
    found = await client.newest_transactions(query, 3)
    assert [one.new for one in found] == ["118", "119", "120"]
    assert len(fake_rt.requests) == 1
    assert len(await client.newest_transactions(query, 100)) == 100
    assert await client.newest_transactions(transactionsql.in_queue(1), 3) == []


async def test_transactions_of_people(
    client: RTClient, fake_rt: FakeRT, alice: Person
) -> None:
    """Each kind of thing that people do is found as what it is."""
    ticket = fake_rt.add_ticket()
    alice.comment(ticket, "x")
    alice.reply(ticket, "x")
    alice.take(ticket)
    alice.set_priority(ticket, 9)
    alice.merge(fake_rt.add_ticket(), ticket)
    here = transactionsql.on_tickets(1, 1)

    async def found(*conditions: str) -> list[str]:
        query = ticketsql.all_of(here, *conditions)
        return [one.type async for page in client.transactions(query) for one in page]

    assert await found(transactionsql.COMMENT) == ["Comment"]
    assert await found(transactionsql.RESPONSE) == ["Correspond", "Set"]
    assert await found(transactionsql.OWNER_CHANGE) == ["Set"]
    assert await found(transactionsql.MERGE) == ["AddLink"]
    assert await found(transactionsql.STATUS_CHANGE) == ["Status"]
    assert await found(transactionsql.STATUS_CHANGE, transactionsql.BY_PEOPLE) == []
    (change,) = [
        one
        async for page in client.transactions(
            ticketsql.all_of(here, transactionsql.OWNER_CHANGE)
        )
        for one in page
    ]
    assert await found(transactionsql.after(change.id)) == [
        "SetWatcher",
        "Set",
        "AddLink",
    ]


@pytest.mark.parametrize(
    "answer",
    [{}, {"items": None}, {"items": [{}]}, {"items": [{"id": "1", "ObjectId": "x"}]}],
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.history(1),
        lambda c: c.newest_transactions("id > 0", 1),
        lambda c: anext(c.transactions("id > 0")),
    ],
)
async def test_odd_transactions(
    client: RTClient,
    fake_rt: FakeRT,
    ask: Callable[[RTClient], Awaitable[object]],
    answer: Any,
) -> None:
    """What is no list of transactions is not taken for one."""
    fake_rt.fail("GET", "history|transactions", shown(answer))
    with pytest.raises(NotRT):
        await ask(client)


# --- Messages with a marker -----------------------------------------------


async def test_find_marked(client: RTClient, fake_rt: FakeRT) -> None:
    """A message is found among all others of its ticket, in one request."""
    fake_rt.add_ticket()
    fake_rt.add_ticket()
    numbers = [
        await client.comment(1, "The same", marker=f"{turn:032x}") for turn in range(30)
    ]
    elsewhere = await client.comment(2, "The same", marker="e" * 32)
    await client.reply(1, "The same")
    fake_rt.requests.clear()
    assert await client.find_marked(1, f"{29:032x}") == numbers[29]
    assert len(fake_rt.requests) == 1
    assert await client.find_marked(1, "e" * 32) is None
    assert await client.find_marked(2, "e" * 32) == elsewhere


async def test_find_marked_once_merged(
    client: RTClient, fake_rt: FakeRT, alice: Person
) -> None:
    """A message is found under the numbers of both tickets, also when they are gone."""
    merged, target = fake_rt.add_ticket(), fake_rt.add_ticket()
    number = await client.comment(1, "It drips.", marker="a1")
    assert await client.find_marked(2, "a1") is None
    alice.merge(merged, target)
    alice.delete(target)
    assert await client.find_marked(1, "a1") == number
    assert await client.find_marked(2, "a1") == number


async def test_find_marked_without_rights(client: RTClient, fake_rt: FakeRT) -> None:
    """What the account may not see is not found."""
    fake_rt.add_ticket()
    await client.comment(1, "It drips.", marker="a1")
    reply = await client.reply(1, "It drips.", marker="b2")
    fake_rt.rights -= {"ShowTicketComments"}
    assert await client.find_marked(1, "a1") is None
    assert await client.find_marked(1, "b2") == reply
    fake_rt.rights -= {"ShowTicket"}
    assert await client.find_marked(1, "b2") is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        *(
            (shown(answer), NotRT)
            for answer in (
                {},
                [],
                None,
                {"items": None},
                {"items": {}},
                {"items": [1]},
                {"items": [{"id": "1"}]},
                {"items": [{"id": "1", "TransactionId": ""}]},
                {"items": [{"id": "1", "TransactionId": None}]},
                {"items": [{"id": "1", "TransactionId": []}]},
                {"items": [{"id": "1", "TransactionId": "one"}]},
            )
        ),
        (faults.html(), NotRT),
        (faults.login_required, InvalidAuth),
        (faults.latin_1_body, NotRT),
        (faults.cut_body, ConnectionLost),
        (faults.empty_body, ConnectionLost),
        (faults.message(403, "Forbidden"), Forbidden),
        (faults.answer(500, ""), ServerError),
        (faults.html(504), RTTimeout),
    ],
)
async def test_find_marked_odd(
    client: RTClient, fake_rt: FakeRT, fault: faults.Fault, kind: type[RTError]
) -> None:
    """No answer, and no odd one, is taken for "no such message"."""
    fake_rt.add_ticket()
    await client.comment(1, "It drips.", marker="a1")
    fake_rt.fail("GET", "", fault, times=None)
    with pytest.raises(RTError) as info:
        await client.find_marked(1, "a1")
    assert type(info.value) is kind
