"""What a repeat asks of RT while repeats are held back."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import DEVICE, Wait, create_ticket, setup_integration
from tests.fake_rt import FakeRT

pytestmark = pytest.mark.usefixtures("noon")


async def look(hass: HomeAssistant, fake_rt: FakeRT, wait: Wait) -> tuple[str, int]:
    """Report when the last look is too old; return what was done and the requests."""
    await wait(minutes=2)
    fake_rt.requests.clear()
    answer = await create_ticket(hass)
    return answer["action"], len(fake_rt.requests)


@pytest.mark.parametrize("open_statuses", [[], ["new", "open", "stalled"]])
async def test_reopened_ticket(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    open_statuses: list[str],
) -> None:
    """It costs one request, whatever people did to the status and where it is."""
    await setup_integration(
        hass, config_entry, comment_policy="throttle", open_statuses=open_statuses
    )
    await create_ticket(hass)
    alice = fake_rt.person("alice")
    ticket = fake_rt.tickets[1]
    alice.resolve(ticket)
    for status in ("open", "stalled"):
        alice.set_status(ticket, status)
        assert await look(hass, fake_rt, wait) == ("skipped", 1)
    fake_rt.add_queue("Incidents", lifecycle="incident")
    alice.move(ticket, "Incidents")
    alice.set_status(ticket, "in_progress")
    assert await look(hass, fake_rt, wait) == ("skipped", 1)
    await hass.config_entries.async_reload(config_entry.entry_id)
    assert await look(hass, fake_rt, wait) == ("skipped", 1)


async def test_another_ticket_is_open(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """Nothing is held back of a ticket that was told nothing."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass)
    fake_rt.person("alice").resolve(fake_rt.tickets[1])
    fake_rt.add_ticket(DEVICE)
    assert (await look(hass, fake_rt, wait))[0] == "commented"
    assert fake_rt.tickets[2].comments == ["Water under the sink"]
    assert await look(hass, fake_rt, wait) == ("skipped", 1)


async def test_merged_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """The ticket that it was merged into gets one comment, and then is the window's.

    It does not show the key: the merged ticket is looked at, and its first message.
    """
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass)
    fake_rt.person("alice").merge(fake_rt.tickets[1], fake_rt.add_ticket("other"))
    assert (await look(hass, fake_rt, wait))[0] == "commented"
    assert await look(hass, fake_rt, wait) == ("skipped", 3)


async def test_ticket_given_away(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """A ticket that people gave to another device holds nothing back."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass)
    fake_rt.person("alice").set_field(fake_rt.tickets[1], "DeviceId", "other")
    assert (await look(hass, fake_rt, wait))[0] == "created"


async def test_ticket_that_rt_does_not_show(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """Without ShowTicket a flapping sensor is held back all the same."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass)
    fake_rt.rights -= {"ShowTicket"}
    assert (await look(hass, fake_rt, wait))[0] == "skipped"
    assert fake_rt.tickets[1].comments == []
