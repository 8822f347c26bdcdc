"""When what waits is tried again."""

from itertools import pairwise

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import Load, Wait, create_ticket, perform, setup_integration
from tests.fake_rt import FakeRT, faults

from . import LONG, QUEUED, come_back
from .disk import Disk

pytestmark = pytest.mark.usefixtures("noon")


async def tries(fake_rt: FakeRT, wait: Wait, seconds: int, step: int) -> list[int]:
    """Return at which of the next seconds RT is tried."""
    times = []
    for now in range(0, seconds, step):
        before = len(fake_rt.requests)
        await wait(seconds=step)
        if len(fake_rt.requests) > before:
            times.append(now)
    return times


async def test_pauses(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """They grow up to about five minutes, and begin anew when RT was there."""
    await load(keep_reports=True)
    fake_rt.fail("*", "", faults.answer(503), times=None)
    assert await create_ticket(hass) == QUEUED
    early = await tries(fake_rt, wait, 120, 1)
    pauses = [after - before for before, after in pairwise(early)]
    assert 4 <= len(pauses) <= 8
    assert pauses == sorted(pauses)
    late = await tries(fake_rt, wait, 3600, 10)
    pauses = [after - before for before, after in pairwise(late)][3:]
    assert all(210 < pause < 390 for pause in pauses)
    assert len(set(pauses)) > 1
    fake_rt.heal()
    await wait(**LONG)
    assert len(fake_rt.tickets) == 1
    fake_rt.fail("*", "", faults.answer(503), times=None)
    assert await create_ticket(hass) == QUEUED
    assert (await tries(fake_rt, wait, 5, 1))[0] < 3
    fake_rt.heal()


async def test_tried_a_thousand_times(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """However long RT is away, it is tried again."""
    await create_ticket(hass)
    for _ in range(1030):
        with pytest.raises(HomeAssistantError):
            await perform(hass, "flush_outbox")
    assert await create_ticket(hass) == QUEUED
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert len(ticket.comments) == 1


async def test_entries_come_at_different_times(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    load: Load,
    wait: Wait,
) -> None:
    """RT is not met by all at once when it is back."""
    await load(keep_reports=True)
    fake_rt.add_queue("Pumps")
    other = MockConfigEntry(
        domain=config_entry.domain,
        data={**config_entry.data, "queue": "Pumps"},
        options=dict(config_entry.options),
    )
    await setup_integration(hass, other)
    fake_rt.fail("*", "", faults.answer(503), times=None)
    times: dict[str, list[float]] = {}
    for entry in (config_entry, other):
        await create_ticket(hass, config_entry_id=entry.entry_id)
    fake_rt.requests.clear()
    for now in range(1200):
        await wait(seconds=1)
        for request in fake_rt.requests:
            times.setdefault(request.query["query"], []).append(now)
        fake_rt.requests.clear()
    one, another = times.values()
    assert one != another


async def test_rt_says_when(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """RT is left alone for as long as it asks, also by new reports."""
    await load(keep_reports=True)
    fake_rt.fail("*", "", faults.busy("1800"))
    assert await create_ticket(hass) == QUEUED
    fake_rt.requests.clear()
    assert await create_ticket(hass, device_id="sensor.other") == QUEUED
    await wait(minutes=29)
    assert fake_rt.requests == []
    await wait(minutes=2)
    assert len(fake_rt.tickets) == 2


async def test_woken_by_the_poll(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """As soon as RT tells how the queue stands, it gets what waits."""
    await setup_integration(hass, config_entry, polls=True, keep_reports=True)
    await fake_rt.stop()
    await create_ticket(hass)
    for _ in range(20):
        await wait(minutes=5)
    await fake_rt.start()
    for _ in range(4):
        await wait(seconds=20)
    assert len(fake_rt.tickets) == 1


async def test_away_for_all(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """Not each of many reports meets an RT that is known to be away."""
    await create_ticket(hass)
    await fake_rt.start()
    fake_rt.fail("*", "", faults.html(), times=None)
    for number in range(20):
        assert await create_ticket(hass, device_id=f"s{number}") == QUEUED
    assert fake_rt.requests == []
    fake_rt.heal()
    await wait(**LONG)
    assert len(fake_rt.tickets) == 21


async def test_a_key_over_which_rt_fails(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """It does not keep the others from RT."""
    await load(keep_reports=True)
    tickets = [fake_rt.add_ticket(f"s{number}") for number in range(8)]
    bad = "/ticket/[1-5]/comment"
    fake_rt.fail("POST", bad, faults.answer(500), times=None)
    await fake_rt.stop()
    for number in range(8):
        assert await create_ticket(hass, device_id=f"s{number}") == QUEUED
    await fake_rt.start()
    await wait(minutes=1)
    for _ in range(4):
        await wait(minutes=2)
    assert [len(t.comments) for t in tickets] == [0] * 5 + [1] * 3
    # Neither before nor afterwards.
    answer = await create_ticket(hass, device_id="s9")
    assert answer["action"] == "created"
    answer = await create_ticket(hass, device_id="s7")
    assert answer["action"] == "commented"
    fake_rt.heal()
    await wait(**LONG)
    assert [len(t.comments) for t in tickets] == [1] * 7 + [2]


async def test_rt_that_is_back_and_fails_over_a_key(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """That it was away before keeps no other report from it."""
    await load(keep_reports=True)
    fake_rt.add_ticket("s0")
    await fake_rt.stop()
    assert await create_ticket(hass, device_id="s0") == QUEUED
    await fake_rt.start()
    fake_rt.fail("POST", "/comment$", faults.answer(500), times=None)
    await wait(**LONG)
    answer = await create_ticket(hass, device_id="s1")
    assert answer["action"] == "created"
    fake_rt.heal()


async def test_a_new_token(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """A report waits until somebody gives one, and is asked for it."""
    await load(keep_reports=True)
    token = fake_rt.token
    fake_rt.token = "1-9-new"
    fake_rt.end_sessions()
    assert await create_ticket(hass) == QUEUED
    await wait(**LONG)
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"token": fake_rt.token}
    )
    assert result["reason"] == "reauth_successful"
    assert token != fake_rt.token
    await hass.async_block_till_done()
    await wait(seconds=1)
    assert len(fake_rt.tickets) == 1


async def test_the_disk_is_full_then(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """All is delivered all the same, and not again after a start."""
    for number in range(3):
        await create_ticket(hass, device_id=f"s{number}")
        await create_ticket(hass, device_id=f"s{number}", text="Two")
    disk.fail()
    await come_back(fake_rt, wait)
    assert [len(t.comments) for t in fake_rt.tickets.values()] == [1] * 3
    disk.heal()
    assert b"Two" in disk.read()
    await hass.config_entries.async_reload(keeper.entry_id)
    await wait(**LONG)
    assert [len(t.comments) for t in fake_rt.tickets.values()] == [1] * 3
    assert b"Two" not in disk.read()
