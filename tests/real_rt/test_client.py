"""The client against a real RT: what it makes of answers and of missing rights."""

from http import HTTPStatus

import pytest

from custom_components.ha_rt.rt import queues, tickets, ticketsql
from custom_components.ha_rt.rt.errors import (
    Forbidden,
    InvalidAuth,
    NotFound,
    NotRT,
    Rejected,
    RTError,
)
from custom_components.ha_rt.rt.models import NewTicket
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    DISABLE_QUEUE,
    ClientFor,
    Journal,
    by_hand,
    contents,
    create_by_hand,
    new_device,
    ticket,
)

UMLAUTS = "Büro Ümläut 設備"
QUOTES = "Ops \"A\" 'B' \\C"
ALL_QUEUES = [
    *(UMLAUTS, "Empty Queue", FACILITY, "General", "Incidents", "IT/Support"),
    *(QUOTES, "Other Queue"),
]


async def test_version(client_for: ClientFor, real_rt: RTServer) -> None:
    """RT tells its version to anybody with a token."""
    assert await client_for("no-rights").version() == real_rt.version


@pytest.mark.parametrize("user", ["ha-service", "no-rights", "root"])
async def test_user(client_for: ClientFor, real_rt: RTServer, user: str) -> None:
    """An account is recognised by its token, with no right at all."""
    account = await client_for(user).user()

    assert account
    assert (account.name, account.id) == (user, real_rt.users[user])
    assert account.privileged


async def test_unprivileged_user(client_for: ClientFor) -> None:
    """RT does not tell an unprivileged account who it is, or that it is one."""
    account = await client_for("unpriv").user()

    assert account is None or not account.privileged


@pytest.mark.parametrize("user", ["revoked", "disabled1"])
async def test_refused_token(client_for: ClientFor, user: str) -> None:
    """A token that worked once is refused like any other."""
    with pytest.raises(InvalidAuth):
        await client_for(user).version()


# --- queues ---------------------------------------------------------------


@pytest.mark.parametrize("name", ALL_QUEUES)
async def test_queue(client_for: ClientFor, real_rt: RTServer, name: str) -> None:
    """A queue is found by any name and by its number."""
    client = client_for("all-queues")
    number = real_rt.queues[name]

    for wanted in (name, str(number)):
        queue = await client.queue(wanted)
        assert (queue.id, queue.name) == (number, name)
        assert queue.enabled
        assert queue.may_create
    assert queue.lifecycle == ("incident" if name == "Incidents" else "default")


async def test_queue_in_another_case(client_for: ClientFor) -> None:
    """A queue's name comes as RT has it, not as it was written."""
    queue = await client_for("ha-service").queue(FACILITY.upper())

    assert queue.name == FACILITY


async def test_queue_named_like_an_address(
    client_for: ClientFor, real_rt: RTServer
) -> None:
    """What has a meaning in an address has none in a queue's name."""
    name = "A%20B? #1 & more; x=y+z"
    real_rt.perl(
        "my $queue = RT::Queue->new($system);"
        " my ($ok, $message) = $queue->Create(Name => $ARGV[0]); $ok or die $message",
        name,
    )
    client = client_for("root")

    assert (await client.queue(name)).name == name
    assert await client.queues_with_right("ShowTicket", name) == [name]
    real_rt.perl(DISABLE_QUEUE, name, 1)


async def test_disabled_queue(client_for: ClientFor) -> None:
    """A disabled queue is found, and says so."""
    assert not (await client_for("all-queues").queue("Disabled Queue")).enabled


@pytest.mark.parametrize("name", ["No Such Queue", "No/Such/Queue", "", "%", "General"])
async def test_no_such_queue(client_for: ClientFor, name: str) -> None:
    """A queue that is not there and one that may not be seen are the same to us."""
    with pytest.raises((NotFound, NotRT)):
        await client_for("ha-service").queue(name)


