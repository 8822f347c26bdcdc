"""Diagnostics of an entry."""

from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests import create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults


async def read(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Download the diagnostics."""
    result = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(result, dict)
    return result


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They hold what a bug report needs, and not the token."""
    await setup_integration(hass, config_entry)
    assert await read(hass, hass_client, config_entry) == {
        "data": {
            "url": fake_rt.url,
            "token": "**REDACTED**",
            "verify_ssl": True,
            "queue": "Facility Management",
        },
        "options": {"device_id_field": "DeviceId"},
        "state": "loaded",
        "reason": None,
        "rt_version": "5.0.3+dfsg-3",
        "sessions": "on",
        "queue_id": 3,
        "device_id_field_id": 2,
        "event_type_field_id": 3,
        "remembered_tickets": 0,
        "held_back_reports": 0,
    }


async def test_counts(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They tell how much is remembered and held back, and not what."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    for _ in range(3):
        await create_ticket(hass, device_id="bedroom", text="private")
    await create_ticket(hass, device_id="kitchen")
    result = await read(hass, hass_client, config_entry)
    assert result["remembered_tickets"] == 2
    assert result["held_back_reports"] == 2
    assert "bedroom" not in str(result)
    assert "private" not in str(result)


async def test_server_down(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They can be had while RT is down, and say so."""
    await setup_integration(hass, config_entry)
    fake_rt.fail("*", "", faults.html(502), times=None)
    result = await read(hass, hass_client, config_entry)
    assert result["rt_version"] == "ServerError: 502 Bad Gateway"


async def test_entry_that_is_not_loaded(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They can be had when they are needed most."""
    fake_rt.fail("*", "", faults.html(502), times=None)
    await setup_integration(hass, config_entry)
    result = await read(hass, hass_client, config_entry)
    assert result["state"] == "setup_retry"
    assert "502" in result["reason"]
    assert "rt_version" not in result
