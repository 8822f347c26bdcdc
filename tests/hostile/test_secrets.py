"""The token and the cookies of sessions: nowhere but where they have to be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
import json
import logging
from pathlib import Path
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
)
from homeassistant.const import (
    CONF_TOKEN,
    CONF_URL,
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    MATCH_ALL,
)
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.services import ACTIONS
from tests import DEVICE, FACILITY, Wait, connection_data, perform
from tests.fake_rt import FakeRT, faults
from tests.hostile import told_by

TOKEN = "1-14-" + "5ec2e7" * 5 + "00"
WRONG = "1-14-" + "bad70c" * 5 + "00"
NEXT = "1-14-" + "4e3710" * 5 + "00"

ARGUMENTS: dict[str, dict[str, Any]] = {
    "create_ticket": {"device_id": DEVICE, "subject": "Leak", "text": "Water"},
    "add_comment": {"device_id": DEVICE, "text": "More water"},
    "update_ticket": {"device_id": DEVICE, "priority": 50},
    "get_ticket": {"device_id": DEVICE, "history": True},
    "search_tickets": {"text": "Leak"},
    "get_statistics": {},
    "resolve_ticket": {"device_id": DEVICE, "text": "Dry"},
    "flush_outbox": {},
    "clear_outbox": {"count": 1000},
}


def echoes(secret: str) -> list[faults.Fault]:
    """Return answers that give a secret back wherever an answer can."""
    message = json.dumps({"message": f"No {secret} here"})
    plain = {"X-Token": secret, "Set-Cookie": f"x={secret}", "Retry-After": secret}
    return [
        *(faults.answer(status, message) for status in (400, 401, 403, 404, 413, 500)),
        faults.answer(200, json.dumps([secret])),
        faults.answer(200, json.dumps({"Version": secret})),
        faults.answer(200, json.dumps({"items": secret, "total": secret})),
        faults.answer(200, f"<p>{secret}</p>", "text/html"),
        faults.answer(404, secret, f"text/{secret}"),
        faults.answer(503, secret, "text/plain", plain),
        faults.answer(504, secret, "text/plain"),
        faults.redirect(f"https://{secret}@example.test/{secret}?token={secret}"),
        faults.garble(f'["{secret}'.encode(), cut=True),
        faults.reset_after,
        faults.not_http(f"{secret}\r\n".encode()),
    ]


class Scan:
    """Collects what people and files get to see."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen to all events."""
        self.seen: dict[str, str] = {}
        self._events: list[Event[Any]] = []
        self._hass = hass
        hass.bus.async_listen(MATCH_ALL, self._events.append)

    def add(self, name: str, what: Any) -> None:
        """Add something; forms hold their fields' defaults in their schema."""
        self.seen[f"{name} {len(self.seen)}"] = repr(what)

    @contextmanager
    def failing(self, name: str) -> Iterator[None]:
        """Add the error, if there is one, and all behind it."""
        try:
            yield
        except HomeAssistantError as err:
            self.add(f"{name} error", told_by(err))

    def look_around(self, folder: Path) -> None:
        """Add all that Home Assistant keeps and shows."""
        hass = self._hass
        self.add("states", [state.as_dict() for state in hass.states.async_all()])
        self.add("events", [(e.event_type, e.as_dict()) for e in self._events])
        self.add("issues", [asdict(i) for i in ir.async_get(hass).issues.values()])
        for entry in hass.config_entries.async_entries(DOMAIN):
            id_ = entry.entry_id
            self.add(
                "devices", dr.async_entries_for_config_entry(dr.async_get(hass), id_)
            )
            self.add(
                "entities", er.async_entries_for_config_entry(er.async_get(hass), id_)
            )
            self.add(
                "entry", (entry.title, entry.unique_id, entry.reason, entry.options)
            )
        for flow in hass.config_entries.flow.async_progress():
            self.add("flow", flow)
        for path in folder.rglob("*"):
            self.add("file", path)
            if path.is_file():
                self.add(f"file {path.name}", path.read_bytes())

    def holding(self, *secrets: str) -> list[str]:
        """Return the names of what holds one of these."""
        return [
            name
            for name, text in self.seen.items()
            if any(secret in text for secret in secrets)
        ]


