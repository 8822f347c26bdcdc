"""A start at which RT does not answer, or refuses: reports are taken all the same."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

import custom_components.ha_rt as integration
from custom_components.ha_rt.rt.session import login, pool
from tests import (
    DEVICE,
    FACILITY,
    Wait,
    create_ticket,
    perform,
    restart,
    setup_integration,
)
from tests.fake_rt import FakeRT, faults

from . import LONG, QUEUED

OPEN = "sensor.facility_management_open_tickets"
TICKETS = "todo.facility_management"
WAITING = "sensor.facility_management_reports_waiting"

type Spoil = Callable[[FakeRT], None]


@pytest.fixture
async def hanging(
    fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[asyncio.Event]:
    """Return what lets RT answer again that accepts and does not answer."""
    monkeypatch.setattr(integration, "SET_UP_SECONDS", 0.3)
    for module in (login, pool):
        monkeypatch.setattr(module, "LOG_OUT_SECONDS", 0.1)
    release = asyncio.Event()
    yield release
    fake_rt.heal()
    release.set()


def hang(fake_rt: FakeRT, release: asyncio.Event, path: str = "") -> None:
    """Let RT accept requests, and not answer them."""
    fake_rt.fail("*", path, faults.held(release), times=None)


async def timed(hass: HomeAssistant, entry: MockConfigEntry) -> float:
    """Restart with an entry, and return how many seconds that took."""
    started = hass.loop.time()
    await restart(hass, entry)
    await hass.async_block_till_done()
    return hass.loop.time() - started


async def go_on(hass: HomeAssistant) -> None:
    """Let what is under way end, and then what is due within minutes happen.

    The clock is not stopped: all that is limited would wait for ever.
    """
    for minutes in (7, 14):
        await hass.async_block_till_done(wait_background_tasks=True)
        async_fire_time_changed(hass, utcnow() + timedelta(minutes=minutes))
    await hass.async_block_till_done(wait_background_tasks=True)


def shown(hass: HomeAssistant) -> list[str]:
    """Return the states of what is to be unavailable while nothing is known."""
    return [hass.states.get(entity_id).state for entity_id in (OPEN, TICKETS)]


@pytest.fixture(params=[True, False], ids=["polled", "not polled"])
async def entry(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> MockConfigEntry:
    """Return an entry that keeps reports, loaded, with a ticket; polled or not."""
    fake_rt.add_ticket("pump")
    await setup_integration(hass, config_entry, polls=request.param, keep_reports=True)
    return config_entry


# --- RT hangs ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/REST/2.0/"], ids=["all", "but the log-in"])
async def test_hanging(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    hanging: asyncio.Event,
    path: str,
) -> None:
    """It is waited for once; reports are taken at once, and told when it answers."""
    hang(fake_rt, hanging, path)
    assert await timed(hass, entry) < 2
    assert entry.state is ConfigEntryState.LOADED
    assert shown(hass) == ["unavailable"] * 2
    started = hass.loop.time()
    for device in ("s1", "s2", "s1"):
        assert await create_ticket(hass, device_id=device) == QUEUED
    assert hass.loop.time() - started < 1
    assert hass.states.get(WAITING).state == "3"
    fake_rt.heal()
    hanging.set()
    await go_on(hass)
    assert hass.states.get(WAITING).state == "0"
    assert len(fake_rt.tickets) == 3
    assert "unavailable" not in shown(hass)


async def test_unloaded_while_hanging(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    hanging: asyncio.Event,
) -> None:
    """An entry can be reloaded meanwhile, as for its options."""
    hang(fake_rt, hanging, "/REST/2.0/")
    await timed(hass, entry)
    await create_ticket(hass)
    await fake_rt.until(lambda: len(fake_rt.sent("GET", "/queue/")) > 1)
    assert await timed(hass, entry) < 2
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get(WAITING).state == "1"


@pytest.mark.parametrize("keep_reports", [False, True])
async def test_hanging_when_it_has_been_checked(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    hanging: asyncio.Event,
    keep_reports: bool,
) -> None:
    """Entities are unavailable until the tickets are read; reports need them not."""
    await setup_integration(hass, config_entry, polls=True, keep_reports=keep_reports)
    hang(fake_rt, hanging, "/transactions$")
    assert await timed(hass, config_entry) < 2
    assert config_entry.state is ConfigEntryState.LOADED
    assert shown(hass) == ["unavailable"] * 2
    assert (await create_ticket(hass))["action"] == "created"
    hanging.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert shown(hass) == ["1", "1"]


@pytest.mark.parametrize("was_there", [False, True])
async def test_hanging_and_nothing_known(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    hanging: asyncio.Event,
    was_there: bool,
) -> None:
    """Without the option, or before RT was seen, it is tried again later."""
    if was_there:
        await setup_integration(hass, config_entry, keep_reports=False)
    hang(fake_rt, hanging)
    started = hass.loop.time()
    if was_there:
        await hass.config_entries.async_reload(config_entry.entry_id)
    else:
        await setup_integration(hass, config_entry, keep_reports=True)
    assert hass.loop.time() - started < 2
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert config_entry.error_reason_translation_key == "timeout"
    fake_rt.heal()
    hanging.set()
    await go_on(hass)
    assert config_entry.state is ConfigEntryState.LOADED


# --- RT refuses -------------------------------------------------------------------


def _lacks(right: str) -> Spoil:
    def spoil(fake_rt: FakeRT) -> None:
        fake_rt.rights -= {right}

    return spoil


def _disabled(fake_rt: FakeRT) -> None:
    fake_rt.queues[FACILITY].disabled = True


def _without_field(fake_rt: FakeRT) -> None:
    fake_rt.queues[FACILITY].fields.remove("DeviceId")


def _fails(fault: faults.Fault) -> Spoil:
    def spoil(fake_rt: FakeRT) -> None:
        fake_rt.fail("GET", "/queue/", fault, times=None)

    return spoil


def put_right(fake_rt: FakeRT) -> None:
    """Make all well again."""
    fake_rt.heal()
    fake_rt.rights |= {"SeeQueue", "SeeCustomField", "CreateTicket"}
    fake_rt.queues[FACILITY].disabled = False
    fake_rt.queues[FACILITY].fields[:] = ["DeviceId", "EventType"]


@pytest.mark.parametrize(
    ("spoil", "issue"),
    [
        pytest.param(_lacks("SeeQueue"), "queue_not_found", id="no queue"),
        pytest.param(_lacks("CreateTicket"), "rights_missing", id="no right"),
        pytest.param(_lacks("SeeCustomField"), "field_missing", id="hidden field"),
        pytest.param(_without_field, "field_missing", id="no field"),
        pytest.param(_disabled, "queue_disabled", id="disabled"),
        pytest.param(_fails(faults.message(400, "No")), None, id="400"),
        pytest.param(_fails(faults.html(403)), None, id="403 page"),
        pytest.param(_fails(faults.message(500, "No")), None, id="500"),
        pytest.param(_fails(faults.html()), None, id="a page"),
    ],
)
async def test_refusing(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    wait: Wait,
    spoil: Spoil,
    issue: str | None,
) -> None:
    """Nothing is written where it may be wrong; what is mended in RT needs no click."""
    spoil(fake_rt)
    await restart(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert await create_ticket(hass) == QUEUED
    await wait(**LONG)
    assert shown(hass) == ["unavailable"] * 2
    assert hass.states.get(WAITING).state == "1"
    said = [one.translation_key for one in issue_registry.issues.values()]
    assert said == ([issue] if issue else [])
    assert fake_rt.writes == []
    put_right(fake_rt)
    await wait(**LONG)
    await wait(seconds=1)
    assert [t.custom_fields for t in fake_rt.tickets.values()][1:] == [
        {"DeviceId": DEVICE}
    ]
    assert hass.states.get(WAITING).state == "0"
    assert "unavailable" not in shown(hass)
    assert issue_registry.issues == {}


@pytest.mark.parametrize("is_replaced", [True, False])
async def test_token_refused(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    wait: Wait,
    is_replaced: bool,
) -> None:
    """Somebody is asked for another one, at once; it heals with that, and without."""
    token, fake_rt.token = fake_rt.token, "1-14-fedcba9876543210"
    fake_rt.end_sessions()
    await restart(hass, entry)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert await create_ticket(hass) == QUEUED
    assert shown(hass) == ["unavailable"] * 2
    if is_replaced:
        await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"token": fake_rt.token}
        )
        await hass.async_block_till_done()
    else:
        fake_rt.token = token
        await wait(**LONG)
    await wait(seconds=1)
    assert hass.states.get(WAITING).state == "0"
    assert "unavailable" not in shown(hass)


async def test_held_back(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """What was held back before is not told either, until RT is as it has to be."""
    await setup_integration(
        hass, config_entry, keep_reports=True, comment_policy="throttle"
    )
    for action in ("created", "skipped"):
        assert (await create_ticket(hass))["action"] == action
    _without_field(fake_rt)
    await restart(hass, config_entry)
    fake_rt.requests.clear()
    await wait(minutes=31)
    assert fake_rt.writes == []
    put_right(fake_rt)
    for _ in range(3):
        await wait(minutes=31)
    [ticket] = fake_rt.tickets.values()
    [comment] = ticket.comments
    assert "1 more report" in comment


# --- RT is another one then -------------------------------------------------------


async def test_queue_has_changed(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
) -> None:
    """The field was made anew: reports are told with its new number, not the old one."""
    await fake_rt.stop()
    await restart(hass, entry)
    await create_ticket(hass)
    fake_rt.queues[FACILITY].fields.remove("DeviceId")
    fake_rt.fields["DeviceId"] = 77
    fake_rt.queues[FACILITY].fields.append("DeviceId")
    await fake_rt.start()
    await wait(**LONG)
    await wait(seconds=1)
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get(WAITING).state == "0"
    [create] = fake_rt.sent("POST", "/ticket$")
    assert create.json["CustomFields"] == {"77": DEVICE}


# --- what people do meanwhile -----------------------------------------------------


async def test_flushed(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Whoever wants it delivered now is told why not, and need not wait."""
    _without_field(fake_rt)
    await restart(hass, entry)
    await create_ticket(hass)
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "flush_outbox")
    assert error.value.translation_key == "field_missing"
    put_right(fake_rt)
    answer = await perform(hass, "flush_outbox")
    assert answer == {"delivered": 1, "waiting": 0, "refused": 0}


async def test_resolved(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A report that waits is not told behind the resolution's back."""
    _without_field(fake_rt)
    await restart(hass, entry)
    await create_ticket(hass)
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "resolve_ticket", device_id=DEVICE)
    assert error.value.translation_key == "field_missing"
    assert fake_rt.writes == []
