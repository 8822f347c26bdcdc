"""What is held back is not lost: reloads, restarts, and an RT that fails."""

import asyncio
from copy import deepcopy
from datetime import timedelta
import logging
import re
from typing import Any

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_URL, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_test_home_assistant,
)

from custom_components.ha_rt.tickets import throttle
from tests import Wait, create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
async def entry(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, noon: None
) -> MockConfigEntry:
    """Return an entry that has a ticket and holds two reports back."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass, severity="warning")
    for text in ("Second", "Third \ud83d"):
        assert (await create_ticket(hass, text=text))["action"] == "skipped"
    fake_rt.requests.clear()
    return config_entry


BACKLOG = ["Third \ufffd\n\n2 more reports since 12:00, last 12:00."]


def stored(hass_storage: dict[str, Any], entry: MockConfigEntry) -> dict[str, Any]:
    """Return the entry's file."""
    return hass_storage[f"ha_rt.{entry.entry_id}.held_back"]


@pytest.mark.parametrize("minutes", [1, 60])
async def test_reload(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
    minutes: int,
) -> None:
    """The window goes on, and what ended meanwhile is told at once."""
    await hass.config_entries.async_unload(entry.entry_id)
    await wait(minutes=minutes)
    assert fake_rt.requests == []
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    if minutes == 1:
        answer = await create_ticket(hass, text="Fourth", severity="warning")
        assert answer["reason"] == "throttled"
        assert fake_rt.tickets[1].comments == []
        await wait(minutes=29)
        [comment] = fake_rt.tickets[1].comments
        assert comment == "Fourth\n\n3 more reports since 12:00, last 12:01."
    else:
        await wait(minutes=0)
        assert fake_rt.tickets[1].comments == BACKLOG


async def test_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """Home Assistant unloads no entry when it stops: the file is enough."""
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    file = deepcopy(stored(hass_storage, entry))
    await hass.config_entries.async_unload(entry.entry_id)
    stored(hass_storage, entry).update(file)
    again = MockConfigEntry(
        domain=entry.domain,
        entry_id=entry.entry_id,
        data=entry.data,
        options=entry.options,
    )
    async with async_test_home_assistant() as other:
        await other.config.async_set_time_zone("UTC")
        other.data.pop(DATA_CUSTOM_COMPONENTS)
        await setup_integration(other, again)
        assert again.state is ConfigEntryState.LOADED
        await wait(other, minutes=20)
        assert fake_rt.tickets[1].comments == []
        await wait(other, minutes=10)
        assert fake_rt.tickets[1].comments == BACKLOG
        await other.config_entries.async_unload(again.entry_id)
        await other.async_stop(force=True)


