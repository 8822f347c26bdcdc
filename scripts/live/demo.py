"""What `scripts/demo` shows, once everything is installed.

Each statement is checked where the other side keeps it: the ticket in RT's own
database, the notification in Home Assistant.
"""

from collections.abc import Callable
from contextlib import ExitStack
import fcntl
from pathlib import Path
import shutil
import signal
import sys
import time
from typing import Any
import urllib.request

from scripts.live import home_assistant
from scripts.live.home_assistant import HomeAssistantError, LiveHomeAssistant
from scripts.live.process import ServerError, tail, wait_until
from scripts.live.rt import RTError, RTServer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".dev" / "demo"

QUEUE = "Facility Management"
ACCOUNT = "ha-service"
TO_DO_LIST = "todo.facility_management"
SENSOR = "input_boolean.kitchen_leak"
SUBJECT = "Water in the kitchen"
REPORT = "The leak sensor in the kitchen reports water"

CONFIGURATION = """
input_boolean:
  kitchen_leak:
    name: Kitchen leak
    icon: mdi:water-alert
"""

# As a person would write it; `response` is what the action answers.
AUTOMATION: dict[str, Any] = {
    "id": "kitchen_leak",
    "alias": "Ticket for a leak in the kitchen",
    "triggers": [{"trigger": "state", "entity_id": SENSOR, "to": "on"}],
    "actions": [
        {
            "action": "ha_rt.create_ticket",
            "data": {
                "device_id": SENSOR,
                "subject": SUBJECT,
                "text": f"{REPORT} at {{{{ now().isoformat(' ', 'seconds') }}}}.",
            },
            "response_variable": "response",
        },
        {
            "action": "persistent_notification.create",
            "data": {
                "title": "Ticket {{ response.ticket_id }} {{ response.action }}",
                "message": "[Open the ticket]({{ response.ticket_url }})",
            },
        },
    ],
    "mode": "queued",
}


class Failed(Exception):
    """Something was not as it should be."""


def check(statement: str, *, holds: bool) -> None:
    """Say that a statement holds, or stop."""
    if not holds:
        raise Failed(statement)
    print(f"  ✓ {statement}")


def timed(title: str, do: Callable[[], object]) -> None:
    """Do something that takes a while, and say how long it took."""
    print(f"{title} … ", end="", flush=True)
    started = time.monotonic()
    do()
    print(f"{time.monotonic() - started:.1f} s")


def set_up(rt: RTServer, ha: LiveHomeAssistant) -> None:
    """Add the integration as the frontend does: address and token, then queue."""
    print("\nAdding the integration in Home Assistant's config flow")
    result = ha.config_flow(
        "ha_rt",
        {"url": rt.url, "token": rt.tokens[ACCOUNT], "verify_ssl": True},
        {"queue": QUEUE},
    )
    if result["type"] != "create_entry":
        raise Failed(
            f"the config flow adds the integration; it said: "
            f"{result.get('errors') or result.get('reason') or result}"
        )
    entries = ha.ws("config_entries/get", domain="ha_rt")
    state = [entry["state"] for entry in entries]
    check(f"“{entries[0]['title']}” is set up", holds=state == ["loaded"])


def leak(ha: LiveHomeAssistant, expected: int) -> list[dict[str, Any]]:
    """Let the sensor report water and wait for the automation's notification."""
    for action in ("turn_off", "turn_on"):
        ha.action(f"input_boolean.{action}", {"entity_id": SENSOR})
    wait_until(
        lambda: len(ha.notifications()) >= expected,
        seconds=20,
        failure="the automation puts up a notification within 20 seconds",
    )
    return ha.notifications()


def check_ticket(rt: RTServer, number: int) -> None:
    """Show the ticket as RT has it, read from its database by RT's own code."""
    ticket = rt.read_ticket(number)
    print("\nThe ticket, read from RT's database by RT's own code")
    print(f"  #{ticket['id']}  {ticket['subject']}")
    print(f"  queue {ticket['queue']}, status {ticket['status']}")
    print(f"  custom fields {ticket['custom_fields']}")
    history = [
        entry
        for entry in ticket["transactions"]
        if entry["type"] in {"Create", "Comment", "Correspond"}
    ]
    for entry in history:
        text = " / ".join((entry["content"] or "").splitlines())
        print(f"  {entry['created']}  {entry['type']:8} {entry['creator']}: {text}")
    check("number and subject are right", holds=_same(ticket, number, SUBJECT))
    check(f"it is in the queue {QUEUE}", holds=ticket["queue"] == QUEUE)
    check(
        f"its DeviceId is {SENSOR}",
        holds=ticket["custom_fields"].get("DeviceId") == [SENSOR],
    )
    check(
        "its history is one creation and one comment, both by the account of the token",
        holds=[(entry["type"], entry["creator"]) for entry in history]
        == [("Create", ACCOUNT), ("Comment", ACCOUNT)],
    )
    check(
        "both carry the text of the report",
        holds=all(REPORT in (entry["content"] or "") for entry in history),
    )
    check("it is RT's only ticket", holds=rt.perl(COUNT_TICKETS) == 1)


