"""RT's database is locked: RT gives up waiting, and goes on as if it was empty.

Only a file can be locked like that; see test_lost_database for what its twin is on a server.
"""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.ha_rt.const import CONF_USE_SESSIONS, DOMAIN
from custom_components.ha_rt.rt import transport
from scripts.live.rt import RTServer
from tests import perform
from tests.real_rt.common import SetUp, create_by_hand, new_device, report, tickets_of
from tests.real_rt.relay import Forward, relay


async def test_locked(
    hass: HomeAssistant, set_up: SetUp, impatient_rt: RTServer
) -> None:
    """RT answers with 401, which is not yet a refused token."""
    device_id = new_device()
    refused = []

    async def unlock_after_refusal(request: bytes, forward: Forward) -> bytes:
        answer = await forward()
        if answer.startswith(b"HTTP/1.1 401"):
            refused.append(request)
            lock.rollback()
        return answer

    async with relay(impatient_rt, unlock_after_refusal) as url:
        await set_up(rt=impatient_rt, url=url, **{CONF_USE_SESSIONS: False})
        with impatient_rt.database.locked() as lock:
            answer = await report(hass, device_id)

    assert len(refused) == 1
    assert answer["action"] == "created"
    assert tickets_of(impatient_rt, device_id) == [answer["ticket_id"]]
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


@pytest.mark.parametrize(
    ("action", "request_line", "seconds"),
    [
        ("create_ticket", b"GET /REST/2.0/tickets?", 1),
        ("get_ticket", b"GET /REST/2.0/ticket/", 0.5),
    ],
)
async def test_locked_for_a_while(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    impatient_rt: RTServer,
    action: str,
    request_line: bytes,
    seconds: float,
) -> None:
    """RT gives up waiting and answers as if there was no ticket: that is not believed."""
    device_id = new_device()
    number = create_by_hand(impatient_rt, device_id)
    locked = []
    is_set_up = asyncio.Event()

    async def lock_once(request: bytes, forward: Forward) -> bytes:
        is_other = not is_set_up.is_set() or not request.startswith(request_line)
        if locked or is_other:
            return await forward()
        locked.append(request)
        # A busy machine is as slow elsewhere.
        patch.setattr(transport, "LOCK_SECONDS", 0.25)
        with impatient_rt.database.locked() as lock:
            unlock = asyncio.get_running_loop().call_later(seconds, lock.rollback)
            answer = await forward()
            unlock.cancel()
        return answer

    arguments = {
        "create_ticket": {"device_id": device_id, "subject": "Leak", "text": "Again"},
        "get_ticket": {"ticket_id": number},
    }
    async with relay(impatient_rt, lock_once) as url:
        await set_up(rt=impatient_rt, url=url)
        is_set_up.set()
        with (
            monkeypatch.context() as patch,
            pytest.raises(HomeAssistantError) as raised,
        ):
            await perform(hass, action, **arguments[action])
        answer = await perform(hass, action, **arguments[action])

    assert raised.value.translation_key == "server_error"
    assert answer["ticket_id"] == number
    assert tickets_of(impatient_rt, device_id) == [number]


async def test_locked_for_writing(
    hass: HomeAssistant, set_up: SetUp, impatient_rt: RTServer
) -> None:
    """RT finds no ticket and cannot create one; the action fails, the next one does not."""
    await set_up(rt=impatient_rt)
    device_id = new_device()

    with (
        impatient_rt.database.locked("IMMEDIATE"),
        pytest.raises(HomeAssistantError) as raised,
    ):
        await report(hass, device_id)
    answer = await report(hass, device_id)

    assert raised.value.translation_key == "rejected"
    assert answer["action"] == "created"
    assert tickets_of(impatient_rt, device_id) == [answer["ticket_id"]]
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
