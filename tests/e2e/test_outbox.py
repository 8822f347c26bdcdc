"""What Home Assistant has answered is in RT once, whenever it is killed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
import itertools
import json
import os
import re
import signal
import threading
from typing import Any

import pytest

from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.process import wait_until
from scripts.live.rt import RTServer
from tests.real_rt.common import contents, tickets_of

KEYS = 30
WAITING = "sensor.facility_management_reports_waiting"


@pytest.fixture(scope="module", autouse=True)
def _entry(home: LiveHomeAssistant, rt: RTServer) -> None:
    """Set up a queue whose reports wait while RT is away."""
    added = home.config_flow(
        "ha_rt",
        {"url": rt.url, "token": rt.tokens["u-full"], "verify_ssl": True},
        {"queue": "Facility Management", "device_id_field": "DeviceId"},
    )
    flow = "/api/config/config_entries/options/flow"
    entry_id = added["result"]["entry_id"]
    form = home.post(flow, {"handler": entry_id})
    answers = suggested(form["data_schema"])
    answers["delivery"]["keep_reports"] = True
    step = home.post(f"{flow}/{form['flow_id']}", answers)
    assert step["type"] == "create_entry", step
    # Home Assistant writes what has changed of an entry a second later.
    entries = home.config / ".storage" / "core.config_entries"
    wait_until(
        lambda: (
            '"keep_reports":true' in entries.read_text() and is_loaded(home, entry_id)
        ),
        seconds=30,
        failure="The entry is not loaded again",
    )


def is_loaded(home: LiveHomeAssistant, entry_id: str) -> bool:
    """Tell whether an entry is loaded."""
    entries = home.get("/api/config/config_entries/entry")
    states = {entry["entry_id"]: entry["state"] for entry in entries}
    return bool(states[entry_id] == "loaded")


def suggested(schema: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a form holds when it opens, as a browser sends it."""
    return {
        field["name"]: suggested(field["schema"])
        if "schema" in field
        else field["description"]["suggested_value"]
        for field in schema
        if "schema" in field or "suggested_value" in field.get("description", {})
    }


class Reporter:
    """Reports, one after the other and several at once, until nobody answers."""

    def __init__(self, home: LiveHomeAssistant) -> None:
        """Report to a Home Assistant."""
        self._home = home
        self._numbers = itertools.count()
        self._enough = threading.Event()
        self.reported: set[str] = set()
        self.queued: set[str] = set()

    def until_killed(self, count: int) -> None:
        """Kill Home Assistant as soon as so many reports more are answered."""
        goal = len(self.queued) + count
        self._enough.clear()
        with ThreadPoolExecutor() as pool:
            work = [pool.submit(self._report, goal) for _ in range(4)]
            self._enough.wait(30)
            kill(self._home)
        for one in work:
            one.result()

    def _report(self, goal: int) -> None:
        while True:
            number = next(self._numbers)
            text = f"Report {number:04}."
            self.reported.add(text)
            report = {
                "device_id": f"pump.{number % KEYS}",
                "subject": "Pump",
                "text": text,
            }
            try:
                answer = self._home.post(
                    "/api/services/ha_rt/create_ticket?return_response", report
                )
            except HTTPException, OSError:
                return
            assert answer["service_response"]["action"] == "queued", answer
            self.queued.add(text)
            if len(self.queued) >= goal:
                self._enough.set()


def kill(home: LiveHomeAssistant) -> None:
    """End Home Assistant at once, as a power cut does."""
    lock = json.loads((home.config / ".ha_run.lock").read_text())
    os.kill(lock["pid"], signal.SIGKILL)
    home.stop()


def waiting_keys(home: LiveHomeAssistant) -> int:
    """Return how many keys have something on disk."""
    [file] = (home.config / ".storage").glob("ha_rt.*.outbox")
    return len(json.loads(file.read_bytes())["pending_1"])


def test_killed_at_any_time(home: LiveHomeAssistant, rt: RTServer) -> None:
    """While reports come and RT is away, and in the middle of the delivery."""
    rt.stop()
    reporter = Reporter(home)
    for count in (1, KEYS + 10):
        reporter.until_killed(count)
        home.start()
        assert int(home.states()[WAITING]["state"]) >= len(reporter.queued)
    assert waiting_keys(home) > KEYS - 4

    rt.start()
    some = KEYS - 10
    wait_until(
        lambda: waiting_keys(home) <= some,
        seconds=60,
        failure="Nothing is delivered",
    )
    kill(home)
    assert 0 < waiting_keys(home) <= some
    home.start()
    wait_until(
        lambda: home.states()[WAITING]["state"] == "0",
        seconds=60,
        failure="Not all is delivered",
    )

    found: Counter[str] = Counter()
    for number in range(KEYS):
        tickets = tickets_of(rt, f"pump.{number}")
        assert len(tickets) < 2
        for ticket in tickets:
            said = "\n".join(contents(rt, ticket))
            found.update(re.findall(r"Report \d+\.", said))
    assert set(found.values()) == {1}
    assert reporter.queued <= found.keys() <= reporter.reported
