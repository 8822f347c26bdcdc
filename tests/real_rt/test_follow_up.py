"""Comments, replies and resolutions, and what RT refuses of them."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.real_rt.common import (
    INCIDENTS,
    Journal,
    SetUp,
    change_by_hand,
    contents,
    create_by_hand,
    new_device,
    report,
    say_by_hand,
    set_status,
    ticket,
)

pytestmark = pytest.mark.one_server

WIDE = "Trocken ist die Tür · 乾"


async def resolve(hass: HomeAssistant, device: str, **data: Any) -> dict[str, Any]:
    """Say that a device's problem is over."""
    answer: dict[str, Any] = await perform(
        hass, "resolve_ticket", device_id=device, **data
    )
    return answer


@pytest.mark.parametrize("user", ["u-full", "lang-de", "lang-ru"])
@pytest.mark.parametrize("text", ["", WIDE])
async def test_resolve(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str, text: str
) -> None:
    """In every language of the account; comment and status are one request."""
    await set_up(user)
    device = new_device()
    first = await report(hass, device)
    number = first["ticket_id"]
    journal = Journal(real_rt)

    answer = await resolve(hass, device, text=text)

    assert answer == {**first, "action": "resolved"}
    assert ticket(real_rt, number).status == "resolved"
    written = [kind for _, kind in journal.written()]
    assert written == (["Comment", "Status"] if text else ["Status"])
    assert contents(real_rt, number)[1:] == ([text] if text else [])
    assert (await resolve(hass, device, text=text))["action"] == "none"
    assert (await report(hass, device))["ticket_id"] != number


@pytest.mark.parametrize("user", ["u-full", "lang-de", "lang-ru"])
@pytest.mark.parametrize("text", ["", "Dry."])
async def test_refused_transition(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str, text: str
) -> None:
    """A lifecycle's refusal is an error in RT's words, and says what is stored."""
    await set_up(user, INCIDENTS, open_statuses=["open", "false_positive"])
    device = new_device()
    number = (await report(hass, device))["ticket_id"]
    set_status(real_rt, number, "false_positive")

    with pytest.raises(HomeAssistantError) as error:
        await resolve(hass, device, status="closed", text=text)

    assert error.value.translation_key == "not_changed"
    message = str(error.value)
    assert "the status stays false_positive: " in message
    assert ("the comment is stored, but" in message) is bool(text)
    assert "'closed'" in message
    assert "no reason" not in message
    assert ticket(real_rt, number).status == "false_positive"
    assert len(contents(real_rt, number)) == (2 if text else 1)
    # What the lifecycle allows is done.
    set_status(real_rt, number, "open")
    assert (await resolve(hass, device, status="CLOSED"))["action"] == "resolved"
    assert ticket(real_rt, number).status == "closed"


@pytest.mark.parametrize("queue", [FACILITY, INCIDENTS])
async def test_unknown_status(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, queue: str
) -> None:
    """Its name is in RT's words; the default one does not suit every queue."""
    await set_up("u-full", queue)
    device = new_device()
    number = (await report(hass, device))["ticket_id"]
    before = ticket(real_rt, number)
    status = {"status": "bogus"} if queue == FACILITY else {}
    words = f"Status '{status.get('status', 'resolved')}' isn't a valid status"
    with pytest.raises(HomeAssistantError, match=words):
        await resolve(hass, device, text="Dry.", **status)
    assert ticket(real_rt, number) == before
    assert (await report(hass, device))["ticket_id"] == number


@pytest.mark.parametrize("text", ["", "Dry."])
async def test_without_modify_ticket(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, text: str
) -> None:
    """The account may comment, but not resolve."""
    await set_up("ha-service")
    device = new_device()
    number = (await report(hass, device))["ticket_id"]
    with pytest.raises(HomeAssistantError, match="Permission Denied"):
        await resolve(hass, device, text=text)
    assert ticket(real_rt, number).status == "new"
    assert (await report(hass, device))["ticket_id"] == number


async def test_by_number(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """Any ticket that the account sees; a wrong number is an error."""
    await set_up("u-full")
    number = create_by_hand(real_rt, new_device(), INCIDENTS)
    answer = await perform(hass, "resolve_ticket", ticket_id=number, status="closed")
    assert (answer["action"], answer["ticket_id"]) == ("resolved", number)
    assert ticket(real_rt, number).status == "closed"
    answer = await perform(hass, "resolve_ticket", ticket_id=number, status="closed")
    assert answer["action"] == "none"
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "resolve_ticket", ticket_id=99999)
    assert error.value.translation_key == "not_found"


@pytest.mark.parametrize(
    ("touch", "action"),
    [
        ("", "resolved"),
        ("comment", "commented"),
        ("correspond", "commented"),
        ("own", "commented"),
        ("priority", "resolved"),
    ],
)
async def test_only_if_untouched(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, touch: str, action: str
) -> None:
    """What a person owns or answered is left open, with a comment."""
    await set_up("u-full")
    device = new_device()
    number = (await report(hass, device))["ticket_id"]
    await report(hass, device, "Ours")
    if touch in {"comment", "correspond"}:
        say_by_hand(real_rt, number, touch, "alice")
    elif touch:
        change = {"Owner": "alice"} if touch == "own" else {"Priority": 9}
        change_by_hand(real_rt, number, **change)
    before = ticket(real_rt, number)

    answer = await resolve(hass, device, only_if_untouched=True, text="Dry.")

    assert answer["action"] == action
    assert contents(real_rt, number)[-1] == "Dry."
    if action == "resolved":
        assert ticket(real_rt, number).status == "resolved"
    else:
        assert ticket(real_rt, number) == before


@pytest.mark.usefixtures("notifications")
@pytest.mark.parametrize("user", ["u-full", "lang-de", "lang-ru"])
async def test_comment_and_reply(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str
) -> None:
    """Each once, whatever language RT confirms it in; only a reply goes out as mail."""
    await set_up(user)
    device = new_device()
    first = await report(hass, device, requestor="carol@example.test")
    journal, mails = Journal(real_rt), len(real_rt.mails)

    target = {"device_id": device}
    comment = await perform(hass, "add_comment", text=WIDE, **target)
    assert len(real_rt.mails) == mails
    reply = await perform(hass, "add_comment", text=WIDE, reply=True, **target)

    assert comment == {**first, "action": "commented"}
    assert reply == {**first, "action": "replied"}
    kinds = [kind for _, kind in journal.written() if kind != "EmailRecord"]
    assert kinds == ["Comment", "Correspond", "Status"]
    assert len(real_rt.mails) == mails + 1
    assert ticket(real_rt, first["ticket_id"]).status == "open"


@pytest.mark.parametrize(
    ("queue", "is_reply", "right"),
    [
        ("Other Queue", False, "CommentOnTicket"),
        (FACILITY, True, "ReplyToTicket"),
    ],
)
async def test_may_not_say(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    queue: str,
    is_reply: bool,
    right: str,
) -> None:
    """The right is named, and nothing is stored."""
    await set_up("ha-service")
    number = create_by_hand(real_rt, new_device(), queue)
    journal = Journal(real_rt)
    with pytest.raises(HomeAssistantError) as error:
        await perform(
            hass, "add_comment", ticket_id=number, text="Hello", reply=is_reply
        )
    assert error.value.translation_key == "missing_right"
    assert error.value.translation_placeholders["right"] == right
    assert journal.written() == []
