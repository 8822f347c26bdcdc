"""What the actions take for given, and how it may be written."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from tests import DEVICE, FACILITY, create_ticket, perform, setup_integration
from tests.fake_rt import FakeRT
from tests.repository import ACTIONS, action_fields

REPORT = {"device_id": DEVICE, "subject": "Leak", "text": "Water"}
# What is enough, and what the answer to it holds.
CALLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "create_ticket": (REPORT, {"ticket_id": 2, "action": "created"}),
    "resolve_ticket": ({"ticket_id": 1}, {"ticket_id": 1, "action": "resolved"}),
    "add_comment": (
        {"ticket_id": 1, "text": "Water"},
        {"ticket_id": 1, "action": "commented"},
    ),
    "update_ticket": (
        {"ticket_id": 1, "priority": 7},
        {"changes": {"priority": {"old": 0, "new": 7}}},
    ),
    "get_ticket": ({"ticket_id": 1}, {"ticket_id": 1}),
    "search_tickets": ({}, {"count": 1}),
    "get_statistics": ({}, {}),
    "flush_outbox": ({}, {}),
    "clear_outbox": ({"count": 0}, {}),
}


@pytest.fixture(autouse=True)
async def _entry(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Load the entry, of a queue with a ticket."""
    fake_rt.add_ticket("another")
    fake_rt.add_field("Tags", FACILITY, multiple=True)
    await setup_integration(hass, config_entry)


@pytest.mark.parametrize("blank", ["", " \n", None])
@pytest.mark.parametrize("action", ACTIONS)
async def test_blank(
    hass: HomeAssistant, fake_rt: FakeRT, action: str, blank: str | None
) -> None:
    """What a template leaves blank is not given, in every field that may be left out."""
    enough, expected = CALLS[action]
    others = action_fields(ACTIONS[action]).keys() - enough.keys()

    answer = await perform(hass, action, **enough, **dict.fromkeys(others, blank))

    assert {name: answer[name] for name in expected} == expected
    made = fake_rt.tickets[expected.get("ticket_id", 1)]
    assert (made.subject, made.owner, made.refers_to) == (
        "Leak" if action == "create_ticket" else "A ticket",
        "Nobody",
        [],
    )


@pytest.mark.parametrize("blank", ["", None])
async def test_blank_among_several(
    hass: HomeAssistant, fake_rt: FakeRT, blank: str | None
) -> None:
    """A list may hold what is blank, too."""
    given = {"cc": ["a@b.test", blank], "refers_to": [1, blank], "attachments": [blank]}
    answer = await create_ticket(hass, **given)
    assert answer["action"] == "created"
    assert fake_rt.tickets[2].refers_to == ["1"]
    assert fake_rt.tickets[2].cc == ["a@b.test"]


async def test_choices(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """A choice is written in any case."""
    await create_ticket(hass, severity="Critical ", content_type="HTML", text="<b>!")
    assert fake_rt.tickets[2].priority == 100
    assert (await perform(hass, "search_tickets", state="CLOSED"))["count"] == 0
    assert (await perform(hass, "search_tickets", state="Open"))["count"] == 2
    with pytest.raises(vol.Invalid):
        await create_ticket(hass, severity="bad")


async def test_halves_of_characters(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """A report arrives, though a template has cut a character in two."""
    answer = await create_ticket(
        hass,
        subject="Leak \ud83d",
        text="Water \ud83d\udca7 \udca7",
        custom_fields={"Tags": ["wet \ud83d"]},
    )
    assert answer.get("not_stored") is None
    ticket = fake_rt.tickets[answer["ticket_id"]]
    assert ticket.subject == "Leak \ufffd"
    assert ticket.content.startswith("Water 💧 \ufffd")
    assert ticket.custom_fields["Tags"] == ["wet \ufffd"]
