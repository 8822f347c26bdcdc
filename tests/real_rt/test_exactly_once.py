"""Every report is in RT exactly once, whatever becomes of requests and answers.

Before RT stands a proxy that spoils every fifth request: one half never gets to RT, and
of the other half, RT's answer does not come back.

There are 200 reports over 20 keys. With EXACTLY_ONCE=full in the environment there are
2,000 over 200 keys, which takes minutes.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
import os
from random import Random
import re
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.delivery import dispatcher
from custom_components.ha_rt.tickets import exactly_once, locks
from scripts.live.rt import RTServer
from tests.real_rt.common import SetUp, contents, new_device, report, tickets_of
from tests.real_rt.relay import Forward, relay

KEYS, REPORTS = (200, 2000) if os.environ.get("EXACTLY_ONCE") == "full" else (20, 200)
SECONDS = 100 + REPORTS

BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


@dataclass
class BadLine:
    """A line that loses requests, and answers to others."""

    random: Random
    is_bad: bool = False
    spoiled: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """How often, by the way, and whether RT had done its work then."""

    async def __call__(self, request: bytes, forward: Forward) -> bytes:
        """Forward a request, if all goes well, and return the answer."""
        if not self.is_bad or self.random.random() >= 0.2:
            return await forward()
        is_done = self.random.random() < 0.5
        how = self.random.choice(["reset", "hung up", "502", "cut"])
        self.spoiled[how, is_done] += 1
        answer = await forward() if is_done else b""
        match how:
            case "reset":
                raise ConnectionResetError
            case "502":
                return BAD_GATEWAY
            case _:
                return answer[: len(answer) // 3] if how == "cut" else b""


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what RT may still be doing no longer than this RT takes.

    What the line spoils, RT has done or will never do.
    """
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.1, 0.2))
    monkeypatch.setattr(locks, "_UNCONFIRMED_SECONDS", 1)
    monkeypatch.setattr(dispatcher, "_UNDER_WAY_SECONDS", 1)
    monkeypatch.setattr(dispatcher, "_PAUSE", 0.1)
    monkeypatch.setattr(dispatcher, "_LONGEST_PAUSE", 1)


def chance(seed: int) -> Random:
    """Return what is by chance, and the same each time."""
    return Random(seed)  # noqa: S311


def texts_for(devices: Iterable[str], reports: int) -> dict[str, str]:
    """Return the device that each text is reported of, in an order by chance."""
    devices = list(devices)
    made = [(f"Report {i:04}.", devices[i % len(devices)]) for i in range(reports)]
    chance(6).shuffle(made)
    return dict(made)


async def report_all(hass: HomeAssistant, texts: dict[str, str]) -> dict[str, Any]:
    """Report all at once, and return the answer or the error of each text."""
    answers = await asyncio.gather(
        *(report(hass, device, text) for text, device in texts.items()),
        return_exceptions=True,
    )
    return dict(zip(texts, answers, strict=True))


async def until_nothing_waits(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until the entry says that RT has all reports."""
    sensor = er.async_get(hass).async_get_entity_id(
        "sensor", DOMAIN, f"{entry.entry_id}_waiting"
    )
    assert sensor
    is_empty = asyncio.Event()

    @callback
    def look(_event: object = None) -> None:
        if (state := hass.states.get(sensor)) and state.state == "0":
            is_empty.set()

    stop = async_track_state_change_event(hass, sensor, look)
    look()
    async with asyncio.timeout(SECONDS):
        await is_empty.wait()
    stop()


def found_in(rt: RTServer, devices: Iterable[str]) -> dict[str, Counter[str]]:
    """Return how often RT has each text, by device; each has one ticket at the most."""
    found = {}
    for device in devices:
        tickets = tickets_of(rt, device)
        assert len(tickets) <= 1, f"{device}: {tickets}"
        said = "\n".join(text for number in tickets for text in contents(rt, number))
        found[device] = Counter(re.findall(r"Report \d+\.", said))
    return found


def check_each_once(rt: RTServer, texts: dict[str, str]) -> None:
    """Check that RT has each text once, in the ticket of its device, and no other."""
    expected: dict[str, Counter[str]] = {device: Counter() for device in texts.values()}
    for text, device in texts.items():
        expected[device][text] += 1
    assert found_in(rt, expected) == expected


@pytest.mark.timeout(2 * SECONDS)
async def test_reports_are_kept(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """With the outbox, all reports get there, once."""
    texts = texts_for((new_device() for _ in range(KEYS)), REPORTS)
    line = BadLine(chance(1))

    async with relay(real_rt, line) as url:
        entry = await set_up("u-full", url=url, keep_reports=True)
        line.is_bad = True
        answers = await report_all(hass, texts)
        await until_nothing_waits(hass, entry)

    actions = Counter(answer["action"] for answer in answers.values())
    assert actions.keys() == {"created", "commented", "queued"}
    assert len(line.spoiled) == 8
    check_each_once(real_rt, texts)


@pytest.mark.timeout(2 * SECONDS)
async def test_reports_are_not_kept(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Without the outbox, a report gets there once, or its caller is told."""
    texts = texts_for((new_device() for _ in range(KEYS)), REPORTS)
    line = BadLine(chance(2))

    async with relay(real_rt, line) as url:
        await set_up("u-full", url=url)
        line.is_bad = True
        answers = await report_all(hass, texts)

    failed = {text for text, one in answers.items() if isinstance(one, Exception)}
    assert failed
    assert all(isinstance(answers[text], HomeAssistantError) for text in failed)
    found = found_in(real_rt, set(texts.values()))
    told = Counter[str]()
    for counts in found.values():
        told += counts
    assert set(told.values()) == {1}
    assert texts.keys() - failed <= told.keys() <= texts.keys()


@pytest.mark.timeout(300)
async def test_restart_in_a_burst(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """What RT was doing when it was killed is there once, and so is what came then."""
    texts = texts_for((new_device() for _ in range(50)), 100)
    later = {"Report 0100.": new_device()}
    is_busy, is_up = asyncio.Event(), asyncio.Event()
    is_up.set()

    async def way(request: bytes, forward: Forward) -> bytes:
        # RT's workers may outlive it for a moment.
        if not is_up.is_set():
            raise ConnectionResetError
        answer = await forward()
        if request.startswith(b"POST "):
            is_busy.set()
        if not is_up.is_set():
            raise ConnectionResetError
        return answer

    async def restart() -> dict[str, Any]:
        await is_busy.wait()
        is_up.clear()
        await hass.async_add_executor_job(real_rt.stop_serving)
        answers = await report_all(hass, later)
        await hass.async_add_executor_job(real_rt.start)
        is_up.set()
        return answers

    async with relay(real_rt, way) as url:
        entry = await set_up("u-full", url=url, keep_reports=True)
        _, answers = await asyncio.gather(report_all(hass, texts), restart())
        await until_nothing_waits(hass, entry)

    assert {one["action"] for one in answers.values()} == {"queued"}
    check_each_once(real_rt, texts | later)
