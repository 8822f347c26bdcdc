"""An entry that is unloaded while RT is told something loses none of it."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.tickets import exactly_once
from tests import Load, Wait, create_ticket, perform
from tests.fake_rt import FakeRT, faults

from . import LONG, QUEUED
from .disk import Disk

pytestmark = pytest.mark.usefixtures("noon")


async def test_unload_while_delivering(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """What is being sent is done; the rest stays for the next start."""
    for number in range(3):
        await create_ticket(hass, device_id=f"s{number}")
    await fake_rt.start()
    release = asyncio.Event()
    fake_rt.fail("POST", "/ticket$", faults.held(release))
    flush = asyncio.create_task(perform(hass, "flush_outbox"))
    await fake_rt.until(lambda: bool(fake_rt.sent("POST", "/ticket$")))
    unload = asyncio.create_task(hass.config_entries.async_unload(keeper.entry_id))
    await asyncio.sleep(0)
    release.set()
    assert await unload
    await flush
    assert len(fake_rt.tickets) == 1
    assert b'"s0"' not in disk.read()
    await wait(**LONG)
    assert len(fake_rt.tickets) == 1
    await hass.config_entries.async_setup(keeper.entry_id)
    await wait(seconds=1)
    assert [t.custom_fields["DeviceId"] for t in fake_rt.tickets.values()] == [
        "s0",
        "s1",
        "s2",
    ]


async def test_a_report_that_outlives_the_entry(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    load: Load,
    disk: Disk,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its caller is told that it is lost; what waits since the next start stays."""
    await load(keep_reports=True)
    # So that it still looks for its ticket when the next outbox is there.
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 600))
    fake_rt.fail("POST", "/ticket$", faults.reset_before)
    report = asyncio.create_task(create_ticket(hass, device_id="s1"))
    await fake_rt.until(lambda: len(fake_rt.sent("GET", "/tickets$")) == 3)
    await fake_rt.work_done()
    entry_id = config_entry.entry_id
    unload = asyncio.create_task(hass.config_entries.async_unload(entry_id))
    while not unload.done():
        await wait(seconds=5)
    await hass.config_entries.async_setup(entry_id)
    await fake_rt.stop()
    assert await create_ticket(hass, device_id="s2") == QUEUED
    await wait(minutes=10)
    with pytest.raises(HomeAssistantError) as caught:
        await report
    assert caught.value.translation_key == "outbox_unwritable"
    assert b'"s2"' in disk.read()
    await hass.config_entries.async_unload(entry_id)
    await fake_rt.start()
    await hass.config_entries.async_setup(entry_id)
    await wait(seconds=1)
    devices = [t.custom_fields["DeviceId"] for t in fake_rt.tickets.values()]
    assert devices == ["s2"]
