"""RT's sessions in place of the token: who gets which, and who gets none."""

import asyncio
import socket

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import HomeAssistantTCPConnector
import pytest

from custom_components.ha_rt.const import CONF_USE_SESSIONS
from custom_components.ha_rt.rt.session.login import LOG_IN_PATH
from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.real_rt.common import (
    INCIDENTS,
    SetUp,
    contents,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.relay import Forward, relay
from tests.real_rt.sessions import Watch, expire, logged_in

pytestmark = pytest.mark.usefixtures("no_sessions")


async def test_token_only_at_the_log_in(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """All actions go by one session, and leave in RT what they left by token."""
    watch = Watch()
    device_id = new_device()
    async with relay(real_rt, watch) as url:
        entry = await set_up("u-full", url=url)
        first = await report(hass, device_id)
        second = await report(hass, device_id, "It pours.")
        found = await perform(hass, "search_tickets", device_id=device_id)
        await perform(hass, "add_comment", device_id=device_id, text="Dry.")
        await perform(hass, "resolve_ticket", device_id=device_id)
        await perform(hass, "get_statistics")
        assert entry.runtime_data.context.client.sessions == "on"
        await hass.config_entries.async_unload(entry.entry_id)

    log_in, *others = watch.sent
    assert log_in == (LOG_IN_PATH, True, "")
    assert len(others) > 8
    assert {(one.token, one.cookie) for one in others} == {(False, others[0].cookie)}
    assert others[0].cookie.startswith("rt_sid_example.test.")
    assert second == {**first, "action": "commented"}
    assert [ticket["ticket_id"] for ticket in found["tickets"]] == [first["ticket_id"]]
    kept = real_rt.read_ticket(first["ticket_id"])
    assert (kept["creator"], kept["status"]) == ("u-full", "resolved")
    assert contents(real_rt, first["ticket_id"]) == ["It drips.", "It pours.", "Dry."]


async def test_without_sessions(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Where the option is off, each request brings the token."""
    watch = Watch()
    device_id = new_device()
    async with relay(real_rt, watch) as url:
        entry = await set_up(url=url, **{CONF_USE_SESSIONS: False})
        first = await report(hass, device_id)
        second = await report(hass, device_id)
        await hass.config_entries.async_unload(entry.entry_id)

    assert second == {**first, "action": "commented"}
    assert {(one.token, one.cookie) for one in watch.sent} == {(True, "")}
    # RT keeps one for its web page that tells rights, and another if none are open.
    assert len(real_rt.database.sessions()) <= 2


async def test_accounts_do_not_mix(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Each entry's tickets and comments are its own account's, whoever reports at once."""
    accounts = {"ha-service": FACILITY, "u-full": INCIDENTS}
    entries = {user: await set_up(user, queue) for user, queue in accounts.items()}
    devices = {new_device(): user for _ in range(3) for user in accounts}

    for _ in range(2):
        await asyncio.gather(
            *(
                report(hass, device_id, config_entry_id=entries[user].entry_id)
                for device_id, user in devices.items()
            )
        )
        await expire(hass)

    for device_id, user in devices.items():
        (number,) = tickets_of(real_rt, device_id)
        kept = real_rt.read_ticket(number)
        by = [(one["type"], one["creator"]) for one in kept["transactions"]]
        assert by == [("Create", user), ("Comment", user)]


async def test_session_stays_with_its_server(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A server that RT redirects to gets nothing, least of all a session."""
    elsewhere = Watch()
    redirecting = False

    async with relay(real_rt, elsewhere) as other:

        async def redirect(request: bytes, forward: Forward) -> bytes:
            path = request.split()[1].decode()
            if not redirecting:
                return await forward()
            head = f"HTTP/1.1 302 Found\r\nLocation: {other}{path}\r\n"
            return f"{head}Content-Length: 0\r\n\r\n".encode()

        async with relay(real_rt, redirect) as url:
            await set_up(url=url)
            device_id = new_device()
            first = await report(hass, device_id)
            redirecting = True
            with pytest.raises(HomeAssistantError) as raised:
                await report(hass, device_id)
            redirecting = False
            assert await report(hass, device_id) == {**first, "action": "commented"}

    assert raised.value.translation_key == "not_rt"
    assert elsewhere.sent == []


async def test_server_by_name(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """A session is used whether the address holds a name or a number."""

    async def resolve(connector: object, host: str) -> list[dict[str, object]]:
        assert host == "rt.local"
        flags = {"family": socket.AF_INET, "proto": 0, "flags": socket.AI_NUMERICHOST}
        return [{"hostname": host, "host": "127.0.0.1", "port": 0, **flags}]

    monkeypatch.setattr(HomeAssistantTCPConnector, "async_resolve_host", resolve)
    entry = await set_up(url=real_rt.url.replace("127.0.0.1", "rt.local"))
    device_id = new_device()

    first = await report(hass, device_id)

    assert await report(hass, device_id) == {**first, "action": "commented"}
    assert entry.runtime_data.context.client.sessions == "on"
    assert len(logged_in(real_rt)) == 1
