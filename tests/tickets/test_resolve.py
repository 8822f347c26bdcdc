"""The action resolve_ticket."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.ha_rt.const import CONF_QUEUE, CONF_RESOLVE_STATUS
from tests import DEVICE, create_ticket, methods, perform, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, Person, faults


async def resolve(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Say that a problem is over; of the device, unless a ticket is given."""
    target = {} if "ticket_id" in data else {"device_id": DEVICE}
    answer: dict[str, Any] = await perform(hass, "resolve_ticket", **target, **data)
    return answer


@pytest.mark.parametrize(
    ("text", "requests", "comments"),
    [
        ("Dry again.", "GET POST GET", ["Dry again."]),
        ("", "GET PUT GET", []),
        (" \n", "GET PUT GET", []),
        ("0", "GET POST GET", ["0\n"]),
    ],
)
async def test_by_device(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    text: str,
    requests: str,
    comments: list[str],
) -> None:
    """Comment and status go in one request, and RT is asked whether it did."""
    answer = await resolve(hass, text=text)
    assert answer == {
        "ticket_id": ticket.id,
        "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id={ticket.id}",
        "action": "resolved",
    }
    assert (ticket.status, ticket.comments) == ("resolved", comments)
    assert methods(fake_rt) == requests


async def test_by_number(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Any ticket, in three requests as well; the key of ours is done with."""
    assert (await resolve(hass, ticket_id=ticket.id, text="Dry."))["action"] == (
        "resolved"
    )
    assert methods(fake_rt) == "GET POST GET"
    fake_rt.requests.clear()
    assert (await create_ticket(hass))["action"] == "created"
    assert methods(fake_rt) == "GET GET POST GET"


async def test_ticket_of_another_queue(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A number may be one that nobody made here, and touches nobody's key."""
    other = fake_rt.add_ticket(queue="General")
    named = await create_ticket(hass, device_id=f"#{other.id}")
    fake_rt.person("alice").move(fake_rt.tickets[named["ticket_id"]], "General")
    assert (await resolve(hass, ticket_id=other.id))["ticket_id"] == other.id
    assert other.status == "resolved"
    fake_rt.requests.clear()
    assert (await create_ticket(hass, device_id=f"#{other.id}"))["action"] == (
        "commented"
    )
    # Where the key is not shown, the ticket's first message is looked for.
    assert methods(fake_rt) == "GET GET POST"


async def test_found_by_search(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Also a ticket that people made."""
    ticket = fake_rt.add_ticket(DEVICE, custom_fields={"EventType": "leak"})
    assert (await resolve(hass))["action"] == "none"
    fake_rt.requests.clear()
    answer = await resolve(hass, event_type="leak", text="Dry.")
    assert (answer["action"], answer["ticket_id"]) == ("resolved", ticket.id)
    assert methods(fake_rt) == "GET POST GET"


@pytest.mark.parametrize("state", ["never", "closed by number", "closed", "twice"])
async def test_nothing_open(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, state: str
) -> None:
    """That is no error, for a recovery may come without a problem; nothing is said."""
    data: dict[str, Any] = {"text": "Dry."}
    if state == "never":
        data["device_id"] = "another"
    elif state == "twice":
        await resolve(hass)
    else:
        fake_rt.person("alice").resolve(ticket)
        if state == "closed by number":
            data["ticket_id"] = ticket.id
    fake_rt.requests.clear()
    answer = await perform(
        hass,
        "resolve_ticket",
        **({} if len(data) > 1 else {"device_id": DEVICE}),
        **data,
    )
    assert answer["action"] == "none"
    assert answer["ticket_id"] == data.get("ticket_id")
    assert fake_rt.writes == []


async def test_no_such_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A wrong number is an error."""
    with pytest.raises(HomeAssistantError) as error:
        await resolve(hass, ticket_id=77)
    assert error.value.translation_key == "not_found"


@pytest.mark.parametrize(
    "data", [{}, {"ticket_id": 1, "device_id": DEVICE}, {"event_type": "leak"}]
)
async def test_target(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, data: dict[str, Any]
) -> None:
    """It has to be said which ticket is meant, in one way."""
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "resolve_ticket", **data)
    assert error.value.translation_key == "ticket_or_device"
    assert fake_rt.requests == []


@pytest.mark.parametrize("ticket_id", [-1, "x"])
async def test_odd_number(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, ticket_id: Any
) -> None:
    """A number is a number."""
    with pytest.raises((vol.Invalid, vol.MultipleInvalid)):
        await resolve(hass, ticket_id=ticket_id)
    assert fake_rt.requests == []


# --- statuses ------------------------------------------------------------------


async def test_status(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """The call's, else the option's; in upper or lower case."""
    await setup_integration(hass, config_entry, **{CONF_RESOLVE_STATUS: "Rejected"})
    first = fake_rt.add_ticket(DEVICE)
    await resolve(hass)
    second = fake_rt.add_ticket(DEVICE)
    await resolve(hass, status=" RESOLVED ", text="Dry.")
    assert (first.status, second.status) == ("rejected", "resolved")


@pytest.mark.parametrize("text", ["", "Dry."])
async def test_another_lifecycle(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, text: str
) -> None:
    """Statuses are the queue's own; what its lifecycle refuses is an error."""
    fake_rt.add_queue("Incidents", lifecycle="incident")
    data = {**config_entry.data, CONF_QUEUE: "Incidents"}
    entry = MockConfigEntry(domain="ha_rt", data=data)
    await setup_integration(hass, entry, open_statuses=["open", "false_positive"])
    ticket = fake_rt.add_ticket(DEVICE, queue="Incidents", status="open")
    with pytest.raises(HomeAssistantError, match="isn't a valid status") as error:
        await resolve(hass, text=text)
    assert error.value.translation_key == "not_changed"
    assert ticket.status == "open"
    fake_rt.person("alice").set_status(ticket, "false_positive")
    with pytest.raises(HomeAssistantError) as error:
        await resolve(hass, status="closed", text=text)
    assert "You can't change status from 'false_positive' to 'closed'" in str(
        error.value
    )
    assert ("the comment is stored, but" in str(error.value)) is bool(text)
    fake_rt.person("alice").set_status(ticket, "open")
    assert (await resolve(hass, status="closed", text=text))["action"] == "resolved"
    assert ticket.status == "closed"


@pytest.mark.parametrize("text", ["", "Dry."])
async def test_without_the_right(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, text: str
) -> None:
    """RT's words are told, and the ticket is still the key's."""
    fake_rt.rights -= {"ModifyTicket"}
    with pytest.raises(HomeAssistantError, match="Permission Denied"):
        await resolve(hass, text=text)
    assert ticket.status == "new"
    assert (await create_ticket(hass))["ticket_id"] == ticket.id


async def test_waits_for_others(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A ticket that depends on an open one stays open."""
    ticket.links["DependsOn"] = [str(fake_rt.add_ticket("another").id)]
    with pytest.raises(HomeAssistantError, match="unresolved dependencies"):
        await resolve(hass, text="Dry.")


async def test_hidden_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """What cannot be seen cannot be confirmed: the right is named, nothing is said."""
    fake_rt.rights -= {"ShowTicket"}
    with pytest.raises(HomeAssistantError) as error:
        await resolve(hass, text="Dry.")
    assert error.value.translation_key == "missing_right"
    assert "ShowTicket" in str(error.value)
    assert fake_rt.writes == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", r"/ticket/1$"), ("POST", "/comment"), ("PUT", "")]
)
async def test_rt_fails(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, method: str, path: str
) -> None:
    """What RT did not confirm is an error, and can be tried again."""
    fake_rt.fail(method, path, faults.html(502), times=None)
    with pytest.raises(HomeAssistantError) as error:
        await resolve(hass, text="" if method == "PUT" else "Dry.")
    assert error.value.translation_key == "server_error"
    fake_rt.heal()
    assert (await resolve(hass, text="Dry."))["action"] == "resolved"


async def test_answer_lost(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A broken body says nothing; RT is asked."""
    fake_rt.fail("POST", "/comment", faults.empty_body)
    assert (await resolve(hass, text="Dry."))["action"] == "resolved"
    assert ticket.comments == ["Dry."]


# --- only if untouched -----------------------------------------------------------


@pytest.mark.parametrize(
    ("touch", "action"),
    [
        (lambda *_: None, "resolved"),
        (lambda alice, ticket: alice.take(ticket), "commented"),
        (lambda alice, ticket: alice.comment(ticket, "On my way"), "commented"),
        (lambda alice, ticket: alice.reply(ticket, "On my way"), "commented"),
        (lambda alice, ticket: alice.set_priority(ticket, 9), "resolved"),
        (lambda alice, ticket: alice.set_status(ticket, "open"), "resolved"),
        (lambda alice, ticket: alice.give(ticket, "ha-service"), "resolved"),
    ],
)
@pytest.mark.parametrize("text", ["Dry.", ""])
async def test_only_if_untouched(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    alice: Person,
    touch: Any,
    action: str,
    text: str,
) -> None:
    """A ticket that a person owns or answered is left to that person."""
    await create_ticket(hass, text="Ours")
    touch(alice, ticket)
    before = ticket.status
    comments = [*ticket.comments]
    answer = await resolve(hass, only_if_untouched=True, text=text)
    assert answer["action"] == action
    if action == "resolved":
        assert ticket.status == "resolved"
        assert ticket.comments == comments + ([text] if text else [])
    else:
        assert ticket.status == before
        said = text or "Home Assistant reports that the problem is over."
        assert ticket.comments == [*comments, said]
        assert (await create_ticket(hass))["ticket_id"] == ticket.id


async def test_touched_in_html(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """The comment is of the type that was asked for."""
    alice.take(ticket)
    await resolve(
        hass, only_if_untouched=True, text="<b>Dry.</b>", content_type="text/html"
    )
    assert fake_rt.sent("POST", "/comment")[-1].content_type == "text/html"
    assert "Status" not in fake_rt.sent("POST", "/comment")[-1].json


# --- with what is held back --------------------------------------------------------


async def test_tells_what_was_held_back(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """The last comment says how often the problem was reported; nothing follows."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    for _ in range(4):
        await create_ticket(hass)
    await resolve(hass, text="Dry.")
    [comment] = fake_rt.tickets[1].comments
    assert comment.startswith("Dry.\n\n3 more reports since ")
    assert config_entry.runtime_data.handler.throttle.held == 0
    assert (await create_ticket(hass))["ticket_id"] == 2


@pytest.mark.parametrize("text", ["", "Dry."])
async def test_held_back_and_refused(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, text: str
) -> None:
    """What was told with a comment is not told again, though the status was refused."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    for _ in range(4):
        await create_ticket(hass)
    with pytest.raises(HomeAssistantError, match="the comment is stored, but"):
        await resolve(hass, text=text, status="bogus")
    await resolve(hass, text="Really.")
    comments = fake_rt.tickets[1].comments
    assert sum("3 more reports" in one for one in comments) == 1
    assert comments[-1] == "Really."


async def test_refused_and_nothing_held_back(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Then repeats are held back as before."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass)
    with pytest.raises(HomeAssistantError):
        await resolve(hass, status="bogus")
    assert (await create_ticket(hass))["action"] == "skipped"
