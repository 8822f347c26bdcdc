"""The event entity: what happens to tickets."""

from datetime import timedelta

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from tests import DEVICE, FACILITY, NOW, create_ticket, perform, setup_integration
from tests.fake_rt import FakeRT, Person
from tests.watch import EVENTS, Watcher


async def test_attributes(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """All that is known of a ticket comes with what happened to it."""
    ticket = alice.create("Leak", DEVICE)
    alice.set_field(ticket, "EventType", "leak")
    alice.take(ticket)
    happened = NOW + timedelta(seconds=7)
    fake_rt.clock = lambda: happened
    fake_rt.person("bob").set_status(ticket, "stalled")

    await watching.poll()

    assert (
        watching.heard[-1].items()
        >= {
            "event_type": "status_changed",
            "ticket_id": 1,
            "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id=1",
            "subject": "Leak",
            "device_id": DEVICE,
            "ticket_event_type": "leak",
            "status": "stalled",
            "owner": "alice",
            "actor": "bob",
            "by_home_assistant": False,
            "old_value": "new",
            "new_value": "stalled",
            "happened_at": "2026-11-21T09:30:07+00:00",
            "transaction_id": fake_rt.transactions,
        }.items()
    )


async def test_bare_ticket(watching: Watcher, alice: Person) -> None:
    """What a ticket does not have is none."""
    alice.create("")
    await watching.poll()
    [event] = watching.heard
    for name in ("device_id", "ticket_event_type", "owner", "old_value", "new_value"):
        assert event[name] is None, name


async def test_kinds(hass: HomeAssistant, watching: Watcher, alice: Person) -> None:
    """Each thing is announced, once and in order; what else changes is not."""
    state = hass.states.get(EVENTS)
    assert state.state == STATE_UNKNOWN
    ticket = alice.create("Leak", DEVICE)
    alice.comment(ticket, "Which sink?")
    alice.reply(ticket, "Coming")
    alice.take(ticket)
    alice.rename(ticket, "Big leak")
    alice.set_priority(ticket, 9)
    alice.set_field(ticket, "DeviceId", "sensor.sink")
    alice.set_status(ticket, "stalled")
    alice.resolve(ticket)
    alice.set_status(ticket, "open")

    assert await watching.poll() == [
        "created 1 by alice",
        "commented 1 by alice",
        "replied 1 by alice",
        "status_changed 1 by RT_System",
        "owner_changed 1 by alice",
        "status_changed 1 by alice",
        "resolved 1 by alice",
        "status_changed 1 by alice",
    ]
    kinds = {one["event_type"] for one in watching.heard}
    assert kinds == set(state.attributes["event_types"])
    for _ in range(10):
        assert await watching.poll() == []


async def test_owners(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """Owners are told by their user names; nobody is none."""
    ticket = alice.create()
    alice.take(ticket)
    fake_rt.person("bob").take(ticket)
    alice.give(ticket, "Nobody")
    await watching.poll()
    assert [
        (one["old_value"], one["new_value"], one["owner"]) for one in watching.heard[1:]
    ] == [(None, "alice", None), ("alice", "bob", None), ("bob", None, None)]
    alice.take(ticket)
    await watching.poll()
    [event] = watching.heard
    assert (event["old_value"], event["new_value"]) == (None, "alice")
    assert "/user/" not in str([one.path for one in fake_rt.requests])


async def test_hidden_comments(
    fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """Comments are announced as soon as the account may see them."""
    fake_rt.rights -= {"ShowTicketComments"}
    await watcher.set_up()
    ticket = alice.create()
    alice.comment(ticket, "Psst")
    assert await watcher.poll() == ["created 1 by alice"]
    fake_rt.rights |= {"ShowTicketComments"}
    await watcher.poll(hours=1)
    alice.comment(ticket, "Aloud")
    assert await watcher.poll() == ["commented 1 by alice"]


@pytest.mark.parametrize(
    ("lifecycle", "options", "statuses", "announced"),
    [
        ("default", [], "resolved", "resolved"),
        ("default", [], "rejected", "resolved"),
        (
            "default",
            [],
            "stalled open rejected resolved",
            "- - resolved status_changed",
        ),
        ("default", ["new", "open"], "stalled", "resolved"),
        ("default", ["new", "open"], "stalled resolved", "resolved -"),
        ("default", ["new", "resolved"], "resolved", "-"),
        ("incident", [], "assigned false_positive", "- resolved"),
        ("incident", [], "closed", "resolved"),
    ],
)
async def test_closed(
    fake_rt: FakeRT,
    watcher: Watcher,
    alice: Person,
    lifecycle: str,
    options: list[str],
    statuses: str,
    announced: str,
) -> None:
    """A ticket is resolved by the first status that is none of an open ticket."""
    fake_rt.queues[FACILITY].lifecycle = lifecycle
    await watcher.set_up(open_statuses=options)
    ticket = alice.create(status=fake_rt.queues[FACILITY].first_status)
    await watcher.poll()
    for status in statuses.split():
        alice.set_status(ticket, status)
    await watcher.poll()
    expected = announced.replace("-", "status_changed").split()
    assert [one["event_type"] for one in watcher.heard] == expected
    assert [one["new_value"] for one in watcher.heard] == statuses.split()


async def test_by_home_assistant(
    hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """What the account itself did is marked, and nothing else."""
    await create_ticket(hass)
    alice.comment(fake_rt.tickets[1], "On my way")
    await perform(hass, "resolve_ticket", device_id=DEVICE, text="Dry")
    assert await watching.poll() == [
        "created 1 by ha-service",
        "commented 1 by alice",
        "commented 1 by ha-service",
        "resolved 1 by ha-service",
    ]
    marks = [one["by_home_assistant"] for one in watching.heard]
    assert marks == [True, False, True, True]


async def test_renamed_account(
    hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher
) -> None:
    """It stays the account, and who takes the old name does not become it."""
    fake_rt.accounts[0].name = "robot"
    await create_ticket(hass)
    fake_rt.person("ha-service").comment(fake_rt.tickets[1], "On my way")
    assert await watching.poll() == ["created 1 by robot", "commented 1 by ha-service"]
    assert [one["by_home_assistant"] for one in watching.heard] == [True, False]


async def test_web_url(fake_rt: FakeRT, watcher: Watcher, alice: Person) -> None:
    """The link is the one for people."""
    await watcher.set_up(web_url="https://rt.example.test")
    alice.create()
    await watcher.poll()
    [event] = watcher.heard
    assert event["ticket_url"] == "https://rt.example.test/Ticket/Display.html?id=1"


async def test_entities_first(
    hass: HomeAssistant, watching: Watcher, alice: Person
) -> None:
    """Who hears of something finds the other entities as they are after it."""
    seen = []

    @callback
    def look(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == EVENTS:
            seen.append((watching.sensor("Open tickets"), watching.counts()))

    hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    alice.create()
    alice.create(status="open")
    await watching.poll()
    assert seen == [("2", {"new": 1, "open": 1})] * 2


async def test_disabled(
    entity_registry: er.EntityRegistry, watching: Watcher, alice: Person
) -> None:
    """What happens while the entity is disabled is not kept for later."""
    entity_registry.async_update_entity(
        EVENTS, disabled_by=er.RegistryEntryDisabler.USER
    )
    await watching.start()
    ticket = alice.create(status="stalled")
    await watching.poll()
    alice.resolve(ticket)
    await watching.start()
    assert watching.counts() == {"stalled": 0}
    entity_registry.async_update_entity(EVENTS, disabled_by=None)
    assert await watching.start() == []
    alice.create()
    assert await watching.poll() == ["created 2 by alice"]


AUTOMATION = {
    "triggers": {"trigger": "state", "entity_id": EVENTS, "not_from": "unavailable"},
    "actions": {
        "action": "test.hear",
        "data": {"id": "{{ trigger.to_state.attributes.transaction_id }}"},
    },
    "mode": "queued",
    "max": 100,
}


async def test_automation(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, alice: Person
) -> None:
    """An automation hears of each of several events, though they come at once."""
    calls = async_mock_service(hass, "test", "hear")
    await setup_integration(hass, config_entry, polls=True)
    assert await async_setup_component(hass, "automation", {"automation": AUTOMATION})
    ticket = alice.create()
    for number in range(20):
        alice.comment(ticket, str(number))
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await hass.async_block_till_done(wait_background_tasks=True)
    heard = [call.data["id"] for call in calls]
    assert heard == [one.id for one in fake_rt.history(ticket)]
