"""What RT refuses for good is set aside, and a person is told what to do."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import Load, Wait, change_options, create_ticket, perform
from tests.fake_rt import FakeRT, faults

from . import LONG, QUEUED
from .disk import Disk

WAITING = "sensor.facility_management_reports_waiting"

pytestmark = pytest.mark.usefixtures("noon")


def issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the repair issue, if there is one."""
    return ir.async_get(hass).async_get_issue(
        "ha_rt", f"reports_refused_{entry.entry_id}"
    )


@pytest.fixture
async def refused(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    load: Load,
    wait: Wait,
) -> MockConfigEntry:
    """Return an entry; RT has refused the reports of one ticket of three."""
    await load(keep_reports=True)
    for number in range(3):
        fake_rt.add_ticket(f"s{number}")
    await fake_rt.stop()
    for number in range(3):
        for text in ("One", "Two"):
            answer = await create_ticket(hass, device_id=f"s{number}", text=text)
            assert answer == QUEUED
    await fake_rt.start()
    refusal = faults.message(403, "No *permission*\\nhere")
    fake_rt.fail("POST", "/ticket/2/comment", refusal, times=None)
    await wait(**LONG)
    return config_entry


def comments(fake_rt: FakeRT) -> list[int]:
    """Return how many comments each ticket has."""
    return [len(ticket.comments) for ticket in fake_rt.tickets.values()]


async def test_the_others_pass(
    hass: HomeAssistant, fake_rt: FakeRT, refused: MockConfigEntry, wait: Wait
) -> None:
    """It is not tried again by itself, and is told to people."""
    assert comments(fake_rt) == [2, 0, 2]
    told = issue(hass, refused)
    assert told
    assert told.translation_key == "reports_refused"
    assert told.translation_placeholders
    assert told.translation_placeholders["count"] == "2"
    [named] = told.translation_placeholders["reports"].splitlines()
    assert named.startswith("- s1: ")
    assert named.endswith("No \\*permission\\* here")
    assert hass.states.get(WAITING).state == "0"
    fake_rt.requests.clear()
    for _ in range(3):
        await wait(hours=1)
    assert fake_rt.writes == []


async def test_flushed(
    hass: HomeAssistant, fake_rt: FakeRT, refused: MockConfigEntry, disk: Disk
) -> None:
    """Each flush tries it again, until RT takes it."""
    again = await perform(hass, "flush_outbox")
    assert again == {"delivered": 0, "waiting": 0, "refused": 2}
    assert issue(hass, refused)
    fake_rt.heal()
    again = await perform(hass, "flush_outbox")
    assert again == {"delivered": 2, "waiting": 0, "refused": 0}
    assert comments(fake_rt) == [2, 2, 2]
    assert not issue(hass, refused)
    assert b"Two" not in disk.read()


async def test_after_a_restart(
    hass: HomeAssistant, fake_rt: FakeRT, refused: MockConfigEntry, wait: Wait
) -> None:
    """It is still there, and still set aside."""
    ir.async_get(hass).async_delete("ha_rt", f"reports_refused_{refused.entry_id}")
    await hass.config_entries.async_reload(refused.entry_id)
    await wait(**LONG)
    assert comments(fake_rt) == [2, 0, 2]
    assert issue(hass, refused)
    fake_rt.heal()
    await perform(hass, "flush_outbox")
    assert comments(fake_rt) == [2, 2, 2]


async def test_a_flush_that_does_not_reach_rt(
    hass: HomeAssistant, fake_rt: FakeRT, refused: MockConfigEntry
) -> None:
    """It fails, and nothing has changed."""
    await fake_rt.stop()
    with pytest.raises(HomeAssistantError) as caught:
        await perform(hass, "flush_outbox")
    assert caught.value.translation_key == "cannot_connect"
    assert issue(hass, refused)
    await fake_rt.start()
    fake_rt.heal()
    await perform(hass, "flush_outbox")
    assert comments(fake_rt) == [2, 2, 2]


async def test_more_of_the_same_key(
    hass: HomeAssistant, fake_rt: FakeRT, refused: MockConfigEntry, wait: Wait
) -> None:
    """They are told to who reports them; while RT is away, they wait as any other."""
    with pytest.raises(HomeAssistantError) as caught:
        await create_ticket(hass, device_id="s1", text="Three")
    assert caught.value.translation_key == "missing_right"
    await fake_rt.stop()
    assert await create_ticket(hass, device_id="s1", text="Four") == QUEUED
    assert hass.states.get(WAITING).state == "1"
    await fake_rt.start()
    await wait(**LONG)
    told = issue(hass, refused)
    assert told
    assert told.translation_placeholders
    assert told.translation_placeholders["count"] == "3"
    fake_rt.heal()
    await perform(hass, "flush_outbox")
    assert comments(fake_rt) == [2, 3, 2]


async def test_cleared(
    hass: HomeAssistant, fake_rt: FakeRT, refused: MockConfigEntry
) -> None:
    """Who gives them up gets rid of the message."""
    assert await perform(hass, "clear_outbox", count=2) == {"cleared": 2}
    assert not issue(hass, refused)


async def test_many(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """The message counts all, and names a few."""
    for number in range(9):
        await create_ticket(hass, device_id=f"s{number}")
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.message(400, "Bad"), times=None)
    await wait(**LONG)
    told = issue(hass, keeper)
    assert told
    assert told.translation_placeholders
    assert told.translation_placeholders["count"] == "9"
    *named, more = told.translation_placeholders["reports"].splitlines()
    assert len(named) == 5
    assert "Bad" not in more


async def test_too_large(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """A text that RT does not take is refused."""
    await create_ticket(hass)
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.answer(413), times=None)
    await wait(**LONG)
    assert issue(hass, keeper)


async def test_only_the_repeats(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """What RT took of a key is not sent again with the rest."""
    for text in ("One", "Two", "Three"):
        await create_ticket(hass, text=text)
    await fake_rt.start()
    fake_rt.fail("POST", "/comment", faults.message(400, "Bad"))
    await wait(**LONG)
    told = issue(hass, keeper)
    assert told
    assert told.translation_placeholders
    assert told.translation_placeholders["count"] == "2"
    await change_options(hass, keeper, comment_policy="always")
    await perform(hass, "flush_outbox")
    [ticket] = fake_rt.tickets.values()
    assert ticket.comments == ["12:00:\nTwo\n\n12:00:\nThree"]


async def test_what_cannot_be_sent(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """What nobody can make a message of is set aside, and the others pass."""
    for number in range(3):
        await create_ticket(hass, device_id=f"s{number}")
    await hass.config_entries.async_unload(keeper.entry_id)
    # A time before all times, west of Greenwich.
    await hass.config.async_set_time_zone("America/New_York")
    came = b'"came": "2026-11-21T12:00:00+00:00"'
    assert disk.read().count(came) == 3
    disk.write(disk.read().replace(came, b'"came": "0001-01-01T00:00:00+00:00"', 1))
    await fake_rt.start()
    await hass.config_entries.async_setup(keeper.entry_id)
    await wait(**LONG)
    devices = [t.custom_fields["DeviceId"] for t in fake_rt.tickets.values()]
    assert devices == ["s1", "s2"]
    assert hass.states.get(WAITING).state == "0"
    told = issue(hass, keeper)
    assert told
    assert told.translation_placeholders
    assert told.translation_placeholders["reports"].startswith("- s0: ")
