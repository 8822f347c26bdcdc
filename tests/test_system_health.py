"""What the page with information on the system tells."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.ha_rt import system_health
from tests import Wait, setup_integration
from tests.fake_rt import FakeRT, faults


@pytest.fixture
async def read(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Any:
    """Return a function that reads the page."""
    assert await async_setup_component(hass, "system_health", {})

    async def ask() -> dict[str, Any]:
        client = await hass_ws_client(hass)
        await client.send_json_auto_id({"type": "system_health/info"})
        assert (await client.receive_json())["success"]
        told: dict[str, Any] = {}
        while (event := (await client.receive_json())["event"])["type"] != "finish":
            if event["type"] == "initial":
                told |= event["data"]["ha_rt"]["info"]
            elif event["domain"] == "ha_rt":
                told[event["key"]] = event.get("data") or event["error"]
        return told

    return ask


async def test_one_entry(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, read: Any
) -> None:
    """Whether RT answers, which version it is, and when it last answered."""
    await setup_integration(hass, config_entry)
    told = await read()
    last = told.pop("last_success")
    assert told == {"can_reach_server": "ok", "rt_version": "5.0.3+dfsg-3"}
    assert last["type"] == "date"
    assert datetime.fromisoformat(last["value"])
    assert len(fake_rt.log_ins) == 1
    texts = await async_get_translations(hass, "en", "system_health", ["ha_rt"])
    prefix = "component.ha_rt.system_health.info."
    assert {key.removeprefix(prefix) for key in texts} == {*told, "last_success"}


async def test_last_success_is_that_of_the_tickets(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    read: Any,
) -> None:
    """It stays while RT answers, but not what it is asked."""
    await setup_integration(hass, config_entry, polls=True)
    await wait(minutes=2)
    then = dt_util.utcnow()
    fake_rt.fail("*", "/transactions", faults.html(502), times=None)
    await wait(minutes=2)
    told = await read()
    assert told["can_reach_server"] == "ok"
    assert datetime.fromisoformat(told["last_success"]["value"]) == then


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.reset_before, "cannot connect"),
        (faults.html(502), "server error"),
        (faults.html(), "not rt"),
        (faults.unauthorized, "invalid auth"),
    ],
)
@pytest.mark.parametrize("is_loaded", [True, False])
async def test_rt_does_not_answer(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    read: Any,
    fault: faults.Fault,
    error: str,
    *,
    is_loaded: bool,
) -> None:
    """It is told in a few words, whether the entry could be set up or not."""
    if is_loaded:
        await setup_integration(hass, config_entry)
    fake_rt.fail("*", "", fault, times=None)
    if not is_loaded:
        await setup_integration(hass, config_entry)
    told = await read()
    assert told["can_reach_server"] == {"type": "failed", "error": error}
    assert (told["last_success"] == "-") is not is_loaded
    assert (told["rt_version"] == "-") is not is_loaded


async def test_rt_answers_to_an_entry_that_is_not_loaded(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, read: Any
) -> None:
    """Then the server is not what is wrong."""
    fake_rt.rights -= {"SeeQueue"}
    await setup_integration(hass, config_entry)
    assert (await read())["can_reach_server"] == "ok"
    assert fake_rt.logged_in == []


async def test_slow(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    read: Any,
) -> None:
    """The page does not wait for long."""
    await setup_integration(hass, config_entry)
    monkeypatch.setattr(system_health, "_TIMEOUT_SECONDS", 0.1)
    release = asyncio.Event()
    fake_rt.fail("*", "", faults.held(release), times=None)
    told = await read()
    assert told["can_reach_server"] == {"type": "failed", "error": "timeout"}
    release.set()
    await fake_rt.work_done()


async def test_certificate(
    hass: HomeAssistant,
    self_signed_rt: FakeRT,
    config_entry: MockConfigEntry,
    read: Any,
) -> None:
    """A server is asked as its entry says."""
    data = {**config_entry.data, "url": self_signed_rt.url}
    trusting = MockConfigEntry(domain="ha_rt", data={**data, "verify_ssl": False})
    await setup_integration(hass, trusting)
    assert (await read())["can_reach_server"] == "ok"
    await hass.config_entries.async_remove(trusting.entry_id)
    await setup_integration(hass, MockConfigEntry(domain="ha_rt", data=data))
    told = await read()
    assert told["can_reach_server"] == {"type": "failed", "error": "tls error"}


async def test_several_entries(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    read: Any,
) -> None:
    """All are told of, by their titles, but for those that are disabled."""
    away = {**config_entry.data, "url": "http://127.0.0.1:9"}
    others = {
        "Away": MockConfigEntry(domain="ha_rt", title="Away", data=away),
        "Unused": MockConfigEntry(domain="ha_rt", title="Unused", data=away),
    }
    await setup_integration(hass, config_entry)
    then = dt_util.utcnow().isoformat(timespec="seconds")
    for entry in others.values():
        await setup_integration(hass, entry)
    await hass.config_entries.async_set_disabled_by(
        others["Unused"].entry_id, ConfigEntryDisabler.USER
    )
    freezer.tick(timedelta(minutes=1))
    title = "Service Management (Facility Management)"
    assert await read() == {
        "can_reach_server": f"{title}: ok; Away: cannot connect",
        "rt_version": f"{title}: 5.0.3+dfsg-3; Away: -",
        "last_success": f"{title}: {then}; Away: -",
    }


async def test_no_entry(hass: HomeAssistant, fake_rt: FakeRT, read: Any) -> None:
    """There is nothing to tell then, and nothing fails."""
    assert await async_setup_component(hass, "ha_rt", {})
    assert await read() == {}


async def test_token_stays_secret(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, read: Any
) -> None:
    """People copy the page into bug reports."""
    await setup_integration(hass, config_entry)
    token = config_entry.data["token"]
    fake_rt.fail("*", "", faults.message(400, f"token {token}"), times=None)
    told = await read()
    assert told["can_reach_server"] == {"type": "failed", "error": "rejected"}
    assert token not in str(told)
