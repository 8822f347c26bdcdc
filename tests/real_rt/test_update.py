"""Changing and resolving tickets: RT answers alike when it refused."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.ha_rt.rt.errors import Rejected
from custom_components.ha_rt.rt.models import Attachment
from custom_components.ha_rt.tickets import changes as tickets
from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.real_rt.common import (
    INCIDENTS,
    ClientFor,
    Journal,
    SetUp,
    change_by_hand,
    contents,
    create_by_hand,
    new_device,
    read_by_hand,
    say_by_hand,
    set_status,
    ticket,
    without,
)
from tests.resolving import resolve

# --- update_ticket --------------------------------------------------------


async def test_all_at_once(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Everything that can change does, and the old and new values are RT's."""
    await set_up("u-full")
    device_id = new_device()
    other = create_by_hand(real_rt, new_device())
    ticket_id = create_by_hand(
        real_rt, device_id, CustomFields={"DeviceId": device_id, "Tags": ["a", "b"]}
    )
    change_by_hand(real_rt, ticket_id, RefersTo="https://example.test/old")
    journal = Journal(real_rt)

    response = await perform(
        hass,
        "update_ticket",
        device_id=device_id,
        status="Stalled",
        owner="Alice",
        severity="critical",
        subject="Wasser ü 設備",
        custom_fields={"severity": "HIGH", "Tags": ["b", "c"], "DeviceNotes": "a\nb"},
        refers_to=[other, "https://example.test/new"],
    )

    assert response["ticket_id"] == ticket_id
    changes = response["changes"]
    links = changes.pop("refers_to")
    assert links["old"] == ["https://example.test/old"]
    assert set(links["new"]) == {
        "https://example.test/old",
        "https://example.test/new",
        str(other),
    }
    notes = changes.pop("DeviceNotes")
    assert (notes["old"], notes["new"].split()) == (None, ["a", "b"])
    tags = changes.pop("Tags")
    assert (sorted(tags["old"]), sorted(tags["new"])) == (["a", "b"], ["b", "c"])
    assert changes == {
        "status": {"old": "new", "new": "stalled"},
        "owner": {"old": None, "new": "alice"},
        "priority": {"old": 0, "new": 100},
        "subject": {"old": "By hand", "new": "Wasser ü 設備"},
        "Severity": {"old": None, "new": "high"},
    }
    assert {number for number, _ in journal.written()} == {ticket_id, other}
    shown = read_by_hand(real_rt, ticket_id)
    assert (shown["Owner"]["id"], shown["Priority"]) == ("alice", "100")
    assert ticket(real_rt, ticket_id).status == "stalled"