async def test_custom_fields_of_a_queue(
    client_for: ClientFor, real_rt: RTServer
) -> None:
    """The fields that apply are found by any spelling, those that do not are not."""
    queue = await client_for("ha-service").queue(FACILITY)

    for name in ("DeviceId", "EventType", "GlobalCF", 'Odd {x} "y" Name'):
        assert queue.custom_field(name) == real_rt.custom_fields[name]
        assert queue.custom_field(name.swapcase()) == real_rt.custom_fields[name]
    assert queue.custom_field("UnappliedCF") is None
    assert (await client_for("no-SeeCustomField").queue(FACILITY)).custom_fields == {}


@pytest.mark.parametrize(
    ("user", "names"),
    [
        ("all-queues", ALL_QUEUES),
        ("ha-service", ["Empty Queue", FACILITY, "Incidents"]),
        ("readonly", [FACILITY, "Incidents"]),
        ("no-SeeQueue", []),
    ],
)
@pytest.mark.parametrize("page_size", [100, 3])
async def test_queues(
    client_for: ClientFor,
    monkeypatch: pytest.MonkeyPatch,
    user: str,
    names: list[str],
    page_size: int,
) -> None:
    """The enabled queues that the account may see, from as many pages as there are."""
    monkeypatch.setattr(queues, "PAGE_SIZE", page_size)

    assert sorted(await client_for(user).queues()) == sorted(names)


@pytest.mark.parametrize(
    ("user", "right", "queue", "names"),
    [
        ("ha-service", "ShowTicket", FACILITY, [FACILITY]),
        ("ha-service", "CommentOnTicket", "Empty Queue", ["Empty Queue"]),
        ("ha-service", "ModifyTicket", FACILITY, []),
        ("ha-service", "ShowTicket", "General", []),
        ("ha-service", "ShowTicket", "No Such Queue", []),
        ("ha-service", "ShowTicket", "%", []),
        ("ha-service", "ShowTicket", "Facility%", []),
        ("ha-service", "ShowTicket", None, ["Empty Queue", FACILITY, "Incidents"]),
        ("no-ShowTicket", "ShowTicket", FACILITY, []),
        ("no-ShowTicket", "CreateTicket", FACILITY, [FACILITY]),
        ("readonly", "CreateTicket", None, []),
        ("all-queues", "ShowTicket", QUOTES, [QUOTES]),
        ("all-queues", "ShowTicket", "IT/Support", ["IT/Support"]),
        ("all-queues", "ShowTicket", UMLAUTS, [UMLAUTS]),
        ("all-queues", "CreateTicket", None, ALL_QUEUES),
        ("root", "CreateTicket", None, ALL_QUEUES),
        ("unpriv", "ShowTicket", FACILITY, None),
    ],
)
async def test_queues_with_right(
    client_for: ClientFor,
    user: str,
    right: str,
    queue: str | None,
    names: list[str] | None,
) -> None:
    """RT's web UI tells in which queues an account has a right."""
    found = await client_for(user).queues_with_right(right, queue)

    assert (found and sorted(found)) == (names and sorted(names))


@pytest.mark.parametrize(
    ("user", "fills"),
    [
        ("ha-service", True),
        ("root", True),
        ("cf-on-cf", True),
        ("only-initialcf", True),
        ("lang-de", True),
        ("lang-ru", True),
        ("no-ModifyCustomField", False),
        ("no-SeeCustomField", False),
        ("no-cfrights", False),
        ("unpriv", None),
    ],
)
async def test_fillable_fields(
    client_for: ClientFor, real_rt: RTServer, user: str, fills: bool | None
) -> None:
    """RT's web UI tells which custom fields a new ticket can be given."""
    client = client_for(user)
    names = ("DeviceId", "Severity", "DeviceNotes", "Tags", "UnappliedCF")
    numbers = {real_rt.custom_fields[name]: name for name in names}

    fillable = await client.fillable_fields(real_rt.queues[FACILITY])

    if fills is None:
        assert fillable is None
        return
    assert fillable is not None
    expected = set(names[:1] if user == "cf-on-cf" else names[:4]) if fills else set()
    assert {numbers[one] for one in fillable if one in numbers} == expected


