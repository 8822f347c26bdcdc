"""What a ticket tells about a device that Home Assistant knows."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.reports.device_facts import device_facts

LEAK = "binary_sensor.kitchen_leak"


@pytest.fixture(autouse=True)
async def _home(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let it be a morning in Berlin, in a home that is reached from afar."""
    await async_process_ha_core_config(
        hass,
        {
            "internal_url": "http://192.168.1.2:8123",
            "external_url": "https://home.example.com",
        },
    )
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-11-21T09:02:03.456+00:00")


@pytest.fixture
def device(hass: HomeAssistant) -> dr.DeviceEntry:
    """Return a device in the cellar."""
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    registry = dr.async_get(hass)
    device = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("test", "1")},
        name="Leak sensor",
        manufacturer="Aqara",
        model="SJCGQ11LM",
        sw_version="3.0.1",
    )
    cellar = ar.async_get(hass).async_create("Cellar")
    updated = registry.async_update_device(device.id, area_id=cellar.id)
    assert isinstance(updated, dr.DeviceEntry)
    return updated


@pytest.fixture
def entity(hass: HomeAssistant, device: dr.DeviceEntry) -> er.RegistryEntry:
    """Return an entity of the device."""
    return er.async_get(hass).async_get_or_create(
        "binary_sensor",
        "test",
        "1",
        suggested_object_id="kitchen_leak",
        device_id=device.id,
        has_entity_name=True,
        original_name="Moisture",
    )


def test_unknown(hass: HomeAssistant) -> None:
    """Any text may stand for a device, and most are none."""
    for text in ("pump 7", "sensor.nowhere", "0123456789abcdef0123456789abcdef", ""):
        assert device_facts(hass, text) == []


def test_entity(hass: HomeAssistant, entity: er.RegistryEntry) -> None:
    """All that is known, in this order."""
    hass.states.async_set(LEAK, "on", {"friendly_name": "Under the sink"})
    assert device_facts(hass, LEAK) == [
        ("Name", "Under the sink"),
        ("Area", "Cellar"),
        ("Model", "Aqara SJCGQ11LM"),
        ("Firmware", "3.0.1"),
        ("State", "on since 2026-11-21T10:02:03+01:00"),
        ("Link", f"https://home.example.com/history?entity_id={LEAK}"),
    ]
    assert device_facts(hass, entity.id) == device_facts(hass, LEAK)


def test_entity_without_state(hass: HomeAssistant, entity: er.RegistryEntry) -> None:
    """Of one that is disabled, or not yet there, the registry knows the name."""
    facts = dict(device_facts(hass, LEAK))
    assert facts["Name"] == "Leak sensor Moisture"
    assert facts["Area"] == "Cellar"
    assert "State" not in facts


def test_state_without_entity(hass: HomeAssistant) -> None:
    """A state that no registry knows has a name, too."""
    hass.states.async_set("sensor.old_pump", "12.5", {"unit_of_measurement": "bar"})
    assert device_facts(hass, "sensor.old_pump") == [
        ("Name", "old pump"),
        ("State", "12.5 bar since 2026-11-21T10:02:03+01:00"),
        ("Link", "https://home.example.com/history?entity_id=sensor.old_pump"),
    ]


def test_own_area(hass: HomeAssistant, entity: er.RegistryEntry) -> None:
    """An entity may be elsewhere than its device."""
    kitchen = ar.async_get(hass).async_create("Kitchen")
    er.async_get(hass).async_update_entity(LEAK, area_id=kitchen.id)
    assert dict(device_facts(hass, LEAK))["Area"] == "Kitchen"


def test_since_is_when_it_became_so(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Later reports of the same state do not make it younger."""
    hass.states.async_set(LEAK, "on")
    before = dict(device_facts(hass, LEAK))["State"]
    freezer.tick(3600)
    hass.states.async_set(LEAK, "on", {"battery": 7})
    assert dt_util.now().hour == 11
    assert dict(device_facts(hass, LEAK))["State"] == before


def test_device(hass: HomeAssistant, device: dr.DeviceEntry) -> None:
    """A device goes by the user's name for it."""
    assert device_facts(hass, device.id) == [
        ("Name", "Leak sensor"),
        ("Area", "Cellar"),
        ("Model", "Aqara SJCGQ11LM"),
        ("Firmware", "3.0.1"),
        ("Link", f"https://home.example.com/config/devices/device/{device.id}"),
    ]
    dr.async_get(hass).async_update_device(device.id, name_by_user="Guard of the sink")
    assert dict(device_facts(hass, device.id))["Name"] == "Guard of the sink"


@pytest.mark.skipif(
    not hasattr(dr, "ChildDeviceEntry"), reason="no devices in devices in this version"
)
def test_part_of_a_device(
    hass: HomeAssistant, device: dr.DeviceEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """A part has the model, the firmware and the area of the whole."""
    part = dr.async_get(hass).async_get_or_create_child(
        config_entry_id=device.config_entry_id,
        identifiers={("test", "1-2")},
        name="Second probe",
        parent_device_id=device.id,
    )
    assert device_facts(hass, part.id) == [
        ("Name", "Second probe"),
        ("Area", "Cellar"),
        ("Model", "Aqara SJCGQ11LM"),
        ("Firmware", "3.0.1"),
        ("Link", f"https://home.example.com/config/devices/device/{part.id}"),
    ]
    assert "does not exist on child" not in caplog.text


@pytest.mark.parametrize(
    ("hardware", "model"),
    [
        ({"manufacturer": "Aqara"}, "Aqara"),
        ({"model": "Leak sensor"}, "Leak sensor"),
        ({"model_id": "SJCGQ11LM"}, "SJCGQ11LM"),
        ({"model": "T1", "model_id": "T1"}, "T1"),
        (
            {"manufacturer": "Aqara", "model": "Leak sensor", "model_id": "SJCGQ11LM"},
            "Aqara Leak sensor (SJCGQ11LM)",
        ),
        ({}, None),
    ],
)
def test_models(
    hass: HomeAssistant,
    device: dr.DeviceEntry,
    hardware: dict[str, str],
    model: str | None,
) -> None:
    """Manufacturer, name and number of the model, as far as they are given."""
    none = dict.fromkeys(("manufacturer", "model", "model_id"))
    dr.async_get(hass).async_update_device(device.id, **none | hardware)
    assert dict(device_facts(hass, device.id)).get("Model") == model


def test_one_line_each(hass: HomeAssistant) -> None:
    """A name cannot look like another line of the ticket."""
    name = " Sink\r\nState: off\u2028\x1b[1m\t "
    hass.states.async_set(LEAK, "on", {"friendly_name": name})
    assert dict(device_facts(hass, LEAK))["Name"] == "Sink State: off [1m"


@pytest.mark.parametrize(
    ("urls", "base"),
    [
        ({"external_url": None}, "http://192.168.1.2:8123"),
        ({"internal_url": None}, "https://home.example.com"),
        ({"external_url": "https://203.0.113.7:8123"}, "https://203.0.113.7:8123"),
        ({"external_url": None, "internal_url": None}, None),
    ],
)
async def test_addresses(
    hass: HomeAssistant, urls: dict[str, str | None], base: str | None
) -> None:
    """The link leads to the address that people use, if there is one."""
    hass.config.api = None
    await hass.config.async_update(**urls)
    hass.states.async_set(LEAK, "on")
    link = f"{base}/history?entity_id={LEAK}" if base else None
    assert dict(device_facts(hass, LEAK)).get("Link") == link