async def test_no_change(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """What is so already changes nothing, written in whatever case."""
    await set_up("u-full")
    device_id = new_device()
    ticket_id = create_by_hand(
        real_rt,
        device_id,
        Owner="alice",
        Priority=50,
        CustomFields={"DeviceId": device_id, "Severity": "low"},
    )
    journal = Journal(real_rt)
    response = await perform(
        hass,
        "update_ticket",
        ticket_id=ticket_id,
        status="NEW",
        owner="ALICE",
        severity="warning",
        custom_fields={"Severity": "LOW", "Tags": []},
    )
    assert response["changes"] == {}
    assert journal.written() == []


async def test_clear_and_give_back(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Custom fields can be emptied, and a ticket can be nobody's again."""
    await set_up("owner1")
    device_id = new_device()
    ticket_id = create_by_hand(
        real_rt,
        device_id,
        Owner="owner1",
        CustomFields={"DeviceId": device_id, "Tags": ["a", "b"], "Severity": "low"},
    )
    response = await perform(
        hass,
        "update_ticket",
        ticket_id=ticket_id,
        owner="nobody",
        custom_fields={"Tags": [], "Severity": ""},
    )
    changes = response["changes"]
    assert changes["owner"] == {"old": "owner1", "new": None}
    assert changes["Tags"]["new"] is changes["Severity"]["new"] is None


async def test_merged_and_moved(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A ticket is changed where people put it, and links lead there."""
    await set_up("u-full")
    first, second, third = (create_by_hand(real_rt, new_device()) for _ in range(3))
    change_by_hand(real_rt, second, Queue=INCIDENTS)
    change_by_hand(real_rt, first, MergeInto=second)

    moved = await perform(hass, "update_ticket", ticket_id=first, status="in_progress")
    linked = await perform(hass, "update_ticket", ticket_id=third, refers_to=[first])

    assert moved["changes"] == {"status": {"old": "open", "new": "in_progress"}}
    assert ticket(real_rt, second) == ("By hand", "in_progress", INCIDENTS)
    assert linked["changes"] == {"refers_to": {"old": [], "new": [str(second)]}}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"status": "bogus"}, r"status not changed: .*isn't a valid status"),
        ({"owner": "no-such-user"}, r"owner not changed: .*That user does not exist"),
        ({"owner": "readonly"}, r"owner not changed: .*may not own tickets"),
        ({"owner": "alice@example.test"}, r"owner not changed: .*does not exist"),
        ({"refers_to": [2**31 - 1]}, r"refers_to not changed: Couldn't resolve"),
        (
            {"custom_fields": {"Severity": "extreme"}},
            r"Severity not changed: Invalid value",
        ),
        (
            {"custom_fields": {"Severity": "extreme", "Tags": "x"}, "priority": 9},
            r"Severity not changed: .*\(changed: priority, Tags\)",
        ),
    ],
)
async def test_refused(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    wanted: dict[str, Any],
    message: str,
) -> None:
    """A refusal raises with RT's words, and tells what changed all the same."""
    await set_up("u-full")
    ticket_id = create_by_hand(real_rt, new_device())
    with pytest.raises(HomeAssistantError, match=message):
        await perform(hass, "update_ticket", ticket_id=ticket_id, **wanted)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("closed", "You can't change status from 'false_positive' to 'closed'"),
        ("resolved", "'resolved' isn't a valid status"),
    ],
)
async def test_refused_transition(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, status: str, message: str
) -> None:
    """So does a change that the queue's own lifecycle does not let."""
    await set_up("u-full", INCIDENTS)
    ticket_id = create_by_hand(real_rt, new_device(), INCIDENTS)
    await perform(hass, "update_ticket", ticket_id=ticket_id, status="false_positive")
    with pytest.raises(HomeAssistantError, match=message):
        await perform(hass, "update_ticket", ticket_id=ticket_id, status=status)
    assert ticket(real_rt, ticket_id).status == "false_positive"


async def test_owned_by_another(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A person's ticket is not taken away."""
    await set_up("u-full")
    ticket_id = create_by_hand(real_rt, new_device(), Owner="alice")
    with pytest.raises(HomeAssistantError, match="only reassign tickets that you own"):
        await perform(hass, "update_ticket", ticket_id=ticket_id, owner="owner1")
    assert read_by_hand(real_rt, ticket_id)["Owner"]["id"] == "alice"


async def test_open_dependency(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A ticket that waits for another one is not resolved."""
    await set_up("u-full")
    ticket_id, other = (create_by_hand(real_rt, new_device()) for _ in range(2))
    change_by_hand(real_rt, ticket_id, DependsOn=other)
    with pytest.raises(HomeAssistantError, match="unresolved dependencies"):
        await perform(hass, "update_ticket", ticket_id=ticket_id, status="resolved")


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("no-ModifyTicket", "Permission Denied"),
        ("lang-de", "Zugriff verweigert"),
        ("lang-ru", "Доступ запрещён"),
    ],
)
async def test_missing_right(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str, words: str
) -> None:
    """A missing right is told in the words of the account's language."""
    await set_up(user)
    ticket_id = create_by_hand(real_rt, new_device())
    right = () if user.startswith("no-") else ("ModifyTicket",)
    with (
        without(real_rt, user, *right),
        pytest.raises(HomeAssistantError) as error,
    ):
        await perform(
            hass,
            "update_ticket",
            ticket_id=ticket_id,
            status="open",
            owner="alice",
            priority=5,
            custom_fields={"DeviceNotes": "x"},
            refers_to=[ticket_id - 1],
        )
    message = error.value.translation_placeholders["message"]
    assert message.startswith("status, owner, priority, refers_to not changed: ")
    assert words.casefold() in message.casefold()
    assert message.endswith(" (changed: DeviceNotes)")


@pytest.mark.parametrize("user", ["lang-de", "lang-ru"])
async def test_languages(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str
) -> None:
    """What RT did does not depend on the language it says so in."""
    await set_up(user)
    ticket_id = create_by_hand(real_rt, new_device())
    response = await perform(
        hass,
        "update_ticket",
        ticket_id=ticket_id,
        status="open",
        custom_fields={"DeviceNotes": "ü 設備"},
    )
    assert response["changes"] == {
        "status": {"old": "new", "new": "open"},
        "DeviceNotes": {"old": None, "new": "ü 設備"},
    }


@pytest.mark.parametrize("user", ["no-ModifyCustomField", "no-SeeCustomField"])
async def test_custom_field_rights(
    client_for: ClientFor, real_rt: RTServer, user: str
) -> None:
    """Fields that the account may not fill, or not see, are named."""
    ticket_id = create_by_hand(real_rt, new_device())
    number = real_rt.custom_fields["DeviceNotes"]
    changes = tickets.Changes(custom_fields={number: "x"})
    with pytest.raises(Rejected, match=r"^(DeviceNotes|custom field 8) not changed: "):
        await tickets.change(client_for(user), ticket_id, changes)


# --- Resolving ------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "queue", "status"),
    [
        ("u-full", FACILITY, "resolved"),
        ("u-full", INCIDENTS, "closed"),
        ("lang-de", FACILITY, "Resolved"),
        ("lang-ru", INCIDENTS, "Closed"),
    ],
)
async def test_resolve(
    client_for: ClientFor, real_rt: RTServer, user: str, queue: str, status: str
) -> None:
    """Comment, file and status are one request, in any lifecycle and language."""
    ticket_id = create_by_hand(real_rt, new_device(), queue)
    journal = Journal(real_rt)
    resolved = await resolve(
        client_for(user),
        ticket_id,
        status,
        "Trocken ü 設備",
        attachments=[
            Attachment(name="a.bin", content_type="image/png", content=b"\x89\x00")
        ],
    )
    assert resolved.id == ticket_id
    assert resolved.status == ticket(real_rt, ticket_id).status == status.lower()
    assert [kind for _, kind in journal.written()] == ["Comment", "Status"]
    assert "Trocken ü 設備" in contents(real_rt, ticket_id)


async def test_resolve_in_silence_and_again(
    client_for: ClientFor, real_rt: RTServer
) -> None:
    """Without a text only the status changes; again, nothing does."""
    client = client_for("u-full")
    for queue, status in ((FACILITY, "resolved"), (INCIDENTS, "closed")):
        ticket_id = create_by_hand(real_rt, new_device(), queue)
        journal = Journal(real_rt)
        for again in (status, status, status.upper()):
            await tickets.resolve(client, ticket_id, status=again)
        assert journal.written() == [(ticket_id, "Status")]
        await resolve(client, ticket_id, status, "Still dry")
        assert [kind for _, kind in journal.written()] == ["Status", "Comment"]


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("ha-service", "Permission Denied"),
        ("lang-de", "Zugriff verweigert"),
        ("lang-ru", "Доступ запрещён"),
    ],
)
async def test_resolve_without_right(
    client_for: ClientFor, real_rt: RTServer, user: str, words: str
) -> None:
    """The comment is stored then, and RT's words come whole in any language."""
    ticket_id = create_by_hand(real_rt, new_device())
    right = () if user == "ha-service" else ("ModifyTicket",)
    with without(real_rt, user, *right), pytest.raises(Rejected) as error:
        await resolve(client_for(user), ticket_id, "resolved", "Dry")
    message = str(error.value)
    assert message.startswith("the comment is stored, but the status stays new: ")
    assert words.casefold() in message.casefold()
    assert contents(real_rt, ticket_id)[-1] == "Dry"
    assert ticket(real_rt, ticket_id).status == "new"


