"""RT's sessions end without our doing, or what they stand for does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import itertools

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.ha_rt.rt.session.login import LOG_IN_PATH
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
from tests.real_rt.sessions import Watch, expire, logged_in, until
from tests.real_rt.test_outages import stopped

pytestmark = pytest.mark.usefixtures("no_sessions")

DISABLE_USER = """
my $user = RT::User->new($system);
$user->Load($ARGV[0]);
my ($ok, $message) = $user->SetDisabled($ARGV[1]);
$ok or die "$message\\n";
"""


# --- the account ----------------------------------------------------------


async def test_token_revoked(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A revoked token is out when the session ends, within ten minutes."""
    token = real_rt.create_token("ha-service")
    await set_up(token=token)
    device_id = new_device()
    first = await report(hass, device_id)
    real_rt.revoke_token(token)

    assert await report(hass, device_id) == {**first, "action": "commented"}
    await expire(hass)
    await check_refused(hass, real_rt, device_id)
    await until(lambda: not logged_in(real_rt))
    assert len(contents(real_rt, first["ticket_id"])) == 2


async def test_account_disabled(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A disabled account is out when the session ends, within ten minutes."""
    await set_up("u-full")
    device_id = new_device()
    first = await report(hass, device_id)
    real_rt.perl(DISABLE_USER, "u-full", 1)
    try:
        assert await report(hass, device_id) == {**first, "action": "commented"}
        await expire(hass)
        await check_refused(hass, real_rt, device_id)
        await until(lambda: not logged_in(real_rt))
    finally:
        real_rt.perl(DISABLE_USER, "u-full", 0)


# --- RT forgets -----------------------------------------------------------


async def test_forgotten(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """A session that RT no longer has is replaced at once."""
    watch = Watch()
    device_id = new_device()
    async with relay(real_rt, watch) as url:
        entry = await set_up(url=url)
        first = await report(hass, device_id)
        real_rt.database.forget_sessions()
        assert await report(hass, device_id) == {**first, "action": "commented"}
        assert entry.runtime_data.context.client.sessions == "on"

    assert watch.log_ins == 2
    assert [sent.path for sent in watch.sent if sent.token] == [LOG_IN_PATH] * 2
    # The other one is RT's answer to a session that it does not know.
    assert len(real_rt.database.sessions()) <= 2


@asynccontextmanager
async def forgetting(rt: RTServer, seconds: float) -> AsyncIterator[None]:
    """Let RT forget all sessions, again and again."""

    async def forget() -> None:
        while True:
            rt.database.forget_sessions()
            await asyncio.sleep(seconds)

    task = asyncio.create_task(forget())
    try:
        yield
    finally:
        task.cancel()


@pytest.mark.parametrize("seconds", [0.02, 0.2, 1])
async def test_forgotten_again_and_again(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, seconds: float
) -> None:
    """Reports go on without an error, and each of them is in RT once."""
    await set_up()
    devices = [new_device() for _ in range(5)]
    async with forgetting(real_rt, seconds):
        for number in range(4):
            answers = await asyncio.gather(
                *(report(hass, one, f"Report {number}") for one in devices)
            )
            assert {answer["action"] for answer in answers} == {
                "commented" if number else "created"
            }

    for device_id in devices:
        (ticket_id,) = tickets_of(real_rt, device_id)
        assert contents(real_rt, ticket_id) == [f"Report {n}" for n in range(4)]
    await expire(hass)
    await until(lambda: not logged_in(real_rt))


# --- RT is away -----------------------------------------------------------


@pytest.mark.parametrize("forgets", [False, True])
async def test_rt_restarted(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, forgets: bool
) -> None:
    """A restart leaves the session as it is, or has it replaced."""
    watch = Watch()
    device_id = new_device()
    async with relay(real_rt, watch) as url:
        await set_up(url=url)
        first = await report(hass, device_id)
        with stopped(real_rt):
            if forgets:
                real_rt.database.forget_sessions()
        assert await report(hass, device_id) == {**first, "action": "commented"}

    assert watch.log_ins == 1 + forgets
    assert len(logged_in(real_rt)) == 1


async def test_rt_restarted_meanwhile(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """Of the reports during a restart, those that fail say so; no other is missing."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.1))
    devices = [new_device() for _ in range(4)]
    done: dict[str, list[str]] = {device_id: [] for device_id in devices}
    failed: dict[str, list[str]] = {device_id: [] for device_id in devices}
    errors = set()

    async def cut(request: bytes, forward: Forward) -> bytes:
        try:
            return await forward()
        except OSError:
            return b""

    async def go_on(device_id: str) -> None:
        for number in itertools.count():
            text = f"Report {number}"
            try:
                await report(hass, device_id, text)
            except HomeAssistantError as err:
                errors.add(err.translation_key)
                failed[device_id].append(text)
            else:
                done[device_id].append(text)
                if failed[device_id]:
                    break

    async with relay(real_rt, cut) as url:
        await set_up(url=url)
        async with asyncio.TaskGroup() as reporting:
            for device_id in devices:
                reporting.create_task(go_on(device_id))
            await until(lambda: all(done.values()))
            await asyncio.to_thread(real_rt.stop_serving)
            try:
                await until(lambda: all(failed.values()))
            finally:
                await asyncio.to_thread(real_rt.start)

    assert errors == {"cannot_connect"}
    for device_id in devices:
        (ticket_id,) = tickets_of(real_rt, device_id)
        stored = contents(real_rt, ticket_id)
        assert len(stored) == len(set(stored))
        assert set(done[device_id]) <= set(stored)
        assert set(stored) <= {*done[device_id], *failed[device_id]}
    assert len(logged_in(real_rt)) == 1
