"""RT goes and comes back, and so do the entities; an entry that is unloaded is quiet."""

import asyncio
from datetime import timedelta
import logging

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from tests import create_ticket
from tests.fake_rt import FakeRT, Person, faults
from tests.watch import EVENTS, Watcher

LOGGER = "custom_components.ha_rt.coordinator"


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was said in the log, if it is switched on for what is usual."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == LOGGER and record.levelno >= logging.INFO
    ]


# --- Outages --------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.reset_before, "Cannot connect to the RT server"),
        (faults.html(502), "502"),
        (faults.html(), "not"),
        (faults.message(500, "Internal Server Error"), "Internal Server Error"),
    ],
)
async def test_rt_goes_and_comes(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    watching: Watcher,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
    fault: faults.Fault,
    reason: str,
) -> None:
    """The entities say so, and the log does once; the last event is known on."""
    alice.create()
    await watching.poll()
    event = hass.states.get(EVENTS)
    fake_rt.fail("*", "", fault, times=None)
    for _ in range(3):
        await watching.poll()
        assert not watching.sees_rt
        assert hass.states.get("todo.facility_management").state == STATE_UNAVAILABLE
    assert hass.states.get(EVENTS) is event
    [line] = logged(caplog)
    assert reason in line
    fake_rt.heal()
    for _ in range(3):
        await watching.poll()
        assert watching.sees_rt
    assert len(logged(caplog)) == 2
    assert "recovered" in logged(caplog)[1]
    assert hass.states.get(EVENTS) is event


async def test_first_poll_fails(
    hass: HomeAssistant, fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """The entry is loaded all the same, and its actions work."""
    alice.create()
    fake_rt.fail("GET", "/transactions$", faults.html(502), times=None)
    await watcher.set_up()
    assert watcher.entry.state is ConfigEntryState.LOADED
    assert not watcher.sees_rt
    assert watcher.sensor("Reports waiting") == "0"
    assert watcher.counts() == {}
    assert (await create_ticket(hass))["action"] == "created"
    fake_rt.heal()
    assert await watcher.poll() == []
    assert watcher.sensor("Open tickets") == "2"
    assert watcher.counts() == {"new": 2}


async def test_token_refused(
    hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """A new token is asked for; with it, nothing was missed."""
    token, fake_rt.token = fake_rt.token, "1-14-fedcba9876543210"
    fake_rt.end_sessions()
    await watching.poll()
    assert not watching.sees_rt
    alice.create()
    for _ in range(3):
        await watching.poll()
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    fake_rt.token = token
    await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": token})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert watching.heard.in_short == ["created 1 by alice"]
    assert watching.sees_rt


async def test_token_refused_once(
    hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher
) -> None:
    """A locked database is no refused token."""
    fake_rt.fail("GET", "/transactions$", faults.unauthorized)
    await watching.poll()
    assert watching.sees_rt
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("600", 600),
        ("Sat, 21 Nov 2026 09:45:00 GMT", 838),  # a minute and a second later
        ("9999999", 3600),
        ("20", 60),
        ("0", 60),
        ("Fri, 20 Nov 2026 09:45:00 GMT", 60),
        ("soon", 60),
        ("", 60),
    ],
)
async def test_busy(
    fake_rt: FakeRT, watching: Watcher, status: int, retry_after: str, seconds: int
) -> None:
    """RT is left alone for as long as it asks for, and never less than usual."""
    fake_rt.fail("GET", "/transactions$", faults.busy(retry_after, status))
    await watching.poll()
    assert not watching.sees_rt
    await watching.poll(seconds=seconds - 2)
    assert fake_rt.requests == []
    await watching.poll(seconds=3)
    assert watching.sees_rt


async def test_interval(fake_rt: FakeRT, watcher: Watcher) -> None:
    """RT is asked as often as the option says."""
    await watcher.set_up(poll_seconds=200)
    for _ in range(3):
        await watcher.poll(seconds=197)
        assert fake_rt.requests == []
        await watcher.poll(seconds=4)
        assert len(fake_rt.requests) == 1