@pytest.mark.parametrize("text", ["", "Dry"])
async def test_resolve_refused(
    client_for: ClientFor, real_rt: RTServer, text: str
) -> None:
    """A transition that the lifecycle does not have is refused with its words."""
    ticket_id = create_by_hand(real_rt, new_device(), INCIDENTS)
    set_status(real_rt, ticket_id, "false_positive")
    with pytest.raises(Rejected, match="change status from 'false_positive'"):
        await resolve(client_for("u-full"), ticket_id, "closed", text)


# --- Who worked on it -----------------------------------------------------


async def test_touched(client_for: ClientFor, real_rt: RTServer) -> None:
    """What people do with a ticket is told from what the account did."""
    client = client_for("u-full")

    async def touched(ticket_id: int) -> bool:
        return await tickets.is_touched(client, await client.ticket(ticket_id))

    own = create_by_hand(real_rt, new_device())
    await client.comment(own, "Again")
    await client.reply(own, "Somebody looks into it")
    change_by_hand(real_rt, own, "alice", Priority=9)
    assert not await touched(own)

    owned = create_by_hand(real_rt, new_device())
    change_by_hand(real_rt, owned, Owner="alice")
    assert await touched(owned)

    for resource in ("comment", "correspond"):
        answered = create_by_hand(real_rt, new_device())
        say_by_hand(real_rt, answered, resource, "alice")
        assert await touched(answered)

    target, other = (create_by_hand(real_rt, new_device()) for _ in range(2))
    change_by_hand(real_rt, other, "alice", MergeInto=target)
    assert await touched(target)


async def test_hidden_comments(client_for: ClientFor, real_rt: RTServer) -> None:
    """Without ShowTicketComments, an answer shows and a comment does not."""
    client = client_for("ha-service")
    ticket_id = create_by_hand(real_rt, new_device())
    say_by_hand(real_rt, ticket_id, "comment", "alice")
    found = await client.ticket(ticket_id)
    assert not await tickets.is_touched(client, found)
    say_by_hand(real_rt, ticket_id, "correspond", "alice")
    assert await tickets.is_touched(client, found)
