"""The connection of a config entry to its RT server."""

from collections.abc import AsyncIterator
import socket
from typing import Any

import aiohttp
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import HomeAssistantTCPConnector
import pytest

from custom_components.ha_rt.connection import async_client, async_open_session
from custom_components.ha_rt.rt.client import RTClient
from tests.fake_rt import FakeRT


@pytest.fixture
async def session(hass: HomeAssistant) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session as a config entry has it."""
    async with async_open_session(hass, verify_ssl=True) as session:
        yield session


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
    fake_rt: FakeRT, session: aiohttp.ClientSession, asked: list[str]
) -> None:
    """A name that only Home Assistant knows, such as one ending in .local, is found."""
    url = by_name(fake_rt, "rt.local")
    assert await RTClient(session, url, fake_rt.token).version()
    assert asked == ["rt.local"]


async def test_no_cookies(
    fake_rt: FakeRT, session: aiohttp.ClientSession, asked: list[str]
) -> None:
    """RT's session cookie is not sent back: RT would prefer it to the token."""
    fake_rt.web_base_url = by_name(fake_rt, "rt.local")
    client = RTClient(session, fake_rt.web_base_url, fake_rt.token)
    assert await client.queues_with_right("ShowTicket")
    assert await client.version()
    assert len(fake_rt.requests) == 2
    assert all("Cookie" not in sent.headers for sent in fake_rt.requests)


async def test_user_agent(fake_rt: FakeRT, session: aiohttp.ClientSession) -> None:
    """Home Assistant says who it is; RT takes a "Mozilla" for a person."""
    await RTClient(session, fake_rt.url, fake_rt.token).version()
    user_agent = fake_rt.requests[0].headers["User-Agent"]
    assert user_agent.startswith("HomeAssistant/")
    assert "Mozilla" not in user_agent


async def test_slots(hass: HomeAssistant, session: aiohttp.ClientSession) -> None:
    """Clients of one server share its slots, clients of another do not."""

    def slots(url: str, token: str) -> object:
        client = async_client(hass, session, {CONF_URL: url, CONF_TOKEN: token})
        return client._transport._slots  # noqa: SLF001

    first = slots("http://rt.local", "1-14-a")
    assert slots("http://rt.local", "1-16-b") is first
    assert slots("http://rt.local/rt", "1-14-a") is not first
