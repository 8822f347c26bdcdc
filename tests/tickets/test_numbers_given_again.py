"""Tickets that are not the key's, although their number is remembered.

RT gives numbers a second time after a backup was restored, and people take tickets away.
"""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import CONF_DEVICE_ID_FIELD, CONF_QUEUE, DOMAIN
from tests import (
    DEVICE,
    FACILITY,
    Wait,
    change_options,
    create_ticket,
    methods,
    perform,
    restart,
    setup_integration,
)
from tests.fake_rt import FakeRT, FakeTicket, Person

PUMPS = "Pumps"
SALARY = "Salary of Bob is wrong"

type GiveAgain = Callable[[], FakeTicket]
"""Restores an empty RT, and returns a person's ticket that got the first number."""


@pytest.fixture
def give_again(fake_rt: FakeRT, alice: Person) -> GiveAgain:
    """Return a function that gives the number of the device's ticket to another one."""
    backup = fake_rt.backup()

    def restore() -> FakeTicket:
        assert next(iter(fake_rt.tickets)) == 1
        fake_rt.restore(backup)
        stranger = alice.create(SALARY)
        assert stranger.id == 1
        fake_rt.requests.clear()
        return stranger

    return restore


@pytest.fixture
def other(give_again: GiveAgain, ticket: FakeTicket) -> FakeTicket:
    """Return a person's ticket that has the number of the device's, which is gone."""
    return give_again()


def is_untouched(ticket: FakeTicket) -> bool:
    """Tell whether nothing was done with a person's ticket."""
    said = ticket.comments + ticket.replies
    return (ticket.status, ticket.priority, said) == ("new", 0, [])


# --- a backup was restored -------------------------------------------------------


