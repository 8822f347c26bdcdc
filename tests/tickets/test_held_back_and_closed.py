"""What becomes of reports that were held back when their ticket is closed or gone."""

from contextlib import suppress
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import (
    DEVICE,
    Wait,
    change_options,
    create_ticket,
    perform,
    setup_integration,
)
from tests.fake_rt import FakeRT, Person, faults

pytestmark = pytest.mark.usefixtures("noon")

BACKLOG = ["Third\n\n2 more reports since 12:00, last 12:00."]


@pytest.fixture
async def entry(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, noon: None
) -> MockConfigEntry:
    """Return an entry that has a ticket and holds two reports back."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass, severity="warning")
    for text in ("Second", "Third"):
        assert (await create_ticket(hass, text=text))["action"] == "skipped"
    fake_rt.requests.clear()
    return config_entry


@pytest.mark.parametrize(
    ("action", "data"),
    [
        (None, {}),
        ("resolve_ticket", {}),
        ("get_ticket", {}),
        ("add_comment", {"text": "Hello"}),
    ],
)
@pytest.mark.parametrize("fails", [False, True])
async def test_closed_after_the_last_report(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
    alice: Person,
    action: str | None,
    data: dict[str, Any],
    fails: bool,
) -> None:
    """What came before belongs into the closed ticket, whoever looked at it since."""
    await wait(minutes=5)
    alice.resolve(fake_rt.tickets[1])
    if action:
        with suppress(HomeAssistantError):
            await perform(hass, action, device_id=DEVICE, **data)
    if fails:
        fake_rt.fail("POST", "/comment$", faults.html(502))
    await wait(minutes=25)
    await wait(minutes=1)
    assert len(fake_rt.tickets) == 1
    assert fake_rt.tickets[1].comments == BACKLOG
    assert fake_rt.tickets[1].status == "resolved"


async def test_closed_by_the_options(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
    alice: Person,
) -> None:
    """A status that only the options count as closed is no difference."""
    await change_options(hass, entry, open_statuses=["new", "open"])
    await wait(minutes=5)
    alice.set_status(fake_rt.tickets[1], "stalled")
    await wait(minutes=25)
    assert len(fake_rt.tickets) == 1
    assert fake_rt.tickets[1].comments == BACKLOG


@pytest.mark.parametrize("what", ["gone", "given away"])
async def test_ticket_is_no_more(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
    alice: Person,
    what: str,
) -> None:
    """What was held back becomes a ticket, if its own is another device's or shredded."""
    if what == "gone":
        del fake_rt.tickets[1]
    else:
        alice.set_field(fake_rt.tickets[1], "DeviceId", "other")
    await wait(minutes=30)
    assert fake_rt.tickets[max(fake_rt.tickets)].content == BACKLOG[0]
    assert not any(ticket.comments for ticket in fake_rt.tickets.values())
