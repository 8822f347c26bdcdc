"""The token, searched for in all that a Home Assistant keeps, logs and shows."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from typing import Any

from scripts.live.home_assistant import HomeAssistantError, LiveHomeAssistant
from scripts.live.process import free_port
from scripts.live.rt import RTServer

FLOW = "/api/config/config_entries/flow"
WRONG_TOKEN = "1-65-0123456789abcdef0123456789abcdef"
HOME = ".storage/core.config_entries"

REPORT = {"device_id": "leak", "subject": "Leak", "text": "Water"}
ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("create_ticket", REPORT),
    ("add_comment", {"device_id": "leak", "text": "More water"}),
    ("update_ticket", {"device_id": "leak", "priority": 50}),
    ("get_ticket", {"device_id": "leak", "history": True}),
    ("get_ticket", {"ticket_id": 999_999}),
    ("search_tickets", {"text": "Leak"}),
    ("search_tickets", {"query": "nonsense"}),
    ("get_statistics", {}),
    ("resolve_ticket", {"device_id": "leak", "text": "Dry"}),
)


class Scan:
    """Collects what people get to see."""

    def __init__(self, home: LiveHomeAssistant) -> None:
        """Look at a Home Assistant."""
        self.seen: dict[str, str] = {}
        self._home = home

    def add(self, name: str, what: object) -> None:
        """Add something."""
        self.seen[f"{name} {len(self.seen)}"] = json.dumps(what)

    def do_all(self, name: str) -> None:
        """Perform all actions, whether they succeed or not."""
        for action, data in ACTIONS:
            try:
                self.add(f"{name} {action}", self._home.action(f"ha_rt.{action}", data))
            except HomeAssistantError as err:
                self.add(f"{name} {action} error", str(err))

    def look_around(self, entry_id: str) -> None:
        """Add what its pages tell."""
        home = self._home
        self.add("states", home.get("/api/states"))
        self.add("diagnostics", home.get(f"/api/diagnostics/config_entry/{entry_id}"))
        for command in (
            "config_entries/get",
            "config_entries/flow/progress",
            "config/device_registry/list",
            "config/entity_registry/list",
            "repairs/list_issues",
            "system_log/list",
            "persistent_notification/get",
        ):
            self.add(command, home.ws(command))

    def holding(self, secret: str) -> list[str]:
        """Return the names of what holds a secret."""
        return [name for name, text in self.seen.items() if secret in text]


@contextmanager
def stopped(server: LiveHomeAssistant | RTServer) -> Iterator[None]:
    """Stop a server for a while."""
    server.stop()
    try:
        yield
    finally:
        server.start()


def files_with(home: LiveHomeAssistant, secret: str) -> list[str]:
    """Return which files below its configuration hold a secret."""
    return [
        str(path.relative_to(home.config))
        for path in home.config.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]


def keep_reports(home: LiveHomeAssistant) -> None:
    """Let the entry keep reports while RT cannot be reached."""
    file = home.config / HOME
    with stopped(home):
        stored = json.loads(file.read_text())
        for entry in stored["data"]["entries"]:
            if entry["domain"] == "ha_rt":
                entry["options"]["keep_reports"] = True
        file.write_text(json.dumps(stored))


def test_token_scan(home: LiveHomeAssistant, rt: RTServer) -> None:
    """After all that can be done, the token is where Home Assistant keeps entries."""
    old, new = rt.create_token("ha-service"), rt.tokens["ha-service"]
    scan = Scan(home)
    server = {"url": rt.url, "token": old, "verify_ssl": True}
    flow = f"{FLOW}/{home.post(FLOW, {'handler': 'ha_rt'})['flow_id']}"
    for mistake in ({"url": f"http://127.0.0.1:{free_port()}"}, {"token": WRONG_TOKEN}):
        scan.add("form", home.post(flow, server | mistake))
    scan.add("form", home.post(flow, server))
    queue = {"queue": "Facility Management", "device_id_field": "DeviceId"}
    entry_id = home.post(flow, queue)["result"]["entry_id"]
    keep_reports(home)

    scan.do_all("well")
    cookies = rt.database.sessions()
    with stopped(rt):
        scan.do_all("away")
        scan.look_around(entry_id)
        (outbox,) = (home.config / ".storage").glob(f"ha_rt.{entry_id}.outbox*")
        assert b"Water" in outbox.read_bytes()
    scan.do_all("back")
    cookies |= rt.database.sessions()

    rt.revoke_token(old)
    rt.database.forget_sessions()
    scan.do_all("revoked")
    scan.look_around(entry_id)
    (reauth,) = home.ws("config_entries/flow/progress")
    for token in (WRONG_TOKEN, new):
        step = home.post(f"{FLOW}/{reauth['flow_id']}", {"token": token})
        scan.add("reauth", step)
    assert step["reason"] == "reauth_successful"
    step = home.post(FLOW, {"handler": "ha_rt", "entry_id": entry_id})
    scan.add("reconfigure", step)
    step = home.post(f"{FLOW}/{step['flow_id']}", {"url": rt.url, "verify_ssl": True})
    scan.add("reconfigure", step)
    scan.do_all("renewed")
    scan.look_around(entry_id)
    cookies |= rt.database.sessions()

    log = home.log()
    home.stop()  # writes what is still to be written
    try:
        assert "custom_components.ha_rt.rt.http] GET /REST/2.0/" in log
        assert files_with(home, new) == [HOME]
        for secret in (old, WRONG_TOKEN, *cookies):
            assert files_with(home, secret) == []
        for secret in (old, new, WRONG_TOKEN, *cookies):
            assert scan.holding(secret) == []
        # What RT and its web server write down of addresses.
        assert new not in rt.log()
    finally:
        home.start()
