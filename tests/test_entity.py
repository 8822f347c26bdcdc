"""What all entities have in common, as Home Assistant's registries show it."""

from collections.abc import Callable
import importlib
import logging

from homeassistant.const import ATTR_FRIENDLY_NAME, STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt import PLATFORMS
from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from custom_components.ha_rt.watch.events import Happening
from tests import DEVICE, FACILITY, Wait, setup_integration
from tests.fake_rt import FakeRT, Person, faults
from tests.repository import ENGLISH, ICONS, chapter, read_json, table

# What is known without RT, by translation key.
ALWAYS_KNOWN = {"events", "waiting"}

type Entities = Callable[[], dict[str, er.RegistryEntry]]


@pytest.fixture
def entities(
    entity_registry: er.EntityRegistry, config_entry: MockConfigEntry
) -> Entities:
    """Return a function that returns the entry's entities by translation key."""
    return lambda: {
        str(one.translation_key): one
        for one in er.async_entries_for_config_entry(
            entity_registry, config_entry.entry_id
        )
    }


@pytest.fixture
async def watched(
    hass: HomeAssistant, config_entry: MockConfigEntry, alice: Person, noon: None
) -> MockConfigEntry:
    """Return the entry, which follows a queue with one new ticket."""
    alice.create(device_id=DEVICE)
    await setup_integration(hass, config_entry, polls=True)
    return config_entry


# --- who they are ------------------------------------------------------------


async def test_entity_unique_id(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    watched: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    entities: Entities,
) -> None:
    """All are registered, and stay the same; those of another queue are others."""
    before = entities()
    assert set(hass.states.async_entity_ids(PLATFORMS)) == {
        one.entity_id for one in before.values() if not one.disabled
    }
    assert await hass.config_entries.async_reload(watched.entry_id)
    assert {one.id for one in entities().values()} == {
        one.id for one in before.values()
    }
    assert all(
        one.unique_id.startswith(f"{watched.entry_id}_") for one in before.values()
    )

    fake_rt.add_queue("Pumps")
    other = MockConfigEntry(domain=DOMAIN, data={**watched.data, CONF_QUEUE: "Pumps"})
    await setup_integration(hass, other)
    assert {
        one.translation_key
        for one in er.async_entries_for_config_entry(entity_registry, other.entry_id)
    } == before.keys() - {"status"}


async def test_has_entity_name(watched: MockConfigEntry, entities: Entities) -> None:
    """Names follow on the device's; the list is the main thing and has only that."""
    assert all(one.has_entity_name for one in entities().values())
    assert [key for key, one in entities().items() if not one.original_name] == [
        "tickets"
    ]


async def test_devices(
    fake_rt: FakeRT,
    watched: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    entities: Entities,
) -> None:
    """All belong to one service device, which stands for the queue."""
    (device,) = dr.async_entries_for_config_entry(device_registry, watched.entry_id)

    assert {one.device_id for one in entities().values()} == {device.id}
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.identifiers == {(DOMAIN, watched.entry_id)}
    assert device.name == FACILITY
    assert device.manufacturer == "Best Practical Solutions"
    assert device.model == "Request Tracker"
    assert device.sw_version == "5.0.3+dfsg-3"
    assert str(device.configuration_url).startswith(fake_rt.url)


async def test_devices_stay(
    watched: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    alice: Person,
    wait: Wait,
) -> None:
    """There is nothing to add or remove: what tickets are about is no device here."""
    before = dr.async_entries_for_config_entry(device_registry, watched.entry_id)
    tickets = [alice.create(device_id=f"sensor.{number}") for number in range(3)]
    await wait(minutes=1)
    for ticket in tickets:
        alice.resolve(ticket)
    await wait(minutes=1)

    now = dr.async_entries_for_config_entry(device_registry, watched.entry_id)
    assert now == before


# --- what they look like -----------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
async def test_entity_translations(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    alice: Person,
    entities: Entities,
    language: str,
) -> None:
    """Names are those of the translations, and none is left over.

    Home Assistant takes units from the English ones, for they are kept in statistics.
    """
    hass.config.language = language
    alice.create()
    await setup_integration(hass, config_entry)
    names = {
        key: text["name"].format(status="new")
        for key, text in _entity_texts(language).items()
    }
    units = {
        key: text["unit_of_measurement"]
        for key, text in _entity_texts("en").items()
        if "unit_of_measurement" in text
    }

    assert names == {
        key: one.original_name for key, one in entities().items() if one.original_name
    }
    assert units == {
        key: one.unit_of_measurement
        for key, one in entities().items()
        if one.unit_of_measurement
    }


def _entity_texts(language: str) -> dict[str, dict[str, str]]:
    """Return the texts of the entities by translation key."""
    path = f"custom_components/ha_rt/translations/{language}.json"
    domains = read_json(path)["entity"].values()
    return {key: text for domain in domains for key, text in domain.items()}


