"""Each blueprint makes a ticket in RT and resolves it, as an automation of it does."""

from pathlib import Path
import shutil
from typing import Any
from uuid import uuid4

import pytest

from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.process import wait_until
from scripts.live.rt import RTServer

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "custom_components" / "ha_rt" / "brand" / "icon.png"
AT_ONCE = {"hours": 0, "minutes": 0, "seconds": 0}
NOTIFY = {
    "action": "persistent_notification.create",
    "data": {
        "title": "{{ name }}: {{ ticket.action }}",
        "message": "{{ ticket.ticket_id }} {{ ticket.ticket_url }}",
    },
}
FILES = r"""
my @files;
my $found = RT::Attachments->new($system);
$found->LimitByTicket($ARGV[0]);
while (my $file = $found->Next) {
    push @files, [ $file->Filename, $file->ContentType, length $file->Content ]
        if $file->Filename;
}
say_json(\@files);
"""


@pytest.fixture(scope="module", autouse=True)
def _entry(home: LiveHomeAssistant, rt: RTServer) -> None:
    """Set up a queue, for an account that may resolve tickets."""
    step = home.config_flow(
        "ha_rt",
        {"url": rt.url, "token": rt.tokens["u-full"], "verify_ssl": True},
        {"queue": "Facility Management", "device_id_field": "DeviceId"},
    )
    assert step["type"] == "create_entry"


def put(home: LiveHomeAssistant, entity_id: str, state: str, **more: str) -> None:
    """Let an entity have a state."""
    attributes = {"friendly_name": "Cellar", **more}
    home.post(f"/api/states/{entity_id}", {"state": state, "attributes": attributes})


def automate(home: LiveHomeAssistant, blueprint: str, **inputs: Any) -> None:
    """Make an automation of a blueprint, as the form for it does."""
    home.add_automation(
        {
            "id": uuid4().hex,
            "alias": blueprint,
            "use_blueprint": {
                "path": f"ha_rt/{blueprint}.yaml",
                "input": {"actions": [NOTIFY], **inputs},
            },
        }
    )


def ticket_of_notification(home: LiveHomeAssistant, rt: RTServer, title: str) -> int:
    """Wait for the notification of a report; return the ticket it speaks of."""
    wait_until(
        lambda: any(one["title"] == title for one in home.notifications()),
        seconds=30,
        failure=f"No notification {title}\n{home.log()[-2000:]}",
    )
    (notification,) = [one for one in home.notifications() if one["title"] == title]
    number, url = notification["message"].split()
    assert url == f"{rt.url}/Ticket/Display.html?id={number}"
    home.action(
        "persistent_notification.dismiss",
        {"notification_id": notification["notification_id"]},
    )
    return int(number)


def resolved(
    home: LiveHomeAssistant, rt: RTServer, number: int
) -> list[tuple[str, str]]:
    """Wait until a ticket is resolved; return the texts that it holds."""
    wait_until(
        lambda: rt.read_ticket(number)["status"] == "resolved",
        seconds=30,
        failure=f"Ticket {number} is not resolved\n{home.log()[-2000:]}",
    )
    return [
        (transaction["type"], transaction["content"].splitlines()[0])
        for transaction in rt.read_ticket(number)["transactions"]
        if transaction["content"]
    ]


def test_problem_sensor(home: LiveHomeAssistant, rt: RTServer) -> None:
    """A leak, with a picture of it, reported twice and gone."""
    shutil.copyfile(PICTURE, home.config / "cellar.png")
    camera = {"file_path": str(home.config / "cellar.png")}
    assert home.config_flow("local_file", camera)["type"] == "create_entry"
    wait_until(
        lambda: "camera.cellar" in home.states(), seconds=20, failure="No camera"
    )
    leak = "binary_sensor.cellar_leak"
    put(home, leak, "off", device_class="moisture")
    automate(
        home,
        "problem_sensor",
        sensors=[leak],
        severity="critical",
        cameras=["camera.cellar"],
        resolve=True,
        recovery_delay={"hours": 0, "minutes": 0, "seconds": 3},
    )

    put(home, leak, "on", device_class="moisture")
    number = ticket_of_notification(home, rt, "Cellar: created")
    put(home, leak, "off", device_class="moisture")
    put(home, leak, "on", device_class="moisture")
    assert ticket_of_notification(home, rt, "Cellar: commented") == number
    put(home, leak, "off", device_class="moisture")

    texts = resolved(home, rt, number)
    assert texts == [
        ("Create", "Cellar reports: water detected."),
        ("Comment", "Cellar reports: water detected."),
        ("Comment", "Cellar reports no problem any more."),
    ]
    ticket = rt.read_ticket(number)
    assert ticket["subject"] == "Cellar: water detected"
    assert ticket["custom_fields"] == {"DeviceId": [leak]}
    for name, content_type, size in rt.perl(FILES, number):
        assert name.startswith("camera.cellar_20")
        assert name.endswith(".png")
        assert (content_type, size) == ("image/png", PICTURE.stat().st_size)
    assert len(rt.perl(FILES, number)) == 2


def test_device_unavailable(home: LiveHomeAssistant, rt: RTServer) -> None:
    """A pump that does not answer for a moment."""
    pump = "sensor.cellar_pump"
    put(home, pump, "4")
    automate(
        home,
        "device_unavailable",
        entities=[pump],
        delay=AT_ONCE,
        recovery_delay=AT_ONCE,
    )

    put(home, pump, "unavailable")
    number = ticket_of_notification(home, rt, "Cellar: created")
    put(home, pump, "5")

    assert resolved(home, rt, number) == [
        ("Create", "Cellar does not answer any more; its state is unavailable."),
        ("Comment", "Cellar answers again."),
    ]
    assert rt.read_ticket(number)["subject"] == "Cellar: unavailable"


@pytest.mark.parametrize(
    ("sensor", "good", "low", "texts"),
    [
        (
            "sensor.cellar_battery",
            "90",
            "7",
            (
                "Cellar: the battery is low (7 %).",
                "Cellar: the battery is not low any more (90 %).",
            ),
        ),
        (
            "binary_sensor.cellar_battery",
            "off",
            "on",
            (
                "Cellar: the battery is low (low).",
                "Cellar: the battery is not low any more (normal).",
            ),
        ),
    ],
)
def test_low_battery(
    home: LiveHomeAssistant,
    rt: RTServer,
    sensor: str,
    good: str,
    low: str,
    texts: tuple[str, str],
) -> None:
    """A battery that is low, and changed."""
    put(home, sensor, good, device_class="battery")
    kind = "levels" if sensor.startswith("sensor.") else "warnings"
    automate(home, "low_battery", **{kind: [sensor]}, delay=AT_ONCE)

    put(home, sensor, low, device_class="battery")
    number = ticket_of_notification(home, rt, "Cellar: created")
    put(home, sensor, good, device_class="battery")

    assert resolved(home, rt, number) == [("Create", texts[0]), ("Comment", texts[1])]
    assert rt.read_ticket(number)["subject"] == "Cellar: battery low"


def test_log_is_clean(home: LiveHomeAssistant) -> None:
    """No template of a blueprint fails or warns."""
    complaints = [
        line
        for line in home.log().splitlines()
        if " WARNING " in line or " ERROR " in line
        if "automation" in line or "emplate" in line or "ha_rt." in line
    ]
    assert complaints == []
