"""Reports that RT does not get now are on disk before the action answers."""

import asyncio
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.delivery import outbox_file
from tests import DEVICE, FACILITY, Load, Wait, create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults

from . import QUEUED, come_back
from .disk import Disk


async def test_off_by_default(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, disk: Disk
) -> None:
    """Without the option, the action fails and nothing is written."""
    await fake_rt.stop()
    with pytest.raises(HomeAssistantError) as caught:
        await create_ticket(hass)
    assert caught.value.translation_key == "cannot_connect"
    assert disk.left() == []


async def test_queued(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """The answer says so; the report is on disk by then, for nobody else to read."""
    assert await create_ticket(hass, text="Grüße, 設備") == QUEUED
    on_disk = disk.read()
    assert b"Gr\\u00fc\\u00dfe, \\u8a2d\\u5099" in on_disk
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content.startswith("Grüße, 設備")
    assert (ticket.subject, ticket.status) == ("Leak", "new")
    assert ticket.custom_fields["DeviceId"] == DEVICE
    assert b"Gr" not in disk.read()


@pytest.mark.parametrize(
    "fault",
    [
        faults.reset_before,
        faults.html(),
        faults.not_http(),
        faults.unauthorized,
        faults.busy("10"),
        faults.answer(500),
        faults.answer(502, faults.HTML, "text/html"),
        faults.answer(504),
    ],
)
async def test_what_may_succeed_later_is_kept(
    hass: HomeAssistant, noon: None, fake_rt: FakeRT, load: Load, fault: faults.Fault
) -> None:
    """It is the network, a proxy, the token, or a server that fails."""
    await load(keep_reports=True)
    fake_rt.fail("*", "", fault, times=None)
    assert await create_ticket(hass) == QUEUED
    fake_rt.heal()


@pytest.mark.parametrize(
    ("status", "key"), [(400, "rejected"), (403, "missing_right"), (404, "not_found")]
)
async def test_what_rt_refuses_is_told(
    hass: HomeAssistant, load: Load, fake_rt: FakeRT, disk: Disk, status: int, key: str
) -> None:
    """To wait does not help."""
    await load(keep_reports=True)
    fake_rt.fail("POST", "/ticket$", faults.message(status, "No."), 2)
    with pytest.raises(HomeAssistantError) as caught:
        await create_ticket(hass)
    assert caught.value.translation_key == key
    assert not disk.exists()


async def test_the_disk_takes_nothing(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """The caller is told that the report is lost; what waited before still waits."""
    await create_ticket(hass, text="Kept.")
    disk.fail()
    for device in (DEVICE, "sensor.other"):
        with pytest.raises(HomeAssistantError) as caught:
            await create_ticket(hass, device_id=device, text="Lost.")
        assert caught.value.translation_key == "outbox_unwritable"
    disk.heal()
    assert await create_ticket(hass, text="Kept, too.") == QUEUED
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content.startswith("Kept.")
    assert ticket.comments == ["12:00:\nKept, too."]


async def test_many_at_once(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """Each is on disk when it is answered, although they share a few writes."""

    async def report(number: int) -> None:
        text = f"Report {number}."
        assert await create_ticket(hass, device_id=f"s{number}", text=text) == QUEUED
        assert text in disk.read().decode()

    write = outbox_file.write_utf8_file_atomic
    with patch.object(outbox_file, "write_utf8_file_atomic", wraps=write) as writes:
        await asyncio.gather(*map(report, range(100)))
    assert writes.call_count < 20
    await come_back(fake_rt, wait)
    told = sorted(
        ticket.content.partition("\n")[0] for ticket in fake_rt.tickets.values()
    )
    assert told == sorted(f"Report {number}." for number in range(100))


async def test_dry_run(
    hass: HomeAssistant, load: Load, fake_rt: FakeRT, disk: Disk
) -> None:
    """It keeps nothing: the report was none."""
    await load(keep_reports=True, dry_run=True)
    await fake_rt.stop()
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass)
    assert not disk.exists()


async def test_what_rt_need_not_know(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, disk: Disk
) -> None:
    """It is skipped as ever: too mild, or too rare."""
    await load(keep_reports=True, minimum_severity="warning")
    await fake_rt.stop()
    mild = await create_ticket(hass, severity="info")
    assert (mild["action"], mild["reason"]) == ("skipped", "minimum_severity")
    for _ in range(2):
        rare = await create_ticket(hass, min_occurrences=3)
        assert (rare["action"], rare["reason"]) == ("skipped", "min_occurrences")
    assert not disk.exists()
    assert await create_ticket(hass, min_occurrences=3) == QUEUED


async def test_two_entries(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """Each has its own."""
    await fake_rt.start()
    fake_rt.add_queue("Pumps")
    other = MockConfigEntry(
        domain=keeper.domain,
        data={**keeper.data, "queue": "Pumps"},
        options=dict(keeper.options),
    )
    await setup_integration(hass, other)
    await fake_rt.stop()
    for entry in (keeper, other):
        answer = await create_ticket(
            hass, config_entry_id=entry.entry_id, text=entry.entry_id
        )
        assert answer == QUEUED
    assert other.entry_id not in disk.read().decode()
    await come_back(fake_rt, wait)
    queues = {t.content.partition("\n")[0]: t.queue for t in fake_rt.tickets.values()}
    assert queues == {keeper.entry_id: FACILITY, other.entry_id: "Pumps"}
