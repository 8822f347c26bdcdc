"""RT's sessions come and go: how long they last, and what RT keeps of them."""

import asyncio
import itertools

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.ha_rt.const import CONF_DEVICE_ID_FIELD, CONF_USE_SESSIONS
from custom_components.ha_rt.rt.session import pool
from custom_components.ha_rt.rt.session.login import LOG_IN_PATH
from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.options import filled
from tests.real_rt.common import (
    SetUp,
    begin_flow,
    choose_queue,
    contents,
    create_by_hand,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.relay import Forward, relay
from tests.real_rt.sessions import Watch, expire, logged_in, until

pytestmark = pytest.mark.usefixtures("no_sessions")


async def test_renewed(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """A session ends in RT when its time is over, and the next call gets a new one."""
    watch = Watch()
    device_id = new_device()
    async with relay(real_rt, watch) as url:
        await set_up(url=url)
        first = await report(hass, device_id)
        (old,) = logged_in(real_rt)

        await expire(hass)
        await until(lambda: old not in real_rt.database.sessions())
        assert watch.log_ins == 1
        second = await report(hass, device_id)

    assert second == {**first, "action": "commented"}
    assert watch.log_ins == 2
    # The other one is empty: left by the log-out, if its answer came after the log-in.
    assert len(real_rt.database.sessions()) <= 2
    assert len(logged_in(real_rt)) == 1


async def test_many_calls_at_the_renewal(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Fifty reports wait for one log-in, and each of them arrives once."""
    watch = Watch()
    devices = [new_device() for _ in range(10)]
    texts = [f"Report {number}" for number in range(50)]
    async with relay(real_rt, watch) as url:
        await set_up(url=url)
        await report(hass, new_device())
        await expire(hass)
        await asyncio.gather(
            *(
                report(hass, device_id, text)
                for device_id, five in zip(
                    devices, itertools.batched(texts, 5, strict=True), strict=True
                )
                for text in five
            )
        )

    assert watch.log_ins == 2
    assert [one.path for one in watch.sent if one.token] == [LOG_IN_PATH] * 2
    stored = []
    for device_id in devices:
        (number,) = tickets_of(real_rt, device_id)
        stored += contents(real_rt, number)
    assert sorted(stored) == sorted(texts)
    assert len(real_rt.database.sessions()) <= 2


async def test_request_under_way_at_the_end(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """A request keeps its session until it is done, others get a new one."""
    monkeypatch.setattr(pool, "LIFETIME", 0.5)
    watch = Watch()
    go_on = asyncio.Event()

    async def hold_comments(request: bytes, forward: Forward) -> bytes:
        if b"/comment HTTP/1.1\r\n" in request:
            held.append(request)
            await go_on.wait()
        return await watch(request, forward)

    held: list[bytes] = []
    device_id = new_device()
    async with relay(real_rt, hold_comments) as url:
        entry = await set_up(url=url)
        first = await report(hass, device_id)
        waiting = hass.async_create_task(report(hass, device_id, "It pours."))
        try:
            await until(lambda: bool(held))
            log_ins = watch.log_ins
            async with asyncio.timeout(20):
                while watch.log_ins == log_ins:
                    await perform(hass, "get_ticket", ticket_id=first["ticket_id"])
            cookie = held[0].split(b"RT_SID_")[1].splitlines()[0].decode()
            name = cookie.partition("=")[2]
            assert name in real_rt.database.sessions()
        finally:
            go_on.set()
        assert await waiting == {**first, "action": "commented"}
        await until(lambda: name not in real_rt.database.sessions())
        await hass.config_entries.async_unload(entry.entry_id)

    assert contents(real_rt, first["ticket_id"]) == ["It drips.", "It pours."]


# --- what RT keeps --------------------------------------------------------


async def test_no_heap_of_sessions(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """However often a session is renewed while calls go on, RT keeps three at most."""
    watch = Watch()
    lifetimes = itertools.cycle((0.3, pool.LIFETIME))
    tickets = [create_by_hand(real_rt, new_device()) for _ in range(4)]

    async def time_log_ins(request: bytes, forward: Forward) -> bytes:
        answer = await watch(request, forward)
        if request.startswith(f"GET {LOG_IN_PATH} ".encode()):
            monkeypatch.setattr(pool, "LIFETIME", next(lifetimes))
        return answer

    def quiet(kept: int) -> bool:
        """Tell whether RT keeps so many of the sessions that were used."""
        used = watch.sessions & real_rt.database.sessions()
        return watch.is_quiet and len(used) == kept

    async with relay(real_rt, time_log_ins) as url:
        entry = await set_up(url=url)
        for number in range(6):
            # One is over while calls go on, and the next when there are none.
            async with asyncio.timeout(60):
                while watch.log_ins < 2 * (number + 1):
                    await asyncio.gather(
                        *(perform(hass, "get_ticket", ticket_id=one) for one in tickets)
                    )
            await until(lambda: quiet(1))
            await expire(hass)
            await until(lambda: quiet(0))
            assert len(real_rt.database.sessions()) <= 3
        await hass.config_entries.async_unload(entry.entry_id)

    assert logged_in(real_rt) == set()
    assert len(real_rt.database.sessions()) <= 3


async def test_reloaded(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """Each load leaves one session of nobody's behind, and none that is logged in."""
    entry = await set_up()
    await report(hass, new_device())
    for _ in range(4):
        await hass.config_entries.async_reload(entry.entry_id)
        await report(hass, new_device())

    assert len(real_rt.database.sessions()) <= 5
    assert len(logged_in(real_rt)) == 1
    await hass.config_entries.async_unload(entry.entry_id)
    assert len(real_rt.database.sessions()) <= 5
    assert logged_in(real_rt) == set()


async def test_stopped(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """Home Assistant ends its session in RT when it ends itself."""
    await set_up()
    await report(hass, new_device())
    assert len(logged_in(real_rt)) == 1

    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()

    assert logged_in(real_rt) == set()


@pytest.mark.usefixtures("entries")
async def test_forms(hass: HomeAssistant, real_rt: RTServer) -> None:
    """No form leaves a session logged in, and each asks RT by one at the most."""
    token = real_rt.tokens["ha-service"]

    step = await begin_flow(hass, real_rt.url, token)
    assert logged_in(real_rt) == set()
    assert len(real_rt.database.sessions()) == 1
    step = await choose_queue(hass, step, FACILITY, "UnappliedCF")
    assert step["errors"] == {CONF_DEVICE_ID_FIELD: "field_missing"}
    assert logged_in(real_rt) == set()
    assert len(real_rt.database.sessions()) == 2
    step = await choose_queue(hass, step, FACILITY)
    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert len(logged_in(real_rt)) == 1
    assert len(real_rt.database.sessions()) == 4
    await hass.config_entries.async_unload(step["result"].entry_id)
    assert logged_in(real_rt) == set()


@pytest.mark.parametrize("wanted", [True, False])
async def test_option(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, wanted: bool
) -> None:
    """The option counts from the moment it is chosen."""
    entry = await set_up(**{CONF_USE_SESSIONS: not wanted})
    step = await hass.config_entries.options.async_init(entry.entry_id)
    step = await hass.config_entries.options.async_configure(
        step["flow_id"], filled(step, **{CONF_USE_SESSIONS: wanted})
    )
    await hass.async_block_till_done()
    assert step["type"] is FlowResultType.CREATE_ENTRY
    real_rt.database.forget_sessions()

    assert (await report(hass, new_device()))["action"] == "created"

    assert entry.options[CONF_USE_SESSIONS] is wanted
    assert len(logged_in(real_rt)) == wanted
