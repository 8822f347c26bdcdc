"""The action add_comment."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from tests import DEVICE, create_ticket, perform
from tests.fake_rt import FakeRT, FakeTicket, faults

TEXT = "The valve is shut."


@pytest.fixture
async def ticket(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> FakeTicket:
    """Return the device's open ticket; what was sent for it is forgotten."""
    answer = await create_ticket(hass, requestor="carol@example.com")
    fake_rt.requests.clear()
    return fake_rt.tickets[answer["ticket_id"]]


async def say(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Say something; in the device's ticket, unless a number is given."""
    target = {} if "ticket_id" in data else {"device_id": DEVICE}
    answer: dict[str, Any] = await perform(
        hass, "add_comment", **{"text": TEXT, **target, **data}
    )
    return answer


@pytest.mark.parametrize("how", ["device", "number"])
@pytest.mark.parametrize("is_reply", [True, False])
async def test_target(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, is_reply: bool, how: str
) -> None:
    """In a device's ticket or one by its number; to the requestors if asked for."""
    target = {"ticket_id": ticket.id} if how == "number" else {}
    answer = await say(hass, reply=is_reply, **target)
    assert answer == {
        "ticket_id": ticket.id,
        "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id={ticket.id}",
        "action": "replied" if is_reply else "commented",
    }
    assert ticket.comments == ([] if is_reply else [TEXT])
    assert ticket.replies == ([TEXT] if is_reply else [])
    assert ticket.status == ("open" if is_reply else "new")
    assert len(fake_rt.requests) == (1 if how == "number" else 2)


async def test_closed_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """By its number it can be commented on, and stays closed; a reply opens it."""
    fake_rt.person("alice").resolve(ticket)
    await say(hass, ticket_id=ticket.id)
    assert (ticket.comments, ticket.status) == ([TEXT], "resolved")
    await say(hass, ticket_id=ticket.id, reply=True)
    assert ticket.status == "open"


async def test_nothing_open(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A text that has nowhere to go is an error, with the key's name."""
    for data in ({"device_id": "pump"}, {"event_type": "battery"}):
        with pytest.raises(ServiceValidationError) as error:
            await say(hass, **data)
        assert error.value.translation_key == "nothing_open"
    assert error.value.translation_placeholders == {"device_id": f"{DEVICE}, battery"}
    assert fake_rt.writes == []


@pytest.mark.parametrize("text", ["", " \n "])
async def test_blank(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, text: str
) -> None:
    """RT would store an empty comment."""
    with pytest.raises(ServiceValidationError) as error:
        await say(hass, text=text)
    assert error.value.translation_key == "text_empty"
    assert fake_rt.requests == []


@pytest.mark.parametrize("data", [{}, {"ticket_id": 1, "device_id": DEVICE}])
async def test_which_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, data: dict[str, Any]
) -> None:
    """It has to be said, in one way."""
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "add_comment", text=TEXT, **data)
    assert error.value.translation_key == "ticket_or_device"


async def test_without_text(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """A text is required."""
    with pytest.raises((vol.Invalid, vol.MultipleInvalid)):
        await perform(hass, "add_comment", device_id=DEVICE)


@pytest.mark.parametrize(
    ("is_reply", "missing", "right"),
    [
        (False, {"CommentOnTicket", "ModifyTicket"}, "CommentOnTicket"),
        (True, {"ReplyToTicket", "ModifyTicket"}, "ReplyToTicket"),
    ],
)
async def test_missing_right(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    is_reply: bool,
    missing: set[str],
    right: str,
) -> None:
    """The right is named, in RT's words and in ours."""
    fake_rt.rights -= missing
    with pytest.raises(HomeAssistantError, match="Permission Denied") as error:
        await say(hass, reply=is_reply)
    assert error.value.translation_key == "missing_right"
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["right"] == right


async def test_no_such_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """RT does not tell it from a missing right."""
    with pytest.raises(HomeAssistantError):
        await say(hass, ticket_id=77)


async def test_html(hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket) -> None:
    """HTML is said to be so."""
    await say(hass, text="<b>Shut</b>", content_type="text/html")
    assert ticket.comments == ["<b>Shut</b>"]
    assert fake_rt.sent("POST", "/comment")[-1].content_type == "text/html"


@pytest.mark.parametrize("path", ["/comment", "/correspond"])
@pytest.mark.parametrize("fault", [faults.latin_1_body, faults.empty_body])
async def test_broken_answer(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    path: str,
    fault: faults.Fault,
) -> None:
    """Stored is stored, in whatever language RT says so; it is not sent again."""
    fake_rt.fail("POST", path, fault)
    await say(hass, reply=path == "/correspond")
    assert ticket.comments + ticket.replies == [TEXT]


async def test_not_confirmed(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """What RT does not have is an error, and is not sent twice."""
    fake_rt.fail("POST", "/correspond", faults.html(502))
    with pytest.raises(HomeAssistantError):
        await say(hass, reply=True)
    assert len(fake_rt.sent("POST", "/correspond")) == 1


async def test_right_after_the_report(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A comment on a device waits for the ticket that is being created."""
    fake_rt.fail("POST", "/ticket$", faults.slow(before=0.05))
    report = asyncio.create_task(create_ticket(hass))
    await fake_rt.until(lambda: bool(fake_rt.sent("POST", "/ticket$")))
    answer = await say(hass)
    assert answer["ticket_id"] == (await report)["ticket_id"]
