"""Which ticket is a device's: exactly the one that holds its id, whatever the id."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    Journal,
    SetUp,
    create_by_hand,
    new_device,
    report,
    set_status,
    ticket,
    tickets_of,
)
from tests.real_rt.known_faults import CHANGES_NUMBERS

# What has a meaning in TicketSQL, in SQL, in Perl or in JSON, or is easily changed
# on the way.
DEVICE_IDS = {
    "double quote": 'a"b',
    "apostrophe": "a'b",
    "apostrophes apart": "a'b'",
    "dotted capital I": "İstanbul",
    "backslash": "a\\b",
    "two backslashes at the end": "a\\\\",
    "backslash and double quote": 'a\\"b',
    "injected condition": 'x" OR Queue = "General',
    "injected condition, apostrophes": "x' OR Queue = 'General",
    "injected condition, everything": '" OR id > 0 OR "" = "',
    "injected SQL": "x'); DELETE FROM Tickets; --",
    "injected custom field": '}" = "x" OR "CF.{DeviceId',
    "only an apostrophe": "'",
    "only a double quote": '"',
    "only a backslash": "\\",
    "percent": "%",
    "underscore": "_",
    "question mark": "?",
    "braces": "{}",
    "parentheses": "a(b)c",
    "umlauts": "Büro Süd Türöffner ÄÖÜß",
    "CJK": "設備",
    "emoji": "💧 leak 👩‍🔧",
    "spaces around it": "  a b  ",
    "several spaces": "a  b",
    "NULL": "NULL",
    "zero": "0",
    "negative number": "-5",
    **({} if CHANGES_NUMBERS else {"leading zeros": "007"}),
    "form": "a&b=c%20d+e",
    "tag": "<b>",
    "Mason": "<% 1 %>",
    "entity id": "binary_sensor.kitchen_leak",
    "custom field elsewhere": "a cf.{DeviceId}",
    "zero width space": "a\u200bb",
    "no-break space": "a\u00a0b",
    "byte order mark": "\ufeffa",
    "decomposed umlaut": "u\u0308",
    "255 ASCII characters": "x" * 255,
    "255 bytes": "ü" * 127 + "x",
}

REFUSED = {
    "empty": ("", "empty"),
    "blank": (" \u00a0 ", "empty"),
    "256 ASCII characters": ("x" * 256, "too_long"),
    "256 bytes": ("ü" * 128, "too_long"),
    "line feed": ("a\nb", "control_character"),
    "CR LF": ("a\r\nb", "control_character"),
    "tab": ("a\tb", "control_character"),
    "NUL": ("a\0b", "control_character"),
    "U+0001": ("a\u0001b", "control_character"),
    "surrogate": ("a\ud800b", "control_character"),
    "noncharacter": ("a\ufdd0b", "control_character"),
    "column": ("cf.1234", "reserved"),
    "column in braces": ("CF.{DeviceId}", "reserved"),
    "column, mixed case": ("Cf.{X}", "reserved"),
    "current user": ("__CurrentUser__", "reserved"),
    "current user's name": ("__currentusername__", "reserved"),
    "apostrophe and backslash": ("it's c:\\x", "quote_and_backslash"),
    "two apostrophes": ("a''b", "two_apostrophes"),
}


@pytest.fixture(scope="module", autouse=True)
def _bystanders(real_rt: RTServer) -> None:
    """Create tickets that a query gone wrong would find."""
    create_by_hand(real_rt, new_device("bystander"))
    create_by_hand(real_rt, new_device("bystander"), queue="General")
    create_by_hand(real_rt, "", queue=FACILITY)


@pytest.mark.parametrize("device_id", DEVICE_IDS.values(), ids=DEVICE_IDS)
async def test_finds_its_own_ticket_only(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, device_id: str
) -> None:
    """The first report creates a ticket, the second finds it, and nothing else changes."""
    await set_up()
    journal = Journal(real_rt)

    first = await report(hass, device_id)
    second = await report(hass, device_id)

    ticket_id = first["ticket_id"]
    assert [first["action"], second["action"]] == ["created", "commented"]
    assert second["ticket_id"] == ticket_id
    assert journal.written() == [(ticket_id, "Create"), (ticket_id, "Comment")]
    assert tickets_of(real_rt, device_id) == [ticket_id]


@pytest.mark.parametrize(("device_id", "reason"), REFUSED.values(), ids=REFUSED)
async def test_refuses_what_rt_cannot_find(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, device_id: str, reason: str
) -> None:
    """The caller is told which rule the id breaks; RT is told nothing."""
    await set_up()
    journal = Journal(real_rt)

    with pytest.raises(ServiceValidationError) as raised:
        await report(hass, device_id)

    assert raised.value.translation_key == f"device_id_{reason}"
    assert journal.written() == []


@pytest.mark.parametrize(
    ("device_id", "look_alike"),
    [
        ("Pump-1", "pump-1"),
        ("pump-2", "PUMP-2"),
        ("pump-3", "pump-3 "),
        ("pump-4", " pump-4"),
        ("pump-5", "pump-55"),
        ("pump-%", "pump-6"),
        ("pump_7", "pump-7"),
        ("pump-ü", "pump-u\u0308"),
        *([] if CHANGES_NUMBERS else [("8", "08")]),
    ],
)
async def test_leaves_look_alikes_alone(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    device_id: str,
    look_alike: str,
) -> None:
    """Ids that are nearly the same are different devices, reported in any order."""
    await set_up()
    other = create_by_hand(real_rt, look_alike)

    mine = await report(hass, device_id)
    again = await report(hass, device_id)
    others = await report(hass, look_alike)

    assert mine["action"] == "created"
    assert again == {**mine, "action": "commented"}
    assert (others["ticket_id"], others["action"]) == (other, "commented")


@pytest.mark.skipif(not CHANGES_NUMBERS, reason="RT keeps each text as it is")
async def test_number_that_rt_changes(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The ticket is found, and is not found by the number that RT makes of its id."""
    await set_up()

    first = await report(hass, "007")
    second = await report(hass, "007")
    others = await report(hass, "7")

    assert [first["action"], second["action"]] == ["created", "commented"]
    assert second["ticket_id"] == first["ticket_id"]
    assert others["action"] == "created"
    assert tickets_of(real_rt, "7") == [others["ticket_id"]]


async def test_leaves_other_queues_and_closed_tickets_alone(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Only an open ticket of the entry's own queue counts."""
    await set_up()
    device_id = new_device()
    create_by_hand(real_rt, device_id, queue="Incidents")
    for status in ("resolved", "rejected", "deleted"):
        set_status(real_rt, create_by_hand(real_rt, device_id), status)
    journal = Journal(real_rt)

    ticket_id = (await report(hass, device_id))["ticket_id"]

    assert journal.written() == [(ticket_id, "Create")]
    assert ticket(real_rt, ticket_id).queue == FACILITY
