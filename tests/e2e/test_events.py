"""What people do in RT, as automations hear of it: once each, also after a restart."""

import time
from typing import Any

import pytest

from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.process import wait_until
from scripts.live.rt import RTServer
from tests.real_rt.common import change_by_hand, say_by_hand

DEVICE = "binary_sensor.kitchen_leak"
AUTOMATION: dict[str, Any] = {
    "id": "events",
    "alias": "Tell what people do",
    "mode": "queued",
    "max": 100,
    "triggers": [
        {
            "trigger": "state",
            "entity_id": "event.facility_management_ticket_events",
            "not_from": "unavailable",
        }
    ],
    "conditions": "{{ not trigger.to_state.attributes.by_home_assistant }}",
    "actions": [
        {
            "action": "persistent_notification.create",
            "data": {
                "title": "{{ trigger.to_state.attributes.event_type }}",
                "message": (
                    "{{ trigger.to_state.attributes.actor }}:"
                    " {{ trigger.to_state.attributes.old_value }}"
                    " {{ trigger.to_state.attributes.new_value }}"
                    " {{ trigger.to_state.attributes.device_id }}"
                ),
            },
        }
    ],
}


@pytest.fixture(scope="module")
def ticket(home: LiveHomeAssistant, rt: RTServer) -> int:
    """Return a ticket in a queue that is looked at often."""
    server = {"url": rt.url, "token": rt.tokens["u-full"], "verify_ssl": True}
    queue = {"queue": "Facility Management", "device_id_field": "DeviceId"}
    added = home.config_flow("ha_rt", server, queue)
    look_often(home, added["result"]["entry_id"])
    home.add_automation(AUTOMATION)
    answer = home.action(
        "ha_rt.create_ticket",
        {"device_id": DEVICE, "subject": "Leak", "text": "Water"},
    )
    return int(answer["ticket_id"])


def look_often(home: LiveHomeAssistant, entry_id: str) -> None:
    """Save the options with the shortest interval, and wait for the reload."""
    flow = "/api/config/config_entries/options/flow"
    form = home.post(flow, {"handler": entry_id})
    answers = suggested(form["data_schema"])
    answers["watching"]["poll_seconds"] = 10
    step = home.post(f"{flow}/{form['flow_id']}", answers)
    assert step["type"] == "create_entry", step
    wait_until(
        lambda: (
            [
                one["state"]
                for one in home.get("/api/config/config_entries/entry")
                if one["entry_id"] == entry_id
            ]
            == ["loaded"]
        ),
        seconds=30,
        failure="The entry is not loaded again",
    )


def suggested(schema: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a form holds when it opens, as a browser sends it."""
    return {
        field["name"]: suggested(field["schema"])
        if "schema" in field
        else field["description"]["suggested_value"]
        for field in schema
        if "schema" in field or "suggested_value" in field.get("description", {})
    }


def told(home: LiveHomeAssistant) -> list[tuple[str, str]]:
    """Return what the automation told, in its order."""
    return [(one["title"], one["message"]) for one in home.notifications()]


def wait_for(home: LiveHomeAssistant, count: int) -> list[tuple[str, str]]:
    """Return what the automation told, when it is so much."""
    deadline = time.monotonic() + 60
    while len(heard := told(home)) < count:
        assert time.monotonic() < deadline, (heard, home.log()[-3000:])
        time.sleep(0.2)
    return heard


def test_people_work_on_a_ticket(
    home: LiveHomeAssistant, rt: RTServer, ticket: int
) -> None:
    """Automations hear of all of it; the entities follow; nothing comes twice."""
    say_by_hand(rt, ticket, "comment", "owner1")
    change_by_hand(rt, ticket, "owner1", Owner="owner1")
    expected = [
        ("commented", f"owner1: None None {DEVICE}"),
        ("owner_changed", f"owner1: None owner1 {DEVICE}"),
    ]
    assert wait_for(home, 2) == expected
    assert home.states()["sensor.facility_management_open_tickets"]["state"] == "1"
    assert home.states()["sensor.facility_management_unowned_tickets"]["state"] == "0"

    home.stop()
    change_by_hand(rt, ticket, "owner1", Status="open")
    change_by_hand(rt, ticket, "owner1", Status="resolved")
    home.start()
    # Home Assistant forgets its notifications.
    expected = [
        ("status_changed", f"owner1: new open {DEVICE}"),
        ("resolved", f"owner1: open resolved {DEVICE}"),
    ]
    assert wait_for(home, 2) == expected
    states = home.states()
    assert states["sensor.facility_management_open_tickets"]["state"] == "0"
    assert states["todo.facility_management"]["state"] == "0"

    home.stop()
    home.start()
    change_by_hand(rt, ticket, "owner1", Status="open")
    assert wait_for(home, 1) == [("status_changed", f"owner1: resolved open {DEVICE}")]