async def test_events_are_translated(
    hass: HomeAssistant, watched: MockConfigEntry, alice: Person, wait: Wait
) -> None:
    """Each kind of event and each of its attributes has a name, and no other."""
    alice.create()
    await wait(minutes=1)
    (state,) = hass.states.async_all("event")
    texts = ENGLISH["entity"]["event"]["events"]["state_attributes"]

    assert state.attributes["ticket_id"] == 2
    assert set(texts["event_type"]["state"]) == set(state.attributes["event_types"])
    assert set(texts) == set(state.attributes) - {"event_types", ATTR_FRIENDLY_NAME}


async def test_icon_translations(watched: MockConfigEntry, entities: Entities) -> None:
    """Each has its icon in icons.json, which has no other."""
    icons = {(domain, key) for domain, one in ICONS["entity"].items() for key in one}

    assert {(one.domain, key) for key, one in entities().items()} == icons
    assert not any(one.original_icon for one in entities().values())
    assert all(
        icon["default"].startswith("mdi:")
        for domain in ICONS["entity"].values()
        for icon in domain.values()
    )


async def test_entity_category(watched: MockConfigEntry, entities: Entities) -> None:
    """What tells of the integration and not of the queue stands apart."""
    assert {
        key: one.entity_category
        for key, one in entities().items()
        if one.entity_category
    } == {"waiting": EntityCategory.DIAGNOSTIC}


async def test_entity_disabled_by_default(
    watched: MockConfigEntry, entities: Entities
) -> None:
    """What few need is not there from the start."""
    assert {
        key: one.disabled_by for key, one in entities().items() if one.disabled_by
    } == {"oldest": er.RegistryEntryDisabler.INTEGRATION}


async def test_entity_device_class(
    hass: HomeAssistant,
    watched: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    entities: Entities,
) -> None:
    """Numbers are kept as statistics, and times are shown as such."""
    oldest = entities()["oldest"].entity_id
    entity_registry.async_update_entity(oldest, disabled_by=None)
    assert await hass.config_entries.async_reload(watched.entry_id)
    await hass.async_block_till_done()
    sensors = {state.entity_id: state for state in hass.states.async_all("sensor")}
    time = sensors.pop(oldest)

    assert dt_util.parse_datetime(time.state)
    assert time.attributes["device_class"] == "timestamp"
    assert len(sensors) == 5
    for state in sensors.values():
        assert int(state.state) >= 0
        assert state.attributes["state_class"] == "measurement"
        assert "device_class" not in state.attributes


# --- when RT fails -----------------------------------------------------------


async def test_entity_unavailable(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    watched: MockConfigEntry,
    entities: Entities,
    wait: Wait,
) -> None:
    """What only RT knows is unavailable while it fails, and comes back."""

    def unavailable() -> set[str]:
        return {
            key
            for key, one in entities().items()
            if (state := hass.states.get(one.entity_id))
            and state.state == STATE_UNAVAILABLE
        }

    assert unavailable() == set()
    fake_rt.fail("*", "", faults.html(502), times=None)
    await wait(minutes=1)
    assert unavailable() == entities().keys() - ALWAYS_KNOWN - {"oldest"}
    fake_rt.heal()
    await wait(minutes=2)
    assert unavailable() == set()


async def test_log_when_unavailable(
    fake_rt: FakeRT,
    watched: MockConfigEntry,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log says once that RT fails, and once that it does not any more."""

    def logged() -> list[str]:
        return [
            record.levelname
            for record in caplog.records
            if record.name.startswith("custom_components.ha_rt")
            and record.levelno >= logging.INFO
        ]

    caplog.set_level(logging.INFO)
    caplog.clear()
    fake_rt.fail("*", "", faults.html(502), times=None)
    for _ in range(5):
        await wait(minutes=1)
    assert logged() == ["ERROR"]
    fake_rt.heal()
    for _ in range(5):
        await wait(minutes=1)
    assert logged() == ["ERROR", "INFO"]


async def test_parallel_updates() -> None:
    """Each platform says how many of its entities may work at a time."""
    for platform in PLATFORMS:
        module = importlib.import_module(f"custom_components.ha_rt.{platform}")
        assert isinstance(module.PARALLEL_UPDATES, int)


# --- what the README says of them --------------------------------------------


async def test_docs_supported_functions(
    watched: MockConfigEntry, entities: Entities
) -> None:
    """The README lists each entity by its id, each event and each of its attributes."""
    listed = table(chapter("RT seen from Home Assistant").partition("### ")[0])
    events = chapter("Events")

    assert {row[0].split("`")[1] for row in listed} == {
        one.entity_id for one in entities().values()
    }
    assert {row[0].strip("`") for row in table(events)} == set(Happening)
    texts = ENGLISH["entity"]["event"]["events"]["state_attributes"]
    assert all(f"`{attribute}`" in events for attribute in texts)
