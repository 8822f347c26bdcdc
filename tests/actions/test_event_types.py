"""The second part of a key: one ticket for each type of event of a device."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import (
    CONF_DEVICE_ID_FIELD,
    CONF_EVENT_TYPE_FIELD,
    DOMAIN,
)
from tests import (
    DEVICE,
    FACILITY,
    change_options,
    create_ticket,
    methods,
    perform,
    setup_integration,
)
from tests.fake_rt import FakeRT


async def test_a_ticket_for_each_type(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Types, and none, are told apart; each first report takes three requests."""
    types = ("leak", "battery", None)
    tickets = {}
    for event_type in types:
        fake_rt.requests.clear()
        given = {"event_type": event_type} if event_type else {}
        first = await create_ticket(hass, **given)
        assert first["action"] == "created"
        assert methods(fake_rt) == "GET GET POST GET"
        tickets[event_type] = first["ticket_id"]
    assert len(fake_rt.tickets) == 3

    for event_type in types:
        fake_rt.requests.clear()
        given = {"event_type": event_type} if event_type else {}
        repeat = await create_ticket(hass, **given)
        assert repeat["action"] == "commented"
        assert repeat["ticket_id"] == tickets[event_type]
        assert methods(fake_rt) == "GET POST"
    assert [ticket.custom_fields for ticket in fake_rt.tickets.values()] == [
        {"DeviceId": DEVICE, "EventType": "leak"},
        {"DeviceId": DEVICE, "EventType": "battery"},
        {"DeviceId": DEVICE},
    ]


@pytest.mark.parametrize(
    ("stored", "given", "action"),
    [
        ("leak", "leak", "commented"),
        ("leak", "Leak", "created"),
        ("leak", "leak ", "created"),
        ("leak", None, "created"),
        ("leak", "", "created"),
        (None, "leak", "created"),
        (None, None, "commented"),
        (None, "", "commented"),
        ('" OR 1', '" OR 1', "commented"),
    ],
)
async def test_tickets_of_others(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    stored: str | None,
    given: str | None,
    action: str,
) -> None:
    """Only a ticket with exactly this type, or with none, is used."""
    fake_rt.add_ticket(DEVICE, custom_fields={"EventType": stored} if stored else {})
    data = {} if given is None else {"event_type": given}
    assert (await create_ticket(hass, **data))["action"] == action


async def test_type_that_people_change(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A remembered ticket that was given another type is that one's from then on."""
    first = await create_ticket(hass)
    ticket = fake_rt.tickets[first["ticket_id"]]
    fake_rt.person("alice").set_field(ticket, "EventType", "leak")

    of_type = await create_ticket(hass, event_type="leak")
    without = await create_ticket(hass)

    assert of_type == {**first, "action": "commented"}
    assert without["action"] == "created"


@pytest.mark.parametrize(
    ("event_type", "key"),
    [
        ("a''b", "event_type_two_apostrophes"),
        ("ü" * 128, "event_type_too_long"),
        ("a\nb", "event_type_control_character"),
        ("CF.{2}", "event_type_reserved"),
        ("it's c:\\x", "event_type_quote_and_backslash"),
    ],
)
@pytest.mark.parametrize("action", ["create_ticket", "resolve_ticket", "add_comment"])
async def test_bad_type(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    action: str,
    event_type: str,
    key: str,
) -> None:
    """What RT could not find again is refused before anything is sent."""
    subject = {"subject": "Leak"} if action == "create_ticket" else {}
    with pytest.raises(ServiceValidationError) as error:
        await perform(
            hass,
            action,
            device_id=DEVICE,
            event_type=event_type,
            text="Water",
            **subject,
        )
    assert error.value.translation_key == key
    assert fake_rt.requests == []


# --- the field ---------------------------------------------------------------


@pytest.mark.parametrize("action", ["create_ticket", "resolve_ticket", "add_comment"])
async def test_field_that_does_not_apply(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    action: str,
) -> None:
    """A type is refused before anything is written; without one, all works."""
    fake_rt.queues[FACILITY].fields.remove("EventType")
    await setup_integration(hass, config_entry)
    subject = {"subject": "Leak"} if action == "create_ticket" else {}
    with pytest.raises(ServiceValidationError) as error:
        await perform(
            hass, action, device_id=DEVICE, event_type="leak", text="Water", **subject
        )
    assert error.value.translation_key == "event_type_missing"
    assert error.value.translation_placeholders == {
        "field": "EventType",
        "queue": FACILITY,
    }
    assert fake_rt.writes == []
    assert (await create_ticket(hass))["action"] == "created"
    assert (await create_ticket(hass))["action"] == "commented"
    assert "CF.{3}" not in str([one.query for one in fake_rt.requests])


async def test_types_turned_off(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Without a field in the options, a ticket is the device's whatever its type."""
    await change_options(hass, entry, **{CONF_EVENT_TYPE_FIELD: ""})
    with pytest.raises(ServiceValidationError) as error:
        await create_ticket(hass, event_type="leak")
    assert error.value.translation_key == "event_type_unused"
    ticket = fake_rt.add_ticket(DEVICE, custom_fields={"EventType": "by hand"})
    assert (await create_ticket(hass))["ticket_id"] == ticket.id


async def test_field_of_the_options(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """The options name the field, in upper or lower case."""
    fake_rt.add_field("Kind", FACILITY)
    await change_options(hass, entry, **{CONF_EVENT_TYPE_FIELD: "kind"})
    await create_ticket(hass, event_type="leak")
    assert (await create_ticket(hass, event_type="leak"))["action"] == "commented"
    assert fake_rt.tickets[1].custom_fields == {"DeviceId": DEVICE, "Kind": "leak"}


async def test_one_field_for_both_parts(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Where the device is kept in the field for types, there are no types."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        data=config_entry.data,
        options={CONF_DEVICE_ID_FIELD: "EventType"},
    )
    await setup_integration(hass, entry)
    assert (await create_ticket(hass))["action"] == "created"
    assert (await create_ticket(hass))["action"] == "commented"
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass, event_type="leak")
    assert fake_rt.tickets[1].custom_fields == {"EventType": DEVICE}


async def test_field_may_not_be_filled_by_hand(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Both fields of the key are filled by their own arguments only."""
    for name in ("EventType", "deviceid"):
        with pytest.raises(ServiceValidationError) as error:
            await create_ticket(hass, custom_fields={name: "x"})
        assert error.value.translation_key == "reserved_custom_field"
    assert fake_rt.requests == []


async def test_lost_type(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A ticket whose type RT does not keep is remembered, and the fields are named."""
    fake_rt.choices["EventType"] = ("battery",)
    first = await create_ticket(hass, event_type="leak")
    second = await create_ticket(hass, event_type="leak")
    assert second == {**first, "action": "commented"}
    issue = issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["field"] == "DeviceId, EventType"
    assert issue.translation_placeholders["device_id"] == f"{DEVICE}, leak"


async def test_several_open_tickets(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The warning names device and type."""
    for _ in range(2):
        fake_rt.add_ticket(DEVICE, custom_fields={"EventType": "leak"})
    assert (await create_ticket(hass, event_type="leak"))["ticket_id"] == 1
    assert f"several open tickets for {DEVICE}, leak: #1, #2" in caplog.text