# --- tickets --------------------------------------------------------------


async def test_create_comment_and_read(
    client_for: ClientFor, real_rt: RTServer
) -> None:
    """What is sent is what RT has."""
    client = client_for("u-full")
    device_id, fields = new_device(), real_rt.custom_fields
    number = await client.create_ticket(
        NewTicket(
            queue=real_rt.queues[FACILITY],
            subject="Öl läuft aus",
            content="<b>設備</b>",
            content_type="text/html",
            custom_fields={fields["DeviceId"]: device_id, fields["Severity"]: "high"},
            requestor=["tenant@example.test"],
        )
    )
    await client.comment(number, "<i>again</i>", "text/html")
    await client.comment(number, "0")

    found = await client.ticket(number)
    assert (found.id, found.status) == (number, "new")
    assert found.may_comment
    assert found.custom_fields[fields["DeviceId"]] == [device_id]
    assert found.custom_fields[fields["Severity"]] == ["high"]
    assert found.custom_fields[fields["Tags"]] == []
    in_rt = real_rt.read_ticket(number)
    assert in_rt["subject"] == "Öl läuft aus"
    assert in_rt["requestors"] == ["tenant@example.test"]
    assert in_rt["custom_fields"] == {"DeviceId": [device_id], "Severity": ["high"]}
    assert contents(real_rt, number) == ["<b>設備</b>", "<i>again</i>", "0\n"]
    types = real_rt.database.rows(
        "SELECT ContentType FROM Attachments JOIN Transactions"
        " ON Transactions.id = TransactionId WHERE ObjectType = 'RT::Ticket'"
        " AND ObjectId = ? AND Type IN ('Create', 'Comment')"
        " ORDER BY Transactions.id",
        number,
    )
    assert types == [("text/html",), ("text/html",), ("text/plain",)]


async def test_large_text(client_for: ClientFor, real_rt: RTServer) -> None:
    """Two megabytes arrive whole."""
    client = client_for("ha-service")
    text = "0123456789abcde\n" * 131_072

    number = create_by_hand(real_rt, new_device())
    await client.comment(number, text)

    assert contents(real_rt, number) == [text]


async def test_search_over_pages(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch, real_rt: RTServer
) -> None:
    """All pages are read, no more than wanted, the oldest first."""
    client = client_for("ha-service")
    device_id = new_device()
    numbers = [create_by_hand(real_rt, device_id) for _ in range(5)]
    query = ticketsql.custom_field_is(real_rt.custom_fields["DeviceId"], device_id)
    monkeypatch.setattr(tickets, "PAGE_SIZE", 2)

    assert [t.id for t in await client.search(query, limit=100)] == numbers
    assert [t.id for t in await client.search(query, limit=4)] == numbers[:4]
    assert [t.id for t in await client.search(query, limit=3)] == numbers[:3]
    assert [t.id for t in await client.search(query, limit=1)] == numbers[:1]


async def test_merged_ticket(client_for: ClientFor, real_rt: RTServer) -> None:
    """The number of a merged ticket leads to the one it was merged into."""
    source, target = (create_by_hand(real_rt, new_device()) for _ in range(2))
    real_rt.perl(
        "my $t = RT::Ticket->new($system); $t->Load($ARGV[0]);"
        " my ($ok, $message) = $t->MergeInto($ARGV[1]); $ok or die $message",
        *(source, target),
    )
    client = client_for("ha-service")

    assert (await client.ticket(source)).id == target
    await client.comment(source, "It drips.")
    assert contents(real_rt, target)[-1] == "It drips."