COUNT_TICKETS = """
my $tickets = RT::Tickets->new($system);
$tickets->FromSQL('id > 0');
say_json($tickets->CountAll + 0);
"""


def _same(ticket: dict[str, Any], number: int, subject: str) -> bool:
    return bool(ticket["id"] == number and ticket["subject"] == subject)


def check_notifications(
    rt: RTServer, found: list[dict[str, Any]], number: int, url: str
) -> None:
    """Show the notifications as Home Assistant has them."""
    print("\nThe notifications, as Home Assistant has them")
    for notification in found:
        print(f"  {notification['title']}: {notification['message']}")
    check(
        "the first says created, the second commented, about the same ticket",
        holds=[notification["title"] for notification in found]
        == [f"Ticket {number} created", f"Ticket {number} commented"],
    )
    check(
        "both link to the ticket",
        holds=all(f"({url})" in notification["message"] for notification in found),
    )
    page = _page(url, rt.tokens["alice"])
    check("the link opens the ticket's page in RT", holds=SUBJECT in page)


def _page(url: str, token: str) -> str:
    """Return a page of RT's web interface, as somebody who is logged in."""
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        page: bytes = answer.read()
    return page.decode()


def show(rt: RTServer, ha: LiveHomeAssistant) -> None:
    """Report the same leak twice and look at both sides."""
    # So that the ticket's link to the device leads somewhere.
    ha.ws("config/core/update", internal_url=ha.url)
    set_up(rt, ha)
    ha.add_automation(AUTOMATION)
    print(f"  ✓ “{AUTOMATION['alias']}” is on")

    print("\nWater in the kitchen, twice")
    first = leak(ha, 1)
    number = _ticket_number(first[0])
    check(f"the first report made ticket {number}", holds=number > 0)
    found = leak(ha, 2)
    check("the second report was answered, too", holds=len(found) == 2)  # noqa: PLR2004

    check_ticket(rt, number)
    url = f"{rt.url}/Ticket/Display.html?id={number}"
    check_notifications(rt, found, number, url)


def _ticket_number(notification: dict[str, Any]) -> int:
    """Return the number in “Ticket 1 created”."""
    words = notification["title"].split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def stay(rt: RTServer, ha: LiveHomeAssistant) -> None:
    """Leave everything running for people to look around."""
    rt.grant(ACCOUNT, QUEUE, "ModifyTicket", "ReassignTicket", "ShowTicketComments")
    # It asks for the last of them when it is loaded.
    ha.action("homeassistant.reload_config_entry", {"entity_id": TO_DO_LIST})
    print(f"""
Both servers are running:

  Home Assistant   {ha.url}
                   {home_assistant.USERNAME} / {home_assistant.PASSWORD}
  Request Tracker  {rt.url}
                   alice / alice-password (works on tickets)
                   root / root-password (administrator)
  API token        {rt.tokens[ACCOUNT]}
                   of {ACCOUNT}, to set up the integration once more

Switch “Kitchen leak” on again and the ticket gets another comment. {ACCOUNT} has all the rights of the README.
Everything is in {FOLDER.relative_to(ROOT)} and made anew by the next run.
Ctrl-C stops both.""")
    while True:
        ha.restart()
        print("Home Assistant has restarted.")


def demo(*, once: bool) -> None:
    """Run it all."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    rt = RTServer(FOLDER / "rt")
    ha = LiveHomeAssistant(FOLDER / "home-assistant", configuration=CONFIGURATION)
    with ExitStack() as stack:
        # Whatever happens, even when nobody reads what we print.
        stack.callback(rt.stop)
        stack.callback(ha.stop)
        timed("Starting Request Tracker", rt.start)
        timed("Starting Home Assistant", ha.start)
        try:
            show(rt, ha)
        except (Failed, HomeAssistantError, RTError, OSError) as err:
            explain(err, rt, ha)
            raise SystemExit(1) from None
        print("\nEverything is as it should be.")
        if not once:
            stay(rt, ha)


def explain(err: Exception, rt: RTServer, ha: LiveHomeAssistant) -> None:
    """Say what did not hold, and what both servers wrote last."""
    print(f"\n  ✗ {err}\n")
    for name, log in (("Home Assistant", ha.log()), ("Request Tracker", rt.log())):
        print(f"The end of {name}'s log:\n{tail(log)}\n")
    print(f"The whole logs are below {FOLDER.relative_to(ROOT)}.")


def main() -> None:
    """Run as `python -m scripts.live.demo [--once]`."""
    # `kill` and a closed terminal are to clean up like Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with (FOLDER.parent / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("The demo is running already; stop it with Ctrl-C there.")
        print()
        try:
            demo(once="--once" in sys.argv[1:])
        except ServerError as err:
            sys.exit(f"failed\n\n{err}")
        except KeyboardInterrupt:
            print("\nBoth have stopped.")


if __name__ == "__main__":
    main()
