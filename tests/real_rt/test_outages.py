"""RT refuses the token, is away, or does not get its answer through."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.tickets import exactly_once
from scripts.live.rt import RTServer
from tests.real_rt.common import (
    SetUp,
    check_refused,
    contents,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.relay import Forward, relay
from tests.real_rt.sessions import expire


@contextmanager
def stopped(rt: RTServer) -> Iterator[None]:
    """Stop a server for a while."""
    rt.stop_serving()
    try:
        yield
    finally:
        rt.start()


async def answer_reauth(
    hass: HomeAssistant, flow: ConfigFlowResult, token: str
) -> ConfigFlowResult:
    """Enter a new token."""
    step = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {CONF_TOKEN: token}
    )
    await hass.async_block_till_done()
    return step


# --- the token ------------------------------------------------------------


async def test_token_revoked(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The action fails, a new token is asked for, and all goes on with it."""
    token = real_rt.create_token("ha-service")
    entry = await set_up(token=token)
    device_id = new_device()
    first = await report(hass, device_id)
    real_rt.revoke_token(token)
    await expire(hass)

    flow = await check_refused(hass, real_rt, device_id)

    for wrong in (token, real_rt.tokens["disabled1"]):
        step = await answer_reauth(hass, flow, wrong)
        assert step["errors"] == {"token": "invalid_auth"}
    step = await answer_reauth(hass, flow, real_rt.tokens["ha-service"])
    assert step["type"] is FlowResultType.ABORT
    assert step["reason"] == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED
    assert await report(hass, device_id) == {**first, "action": "commented"}


async def test_token_revoked_before_the_start(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The entry is not set up, a new token is asked for, and then it is."""
    entry = await set_up(token=real_rt.tokens["revoked"])

    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    await answer_reauth(hass, flow, real_rt.tokens["ha-service"])
    assert entry.state is ConfigEntryState.LOADED


# --- the server -----------------------------------------------------------


async def test_rt_stopped_and_started(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The action fails while RT is away, and works without further ado when it is back."""
    await set_up()
    device_id = new_device()
    first = await report(hass, device_id)

    with stopped(real_rt), pytest.raises(HomeAssistantError) as raised:
        await report(hass, device_id)
    assert raised.value.translation_key == "cannot_connect"

    assert await report(hass, device_id) == {**first, "action": "commented"}
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_rt_away_at_the_start(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Setting up is tried again until RT is there."""
    with stopped(real_rt):
        entry = await set_up()
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "cannot_connect"
        with pytest.raises(HomeAssistantError):
            await report(hass, new_device())

    async_fire_time_changed(hass, utcnow() + timedelta(minutes=1))
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.state is ConfigEntryState.LOADED
    assert (await report(hass, new_device()))["action"] == "created"


# --- the way between ------------------------------------------------------


@pytest.mark.parametrize("cut", ["while RT works", "before RT's answer"])
async def test_answer_to_a_create_lost(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, cut: str
) -> None:
    """RT creates a ticket although nobody hears of it: there must be no second one."""
    device_id = new_device()
    creating: list[asyncio.Task[bytes]] = []

    async def lose_first_create(request: bytes, forward: Forward) -> bytes:
        if creating or not request.startswith(b"POST /REST/2.0/ticket "):
            return await forward()
        creating.append(asyncio.ensure_future(forward()))
        if cut == "before RT's answer":
            await creating[0]
        return b""

    async with relay(real_rt, lose_first_create) as url:
        await set_up(url=url)
        answers = await asyncio.gather(*(report(hass, device_id) for _ in range(3)))

    assert (await creating[0]).startswith(b"HTTP/1.1 201")
    (ticket_id,) = tickets_of(real_rt, device_id)
    assert {answer["ticket_id"] for answer in answers} == {ticket_id}
    assert [answer["action"] for answer in answers].count("created") == 1
    assert len(contents(real_rt, ticket_id)) == 3


async def test_create_that_never_arrived(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """What RT did not get is sent again, once it is certain."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.1))
    device_id = new_device()
    lost = []

    async def lose_first_create(request: bytes, forward: Forward) -> bytes:
        if lost or not request.startswith(b"POST /REST/2.0/ticket "):
            return await forward()
        lost.append(request)
        return b""

    async with relay(real_rt, lose_first_create) as url:
        await set_up(url=url)
        answer = await report(hass, device_id)

    assert lost
    assert answer["action"] == "created"
    assert tickets_of(real_rt, device_id) == [answer["ticket_id"]]


async def test_answer_to_a_comment_lost(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """Who may not see comments cannot look for it: an error, but it is not sent twice."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.1))
    device_id = new_device()

    async def lose_comments(request: bytes, forward: Forward) -> bytes:
        answer = await forward()
        return b"" if b"/comment HTTP/1.1\r\n" in request else answer

    async with relay(real_rt, lose_comments) as url:
        await set_up(url=url)
        ticket_id = (await report(hass, device_id))["ticket_id"]
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, device_id, "It pours.")

    assert raised.value.translation_key == "cannot_connect"
    assert contents(real_rt, ticket_id) == ["It drips.", "It pours."]
