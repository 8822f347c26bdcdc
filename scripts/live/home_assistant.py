"""A real Home Assistant, made in a folder and controlled as its own frontend does.

    with LiveHomeAssistant(Path("somewhere")) as ha:
        entry = ha.config_flow("ha_rt", {...}, {...})
        ha.action("ha_rt.create_ticket", {...})

It boots offline in a few seconds, on 127.0.0.1, with the integration of this
repository and with the user `owner`.
"""

import asyncio
import http.client
import json
import os
from pathlib import Path
import sys
from typing import Any
from urllib.parse import urlencode

import aiohttp

from scripts.live.config_folder import write_config
from scripts.live.process import Server, Startable, free_port, wait_until

USERNAME = "owner"
PASSWORD = "owner-password"  # noqa: S105 - of a server on 127.0.0.1


class HomeAssistantError(Exception):
    """Home Assistant refused a request; the message holds its answer."""


class LiveHomeAssistant(Startable):
    """One Home Assistant with its own configuration folder."""

    def __init__(
        self,
        config: Path,
        python: Path | str = sys.executable,
        *,
        configuration: str = "",
    ) -> None:
        """Describe it; `configuration` is YAML added to configuration.yaml.

        A configuration folder from an earlier run is kept and used.
        """
        self.config = config.resolve()
        self.port = 0
        self._python = str(python)
        self._configuration = configuration
        self._server: Server | None = None
        self._token = ""

    @property
    def url(self) -> str:
        """Where its frontend is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Boot it and log in; after `stop`, again at the same address."""
        self.port = self.port or free_port()
        write_config(self.config, self.port, self._configuration)
        server = Server(
            "Home Assistant",
            [
                *(self._python, "-m", "homeassistant"),
                *("--config", str(self.config), "--skip-pip"),
            ],
            env=dict(os.environ),
            log=self.config / "console.log",
        )
        server.start(self._answers, seconds=120)
        self._server = server
        try:
            self._log_in()
            wait_until(
                lambda: bool(self.get("/api/config")["state"] == "RUNNING"),
                seconds=60,
                failure="Home Assistant does not finish its start",
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut it down as a person would: what is to be saved is saved."""
        if self._server is not None:
            self._server.stop(seconds=60)
            self._server = None

    def restart(self) -> None:
        """Wait until it ends, as it does when a person restarts it, and boot it again."""
        if self._server is not None:
            self._server.wait()
            self.stop()
        self.start()

    def log(self) -> str:
        """What it has written."""
        path = self.config / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # --- as its frontend talks to it --------------------------------------

    def get(self, path: str) -> Any:
        """GET a resource of its HTTP API."""
        return self._request("GET", path)

    def post(self, path: str, json: object = None) -> Any:
        """POST to its HTTP API."""
        return self._request("POST", path, json)

    def delete(self, path: str) -> Any:
        """DELETE a resource of its HTTP API."""
        return self._request("DELETE", path)

    def ws(self, type: str, **data: object) -> Any:  # noqa: A002 - its own name
        """Send one command over the websocket and return the result."""
        return asyncio.run(self._ws({"type": type, **data}))

    def config_flow(self, handler: str, *answers: dict[str, object]) -> dict[str, Any]:
        """Walk through a config flow; the result of the last step."""
        step: dict[str, Any] = self.post(
            "/api/config/config_entries/flow", {"handler": handler}
        )
        for answer in answers:
            step = self.post(
                f"/api/config/config_entries/flow/{step['flow_id']}", answer
            )
        return step

    def action(self, name: str, data: dict[str, object]) -> Any:
        """Perform an action and return its response, if it has one."""
        domain, action = name.split(".")
        answer = self.ws(
            "call_service",
            domain=domain,
            service=action,
            service_data=data,
            return_response=self._responds(domain, action),
        )
        return answer.get("response")

    def states(self) -> dict[str, dict[str, Any]]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in self.get("/api/states")}

    def notifications(self) -> list[dict[str, Any]]:
        """Return what is in its notification drawer, oldest first."""
        found: list[dict[str, Any]] = self.ws("persistent_notification/get")
        return sorted(found, key=lambda notification: notification["created_at"])

    def add_automation(self, automation: dict[str, Any]) -> None:
        """Save an automation as its editor does; it is in force afterwards."""
        self.post(f"/api/config/automation/config/{automation['id']}", automation)
        wait_until(
            lambda: any(
                state["attributes"].get("id") == automation["id"]
                and state["state"] == "on"
                for state in self.states().values()
            ),
            seconds=20,
            failure="Home Assistant does not take the automation up",
        )

    # --- inside -----------------------------------------------------------

    def _responds(self, domain: str, action: str) -> bool:
        return "response" in self.ws("get_services")[domain][action]

    async def _ws(self, command: dict[str, object]) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/api/websocket") as socket,
        ):
            await socket.receive_json()  # auth_required
            await socket.send_json({"type": "auth", "access_token": self._token})
            await socket.receive_json()  # auth_ok
            await socket.send_json({"id": 1, **command})
            while True:
                answer = await socket.receive_json()
                if answer.get("id") == 1 and answer["type"] == "result":
                    break
        if not answer["success"]:
            raise HomeAssistantError(f"{command['type']}: {answer['error']}")
        return answer["result"]

    def _request(
        self, method: str, path: str, body: object = None, *, form: bool = False
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if form and isinstance(body, dict):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            payload = urlencode(body)
        else:
            headers["Content-Type"] = "application/json"
            payload = json.dumps(body) if body is not None else ""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, payload, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise HomeAssistantError(f"{method} {path}: {answer.status} {text}")
        is_json = answer.headers.get_content_type() == "application/json"
        return json.loads(text) if is_json else text

    def _answers(self) -> bool:
        """Tell whether it serves; it does not before the log-in is set up."""
        try:
            self._has_owner()
        except OSError:
            return False
        return True

    def _has_owner(self) -> bool:
        """Tell whether an earlier run has onboarded the owner."""
        try:
            steps = self.get("/api/onboarding")
        except HomeAssistantError:  # 404: that was all long ago
            return True
        return all(step["done"] for step in steps if step["step"] == "user")

    def _log_in(self) -> None:
        """Become the owner: made by the first run, logged in by later ones."""
        client = f"{self.url}/"
        owner = {"client_id": client, "username": USERNAME, "password": PASSWORD}
        self._token = ""
        if self._has_owner():
            provider = {"handler": ["homeassistant", None], "redirect_uri": client}
            flow = self.post("/auth/login_flow", {"client_id": client, **provider})
            code = self.post(f"/auth/login_flow/{flow['flow_id']}", owner)["result"]
        else:
            person = {"name": "Owner", "language": "en"}
            code = self.post("/api/onboarding/users", owner | person)["auth_code"]
        grant = {
            "client_id": client,
            "code": code,
            "grant_type": "authorization_code",
        }
        answer = self._request("POST", "/auth/token", grant, form=True)
        self._token = answer["access_token"]
