"""Changing the options of an entry."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.ha_rt as integration
from custom_components.ha_rt import options_flow
from custom_components.ha_rt.const import (
    CONF_DEVICE_ID_FIELD,
    CONF_OPEN_STATUSES,
    CONF_WEB_URL,
)
from custom_components.ha_rt.model.settings import DEFAULTS
from custom_components.ha_rt.rt.session import login, pool
from tests import create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults
from tests.options import SECTIONS, filled, suggested


async def submit(
    hass: HomeAssistant, entry: MockConfigEntry, **values: Any
) -> dict[str, Any]:
    """Open the options, change them and return what follows."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "init"
    return await resubmit(hass, dict(result), **values)


async def resubmit(
    hass: HomeAssistant, form: dict[str, Any], **values: Any
) -> dict[str, Any]:
    """Change what an open form holds and return what follows."""
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], filled(form, **values)
    )
    await hass.async_block_till_done()
    return dict(result)


async def test_defaults(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A form that is only saved changes nothing."""
    await setup_integration(hass, config_entry)
    settings = config_entry.runtime_data.context.settings
    result = await submit(hass, config_entry)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options == {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in DEFAULTS.items()
    }
    again = config_entry.runtime_data.context.settings
    assert replace(again, open_statuses=()) == settings


async def test_every_option(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """What is chosen in the sections is stored flat, and shown again."""
    fake_rt.add_field("Severity", "Facility Management")
    fake_rt.add_field("Event", "Facility Management")
    chosen = {
        "attachment_mb": 5,
        "comment_policy": "throttle",
        "device_facts": False,
        "device_id_field": "DeviceId",
        "dry_run": True,
        "event_type_field": "Event",
        "keep_reports": True,
        "look_back_hours": 6,
        "minimum_severity": "warning",
        "open_statuses": ["new", "open"],
        "poll_seconds": 30,
        "priority_critical": 90,
        "priority_info": 10,
        "priority_warning": 40,
        "quiet_hours": 12,
        "quiet_statuses": ["rejected"],
        "reopen_hours": 6,
        "reopen_status": "open",
        "resolve_status": "rejected",
        "severity_field": "Severity",
        "sla_hours_critical": 1,
        "sla_hours_info": 48,
        "sla_hours_warning": 8,
        "throttle_minutes": 15,
        "twins": "merge",
        "use_sessions": False,
        "web_url": "https://desk.example.com",
    }
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry, **chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options == chosen
    settings = config_entry.runtime_data.context.settings
    assert settings.throttle == timedelta(minutes=15)
    assert settings.priorities == {"info": 10, "warning": 40, "critical": 90}
    form = await hass.config_entries.options.async_init(config_entry.entry_id)
    shown = suggested(form["data_schema"])
    flat = {k: v for k, v in shown.items() if k not in SECTIONS}
    assert flat | {k: v for s in SECTIONS for k, v in shown[s].items()} == chosen
    # What may be empty can be emptied.
    result = await resubmit(
        hass, dict(form), throttle_minutes=None, web_url=None, severity_field=None
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "throttle_minutes" not in config_entry.options
    assert "web_url" not in config_entry.options
    assert config_entry.options["severity_field"] == ""
    assert config_entry.runtime_data.context.settings.throttle == timedelta(minutes=30)


async def test_device_id_field(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Tickets are found by the field of the options, at once."""
    fake_rt.queues["Facility Management"].fields.append("Asset")
    fake_rt.fields["Asset"] = 9
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry, device_id_field=" Asset ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options[CONF_DEVICE_ID_FIELD] == "Asset"
    await create_ticket(hass, device_id="pump")
    assert fake_rt.tickets[1].custom_fields == {"Asset": "pump"}


async def test_field_that_does_not_apply(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A field that RT does not show is refused, and the options stay."""
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry, device_id_field="Nothing")
    assert result["errors"] == {CONF_DEVICE_ID_FIELD: "field_missing"}
    assert config_entry.options[CONF_DEVICE_ID_FIELD] == "DeviceId"
    result = await resubmit(hass, result, device_id_field="DeviceId")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_fields_that_keep_no_text(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A field in which RT rewrites a part of a key cannot hold it."""
    await setup_integration(hass, config_entry)
    fake_rt.types |= {"DeviceId": "Text", "EventType": "Date"}
    result = await submit(hass, config_entry, event_type_field="EventType")
    assert result["errors"] == {
        "device_id_field": "field_unfit",
        "event_type_field": "field_unfit",
    }
    fake_rt.types.clear()
    result = await resubmit(hass, result, event_type_field="EventType")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("name", ["event_type_field", "severity_field"])
async def test_other_field_that_does_not_apply(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, name: str
) -> None:
    """The other fields may be left empty; named, they have to apply."""
    fake_rt.add_field("Elsewhere")
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry, **{name: "Elsewhere"})
    assert result["errors"] == {name: f"{name}_missing"}
    placeholders = result["description_placeholders"]
    assert placeholders["queue"] == "Facility Management"
    assert placeholders[name] == "Elsewhere"
    result = await resubmit(hass, result, **{name: None})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options[name] == ""


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"event_type_field": "deviceid"}, "event_type_field"),
        ({"severity_field": "DeviceId"}, "severity_field"),
        ({"severity_field": "EventType"}, "severity_field"),
    ],
)
async def test_field_for_two_things(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    values: dict[str, str],
    name: str,
) -> None:
    """A field holds one thing: otherwise the severity would overwrite the key."""
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry, **values)
    assert result["errors"] == {name: "field_used_twice"}
    result = await resubmit(hass, result, **{name: None})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_all_fields_missing(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Each wrong field is named at once."""
    await setup_integration(hass, config_entry)
    result = await submit(
        hass,
        config_entry,
        device_id_field="A",
        event_type_field="B",
        severity_field="C",
    )
    assert result["errors"] == {
        "device_id_field": "field_missing",
        "event_type_field": "event_type_field_missing",
        "severity_field": "severity_field_missing",
    }


async def test_queue_gone(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Options of a queue that RT does not show any more are not kept unchecked."""
    await setup_integration(hass, config_entry)
    granted = fake_rt.rights
    fake_rt.rights = granted - {"SeeQueue"}
    result = await submit(hass, config_entry, severity_field="Severity")
    assert result["errors"] == {"base": "queue_not_found"}
    fake_rt.rights = granted
    result = await resubmit(hass, result, severity_field=None)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_queue_without_event_types(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """The usual field is suggested only where it applies, and found when it does."""
    fields = fake_rt.queues["Facility Management"].fields
    fields.remove("EventType")
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    fields.append("EventType")
    await hass.config_entries.async_reload(config_entry.entry_id)
    await create_ticket(hass, event_type="leak")
    assert fake_rt.tickets[1].custom_fields["EventType"] == "leak"


@pytest.mark.parametrize("name", ["resolve_status", "reopen_status"])
async def test_empty_status(
    hass: HomeAssistant, config_entry: MockConfigEntry, name: str
) -> None:
    """Nothing would be resolved by it."""
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry, **{name: " "})
    assert result["errors"] == {"base": "status_empty"}
    result = await resubmit(hass, result, **{name: "closed"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options[name] == "closed"


async def test_event_types_turned_off(
    hass: HomeAssistant, config_entry: MockConfigEntry
) -> None:
    """An emptied field stays so."""
    await setup_integration(hass, config_entry)
    result = await submit(hass, config_entry, event_type_field=None)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    for _ in range(2):
        with pytest.raises(ServiceValidationError) as error:
            await create_ticket(hass, event_type="leak")
        assert error.value.translation_key == "event_type_unused"
        await submit(hass, config_entry)


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ({"priority_info": 60}, 40),
        ({"priority_info": 101}, 0),
    ],
)
async def test_order_of_priorities(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    values: dict[str, int],
    right: int,
) -> None:
    """Something worse has no lower priority."""
    await setup_integration(hass, config_entry)
    fake_rt.requests.clear()
    result = await submit(hass, config_entry, **values)
    assert result["errors"] == {"base": "priorities_order"}
    assert fake_rt.requests == []
    result = await resubmit(hass, result, priority_info=right)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_options_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A wrong field can be put right while the entry cannot be set up."""
    config_entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        config_entry, options={"device_id_field": "Nothing"}
    )
    await hass.config_entries.async_setup(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    result = await submit(hass, config_entry, device_id_field="DeviceId")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    ("statuses", "status", "action"),
    [
        ([], "new", "commented"),
        ([], "stalled", "commented"),
        ([], "resolved", "created"),
        (["new", "open"], "open", "commented"),
        ([" ", ""], "stalled", "commented"),
        ([" new ", "open"], "new", "commented"),
        (["new", "open"], "stalled", "created"),
    ],
)
async def test_open_statuses(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    statuses: list[str],
    status: str,
    action: str,
) -> None:
    """The options say which tickets are open; by default the active ones are."""
    await setup_integration(hass, config_entry)
    await submit(hass, config_entry, device_id_field="DeviceId", open_statuses=statuses)
    kept = [status.strip() for status in statuses if status.strip()]
    assert config_entry.options[CONF_OPEN_STATUSES] == kept
    fake_rt.add_ticket("pump", status=status)
    assert (await create_ticket(hass, device_id="pump"))["action"] == action


async def test_open_statuses_without_the_first(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is said when new tickets would not be found again."""
    await setup_integration(hass, config_entry)
    await submit(hass, config_entry, device_id_field="DeviceId", open_statuses=["opne"])
    await create_ticket(hass, device_id="pump")
    assert "New tickets have the status new" in caplog.text
    # And no storm comes of it.
    assert (await create_ticket(hass, device_id="pump"))["action"] == "commented"


async def test_web_url(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Links lead where people reach RT."""
    await setup_integration(hass, config_entry)
    result = await submit(
        hass, config_entry, device_id_field="DeviceId", web_url="rt.example.com"
    )
    assert result["errors"] == {CONF_WEB_URL: "invalid_url"}
    await resubmit(
        hass,
        result,
        web_url="https://desk.example.com/rt/index.html",
    )
    response = await create_ticket(hass, device_id="pump")
    assert response["ticket_url"] == (
        "https://desk.example.com/rt/Ticket/Display.html?id=1"
    )
    assert config_entry.data[CONF_URL] == fake_rt.url


async def test_server_lost(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """New names of fields are checked with RT, and kept only if it answers."""
    await setup_integration(hass, config_entry)
    fake_rt.fail("*", "", faults.html(502), times=None)
    result = await submit(hass, config_entry, device_id_field="Asset")
    assert result["errors"] == {"base": "server_error"}
    assert config_entry.options[CONF_DEVICE_ID_FIELD] == "DeviceId"
    fake_rt.heal()
    fake_rt.add_field("Asset", "Facility Management")
    result = await resubmit(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options[CONF_DEVICE_ID_FIELD] == "Asset"


async def test_names_that_a_lost_server_has_confirmed(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """They are kept with the other options."""
    await setup_integration(hass, config_entry)
    await submit(hass, config_entry)
    fake_rt.fail("*", "", faults.html(502), times=None)
    result = await submit(hass, config_entry, keep_reports=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options["event_type_field"] == "EventType"


@pytest.mark.parametrize("is_loaded", [True, False])
@pytest.mark.parametrize("hangs", [False, True])
async def test_nothing_to_ask_a_lost_server(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    is_loaded: bool,
    hangs: bool,
) -> None:
    """Options that name no other field are kept; nobody waits for long."""
    fake_rt.queues["Facility Management"].fields.remove("EventType")
    release = asyncio.Event()
    if is_loaded:
        await setup_integration(hass, config_entry)
    fake_rt.fail("*", "", faults.html(502), times=None)
    if not is_loaded:
        await setup_integration(hass, config_entry)
        assert config_entry.state is ConfigEntryState.SETUP_RETRY
    if hangs:
        monkeypatch.setattr(integration, "SET_UP_SECONDS", 0.1)
        monkeypatch.setattr(options_flow, "_SECONDS", 0.1)
        for module in (login, pool):
            monkeypatch.setattr(module, "LOG_OUT_SECONDS", 0.1)
        fake_rt.heal()
        fake_rt.fail("*", "", faults.held(release), times=None)
    result = await submit(hass, config_entry, keep_reports=True, severity_field="Worse")
    assert result["errors"] == {"base": "timeout" if hangs else "server_error"}
    result = await resubmit(hass, result, severity_field=None)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options["keep_reports"]
    fake_rt.heal()
    release.set()
    monkeypatch.undo()
    await hass.config_entries.async_reload(config_entry.entry_id)
    # RT was not asked for the field that is used by default, and has none.
    result = await submit(hass, config_entry)
    assert result["type"] is FlowResultType.CREATE_ENTRY