async def test_status_that_rt_changed(client_for: ClientFor, real_rt: RTServer) -> None:
    """A reply opens a ticket; the client sees it."""
    client = client_for("ha-service")
    number = create_by_hand(real_rt, new_device())
    answer, _ = by_hand(
        real_rt,
        "POST",
        f"/REST/2.0/ticket/{number}/correspond",
        {"Content": "On my way.", "ContentType": "text/plain"},
    )

    assert answer.status == HTTPStatus.CREATED
    assert (await client.ticket(number)).status == "open"
    assert ticket(real_rt, number).status == "open"


# --- what is not allowed --------------------------------------------------


@pytest.mark.parametrize(
    ("user", "action", "number", "error", "right"),
    [
        ("no-ShowTicket", "read", None, Forbidden, "ShowTicket"),
        ("no-rights", "read", None, Forbidden, "ShowTicket"),
        ("ha-service", "read", 99999, NotFound, None),
        ("readonly", "comment", None, Forbidden, "CommentOnTicket"),
        ("no-rights", "comment", None, Forbidden, "CommentOnTicket"),
        ("ha-service", "comment", 99999, Forbidden, "CommentOnTicket"),
        ("root", "comment", 99999, Forbidden, "CommentOnTicket"),
    ],
)
async def test_refused_on_a_ticket(
    client_for: ClientFor,
    real_rt: RTServer,
    user: str,
    action: str,
    number: int | None,
    error: type[RTError],
    right: str | None,
) -> None:
    """Each refusal has its error, which names the right where it is about one."""
    client = client_for(user)
    number = number or create_by_hand(real_rt, new_device())
    journal = Journal(real_rt)

    with pytest.raises(error) as raised:
        await (
            client.ticket(number)
            if action == "read"
            else client.comment(number, "It drips.")
        )

    assert getattr(raised.value, "right", None) == right
    assert not raised.value.unconfirmed
    assert str(raised.value)
    assert journal.written() == []


@pytest.mark.parametrize(
    ("user", "queue"),
    [
        ("no-CreateTicket", FACILITY),
        ("readonly", FACILITY),
        ("ha-service", "General"),
        ("root", "Disabled Queue"),
        ("root", None),
    ],
)
async def test_create_refused(
    client_for: ClientFor, real_rt: RTServer, user: str, queue: str | None
) -> None:
    """RT answers alike whether there is no right, no queue or only a disabled one."""
    number = real_rt.queues[queue] if queue else 99999
    journal = Journal(real_rt)

    with pytest.raises(Forbidden) as raised:
        await client_for(user).create_ticket(
            NewTicket(queue=number, subject="x", content="x")
        )

    assert raised.value.right == "CreateTicket"
    assert not raised.value.unconfirmed
    assert journal.written() == []


async def test_query_refused(client_for: ClientFor) -> None:
    """RT says what it does not understand; where in its own code is left out."""
    with pytest.raises(Rejected, match="expecting a OPERATOR") as raised:
        await client_for("root").search("Status IN ('new', 'open')")

    assert " line " not in str(raised.value)


async def test_what_a_ticket_shows(client_for: ClientFor, real_rt: RTServer) -> None:
    """A ticket shows what its reader may do and see."""
    number = create_by_hand(real_rt, new_device())
    query = ticketsql.id_is(number)

    assert not (await client_for("readonly").ticket(number)).may_comment
    assert (await client_for("no-SeeCustomField").ticket(number)).custom_fields == {}
    (found,) = await client_for("no-SeeCustomField").search(query)
    assert (found.id, found.custom_fields) == (number, {})
    assert await client_for("no-ShowTicket").search(query) == []


@pytest.mark.parametrize("path", ["/wrong", "/REST/2.0", "/Ticket"])
async def test_wrong_address(
    client_for: ClientFor, real_rt: RTServer, path: str
) -> None:
    """Pages of RT are not REST2, least of all when a ticket is sent to them."""
    client = client_for("root", url=real_rt.url + path)

    with pytest.raises((NotRT, NotFound)):
        await client.version()
    with pytest.raises((NotRT, NotFound)) as raised:
        await client.create_ticket(NewTicket(queue=1, subject="x", content="x"))
    assert not raised.value.unconfirmed