@pytest.fixture
def scan(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> Scan:
    """Return a scan of a Home Assistant that logs everything and writes to a folder."""
    hass.config.config_dir = str(tmp_path)
    (tmp_path / ".storage").mkdir()
    fake_rt.token = TOKEN
    # The test's own access to Home Assistant, which does not get on with its clock.
    caplog.set_level(logging.CRITICAL, "aiohttp.access")
    caplog.set_level(logging.DEBUG, "custom_components.ha_rt")
    caplog.set_level(logging.DEBUG)
    return Scan(hass)


async def add_entry(
    hass: HomeAssistant, fake_rt: FakeRT, scan: Scan
) -> MockConfigEntry:
    """Set an entry up as people do, with a wrong token at first."""
    flow = hass.config_entries.flow
    step = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for token in (WRONG, f"{TOKEN}é", TOKEN):
        given = {**connection_data(fake_rt), CONF_TOKEN: token}
        step = await flow.async_configure(step["flow_id"], given)
        scan.add("form", (step, str(step["data_schema"].schema)))
    step = await flow.async_configure(
        step["flow_id"], {"queue": FACILITY, "device_id_field": "DeviceId"}
    )
    await hass.async_block_till_done()
    entry: MockConfigEntry = step["result"]
    assert entry.state is ConfigEntryState.LOADED
    return entry


async def do_all(hass: HomeAssistant, scan: Scan, name: str) -> None:
    """Perform all actions, whether they succeed or not."""
    assert ARGUMENTS.keys() == ACTIONS.keys()
    for action, arguments in ARGUMENTS.items():
        with scan.failing(f"{name} {action}"):
            scan.add(name, await perform(hass, action, **arguments))


async def test_nowhere_else(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    scan: Scan,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    wait: Wait,
) -> None:
    """They are in no log, error, state, event, file or address, whatever happens."""
    cookies: set[str] = set()
    for name in ("diagnostics", "system_health", "websocket_api"):
        assert await async_setup_component(hass, name, {})
    entry = await add_entry(hass, fake_rt, scan)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "keep_reports": True, "poll_seconds": 30}
    )
    await hass.config_entries.async_reload(entry.entry_id)
    await do_all(hass, scan, "well")
    cookies |= {*fake_rt.sessions}
    assert cookies

    for secret in (TOKEN, *fake_rt.logged_in):
        changed = faults.answer(200, json.dumps([f"Changed to {secret}"]))
        ways = [("PUT", changed), *(("*", fault) for fault in echoes(secret))]
        for number, (method, fault) in enumerate(ways):
            fake_rt.fail(method, "/REST/", fault, times=None)
            await do_all(hass, scan, f"echo {number}")
            await wait(seconds=31)
            scan.add(
                "diagnostics",
                await get_diagnostics_for_config_entry(hass, hass_client, entry),
            )
            with scan.failing("options"):
                options = await hass.config_entries.options.async_init(entry.entry_id)
                scan.add("options", (options, str(options["data_schema"].schema)))
            fake_rt.heal()
            cookies |= {*fake_rt.sessions}
    await hass.config_entries.async_reload(entry.entry_id)

    fake_rt.token = NEXT
    fake_rt.end_sessions()
    await do_all(hass, scan, "revoked")
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    for token in (WRONG, NEXT):
        step = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {CONF_TOKEN: token}
        )
        scan.add("reauth", step)
    await hass.async_block_till_done()
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    scan.add("reconfigure", (step, str(step["data_schema"].schema)))
    for given in ({CONF_URL: "http://127.0.0.1:1"}, {CONF_TOKEN: WRONG}, {}):
        step = await hass.config_entries.flow.async_configure(
            step["flow_id"], {CONF_URL: fake_rt.url, "verify_ssl": True, **given}
        )
        scan.add("reconfigure", (step, str(step["data_schema"].schema)))

    ws = await hass_ws_client(hass)
    await ws.send_json_auto_id({"type": "system_health/info"})
    while "finish" not in (told := await ws.receive_str()):
        scan.add("system health", told)
    scan.look_around(tmp_path)
    await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    scan.look_around(tmp_path)
    scan.add("log", caplog.text)
    scan.add("records", [vars(record) for record in caplog.records])
    cookies |= {*fake_rt.sessions}

    names = " ".join(scan.seen)
    for kind in (
        "error",
        "states",
        "events",
        "file",
        "diagnostics",
        "system health",
        "log",
    ):
        assert kind in names
    assert "GET /REST/2.0/" in caplog.text
    assert scan.holding(TOKEN, WRONG, NEXT, *cookies) == []


async def test_only_in_their_headers(
    hass: HomeAssistant, fake_rt: FakeRT, scan: Scan
) -> None:
    """RT gets the token as a header, and its own cookie as one."""
    await add_entry(hass, fake_rt, scan)
    await do_all(hass, scan, "well")
    secrets = {TOKEN, WRONG, *fake_rt.sessions}
    for sent in (*fake_rt.requests, *fake_rt.log_ins, *fake_rt.log_outs):
        shown = {**sent.headers, "path": sent.path, "query": str(sent.query)}
        shown["body"] = sent.body.decode(errors="replace")
        for name, value in shown.items():
            if name not in {"Authorization", "Cookie"}:
                assert not [one for one in secrets if one in value], name
        assert TOKEN not in sent.headers.get("Cookie", "")
