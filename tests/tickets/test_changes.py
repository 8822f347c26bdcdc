"""Resolving tickets, and who worked on them: RT answers alike when it refused."""

from collections.abc import Awaitable, Callable

from aiohttp import web
import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import Forbidden, NotFound, Rejected, RTTimeout
from custom_components.ha_rt.rt.models import Attachment
from custom_components.ha_rt.tickets import changes
from tests import methods
from tests.fake_rt import FakeRT, FakeTicket, Person, faults
from tests.resolving import resolve

INCIDENTS = "Incidents"


@pytest.fixture
def ticket(fake_rt: FakeRT) -> FakeTicket:
    """Return an open ticket."""
    return fake_rt.add_ticket("leak")


@pytest.fixture
def incident(fake_rt: FakeRT) -> FakeTicket:
    """Return a ticket with a lifecycle of its own, which lets it not be closed."""
    fake_rt.add_queue(INCIDENTS, lifecycle="incident")
    return fake_rt.add_ticket("intruder", queue=INCIDENTS, status="false_positive")


# --- Resolving ------------------------------------------------------------


async def test_resolve_with_text(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Comment and status are one request, and one confirms them."""
    file = Attachment(name="a.txt", content_type="text/plain", content=b"proof")
    resolved = await resolve(
        client,
        ticket.id,
        "Resolved",
        "<b>Dry</b>",
        content_type="text/html",
        attachments=[file],
    )
    assert resolved.status == ticket.status == "resolved"
    assert ticket.comments == ["<b>Dry</b>"]
    assert [one.content for one in ticket.attachments] == [b"proof"]
    assert methods(fake_rt) == "POST GET"


async def test_resolve_without_text(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Without a text there is no comment."""
    assert (await changes.resolve(client, ticket.id, status="rejected")).id == 1
    assert ticket.status == "rejected"
    assert ticket.comments == []
    assert methods(fake_rt) == "PUT GET"


async def test_resolve_again(
    client: RTClient, ticket: FakeTicket, alice: Person
) -> None:
    """A ticket that has the status already keeps it, and gets the comment."""
    alice.resolve(ticket)
    for text in ("", "Still dry"):
        again = await resolve(client, ticket.id, "RESOLVED", text)
        assert again.status == "resolved"
    assert ticket.comments == ["Still dry"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("closed", "You can't change status from 'false_positive' to 'closed'."),
        ("resolved", "Status 'resolved' isn't a valid status for this ticket."),
    ],
)
@pytest.mark.parametrize("text", ["", "Nothing there"])
async def test_refused(
    client: RTClient, incident: FakeTicket, status: str, words: str, text: str
) -> None:
    """RT's words are told, and whether the comment is stored."""
    with pytest.raises(Rejected) as error:
        await resolve(client, incident.id, status, text)
    said = "the comment is stored, but " if text else ""
    assert str(error.value) == (
        f"{said}the status stays false_positive: Ticket {incident.id}: {words}"
    )
    assert incident.comments == ([text] if text else [])
    assert incident.status == "false_positive"


async def test_refused_without_right(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Without ModifyTicket, the comment is stored and the ticket stays open."""
    fake_rt.rights -= {"ModifyTicket"}
    with pytest.raises(Rejected, match=r"comment is stored.* new: .*Permission Denied"):
        await resolve(client, ticket.id, "resolved", "Dry")
    assert (ticket.status, ticket.comments) == ("new", ["Dry"])


async def test_refused_in_silence(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A refusal without words is one, too."""
    fake_rt.fail("PUT", "/ticket/1$", faults.answer(200, "[]"))
    with pytest.raises(Rejected, match="stays new: RT gives no reason"):
        await changes.resolve(client, ticket.id, status="resolved")


async def test_person_is_faster(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """A ticket that a person opens at once is not resolved a second time."""

    async def alice_opens(
        request: web.BaseRequest, work: Callable[[], Awaitable[web.Response]]
    ) -> web.Response:
        alice.set_status(ticket, "open")
        return await work()

    fake_rt.fail("GET", "/ticket/1$", alice_opens)
    found = await resolve(client, ticket.id, "resolved", "Dry")
    assert found.status == ticket.status == "open"
    assert not fake_rt.sent("PUT")


async def test_resolve_merged(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """What a ticket was merged into is resolved."""
    other = fake_rt.add_ticket("other")
    alice.merge(ticket, other)
    resolved = await resolve(client, ticket.id, "resolved", "Dry")
    assert resolved.id == other.id
    assert (other.status, other.comments) == ("resolved", ["Dry"])


async def test_resolve_errors(client: RTClient, fake_rt: FakeRT) -> None:
    """What RT answers with an error is that error."""
    with pytest.raises(NotFound):
        await changes.resolve(client, 99, status="resolved")
    with pytest.raises(Forbidden):
        await resolve(client, 99, "resolved", "Dry")
    fake_rt.add_ticket("leak")
    fake_rt.fail("PUT", "/ticket/1$", faults.answer(504, ""))
    with pytest.raises(RTTimeout):
        await changes.resolve(client, 1, status="resolved")


# --- Who worked on it -----------------------------------------------------


async def test_untouched(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """What the account itself and RT do, and what does not say anything, is nothing."""
    me = Person(fake_rt, "ha-service")
    me.comment(ticket, "Again")
    me.reply(ticket, "Somebody looks into it")
    me.take(ticket)
    alice.set_priority(ticket, 50)
    ticket_now = await client.ticket(ticket.id)
    assert ticket_now.owner == "ha-service"
    assert not await changes.is_touched(client, ticket_now)


@pytest.mark.parametrize("deed", ["take", "comment", "reply", "merge"])
async def test_touched(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, alice: Person, deed: str
) -> None:
    """A person owns it, wrote in it, or made it stand for another problem."""
    match deed:
        case "take":
            alice.take(ticket)
        case "merge":
            alice.merge(fake_rt.add_ticket("other"), ticket)
        case _:
            getattr(alice, deed)(ticket, "I am on my way")
    ticket_now = await client.ticket(ticket.id)
    assert await changes.is_touched(client, ticket_now)


async def test_touched_other_ticket(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """What people do with the tickets around it does not matter."""
    before, after = ticket, fake_rt.add_ticket("last")
    between = fake_rt.add_ticket("between")
    alice.comment(before, "x")
    alice.comment(between, "x")
    found = await client.ticket(after.id)
    assert not await changes.is_touched(client, found)