async def test_removed(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    """Nothing stays of an entry that is removed."""
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert [name for name in hass_storage if name.startswith("ha_rt.")] == []


async def test_reload_among_reports(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """Each report is told, counted, or refused to its caller; none is lost."""
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    held = 2
    refused = 0
    while not reload.done():
        try:
            assert (await create_ticket(hass))["action"] == "skipped"
            held += 1
        except HomeAssistantError:
            refused += 1
        await asyncio.sleep(0)
    assert refused
    assert entry.state is ConfigEntryState.LOADED
    await wait(minutes=31)
    [comment] = fake_rt.tickets[1].comments
    assert f"{held} more reports" in comment


async def test_unload_waits_for_the_digest(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """An entry that is unloaded while it tells RT does so to the end, once."""
    may_answer = asyncio.Event()

    async def wait_to_answer(
        request: web.Request, work: faults.Work
    ) -> web.StreamResponse:
        response = await work()
        await may_answer.wait()
        return response

    fake_rt.fail("POST", "comment", wait_to_answer)
    freezer.tick(timedelta(minutes=31))
    async_fire_time_changed(hass)
    await fake_rt.until(lambda: bool(fake_rt.tickets[1].comments))
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    await asyncio.sleep(0)
    may_answer.set()
    await reload
    await wait(minutes=31)
    assert fake_rt.tickets[1].comments == BACKLOG


async def test_report_when_the_window_ends(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A report that is on its way then tells the count, and nobody else does."""
    freezer.tick(timedelta(minutes=31))
    report = asyncio.create_task(create_ticket(hass, text="Fourth"))
    await fake_rt.until(lambda: bool(fake_rt.requests))
    async_fire_time_changed(hass)
    await report
    await hass.async_block_till_done()
    assert fake_rt.tickets[1].comments == [
        "Fourth\n\n2 more reports since 12:00, last 12:00."
    ]


@pytest.mark.parametrize("path", ["/ticket/1$", "/comment$"])
async def test_rt_fails(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    path: str,
) -> None:
    """It is tried again, ever later, until RT takes it, and said once."""
    fake_rt.fail("*", path, faults.html(502), times=None)
    for _ in range(31):
        await wait(minutes=1)
    for _ in range(10):
        await wait(minutes=1)
    warnings = [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and "held back" in record.getMessage()
    ]
    assert warnings == [
        (
            "What was held back of binary_sensor.leak is told to RT later, for it failed:"
            " ServerError: 502 Bad Gateway"
        )
    ]
    # After 1, 2, 4 and 8 minutes of the 11 that have passed since the window's end.
    assert len([r for r in fake_rt.requests if re.search(path, r.path)]) == 4
    fake_rt.heal()
    await wait(minutes=8)
    assert fake_rt.tickets[1].comments == BACKLOG
    await wait(minutes=60)
    assert len(fake_rt.tickets[1].comments) == 1


async def test_rt_refuses_for_good(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
) -> None:
    """Further reports say so, and are not held back where nothing is told."""
    fake_rt.rights -= {"CommentOnTicket", "ModifyTicket"}
    await wait(minutes=30)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass, text="Fourth")
    assert error.value.translation_key == "missing_right"
    fake_rt.rights |= {"CommentOnTicket"}
    assert (await create_ticket(hass, text="Fifth"))["action"] == "commented"
    assert fake_rt.tickets[1].comments == [
        "Fifth\n\n2 more reports since 12:00, last 12:00."
    ]


async def test_answers_lost(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
) -> None:
    """What RT may have taken is sent again ever more rarely."""
    fake_rt.fail("POST", "/comment$", faults.reset_after, times=None)
    for _ in range(30 + 24 * 60):
        await wait(minutes=1)
    assert len(fake_rt.tickets[1].comments) < 32


async def test_report_while_rt_fails(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """A report tells what could not be told before, and its failure is its caller's."""
    fake_rt.fail("*", "/comment$", faults.html(502), times=None)
    await wait(minutes=31)
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass, text="Worse", severity="critical")
    fake_rt.heal()
    await create_ticket(hass, text="Worse", severity="critical")
    assert fake_rt.tickets[1].comments == [
        "Worse\n\n2 more reports since 12:00, last 12:00."
    ]
    await wait(minutes=31)
    assert len(fake_rt.tickets[1].comments) == 1


async def test_rt_fails_across_a_reload(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """What RT did not take is tried again after a reload."""
    fake_rt.fail("*", "/comment$", faults.reset_before, times=None)
    await wait(minutes=31)
    await hass.config_entries.async_reload(entry.entry_id)
    fake_rt.heal()
    await wait(minutes=1)
    assert fake_rt.tickets[1].comments == BACKLOG


async def test_token_refused(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """A new token is asked for, and with it the digest is told."""
    token, fake_rt.token = fake_rt.token, "1-14-fedcba9876543210"
    await wait(minutes=31)
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    fake_rt.token = token
    await wait(minutes=1)
    assert fake_rt.tickets[1].comments == BACKLOG


async def test_policy_changed(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """What was held back under another policy is told; nothing more is."""
    await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "comment_policy": "never"}
    )
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await create_ticket(hass))["reason"] == "comments_off"
    await wait(minutes=31)
    assert fake_rt.tickets[1].comments == BACKLOG
    assert (await create_ticket(hass))["reason"] == "comments_off"
    await wait(minutes=31)
    assert fake_rt.tickets[1].comments == BACKLOG


@pytest.mark.parametrize(
    "broken",
    [
        {"url": "", "queue": 0},
        {"windows": []},
        {"windows": {"binary_sensor.leak": {}}},
        {"windows": {"binary_sensor.leak": "held"}},
        {"windows": {"binary_sensor.leak": {"severity": "awful", "until": ""}}},
        [],
    ],
)
async def test_broken_file(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    broken: Any,
) -> None:
    """A file that cannot be read keeps no entry from being set up."""
    await hass.config_entries.async_unload(entry.entry_id)
    data = stored(hass_storage, entry)
    data["data"] = {**data["data"], **broken} if broken else broken
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert (await create_ticket(hass))["action"] == "commented"


async def test_file_of_a_newer_version(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nor does one that a newer version wrote."""
    await hass.config_entries.async_unload(entry.entry_id)
    stored(hass_storage, entry)["version"] = 9
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert "that were held back cannot be read" in caplog.text


@pytest.mark.parametrize("held", [True, False])
async def test_another_server(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    held: bool,
) -> None:
    """Reports of one server's tickets are no other server's business."""
    if not held:
        await create_ticket(hass, severity="critical")
    async with FakeRT() as other_rt:
        other_rt.token = fake_rt.token
        other_rt.add_ticket("binary_sensor.leak")
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_URL: other_rt.url}
        )
        await hass.config_entries.async_reload(entry.entry_id)
        dropped = "another queue are dropped: binary_sensor.leak" in caplog.text
        assert dropped == held
        await wait(minutes=31)
        assert other_rt.tickets[1].comments == []
        await hass.config_entries.async_unload(entry.entry_id)


async def test_bound(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows are bounded, but nothing that is held back goes lost."""
    monkeypatch.setattr(throttle, "_MAX_WINDOWS", 2)
    for device_id in ("a", "b", "c"):
        await create_ticket(hass, device_id=device_id)
    await hass.config_entries.async_unload(entry.entry_id)
    assert set(stored(hass_storage, entry)["data"]["windows"]) == {
        "binary_sensor.leak",
        "c",
    }
