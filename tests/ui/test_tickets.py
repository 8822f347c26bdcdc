"""Tickets are made, seen and worked on in the frontend."""

from collections.abc import Callable

import pytest

from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.pages import DevicePage, ToDoList, Tools
from scripts.live.rt import RECIPE, RTServer
from tests import FACILITY
from tests.real_rt.common import (
    change_by_hand,
    create_by_hand,
    new_device,
    read_by_hand,
    say_by_hand,
    ticket,
)
from tests.ui.conftest import add_entry

LIST = "todo.facility_management"
REPEAT = """\
action: ha_rt.create_ticket
data:
  device_id: binary_sensor.kitchen_leak
  subject: Water in the kitchen
  text: Still water.
"""


@pytest.fixture
def set_up(home: LiveHomeAssistant, rt: RTServer) -> Callable[[], None]:
    """Return what adds an entry whose account may change tickets."""
    return lambda: add_entry(home, rt, rt.tokens["u-full"])


def create(rt: RTServer) -> tuple[int, str]:
    """Create a ticket as somebody else would; return its number and its subject."""
    subject = new_device("Leak")
    return create_by_hand(rt, subject, Subject=subject), subject


def open_tickets(rt: RTServer) -> int:
    """Return how many tickets RT has open in the queue."""
    ((count,),) = rt.database.rows(
        "SELECT COUNT(*) FROM Tickets JOIN Queues ON Queues.id = Queue"
        " WHERE Queues.Name = ? AND Status IN ('new', 'open', 'stalled')",
        FACILITY,
    )
    return int(count)


def test_action(tools: Tools, rt: RTServer, set_up: Callable[[], None]) -> None:
    """An action is tried, in both ways; what it answers is to be seen."""
    set_up()
    tools.perform(
        "ha_rt.create_ticket",
        {
            "Device ID": "binary_sensor.kitchen_leak",
            "Subject": "Water in the kitchen",
            "Text": "The leak sensor reports water.",
        },
    )

    response = tools.response()
    number = response["ticket_id"]
    assert response["action"] == "created"
    assert response["ticket_url"] == f"{rt.url}/Ticket/Display.html?id={number}"
    made = rt.read_ticket(int(number))
    assert made["subject"] == "Water in the kitchen"
    assert made["custom_fields"] == {"DeviceId": ["binary_sensor.kitchen_leak"]}

    tools.perform_yaml(REPEAT)
    assert tools.response() == {**response, "action": "commented"}


def test_device(
    device: DevicePage,
    home: LiveHomeAssistant,
    rt: RTServer,
    set_up: Callable[[], None],
) -> None:
    """A queue is a device, with the figures of RT and what happened last."""
    number, _ = create(rt)
    set_up()
    say_by_hand(rt, number, "correspond", "alice")
    home.action("homeassistant.update_entity", {"entity_id": LIST})

    device.show("ha_rt", FACILITY)
    assert device.state("Open tickets") == f"{open_tickets(rt)} tickets"
    assert device.state("Reports waiting") == "0 reports"
    device.see("Replied")


def test_tick(todo: ToDoList, rt: RTServer, set_up: Callable[[], None]) -> None:
    """A ticked ticket is resolved in RT and gone from the list."""
    number, subject = create(rt)
    _, other = create(rt)
    set_up()
    todo.show(LIST)
    todo.tick(subject)
    todo.lacks(subject)
    todo.has(other)
    assert ticket(rt, number).status == "resolved"


def test_refused_tick(todo: ToDoList, rt: RTServer, set_up: Callable[[], None]) -> None:
    """What RT refuses to resolve stays in the list, and RT's words are shown."""
    number, subject = create(rt)
    change_by_hand(rt, number, DependsOn=[create(rt)[0]])
    set_up()
    todo.show(LIST)
    todo.tick(subject)
    todo.see("That ticket has unresolved dependencies")
    todo.is_unticked(subject)
    assert ticket(rt, number).status == "new"


def test_add(todo: ToDoList, rt: RTServer, set_up: Callable[[], None]) -> None:
    """A new item is a new ticket."""
    set_up()
    todo.show(LIST)
    todo.add("Lamp in the hall")
    todo.has("Lamp in the hall")
    ((number,),) = rt.database.rows(
        "SELECT id FROM Tickets WHERE Subject = 'Lamp in the hall'"
    )
    assert ticket(rt, number) == ("Lamp in the hall", "new", FACILITY)


@pytest.mark.parametrize("due", ["2031-12-24 18:00:00", None])
def test_rename(
    todo: ToDoList, rt: RTServer, set_up: Callable[[], None], due: str | None
) -> None:
    """What an item is called is the ticket's subject; nothing else changes."""
    number, subject = create(rt)
    if due:
        change_by_hand(rt, number, Due=due)
    before = read_by_hand(rt, number)["Due"]
    set_up()
    todo.show(LIST)
    name = new_device("Lamp on the stairs")
    todo.rename(subject, name)
    todo.has(name)
    todo.lacks(subject)
    assert ticket(rt, number).subject == name
    assert read_by_hand(rt, number)["Due"] == before


def test_description(todo: ToDoList, rt: RTServer, set_up: Callable[[], None]) -> None:
    """What RT has is shown as it is, never as a picture or bold."""
    device_id = "**pump** ![p](/p.png)"
    create_by_hand(rt, device_id, Subject="Pump")
    set_up()
    todo.show(LIST)
    todo.describes("Pump", device_id)


def test_many(todo: ToDoList, rt: RTServer, set_up: Callable[[], None]) -> None:
    """A list of 3,000 tickets opens and scrolls."""
    rt.perl(RECIPE / "fill.pl", FACILITY, 15_000, 30, "u-full", "alice")
    set_up()
    todo.show(LIST)
    assert todo.count(seconds=90) == open_tickets(rt) > 3_000
    assert todo.scroll() == "Device problem 14999"
