"""What waits is told before its problem is over."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import DEVICE, Wait, create_ticket, perform
from tests.fake_rt import FakeRT, faults

from . import LATE, LONG
from .disk import Disk

pytestmark = pytest.mark.usefixtures("noon")


async def test_after_the_reports(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """A problem that is over is not reported afterwards."""
    await create_ticket(hass, text="Leak.")
    await create_ticket(hass, text="More.")
    await create_ticket(hass, device_id="sensor.other")
    await fake_rt.start()
    answer = await perform(hass, "resolve_ticket", device_id=DEVICE, text="Dry.")
    assert answer["action"] == "resolved"
    [ticket] = fake_rt.tickets.values()
    assert ticket.status == "resolved"
    assert ticket.content == f"Leak.\n\n{LATE}"
    assert ticket.comments == ["12:00:\nMore.", "Dry."]
    await wait(**LONG)
    assert (len(fake_rt.tickets), len(ticket.comments)) == (2, 2)


async def test_in_a_dry_run(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    wait: Wait,
    disk: Disk,
) -> None:
    """Nothing is sent, and nothing lost."""
    await create_ticket(hass, text="Leak.")
    await fake_rt.start()
    hass.config_entries.async_update_entry(
        keeper, options={**keeper.options, "dry_run": True}
    )
    await hass.config_entries.async_reload(keeper.entry_id)
    await perform(hass, "resolve_ticket", device_id=DEVICE)
    flushed = await perform(hass, "flush_outbox")
    assert flushed == {"delivered": 0, "waiting": 1, "refused": 0}
    await wait(**LONG)
    assert fake_rt.writes == []
    assert b"Leak." in disk.read()
    hass.config_entries.async_update_entry(
        keeper, options={**keeper.options, "dry_run": False}
    )
    await hass.config_entries.async_reload(keeper.entry_id)
    await wait(**LONG)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content == f"Leak.\n\n{LATE}"


async def test_after_a_report_with_a_ticket_of_its_own(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """It is the problem's ticket, and does not come when that is over."""
    await create_ticket(hass, force_create=True)
    await fake_rt.start()
    answer = await perform(hass, "resolve_ticket", device_id=DEVICE)
    assert answer["action"] == "resolved"
    await wait(**LONG)
    assert [t.status for t in fake_rt.tickets.values()] == ["resolved"]


async def test_after_a_report_that_rt_refuses(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry
) -> None:
    """It is set aside, and told to people; the ticket is resolved all the same."""
    ticket = fake_rt.add_ticket(DEVICE)
    await create_ticket(hass)
    await fake_rt.start()
    fake_rt.fail("POST", "/comment$", faults.message(403, "No"))
    answer = await perform(hass, "resolve_ticket", device_id=DEVICE)
    assert (answer["action"], ticket.status) == ("resolved", "resolved")
    assert ticket.comments == []
    assert ir.async_get(hass).async_get_issue(
        "ha_rt", f"reports_refused_{keeper.entry_id}"
    )
    again = await perform(hass, "flush_outbox")
    assert (again["waiting"], again["refused"]) == (0, 0)
