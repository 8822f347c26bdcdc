"""What waits outlives reloads, restarts, and other changes of the entry."""

import asyncio
from copy import deepcopy
from pathlib import Path
import threading
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_test_home_assistant,
)

from tests import (
    DEVICE,
    FACILITY,
    Wait,
    change_options,
    create_ticket,
    restart,
    setup_integration,
)
from tests.fake_rt import FakeRT, faults

from . import LONG, QUEUED
from .disk import Disk

WAITING = "sensor.facility_management_reports_waiting"
OPEN = "sensor.facility_management_open_tickets"

pytestmark = pytest.mark.usefixtures("noon")


async def test_reloaded(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """More can be added, and all of it is told, in its order."""
    await create_ticket(hass, text="One")
    await create_ticket(hass, text="Two")
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.answer(500), times=None)
    await hass.config_entries.async_reload(keeper.entry_id)
    assert hass.states.get(WAITING).state == "2"
    assert await create_ticket(hass, text="Three") == QUEUED
    fake_rt.heal()
    for _ in range(2):
        await wait(**LONG)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content.startswith("One")
    assert ticket.comments == ["12:00:\nTwo", "12:00:\nThree"]


async def test_restarted(
    hass: HomeAssistant,
    hass_config_dir: str,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """Home Assistant unloads no entry when it stops: the file is enough."""
    for device in ("s1", "s2"):
        await create_ticket(hass, device_id=device)
    written = disk.read()
    stored = deepcopy(hass_storage)
    await hass.config_entries.async_unload(keeper.entry_id)
    disk.write(written)
    hass_storage.update(stored)
    again = MockConfigEntry(
        domain=keeper.domain,
        entry_id=keeper.entry_id,
        title=keeper.title,
        data=keeper.data,
        options=keeper.options,
    )
    async with async_test_home_assistant(config_dir=hass_config_dir) as other:
        await other.config.async_set_time_zone("UTC")
        other.data.pop(DATA_CUSTOM_COMPONENTS)
        await setup_integration(other, again)
        assert again.state is ConfigEntryState.LOADED
        assert other.states.get(WAITING).state == "2"
        await fake_rt.start()
        await wait(other, **LONG)
        devices = [t.custom_fields["DeviceId"] for t in fake_rt.tickets.values()]
        assert devices == ["s1", "s2"]
        await other.config_entries.async_unload(again.entry_id)
        await other.async_stop(force=True)


async def test_started_while_rt_is_away(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """Reports are taken with what was known of RT; the rest follows when it is back."""
    await setup_integration(hass, config_entry, polls=True, keep_reports=True)
    await fake_rt.stop()
    await create_ticket(hass, text="Before.")
    await restart(hass, config_entry)
    assert config_entry.state is ConfigEntryState.LOADED
    assert hass.states.get(OPEN).state == "unavailable"
    assert hass.states.get("todo.facility_management").state == "unavailable"
    assert hass.states.get(WAITING).state == "1"
    answer = await create_ticket(hass, device_id="s2", event_type="leak")
    assert answer == QUEUED
    await fake_rt.start()
    for _ in range(8):
        await wait(seconds=60)
    assert hass.states.get(OPEN).state == "2"
    assert (
        hass.states.get("sensor.facility_management_tickets_with_status_new").state
        == "2"
    )
    assert hass.states.get(WAITING).state == "0"
    assert [t.custom_fields for t in fake_rt.tickets.values()] == [
        {"DeviceId": DEVICE},
        {"DeviceId": "s2", "EventType": "leak"},
    ]


async def test_home_assistant_does_not_wait(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry
) -> None:
    """It has started long before RT, which may be slow, has got what waits."""
    await create_ticket(hass)
    await hass.config_entries.async_unload(keeper.entry_id)
    await fake_rt.start()
    release = asyncio.Event()
    fake_rt.fail("POST", "/ticket$", faults.held(release))
    await hass.config_entries.async_setup(keeper.entry_id)
    async_fire_time_changed(hass)
    await fake_rt.until(lambda: bool(fake_rt.sent("POST", "/ticket$")))
    # If it did wait, then until RT has got it.
    rescue = threading.Timer(5, hass.loop.call_soon_threadsafe, [release.set])
    rescue.start()
    await hass.async_block_till_done()
    rescue.cancel()
    rescue.join()
    assert fake_rt.tickets == {}
    release.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(fake_rt.tickets) == 1


@pytest.mark.parametrize("was_there", [False, True])
async def test_started_as_before(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, was_there: bool
) -> None:
    """It waits for RT where nothing is known of it, or where reports do not wait."""
    if was_there:
        await setup_integration(hass, config_entry, keep_reports=False)
        await fake_rt.stop()
        await hass.config_entries.async_reload(config_entry.entry_id)
    else:
        await fake_rt.stop()
        await setup_integration(hass, config_entry, keep_reports=True)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY


async def test_started_with_a_field_that_is_not_known_yet(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """It waits for RT, which may have it; so does what was reported before."""
    await create_ticket(hass)
    await change_options(hass, keeper, device_id_field="Sensor")
    assert keeper.state is ConfigEntryState.SETUP_RETRY
    fake_rt.add_field("Sensor", FACILITY)
    await fake_rt.start()
    await wait(**LONG)
    assert keeper.state is ConfigEntryState.LOADED
    await wait(seconds=1)
    [ticket] = fake_rt.tickets.values()
    assert ticket.custom_fields == {"Sensor": DEVICE}


async def test_removed(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    keeper: MockConfigEntry,
    disk: Disk,
    tmp_path: Path,
) -> None:
    """Nothing stays of an entry that is removed."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    log = tmp_path / "log.txt"
    log.write_text("dry")
    await create_ticket(hass, attachments=str(log))
    assert len(disk.files()) == 1
    await hass.config_entries.async_remove(keeper.entry_id)
    await hass.async_block_till_done()
    assert disk.left() == []
    assert [name for name in hass_storage if name.startswith("ha_rt.")] == []


async def test_turned_off(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """What waits is delivered all the same; nothing is added."""
    await create_ticket(hass)
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.answer(500), times=2)
    await change_options(hass, keeper, keep_reports=False)
    await wait(seconds=1)
    await fake_rt.stop()
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass, device_id="s2")
    await fake_rt.start()
    fake_rt.heal()
    await wait(**LONG)
    assert len(fake_rt.tickets) == 1


async def test_another_queue(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """Reports go where the entry points to then, with what applies there."""
    await fake_rt.start()
    fake_rt.add_field("Room", FACILITY)
    fake_rt.add_queue("Pumps")
    await hass.config_entries.async_reload(keeper.entry_id)
    await fake_rt.stop()
    for text in ("One", "Two"):
        await create_ticket(hass, text=text, custom_fields={"Room": "Cellar"})
    await fake_rt.start()
    flow = await keeper.start_reconfigure_flow(hass)
    flow = await hass.config_entries.flow.async_configure(
        flow["flow_id"],
        {"url": fake_rt.url, "token": fake_rt.token, "verify_ssl": True},
    )
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"queue": "Pumps", "device_id_field": "DeviceId"}
    )
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    await wait(**LONG)
    [ticket] = fake_rt.tickets.values()
    assert (ticket.queue, ticket.custom_fields) == ("Pumps", {"DeviceId": DEVICE})
    assert ticket.content.startswith("One")
    assert len(ticket.comments) == 1


async def test_another_server(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """A number of a ticket or of a custom field means nothing there."""
    await fake_rt.start()
    number = fake_rt.add_field("Room", FACILITY)
    await hass.config_entries.async_reload(keeper.entry_id)
    await fake_rt.stop()
    for text in ("One", "Two"):
        await create_ticket(hass, text=text)
    await create_ticket(hass, device_id="s2", custom_fields={"Room": "Cellar"})
    await fake_rt.start()
    fake_rt.fail("POST", "/comment$", faults.busy("3000"))
    await wait(**LONG)
    assert fake_rt.tickets[1].comments == []
    async with FakeRT() as other:
        assert other.add_field("Code", FACILITY) == number
        strangers = [other.add_ticket("sensor.of_others") for _ in range(3)]
        hass.config_entries.async_update_entry(
            keeper, data={**keeper.data, "url": other.url, "token": other.token}
        )
        await hass.config_entries.async_reload(keeper.entry_id)
        await wait(**LONG)
        assert [ticket.comments for ticket in strangers] == [[]] * 3
        ticket = other.tickets[4]
        assert (ticket.subject, ticket.content) == (DEVICE, "12:00:\nTwo")
        assert other.tickets[5].custom_fields == {"DeviceId": "s2"}
        await hass.config_entries.async_unload(keeper.entry_id)
