"""The automations of the README, as people paste them."""

from pathlib import Path
import re

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
import yaml

from tests import Wait, create_ticket, perform, restart, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, Person

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
AUTOMATIONS = {
    automation["alias"]: automation
    for block in re.findall(r"^```yaml\n(.+?)^```", README, re.DOTALL | re.MULTILINE)
    if "alias" in (automation := yaml.safe_load(block))
}
EVENTS = "event.facility_management_ticket_events"
LEAK = "binary_sensor.kitchen_leak"
ALERT = "input_boolean.kitchen_leak_alert"

type Notes = list[ServiceCall]


async def _set_up(hass: HomeAssistant, alias: str) -> None:
    """Add an automation."""
    assert await async_setup_component(
        hass,
        "input_boolean",
        {"input_boolean": {"kitchen_leak_alert": {"initial": True}}},
    )
    assert await async_setup_component(
        hass, "automation", {"automation": AUTOMATIONS[alias]}
    )
    await hass.async_block_till_done()


@pytest.fixture
def notes(hass: HomeAssistant) -> Notes:
    """Return the notifications that are sent."""
    return async_mock_service(hass, "notify", "mobile_app_phone")


@pytest.fixture
async def leak(
    hass: HomeAssistant, noon: None, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> FakeTicket:
    """Return the ticket of the kitchen leak, in a queue that is watched."""
    await setup_integration(hass, config_entry, polls=True)
    answer = await create_ticket(hass, device_id=LEAK)
    return fake_rt.tickets[answer["ticket_id"]]


@pytest.mark.parametrize("alias", AUTOMATIONS)
async def test_every_automation_is_valid(hass: HomeAssistant, alias: str) -> None:
    """Home Assistant takes each of them."""
    await _set_up(hass, alias)

    (state,) = hass.states.async_all("automation")
    assert state.state == "on"
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": state.entity_id}, blocking=True
    )


async def test_somebody_took_the_ticket(
    hass: HomeAssistant, leak: FakeTicket, alice: Person, wait: Wait, notes: Notes
) -> None:
    """A notification says who; giving it back says nothing."""
    await _set_up(hass, "Somebody sees to it")
    alice.comment(leak, "On my way")
    await wait(minutes=1)
    alice.take(leak)
    await wait(minutes=1)
    alice.give(leak, "Nobody")
    await wait(minutes=1)

    (note,) = notes
    assert note.data["title"] == "alice sees to it"
    assert note.data["message"] == f"#{leak.id} Leak"
    assert note.data["data"]["url"].endswith(f"/Ticket/Display.html?id={leak.id}")


async def test_several_at_once(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    alice: Person,
    notes: Notes,
) -> None:
    """None is lost."""
    await setup_integration(hass, config_entry)
    await _set_up(hass, "Somebody sees to it")
    for _ in range(20):
        alice.take(alice.create())
    assert await async_setup_component(hass, "homeassistant", {})
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": EVENTS}, blocking=True
    )
    await hass.async_block_till_done()

    assert len(notes) == 20


async def test_what_home_assistant_did_itself(
    hass: HomeAssistant, leak: FakeTicket, alice: Person, wait: Wait, notes: Notes
) -> None:
    """A ticket that an action gives to somebody is no news."""
    await _set_up(hass, "Somebody sees to it")
    await perform(hass, "update_ticket", ticket_id=leak.id, owner=alice.name)
    await wait(minutes=1)

    assert leak.owner == alice.name
    assert notes == []


@pytest.mark.parametrize("status", ["resolved", "rejected"])
async def test_resolved_clears_the_alert(
    hass: HomeAssistant, leak: FakeTicket, alice: Person, wait: Wait, status: str
) -> None:
    """The helper is turned off by the end of its own ticket only, however it ends."""
    await _set_up(hass, "The kitchen leak was seen to")
    alice.resolve(alice.create(device_id="binary_sensor.cellar_leak"))
    alice.set_status(leak, "open")
    await wait(minutes=1)
    assert hass.states.get(ALERT).state == "on"
    alice.set_status(leak, status)
    await wait(minutes=1)

    assert hass.states.get(ALERT).state == "off"


async def test_an_old_event_clears_no_new_alert(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    leak: FakeTicket,
    alice: Person,
    wait: Wait,
) -> None:
    """After a restart the last event is shown again, but is no news."""
    await _set_up(hass, "The kitchen leak was seen to")
    alice.resolve(leak)
    await wait(minutes=1)
    await hass.services.async_call(
        "input_boolean", "turn_on", {"entity_id": ALERT}, blocking=True
    )
    before = hass.states.get(EVENTS)
    await restart(hass, config_entry)
    await hass.async_block_till_done()

    assert hass.states.get(EVENTS).state == before.state
    assert hass.states.get(ALERT).state == "on"
