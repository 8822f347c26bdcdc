"""The sensors: how the queue stands."""

from datetime import timedelta

from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.ha_rt.const import DOMAIN
from tests import FACILITY, NOW, change_options, create_ticket
from tests.fake_rt import FakeRT, Person, faults
from tests.watch import Watcher

PREFIX = "sensor.facility_management_"


async def test_figures(
    hass: HomeAssistant, fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """Only what is open counts, and only in this queue."""
    owned, late, closed = alice.create(), alice.create(status="open"), alice.create()
    alice.take(owned)
    alice.set_due(late, NOW - timedelta(seconds=1))
    alice.set_due(closed, NOW - timedelta(days=1))
    alice.resolve(closed)
    alice.create(queue="General")
    await watcher.set_up()
    assert watcher.sensor("Open tickets") == "2"
    assert watcher.sensor("Unowned tickets") == "1"
    assert watcher.sensor("Overdue tickets") == "1"
    assert watcher.counts() == {"new": 1, "open": 1}
    alice.give(owned, "Nobody")
    alice.set_due(late, None)
    await watcher.poll()
    assert watcher.sensor("Unowned tickets") == "2"
    assert watcher.sensor("Overdue tickets") == "0"


async def test_no_ticket(watching: Watcher) -> None:
    """Nothing is something, too."""
    for name in ("Open tickets", "Unowned tickets", "Overdue tickets"):
        assert watching.sensor(name) == "0"


@pytest.mark.parametrize(
    ("key", "name", "unit"),
    [
        ("open", "Open tickets", "tickets"),
        ("unowned", "Unowned tickets", "tickets"),
        ("overdue", "Overdue tickets", "tickets"),
        ("status_new", "Tickets with status new", "tickets"),
        ("waiting", "Reports waiting", "reports"),
    ],
)
async def test_description(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    watching: Watcher,
    alice: Person,
    key: str,
    name: str,
    unit: str,
) -> None:
    """Each sensor has its name, and numbers that statistics are kept of."""
    alice.create()
    await watching.poll()
    unique_id = f"{watching.entry.entry_id}_{key}"
    entity_id = entity_registry.async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id == PREFIX + name.lower().replace(" ", "_")
    attributes = hass.states.get(entity_id).attributes
    assert attributes["friendly_name"] == f"{FACILITY} {name}"
    assert attributes["unit_of_measurement"] == unit
    assert attributes["state_class"] == "measurement"
    category = entity_registry.async_get(entity_id).entity_category
    assert category == (EntityCategory.DIAGNOSTIC if key == "waiting" else None)


async def test_language(hass: HomeAssistant, watcher: Watcher, alice: Person) -> None:
    """The names are in the user's language."""
    hass.config.language = "de"
    alice.create()
    await watcher.set_up()
    names = {state.name for state in hass.states.async_all("sensor")}
    assert f"{FACILITY} Offene Tickets" in names
    assert f"{FACILITY} Tickets mit Status new" in names


async def test_oldest(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    fake_rt: FakeRT,
    watching: Watcher,
    alice: Person,
) -> None:
    """The time of the oldest ticket is there for who wants it."""
    unique_id = f"{watching.entry.entry_id}_oldest"
    entity_id = entity_registry.async_get_entity_id("sensor", DOMAIN, unique_id)
    assert hass.states.get(entity_id) is None
    entity_registry.async_update_entity(entity_id, disabled_by=None)
    await watching.start()
    assert watching.sensor("Oldest open ticket") == "unknown"
    oldest = alice.create()
    fake_rt.clock = lambda: NOW + timedelta(hours=1)
    alice.create()
    await watching.poll()
    assert watching.sensor("Oldest open ticket") == "2026-11-21T09:30:00+00:00"
    assert hass.states.get(entity_id).attributes["device_class"] == "timestamp"
    alice.resolve(oldest)
    await watching.poll()
    assert watching.sensor("Oldest open ticket") == "2026-11-21T10:30:00+00:00"


# --- Overdue --------------------------------------------------------------


async def test_overdue_with_time(watching: Watcher, alice: Person) -> None:
    """A ticket becomes overdue though nothing happens in RT."""
    ticket = alice.create()
    alice.set_due(ticket, NOW + timedelta(minutes=5))
    await watching.poll()
    for overdue in "000011":
        assert watching.sensor("Overdue tickets") == overdue
        await watching.poll()


async def test_overdue_by_severity(
    fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """A ticket without a due date is due as its severity says."""
    bad, worse, dated = alice.create(), alice.create(), alice.create()
    alice.set_priority(bad, 50)
    for ticket in (worse, dated):
        alice.set_priority(ticket, 100)
    alice.set_due(dated, NOW + timedelta(days=1))
    await watcher.set_up(sla_hours_critical=1, sla_hours_warning=3)
    for overdue in "0112":
        assert watcher.sensor("Overdue tickets") == overdue
        await watcher.poll(hours=1, seconds=2)
    alice.set_priority(bad, 0)
    await watcher.poll()
    assert watcher.sensor("Overdue tickets") == "1"


# --- Statuses -------------------------------------------------------------


async def test_status_over_a_restart(watching: Watcher, alice: Person) -> None:
    """The sensor of a status stays when no ticket has it any more."""
    assert watching.counts() == {}
    ticket = alice.create()
    await watching.poll()
    alice.set_status(ticket, "stalled")
    await watching.poll()
    await watching.start()
    assert watching.counts() == {"new": 0, "stalled": 1}
    alice.resolve(ticket)
    await watching.start()
    assert watching.counts() == {"new": 0, "stalled": 0}


async def test_open_statuses(watcher: Watcher, alice: Person) -> None:
    """The statuses of the option have sensors from the start, and no others."""
    ticket = alice.create()
    await watcher.set_up(open_statuses=["New", "open"])
    assert watcher.counts() == {"new": 1, "open": 0}
    alice.set_status(ticket, "stalled")
    await watcher.poll()
    assert watcher.counts() == {"new": 0, "open": 0}
    assert watcher.sensor("Open tickets") == "0"


async def test_open_statuses_changed(
    hass: HomeAssistant, watching: Watcher, alice: Person
) -> None:
    """A status that the option leaves out is not counted any more."""
    alice.create(status="stalled")
    await watching.poll()
    assert watching.counts() == {"stalled": 1}
    await change_options(hass, watching.entry, open_statuses=["new"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert watching.counts() == {"new": 0}


# --- Reports waiting ------------------------------------------------------


async def test_waiting(hass: HomeAssistant, fake_rt: FakeRT, watcher: Watcher) -> None:
    """What is held back shows at once, also while RT is away."""
    await watcher.set_up(comment_policy="throttle", throttle_minutes=30)
    await create_ticket(hass, severity="warning")
    for number in (1, 2):
        await create_ticket(hass)
        assert watcher.sensor("Reports waiting") == str(number)
    fake_rt.fail("GET", "/transactions$", faults.html(502), times=None)
    await watcher.poll()
    assert watcher.sensor("Reports waiting") == "2"
    assert not watcher.sees_rt
    await create_ticket(hass)
    assert watcher.sensor("Reports waiting") == "3"
    fake_rt.heal()
    await watcher.start()
    assert watcher.sensor("Reports waiting") == "3"
    await watcher.poll(minutes=31)
    assert watcher.sensor("Reports waiting") == "0"
    assert len(fake_rt.tickets[1].comments) == 1


# --- The device -----------------------------------------------------------


async def test_device(
    device_registry: dr.DeviceRegistry, fake_rt: FakeRT, watcher: Watcher
) -> None:
    """The queue is a service, with a way to its open tickets."""
    await watcher.set_up(web_url="https://rt.example.test")
    [device] = dr.async_entries_for_config_entry(
        device_registry, watcher.entry.entry_id
    )
    assert device.name == FACILITY
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.sw_version == fake_rt.version
    assert device.identifiers == {(DOMAIN, watcher.entry.entry_id)}
    assert device.configuration_url == (
        "https://rt.example.test/Search/Results.html"
        "?Query=%28Queue+%3D+3+AND+%28Status+%3D+%22__Active__%22%29%29"
    )
    assert device.manufacturer
    assert device.model