async def test_report(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    other: FakeTicket,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The device gets a ticket of its own; the log says why."""
    answer = await create_ticket(hass, severity="critical")
    assert (answer["action"], answer["ticket_id"]) == ("created", 2)
    assert methods(fake_rt) == "GET GET GET POST GET"
    assert is_untouched(other)
    assert f"Ticket 1 is not that of {DEVICE} any more" in caplog.text
    assert (await create_ticket(hass))["ticket_id"] == 2


async def test_report_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, other: FakeTicket
) -> None:
    """What was seen of the ticket is on disk."""
    await restart(hass, entry)
    assert (await create_ticket(hass))["action"] == "created"
    assert is_untouched(other)


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("add_comment", {"text": "Hello"}),
        ("add_comment", {"text": "Hello", "reply": True}),
        ("update_ticket", {"status": "open"}),
        ("update_ticket", {"priority": 50}),
        ("resolve_ticket", {}),
        ("resolve_ticket", {"text": "Dry.", "only_if_untouched": True}),
    ],
)
async def test_other_actions(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    other: FakeTicket,
    action: str,
    data: dict[str, Any],
) -> None:
    """The device has no open ticket."""
    if action == "resolve_ticket":
        answer = await perform(hass, action, device_id=DEVICE, **data)
        assert answer["action"] == "none"
    else:
        with pytest.raises(ServiceValidationError) as raised:
            await perform(hass, action, device_id=DEVICE, **data)
        assert raised.value.translation_key == "nothing_open"
    assert fake_rt.writes == []


async def test_ticket_of_another_device(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, give_again: GiveAgain
) -> None:
    """The number is that of another device's ticket, which stays that one's."""
    await create_ticket(hass)
    other = give_again()
    other.custom_fields["DeviceId"] = "another"
    assert (await create_ticket(hass, device_id="another"))["ticket_id"] == 1
    assert (await create_ticket(hass))["ticket_id"] == 2
    assert len(other.comments) == 1


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("right", ["ModifyCustomField", "SeeCustomField"])
async def test_key_not_shown(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    give_again: GiveAgain,
    alice: Person,
    right: str,
    merged: bool,
) -> None:
    """Where RT never showed the key, the mark of the first message tells the tickets."""
    fake_rt.rights -= {right}
    await create_ticket(hass)
    assert (await create_ticket(hass))["ticket_id"] == 1
    other = give_again()
    if merged:
        other, part = alice.create(SALARY), other
        alice.merge(part, other)
    assert (await create_ticket(hass))["action"] == "created"
    assert is_untouched(other)


async def test_merged_into_another(
    hass: HomeAssistant, fake_rt: FakeRT, other: FakeTicket, alice: Person
) -> None:
    """What a person's ticket was merged into is not the device's, either."""
    whole = alice.create("Salaries")
    alice.merge(other, whole)
    assert (await create_ticket(hass))["action"] == "created"
    assert is_untouched(whole)


async def test_number_of_another_entry(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, give_again: GiveAgain
) -> None:
    """A number that an entry remembers keeps no ticket from another entry's device."""
    fake_rt.add_queue(PUMPS)
    await create_ticket(hass)
    give_again()
    fake_rt.tickets[1].queue = PUMPS
    fake_rt.tickets[1].custom_fields["DeviceId"] = "pump"
    data = {**entry.data, CONF_QUEUE: PUMPS}
    pumps = MockConfigEntry(domain=DOMAIN, data=data)
    await setup_integration(hass, pumps)
    answer = await create_ticket(hass, device_id="pump", config_entry_id=pumps.entry_id)
    assert (answer["action"], answer["ticket_id"]) == ("commented", 1)


# --- what was held back ------------------------------------------------------------


@pytest.fixture
async def held_back(
    hass: HomeAssistant,
    noon: None,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    give_again: GiveAgain,
) -> FakeTicket:
    """Hold a report back of a ticket whose number then is another's; return that."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass)
    assert (await create_ticket(hass, text="Again"))["action"] == "skipped"
    return give_again()


@pytest.mark.parametrize("closed", [False, True])
async def test_end_of_the_window(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    held_back: FakeTicket,
    alice: Person,
    wait: Wait,
    closed: bool,
) -> None:
    """It is told in a ticket of the device's own, whatever became of the other."""
    if closed:
        alice.resolve(held_back)
    await wait(minutes=31)
    assert held_back.comments == []
    assert fake_rt.tickets[2].content.startswith("Again")
    assert fake_rt.tickets[2].custom_fields == {"DeviceId": DEVICE}


async def test_report_in_the_window(
    hass: HomeAssistant, fake_rt: FakeRT, held_back: FakeTicket, wait: Wait
) -> None:
    """Nothing more is held back."""
    await wait(minutes=2)
    assert (await create_ticket(hass, text="More"))["action"] == "created"
    assert "1 more report, at 12:00." in fake_rt.tickets[2].content
    assert is_untouched(held_back)


async def test_resolved_by_number(
    hass: HomeAssistant, fake_rt: FakeRT, held_back: FakeTicket, wait: Wait
) -> None:
    """The other ticket is not told what was held back, which is not lost, either."""
    await perform(hass, "resolve_ticket", ticket_id=1, text="Corrected.")
    assert held_back.comments == ["Corrected."]
    await wait(minutes=31)
    assert fake_rt.tickets[2].content.startswith("Again")


# --- people took it away -------------------------------------------------------------


@pytest.mark.parametrize("value", [(), ("another",)])
async def test_taken_away(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
    value: tuple[str, ...],
) -> None:
    """A field that held the key and is empty or another's now tells that, once."""
    alice.set_field(ticket, "DeviceId", *value)
    assert (await create_ticket(hass))["ticket_id"] == 2
    assert ticket.comments == []
    alice.set_field(ticket, "DeviceId", DEVICE)
    alice.delete(fake_rt.tickets[2])
    assert (await create_ticket(hass))["ticket_id"] == ticket.id
    assert caplog.text.count("is not that of") == 1


async def test_event_type_taken_away(
    hass: HomeAssistant, entry: MockConfigEntry, fake_rt: FakeRT, alice: Person
) -> None:
    """The field of the other half of the key tells it, too."""
    await create_ticket(hass, event_type="leak")
    alice.set_field(fake_rt.tickets[1], "EventType")
    assert (await create_ticket(hass, event_type="leak"))["ticket_id"] == 2
    assert (await create_ticket(hass))["ticket_id"] == 1


async def test_key_that_was_never_there(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    alice: Person,
) -> None:
    """An empty field tells nothing, until somebody fills and empties it."""
    fake_rt.rights -= {"ModifyCustomField"}
    await create_ticket(hass)
    ticket = fake_rt.tickets[1]
    for value in ((), (DEVICE,)):
        alice.set_field(ticket, "DeviceId", *value)
        await restart(hass, entry)
        assert (await create_ticket(hass))["ticket_id"] == 1
    await restart(hass, entry)
    alice.set_field(ticket, "DeviceId")
    assert (await create_ticket(hass))["ticket_id"] == 2


# --- it still is the key's -----------------------------------------------------------


async def test_ticket_of_people_moved(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, alice: Person
) -> None:
    """Of a ticket that people made, a comment of ours tells it where the field is not."""
    ticket = fake_rt.add_ticket(DEVICE)
    await create_ticket(hass)
    alice.move(ticket, "General")
    for _ in range(2):
        assert (await create_ticket(hass))["ticket_id"] == ticket.id
    assert len(ticket.comments) == 3


async def test_field_of_the_options_changed(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, ticket: FakeTicket
) -> None:
    """In another field, RT never held the key: the ticket goes on."""
    fake_rt.add_field("Asset", FACILITY)
    await change_options(hass, entry, **{CONF_DEVICE_ID_FIELD: "Asset"})
    assert (await create_ticket(hass))["ticket_id"] == ticket.id
