"""The integration is added and changed in the frontend."""

from typing import Any

import pytest

from scripts.live.flows import Flows
from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.process import free_port, wait_until
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import INCIDENTS, without
from tests.ui.conftest import add_entry

TITLE = f"Service Management ({FACILITY})"
REPORT = {"device_id": "pump", "subject": "Pump failed", "text": "No pressure"}


def entry(home: LiveHomeAssistant) -> dict[str, Any]:
    """Return the only entry, as Home Assistant's API tells it."""
    (found,) = home.ws("config_entries/get", domain="ha_rt")
    return found


def wait_for_state(home: LiveHomeAssistant, state: str) -> None:
    """Wait until the entry is in a state."""
    wait_until(
        lambda: entry(home)["state"] == state,
        seconds=20,
        failure=f"the entry is never {state}",
    )


@pytest.fixture
def token(rt: RTServer, home: LiveHomeAssistant) -> str:
    """Set an entry up, and return its token, which nothing else uses."""
    made = rt.create_token("ha-service")
    add_entry(home, rt, made)
    return made


def test_add(flows: Flows, home: LiveHomeAssistant, rt: RTServer) -> None:
    """Each mistake is named where it was made, and the entry is there in the end."""
    flows.add("ha_rt")
    flows.step("Connect to Request Tracker")
    flows.fill(
        {
            "Address": f"http://127.0.0.1:{free_port()}",
            "Token": rt.tokens["ha-service"],
        }
    )
    flows.submit()
    assert flows.error("Cannot connect to the RT server") == "Address"

    flows.fill({"Address": rt.url, "Token": rt.tokens["revoked"]})
    flows.submit()
    assert flows.error("RT refuses this token") == "Token"

    flows.fill({"Token": rt.tokens["ha-service"]})
    flows.submit()
    flows.step("Choose a queue")
    flows.see("as ha-service")
    assert flows.offered("Queue") == ["Empty Queue", FACILITY, INCIDENTS]

    flows.choose("Queue", FACILITY)
    with without(rt, "ha-service", "ShowTicket"):
        flows.submit()
        assert flows.error(f'rights on the queue "{FACILITY}": ShowTicket') == "Queue"
    flows.submit()
    flows.finish()

    assert (entry(home)["title"], entry(home)["state"]) == (TITLE, "loaded")
    flows.open_integration("ha_rt")
    flows.see(TITLE)


def test_options(
    flows: Flows, home: LiveHomeAssistant, rt: RTServer, token: str
) -> None:
    """What RT does not have is named; what is saved is there the next time."""
    flows.open_integration("ha_rt")
    flows.press("Configure")
    flows.step("Options")
    flows.fill({"Custom field for the severity": "Nonsense"})
    flows.submit()
    assert flows.error('"Nonsense"') == "Custom field for the severity"

    flows.fill({"Custom field for the severity": ""})
    flows.unfold("Repeats")
    assert flows.picked("Comments", "Always")
    flows.pick("Comments", "Throttle")
    flows.fill({"Time between comments": "15"})
    flows.submit()
    flows.finish()
    wait_for_state(home, "loaded")

    flows.press("Configure")
    flows.unfold("Repeats")
    assert flows.picked("Comments", "Throttle")
    assert flows.value("Time between comments") == "15"

    first = home.action("ha_rt.create_ticket", REPORT)
    second = home.action("ha_rt.create_ticket", REPORT)
    assert second["ticket_id"] == first["ticket_id"]
    assert second["action"] == "skipped"


def test_reconfigure(
    flows: Flows, home: LiveHomeAssistant, rt: RTServer, token: str
) -> None:
    """Another queue can be chosen, with the present token."""
    flows.open_integration("ha_rt")
    flows.menu("Reconfigure")
    flows.step("Change the RT server")
    assert flows.value("Address") == rt.url
    assert flows.value("Token") == ""
    flows.submit()
    flows.step("Choose a queue")
    flows.choose("Queue", INCIDENTS)
    flows.submit()
    flows.see("Reconfiguration was successful")
    flows.finish()

    flows.see(f"Service Management ({INCIDENTS})")
    wait_for_state(home, "loaded")
    made = home.action("ha_rt.create_ticket", REPORT)
    assert rt.read_ticket(made["ticket_id"])["queue"] == INCIDENTS


def test_reauthenticate(
    flows: Flows, home: LiveHomeAssistant, rt: RTServer, token: str
) -> None:
    """A revoked token is asked for where people see it, and all goes on with a new one."""
    rt.revoke_token(token)
    flows.open_integration("ha_rt")
    flows.menu("Reload")
    flows.see("RT refuses the token")

    flows.press("Reconfigure")
    flows.step("RT needs a new token")
    flows.fill({"Token": token})
    flows.submit()
    assert flows.error("RT refuses this token") == "Token"
    flows.fill({"Token": rt.tokens["ha-service"]})
    flows.submit()
    flows.see("Re-authentication was successful")
    flows.finish()

    wait_for_state(home, "loaded")
    made = home.action("ha_rt.create_ticket", REPORT | {"device_id": "valve"})
    assert rt.read_ticket(made["ticket_id"])["subject"] == REPORT["subject"]
