"""An entry's life: set-up, retry, unload, reload, removal."""

from datetime import timedelta
import gc
import logging

import aiohttp
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_TOKEN, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ha_rt.const import DOMAIN
from tests import Wait, create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults


def open_sessions() -> list[aiohttp.ClientSession]:
    """Return the integration's sessions that are not closed."""
    gc.collect()
    return [
        one
        for one in gc.get_objects()
        if isinstance(one, aiohttp.ClientSession)
        and not one.closed
        and isinstance(one.cookie_jar, aiohttp.DummyCookieJar)
        and "HomeAssistant" in one.headers.get("User-Agent", "")
    ]


async def test_load_and_unload(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Setting up a small queue costs seven requests; nothing stays open afterwards."""
    await setup_integration(hass, config_entry)
    assert config_entry.state is ConfigEntryState.LOADED
    assert len(fake_rt.requests) == 7
    assert len(open_sessions()) == 1
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.NOT_LOADED
    assert open_sessions() == []


async def test_reload(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A reloaded entry works, with one session."""
    await setup_integration(hass, config_entry)
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    await hass.async_block_till_done()
    assert len(open_sessions()) == 1
    assert (await create_ticket(hass))["action"] == "created"


async def test_shutdown_closes_the_session(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Home Assistant unloads no entry when it stops."""
    await setup_integration(hass, config_entry)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert open_sessions() == []


@pytest.mark.parametrize(
    "fault",
    [faults.reset_before, faults.html(502), faults.html(), faults.message(429, "Wait")],
)
async def test_retry(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    fault: faults.Fault,
) -> None:
    """Set-up is tried again until RT answers, and leaves nothing open meanwhile."""
    fake_rt.fail("*", "", fault, times=None)
    await setup_integration(hass, config_entry)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert open_sessions() == []
    fake_rt.heal()
    freezer.tick(timedelta(minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert config_entry.state is ConfigEntryState.LOADED


async def test_refused_token(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A refused token asks for a new one."""
    fake_rt.token = "1-14-fedcba9876543210"
    await setup_integration(hass, config_entry)
    assert config_entry.state is ConfigEntryState.SETUP_ERROR
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_busy_database(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A single 401 is not a refused token."""
    fake_rt.fail("*", "", faults.unauthorized)
    await setup_integration(hass, config_entry)
    assert config_entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"SeeQueue"}, 'RT has no queue "Facility Management"'),
        ({"CreateTicket"}, "CreateTicket"),
        ({"SeeCustomField"}, 'custom field "DeviceId" does not apply'),
    ],
)
async def test_queue_or_right_gone(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    missing: set[str],
    reason: str,
    wait: Wait,
) -> None:
    """What only a person can put right is said, and seen when it is put right in RT."""
    fake_rt.rights -= missing
    await setup_integration(hass, config_entry)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert reason in str(config_entry.reason)
    fake_rt.rights |= missing
    await wait(minutes=1)
    assert config_entry.state is ConfigEntryState.LOADED


async def test_removal_leaves_nothing(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    hass_storage: dict[str, object],
) -> None:
    """File and repair issue of an entry go with it."""
    await setup_integration(hass, config_entry)
    fake_rt.rights -= {"ModifyCustomField"}
    await create_ticket(hass)
    file = f"{DOMAIN}.{config_entry.entry_id}"
    assert file in hass_storage
    assert len(issue_registry.issues) == 1
    await hass.config_entries.async_remove(config_entry.entry_id)
    await hass.async_block_till_done()
    assert file not in hass_storage
    assert len(issue_registry.issues) == 0


async def test_certificate(
    hass: HomeAssistant, self_signed_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A certificate of the server's own making works if the entry says so."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        data={**config_entry.data, "url": self_signed_rt.url, "verify_ssl": False},
    )
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    entry = MockConfigEntry(
        domain=DOMAIN, data={**config_entry.data, "url": self_signed_rt.url}
    )
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def test_token_stays_secret(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No log holds the token, whatever goes wrong; http:// is warned of."""
    caplog.set_level(logging.DEBUG)
    token = config_entry.data[CONF_TOKEN]
    await setup_integration(hass, config_entry)
    assert "unencrypted" in caplog.text
    await create_ticket(hass)
    for number, fault in enumerate(
        (
            faults.message(500, f"Authorization: token {token}"),
            faults.redirect(f"https://elsewhere.example/{token}?token={token}"),
            faults.not_http(),
            faults.reset_before,
            faults.cut_body,
        )
    ):
        fake_rt.fail("GET", "/tickets", fault, times=None)
        with pytest.raises(Exception) as raised:  # noqa: PT011
            await create_ticket(hass, device_id=f"sensor.{number}")
        logging.getLogger(__name__).error("As in a log", exc_info=raised.value)
        assert token not in repr(raised.value)
        fake_rt.heal()
    assert token not in caplog.text