# --- Rights ---------------------------------------------------------------


async def test_may_see_nothing(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    watcher: Watcher,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without ShowTicket the entities say so, and tickets are created all the same."""
    alice.create()
    fake_rt.rights -= {"ShowTicket"}
    await watcher.set_up()
    assert not watcher.sees_rt
    [line] = logged(caplog)
    assert "ShowTicket" in line
    assert (await create_ticket(hass))["action"] == "created"
    fake_rt.rights |= {"ShowTicket"}
    assert await watcher.poll() == []
    assert watcher.sensor("Open tickets") == "2"


async def test_right_taken_away(
    fake_rt: FakeRT,
    watching: Watcher,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """That is noticed within a quarter of an hour, and when it is given back, nothing was missed."""
    ticket = alice.create()
    await watching.poll()
    fake_rt.rights -= {"ShowTicket"}
    await watching.poll(hours=1)
    assert not watching.sees_rt
    assert "ShowTicket" in logged(caplog)[-1]
    alice.comment(ticket, "Hm")
    await watching.poll()
    fake_rt.rights |= {"ShowTicket"}
    assert await watching.poll() == ["commented 1 by alice"]
    assert watching.sensor("Open tickets") == "1"


async def test_empty_queue(watching: Watcher) -> None:
    """A queue without tickets is none that the account may not see."""
    assert watching.sensor("Open tickets") == "0"
    await watching.poll(hours=1)
    assert watching.sensor("Open tickets") == "0"


# --- The end --------------------------------------------------------------


async def test_unloaded(
    hass: HomeAssistant, fake_rt: FakeRT, watching: Watcher, alice: Person
) -> None:
    """An entry that is unloaded asks RT no more."""
    await watching.stop()
    alice.create()
    assert await watching.poll() == []
    assert await watching.poll(hours=2) == []
    assert fake_rt.requests == []
    assert hass.states.get(EVENTS).state == STATE_UNAVAILABLE


async def test_unloaded_in_the_middle(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    watching: Watcher,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A poll that is under way is given up, and what it would tell is not lost."""
    alice.create()
    release = asyncio.Event()
    fake_rt.fail("GET", "/tickets$", faults.held(release))
    fake_rt.requests.clear()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await fake_rt.until(lambda: bool(fake_rt.sent("GET", "/tickets$")))
    async with asyncio.timeout(10):
        await watching.stop()
    release.set()
    await fake_rt.work_done()
    assert await watching.start() == ["created 1 by alice"]
    assert logged(caplog) == []


async def test_polled_while_unloading(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    watcher: Watcher,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A poll that ends after the entities are gone brings none of them back."""
    await watcher.set_up(poll_seconds=10)
    release = asyncio.Event()
    fake_rt.fail("POST", "/ticket$", faults.held(release))
    report = asyncio.create_task(create_ticket(hass))
    await fake_rt.until(lambda: bool(fake_rt.sent("POST", "/ticket$")))
    stop = asyncio.create_task(watcher.stop())
    await asyncio.sleep(0)
    assert not watcher.sees_rt
    alice.create()
    assert await watcher.poll(seconds=11) == []
    assert fake_rt.requests
    release.set()
    await asyncio.gather(report, stop)
    await watcher.start()
    assert watcher.counts() == {"new": 2}
    assert "unique IDs" not in caplog.text


async def test_unloaded_with_many_tickets(
    hass: HomeAssistant, fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """Nor are the custom fields of many tickets read any more."""
    for _ in range(350):
        alice.create()
    release = asyncio.Event()
    pages = [None] * 4
    later = faults.held(release)
    fake_rt.fail("GET", "/tickets$", faults.in_turn(*pages, *[later] * 9), times=None)
    await watcher.set_up()
    await watcher.stop()
    release.set()
    await fake_rt.work_done()
    await watcher.poll()
    assert fake_rt.requests == []
