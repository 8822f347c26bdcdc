"""The blueprints, with actions that only record what they are asked for."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.components.blueprint import Blueprint
from homeassistant.core import (
    CoreState,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers.selector import selector
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.ha_rt.const import DOMAIN

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "blueprints" / "automation" / DOMAIN).iterdir())
SITE = "https://github.com/ha-rt/ha_rt/blob/main/"
TICKET = {"ticket_id": 7, "ticket_url": "http://rt/7", "action": "created"}
NOW = {"seconds": 0}

LEAK = "binary_sensor.leak"
SMOKE = "binary_sensor.smoke"

type Wait = Callable[[float], Any]


@pytest.fixture
async def created(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of create_ticket."""
    return async_mock_service(
        hass,
        DOMAIN,
        "create_ticket",
        response=TICKET,
        supports_response=SupportsResponse.OPTIONAL,
    )


@pytest.fixture
async def resolved(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of resolve_ticket."""
    return async_mock_service(hass, DOMAIN, "resolve_ticket")


@pytest.fixture
def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Wait:
    """Return how to let minutes pass."""

    async def pass_by(minutes: float) -> None:
        await asyncio.sleep(0)  # triggers notice a state one turn later
        freezer.tick(timedelta(minutes=minutes, seconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()

    return pass_by


@pytest.fixture(autouse=True)
def _folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Put the blueprints where Home Assistant looks for them."""
    hass.config.config_dir = str(tmp_path)
    folder = tmp_path / "blueprints" / "automation"
    folder.mkdir(parents=True)
    (folder / DOMAIN).symlink_to(FILES[0].parent)


async def automate(hass: HomeAssistant, blueprint: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    use = {"path": f"{DOMAIN}/{blueprint}.yaml", "input": inputs}
    config = {AUTOMATION: {"alias": "Report", "use_blueprint": use}}
    assert await async_setup_component(hass, AUTOMATION, config)
    await hass.async_block_till_done()
    assert hass.states.get("automation.report").state == "on"


async def start(hass: HomeAssistant) -> None:
    """Start Home Assistant, until the automation waits for the entities."""
    await hass.async_start()
    assert hass.states.get("automation.report").attributes["current"] == 1


def leak(hass: HomeAssistant, state: str, entity_id: str = LEAK) -> None:
    """Let a sensor report."""
    kind = "moisture" if entity_id == LEAK else "smoke"
    name = {"friendly_name": entity_id.title()[14:], "device_class": kind}
    hass.states.async_set(entity_id, state, name)


def data(calls: list[ServiceCall]) -> list[dict[str, Any]]:
    """Return what the actions were asked for, and forget it."""
    found = [call.data for call in calls]
    calls.clear()
    return found


# --- the files ---------------------------------------------------------------


def load(path: Path) -> Blueprint:
    """Return a blueprint as Home Assistant reads it."""
    return Blueprint(
        load_yaml_dict(str(path)),
        path=path.name,
        expected_domain=AUTOMATION,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file(hass: HomeAssistant, path: Path) -> None:
    """Home Assistant takes the file, from where its address says it is."""
    blueprint = load(path)
    assert blueprint.validate() is None
    metadata = blueprint.metadata
    assert metadata["source_url"] == SITE + str(path.relative_to(ROOT))
    assert metadata["homeassistant"]["min_version"] == "2026.3.0"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_inputs(hass: HomeAssistant, path: Path) -> None:
    """Every input is used and named, and its default is one that can be chosen."""
    blueprint = load(path)
    text = path.read_text(encoding="utf-8")
    for name, field in blueprint.inputs.items():
        assert field["name"]
        assert f"!input {name}\n" in text
        if "default" in field:
            assert selector(field["selector"])(field["default"]) == field["default"]
    needed = {n for n, field in blueprint.inputs.items() if "default" not in field}
    assert needed <= {"sensors", "entities"}


# --- problem_sensor ----------------------------------------------------------


async def test_problem(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """A problem makes a ticket; that it is gone resolves it, if that is wanted."""
    leak(hass, "off")
    await automate(hass, "problem_sensor", sensors=[LEAK], resolve=True)
    leak(hass, "on")
    await wait(0)
    assert data(created) == [
        {
            "device_id": LEAK,
            "subject": "Leak: water detected",
            "text": "Leak reports: water detected.",
            "severity": "warning",
        }
    ]
    leak(hass, "off")
    await wait(0.5)
    assert not resolved
    await wait(0.5)
    assert data(resolved) == [
        {"device_id": LEAK, "text": "Leak reports no problem any more."}
    ]
    assert not created


async def test_problem_is_left_to_people(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """Dry again does not mean repaired: unless wanted, the ticket stays open."""
    leak(hass, "off")
    await automate(hass, "problem_sensor", sensors=[LEAK])
    leak(hass, "on")
    await wait(0)
    leak(hass, "off")
    await wait(60)
    assert len(created) == 1
    assert not resolved


async def test_every_input_of_problem(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """What is filled in arrives, in the form that the actions want."""
    notified = async_mock_service(hass, "test", "notify")
    leak(hass, "off")
    await automate(
        hass,
        "problem_sensor",
        sensors=[LEAK],
        delay={"minutes": 5},
        severity="critical",
        cameras=["camera.cellar", "image.map"],
        subject="{{ sensor }} 'x' \"y\" ü",
        text="{{ name }}\n{{ problem }}",
        resolve=True,
        recovery_delay={"minutes": 3},
        recovery_text="[1]",
        min_occurrences=3,
        within={"hours": 1, "minutes": 0, "seconds": 0},
        queue="0123",
        event_type="leak",
        actions=[
            {
                "action": "test.notify",
                "data": {"message": "{{ name }} {{ problem }} {{ ticket.ticket_url }}"},
            }
        ],
    )
    key = {"device_id": LEAK, "event_type": "leak", "config_entry_id": "0123"}
    leak(hass, "on")
    await wait(4)
    assert not created
    await wait(1)
    assert data(created) == [
        key
        | {
            "subject": f"{LEAK} 'x' \"y\" ü",
            "text": "Leak\nwater detected",
            "severity": "critical",
            "attachments": ["camera.cellar", "image.map"],
            "min_occurrences": 3,
            "within": {"hours": 1, "minutes": 0, "seconds": 0},
        }
    ]
    assert data(notified) == [{"message": "Leak water detected http://rt/7"}]
    leak(hass, "off")
    await wait(3)
    assert data(resolved) == [key | {"text": "[1]"}]


async def test_held_back_report_notifies_nobody(
    hass: HomeAssistant, wait: Wait
) -> None:
    """Nothing happened in RT, and there may be no ticket to speak of."""
    async_mock_service(
        hass,
        DOMAIN,
        "create_ticket",
        response={"action": "skipped"},
        supports_response=SupportsResponse.OPTIONAL,
    )
    notified = async_mock_service(hass, "test", "notify")
    leak(hass, "off")
    await automate(
        hass, "problem_sensor", sensors=[LEAK], actions=[{"action": "test.notify"}]
    )
    leak(hass, "on")
    await wait(0)
    assert not notified


async def test_several_sensors(hass: HomeAssistant) -> None:
    """Each has its own ticket, also when all report while RT is slow."""
    sensors = {f"binary_sensor.no_{number}" for number in range(100)}
    reported: set[str] = set()
    all_reported = asyncio.Event()

    async def create(call: ServiceCall) -> ServiceResponse:
        reported.add(call.data["device_id"])
        if reported == sensors:
            all_reported.set()
        await all_reported.wait()
        return TICKET

    hass.services.async_register(
        DOMAIN, "create_ticket", create, supports_response=SupportsResponse.OPTIONAL
    )
    for sensor in sensors:
        hass.states.async_set(sensor, "off")
    await automate(hass, "problem_sensor", sensors=sorted(sensors))
    for sensor in sensors:
        hass.states.async_set(sensor, "on")
    try:
        async with asyncio.timeout(10):
            await all_reported.wait()
    finally:
        all_reported.set()
    await hass.async_block_till_done()


async def test_a_notification_that_waits(hass: HomeAssistant) -> None:
    """Asking a person about one sensor does not hold the others up."""
    reported: asyncio.Queue[str] = asyncio.Queue()

    async def create(call: ServiceCall) -> ServiceResponse:
        await reported.put(call.data["device_id"])
        return TICKET

    hass.services.async_register(
        DOMAIN, "create_ticket", create, supports_response=SupportsResponse.OPTIONAL
    )
    leak(hass, "off")
    leak(hass, "off", SMOKE)
    ask = [{"wait_for_trigger": [{"trigger": "event", "event_type": "answer"}]}]
    await automate(hass, "problem_sensor", sensors=[LEAK, SMOKE], actions=ask)
    for sensor in (LEAK, SMOKE):
        leak(hass, "on", sensor)
        async with asyncio.timeout(10):
            assert await reported.get() == sensor
    await hass.services.async_call(
        AUTOMATION, "turn_off", {"entity_id": "automation.report"}, blocking=True
    )


@pytest.mark.parametrize("before", ["unavailable", "unknown", None])
async def test_problem_after_an_outage(
    hass: HomeAssistant, created: list[ServiceCall], wait: Wait, before: str | None
) -> None:
    """A problem is not missed because the sensor was away when it began."""
    if before:
        leak(hass, before)
    await automate(hass, "problem_sensor", sensors=[LEAK])
    leak(hass, "on")
    await wait(0.5)
    assert not created
    await wait(0.5)
    assert len(created) == 1


async def test_flicker_after_an_outage(
    hass: HomeAssistant, created: list[ServiceCall], wait: Wait
) -> None:
    """What a sensor says in its first moments is not believed."""
    leak(hass, "unavailable")
    await automate(hass, "problem_sensor", sensors=[LEAK])
    leak(hass, "on")
    await wait(0.5)
    leak(hass, "off")
    await wait(5)
    assert not created


async def test_problem_at_the_start(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """What changed while Home Assistant was down is found out after its start."""
    hass.set_state(CoreState.not_running)
    leak(hass, "on")
    leak(hass, "off", SMOKE)
    leak(hass, "unavailable", "binary_sensor.other")
    sensors = [LEAK, SMOKE, "binary_sensor.other", "binary_sensor.removed"]
    await automate(hass, "problem_sensor", sensors=sensors, resolve=True)
    await start(hass)
    assert not created
    await wait(1)
    assert [call["device_id"] for call in data(created)] == [LEAK]
    assert [call["device_id"] for call in data(resolved)] == [SMOKE]


# --- device_unavailable ------------------------------------------------------


@pytest.mark.parametrize("state", ["unavailable", "unknown"])
async def test_unavailable(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
    state: str,
) -> None:
    """An outage makes a ticket; that the device is back resolves it."""
    pump = "sensor.pump"
    hass.states.async_set(pump, "20.1", {"friendly_name": "Pump"})
    await automate(hass, "device_unavailable", entities=[pump])
    hass.states.async_set(pump, state, {"friendly_name": "Pump"})
    await wait(9)
    assert not created
    await wait(1)
    assert data(created) == [
        {
            "device_id": pump,
            "subject": f"Pump: {state}",
            "text": f"Pump does not answer any more; its state is {state}.",
            "severity": "warning",
        }
    ]
    for temperature in range(5):  # it goes on reporting meanwhile
        assert not resolved
        hass.states.async_set(pump, str(temperature), {"friendly_name": "Pump"})
        await wait(1)
    assert data(resolved) == [{"device_id": pump, "text": "Pump answers again."}]
    assert not created


async def test_short_outage(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """A device that was away for a moment makes no ticket."""
    hass.states.async_set(LEAK, "off")
    await automate(hass, "device_unavailable", entities=[LEAK])
    hass.states.async_set(LEAK, "unavailable")
    await wait(5)
    hass.states.async_set(LEAK, "off")
    await wait(60)
    assert not created


async def test_device_that_comes_and_goes(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """The ticket stays open until the device stays."""
    hass.states.async_set(LEAK, "off")
    await automate(hass, "device_unavailable", entities=[LEAK])
    for _ in range(3):
        hass.states.async_set(LEAK, "unavailable")
        await wait(2)
        hass.states.async_set(LEAK, "unknown")
        await wait(2)
        hass.states.async_set(LEAK, "off")
        await wait(4)
    assert not created
    assert not resolved
    await wait(1)
    assert len(resolved) == 1


async def test_unavailable_since_the_start(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """A device that did not come back with Home Assistant is reported."""
    hass.set_state(CoreState.not_running)
    hass.states.async_set(LEAK, "unavailable")
    hass.states.async_set(SMOKE, "off")
    entities = [LEAK, SMOKE, "sensor.removed"]
    await automate(hass, "device_unavailable", entities=entities)
    await start(hass)
    await wait(10)
    assert [call["device_id"] for call in data(created)] == [LEAK]
    assert [call["device_id"] for call in data(resolved)] == [SMOKE]


async def test_every_input_of_unavailable(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """What is filled in arrives."""
    notified = async_mock_service(hass, "test", "notify")
    hass.states.async_set(LEAK, "off")
    await automate(
        hass,
        "device_unavailable",
        entities=[LEAK],
        delay=NOW,
        severity="info",
        subject="{{ entity }}",
        text="gone",
        resolve=False,
        queue="0123",
        event_type="outage",
        actions=[{"action": "test.notify", "data": {"id": "{{ ticket.ticket_id }}"}}],
    )
    hass.states.async_set(LEAK, "unavailable")
    await wait(0)
    assert data(created) == [
        {
            "device_id": LEAK,
            "event_type": "outage",
            "subject": LEAK,
            "text": "gone",
            "severity": "info",
            "config_entry_id": "0123",
        }
    ]
    assert data(notified) == [{"id": 7}]
    hass.states.async_set(LEAK, "off")
    await wait(60)
    assert not resolved


# --- low_battery -------------------------------------------------------------

LEVEL = "sensor.leak_battery"
WARNING = "binary_sensor.smoke_battery"


async def test_battery_level(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A low level makes a ticket; only a clear rise resolves it."""

    def level(value: str) -> None:
        hass.states.async_set(LEVEL, value, {"friendly_name": "Leak"})

    level("16")
    await automate(
        hass, "low_battery", levels=[LEVEL], warnings=[], threshold=15, hysteresis=20
    )
    level("15")
    await wait(10)
    level("14")
    await wait(5)
    level("16")
    await wait(10)
    assert not created
    level("14")
    await wait(5)
    level("13")
    await wait(5)
    assert data(created) == [
        {
            "device_id": LEVEL,
            "subject": "Leak: battery low",
            "text": "Leak: the battery is low (13 %).",
            "severity": "info",
        }
    ]
    for value in ("12", "20", "unavailable", "35", "36"):
        assert not resolved
        level(value)
        await wait(9)
    await wait(1)
    assert data(resolved) == [
        {
            "device_id": LEVEL,
            "text": "Leak: the battery is not low any more (36 %).",
        }
    ]
    assert not created
    assert "Error" not in caplog.text


async def test_battery_changed(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """While its battery is changed, a device is away."""
    hass.states.async_set(LEVEL, "3")
    await automate(hass, "low_battery", levels=[LEVEL])
    for value in ("unavailable", "unknown", "100"):
        hass.states.async_set(LEVEL, value)
        await wait(10)
    assert not created
    assert [call["device_id"] for call in data(resolved)] == [LEVEL]


async def test_battery_warning(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """A sensor that only warns does as well."""
    hass.states.async_set(WARNING, "off", {"friendly_name": "Smoke"})
    await automate(hass, "low_battery", warnings=[WARNING], event_type="battery")
    hass.states.async_set(WARNING, "on", {"friendly_name": "Smoke"})
    await wait(9)
    assert not created
    await wait(1)
    assert data(created) == [
        {
            "device_id": WARNING,
            "event_type": "battery",
            "subject": "Smoke: battery low",
            "text": "Smoke: the battery is low (low).",
            "severity": "info",
        }
    ]
    hass.states.async_set(WARNING, "off", {"friendly_name": "Smoke"})
    await wait(10)
    assert data(resolved) == [
        {
            "device_id": WARNING,
            "event_type": "battery",
            "text": "Smoke: the battery is not low any more (normal).",
        }
    ]


async def test_batteries_at_the_start(
    hass: HomeAssistant,
    created: list[ServiceCall],
    resolved: list[ServiceCall],
    wait: Wait,
) -> None:
    """What changed while Home Assistant was down is found out after its start."""
    hass.set_state(CoreState.not_running)
    levels = {"low": "3", "between": "20", "good": "99", "away": "unavailable"}
    for name, value in levels.items():
        hass.states.async_set(f"sensor.{name}", value)
    hass.states.async_set(WARNING, "on")
    hass.states.async_set("binary_sensor.fine", "off")
    await automate(
        hass,
        "low_battery",
        levels=[*(f"sensor.{name}" for name in levels), "sensor.removed"],
        warnings=[WARNING, "binary_sensor.fine"],
    )
    await start(hass)
    await wait(10)
    calls = [call["device_id"] for call in data(created)]
    assert calls == [WARNING, "sensor.low"]
    calls = [call["device_id"] for call in data(resolved)]
    assert calls == ["binary_sensor.fine", "sensor.good"]
