"""Changing the options of an entry."""

from typing import Any

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import (
    CONF_DEVICE_ID_FIELD,
    CONF_OPEN_STATUSES,
    CONF_WEB_URL,
)
from tests import create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults


async def submit(
    hass: HomeAssistant, entry: MockConfigEntry, **values: Any
) -> dict[str, Any]:
    """Open the options, change them and return what follows."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "init"
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], values
    )
    await hass.async_block_till_done()
    return dict(result)


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
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {CONF_DEVICE_ID_FIELD: "DeviceId"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY


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
    await submit(
        hass,
        config_entry,
        device_id_field="DeviceId",
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
    """Options are checked with RT, and kept only if it answers."""
    await setup_integration(hass, config_entry)
    fake_rt.fail("*", "", faults.html(502), times=None)
    result = await submit(hass, config_entry, device_id_field="Asset")
    assert result["errors"] == {"base": "server_error"}
    assert config_entry.options[CONF_DEVICE_ID_FIELD] == "DeviceId"
