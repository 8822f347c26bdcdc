"""The connection of a config entry to its RT server."""

import socket
from typing import Any

from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import HomeAssistantTCPConnector
import pytest

from custom_components.ha_rt.connection import async_connect
from custom_components.ha_rt.const import CONF_USE_SESSIONS
from custom_components.ha_rt.rt.client import RTClient
from tests import connection_data
from tests.fake_rt import FakeRT


def by_name(fake_rt: FakeRT, name: str) -> str:
    """Return an address of the fake RT that holds a name."""
    return fake_rt.url.replace("127.0.0.1", name)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that Home Assistant was asked for; all are 127.0.0.1."""
    names = []

    async def resolve(
        connector: HomeAssistantTCPConnector, host: str
    ) -> list[dict[str, Any]]:
        names.append(host)
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": 0,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    monkeypatch.setattr(HomeAssistantTCPConnector, "async_resolve_host", resolve)
    return names


async def test_names_are_resolved_by_home_assistant(
    hass: HomeAssistant, fake_rt: FakeRT, asked: list[str]
) -> None:
    """A name that only Home Assistant knows, such as one ending in .local, is found."""
    data = {**connection_data(fake_rt), CONF_URL: by_name(fake_rt, "rt.local")}
    async with async_connect(hass, data, {}) as client:
        assert await client.version()
    assert set(asked) == {"rt.local"}


async def test_no_cookies_beside_the_token(
    hass: HomeAssistant, fake_rt: FakeRT, asked: list[str]
) -> None:
    """RT's session cookie is not sent back: RT would prefer it to the token."""
    fake_rt.web_base_url = by_name(fake_rt, "rt.local")
    data = {**connection_data(fake_rt), CONF_URL: fake_rt.web_base_url}
    async with async_connect(hass, data, {CONF_USE_SESSIONS: False}) as client:
        assert await client.queues_with_right("ShowTicket")
        assert await client.version()
    assert len(fake_rt.requests) == 2
    assert all("Cookie" not in sent.headers for sent in fake_rt.requests)


async def test_user_agent(client: RTClient, fake_rt: FakeRT) -> None:
    """Home Assistant says who it is; RT takes a "Mozilla" for a person."""
    await client.version()
    user_agent = fake_rt.requests[0].headers["User-Agent"]
    assert user_agent.startswith("HomeAssistant/")
    assert "Mozilla" not in user_agent


async def test_slots(hass: HomeAssistant) -> None:
    """Clients of one server share its slots, clients of another do not."""

    async def slots(url: str, token: str) -> object:
        data = {CONF_URL: url, CONF_TOKEN: token, CONF_VERIFY_SSL: True}
        async with async_connect(hass, data, {}) as client:
            return client._transport._slots  # noqa: SLF001

    first = await slots("http://rt.local", "1-14-a")
    assert await slots("http://rt.local", "1-16-b") is first
    assert await slots("http://rt.local/rt", "1-14-a") is not first
