"""What RT may have got is not sent twice, and nothing is left out."""

import asyncio

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import DEVICE, Load, Wait, create_ticket
from tests.fake_rt import FakeRT, Person, faults

from . import LONG, QUEUED, come_back

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.parametrize(
    "fault", [faults.reset_after, faults.answer(500), faults.hang_up]
)
async def test_the_answer_is_lost(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    wait: Wait,
    fault: faults.Fault,
) -> None:
    """RT is asked for what waited, before it is sent again."""
    for text in ("One", "Two", "Three"):
        await create_ticket(hass, text=text)
    fake_rt.fail("POST", "/ticket$", fault)
    fake_rt.fail("POST", "/comment$", fault)
    await come_back(fake_rt, wait)
    for _ in range(3):
        await wait(**LONG)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content.startswith("One")
    assert ticket.comments == ["12:00:\nTwo\n\n12:00:\nThree"]


async def test_more_while_the_answer_is_lost(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """What comes then is not added to what RT may have got, but told after it."""
    await create_ticket(hass, text="One")
    await create_ticket(hass, text="Two")
    await fake_rt.start()
    fake_rt.fail("POST", "/comment$", faults.hang_up)
    lost = faults.in_turn(None, *[faults.answer(500)] * 9)
    fake_rt.fail("GET", "/attachments$", lost, times=None)
    await wait(seconds=2)
    [ticket] = fake_rt.tickets.values()
    assert len(ticket.comments) == 1
    assert await create_ticket(hass, text="Three") == QUEUED
    fake_rt.heal()
    await wait(**LONG)
    assert ticket.comments == ["12:00:\nTwo", "12:00:\nThree"]


async def test_many_of_one_key(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """Each is found, among however many tickets of its key."""
    await load(keep_reports=True)
    texts = [f"Report {number}." for number in range(8)]
    fake_rt.fail("POST", "/ticket$", faults.reset_after, times=None)
    fake_rt.fail("GET", "", faults.reset_before, times=None)
    for text in texts:
        assert await create_ticket(hass, text=text, force_create=True) == QUEUED
    fake_rt.heal()
    for _ in range(4):
        await wait(**LONG)
    told = [t.content.partition("\n")[0] for t in fake_rt.tickets.values()]
    assert told == texts


async def test_closed_since(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person, wait: Wait
) -> None:
    """A comment is found in the ticket that got it, although another one is open."""
    await load(keep_reports=True)
    closed = fake_rt.add_ticket(DEVICE)
    fake_rt.fail("POST", "/comment$", faults.reset_after)
    fake_rt.fail("GET", "/attachments$", faults.reset_before, times=None)
    assert await create_ticket(hass, text="Once.") == QUEUED
    fake_rt.heal()
    alice.resolve(closed)
    other = fake_rt.add_ticket(DEVICE)
    for _ in range(2):
        await wait(**LONG)
    assert (closed.comments, other.comments) == (["Once."], [])


async def test_reloaded_while_rt_works_on_it(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    load: Load,
    wait: Wait,
) -> None:
    """What RT did not answer in time is not sent again while RT may yet store it."""
    # A session that ends with the entry would keep RT from storing it.
    await load(keep_reports=True, use_sessions=False)
    ticket = fake_rt.add_ticket(DEVICE)
    release = asyncio.Event()
    fake_rt.fail("POST", "/comment$", faults.held(release))
    report = asyncio.create_task(create_ticket(hass, text="Once."))
    await fake_rt.until(lambda: bool(fake_rt.writes))
    await wait(minutes=1)
    assert await report == QUEUED
    await hass.config_entries.async_reload(config_entry.entry_id)
    fake_rt.requests.clear()
    for _ in range(3):
        await wait(seconds=5)
    release.set()
    await fake_rt.work_done()
    assert fake_rt.sent("GET", "/attachments$")
    assert fake_rt.writes == []
    for _ in range(2):
        await wait(**LONG)
    assert ticket.comments == ["Once."]
    assert fake_rt.writes == []


async def test_rt_hangs(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """Who reports does not wait for one look after the other to get no answer."""
    await load(keep_reports=True, use_sessions=False)
    ticket = fake_rt.add_ticket(DEVICE)
    release = asyncio.Event()
    fake_rt.fail("POST", "/comment$", faults.held(release))
    fake_rt.fail("GET", "/attachments$", faults.held(release))
    report = asyncio.create_task(create_ticket(hass, text="Once."))
    await fake_rt.until(lambda: bool(fake_rt.writes))
    await wait(minutes=1)
    await fake_rt.until(lambda: bool(fake_rt.sent("GET", "/attachments$")))
    await wait(minutes=1)
    assert await report == QUEUED
    looks = fake_rt.sent("GET", "/attachments$")
    release.set()
    await fake_rt.work_done()
    assert len(looks) == 1
    await wait(**LONG)
    assert ticket.comments == ["Once."]
