"""RT's sessions, past our client."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
import http.client
from typing import NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.ha_rt.rt.session.login import LOG_IN_PATH
from custom_components.ha_rt.rt.session.pool import LIFETIME
from scripts.live.rt import RTServer
from tests.real_rt.relay import Forward


class Sent(NamedTuple):
    """What tells RT who sends a request."""

    path: str
    token: bool
    cookie: str


class Watch:
    """Notes what passes a relay."""

    def __init__(self) -> None:
        """Begin."""
        self.sent: list[Sent] = []
        self._under_way = 0

    async def __call__(self, request: bytes, forward: Forward) -> bytes:
        """Note a request and return the server's answer."""
        line, *headers = request.split(b"\r\n\r\n")[0].decode().split("\r\n")
        given = dict(header.lower().split(": ", 1) for header in headers)
        self.sent.append(
            Sent(line.split()[1], "authorization" in given, given.get("cookie", ""))
        )
        self._under_way += 1
        try:
            return await forward()
        finally:
            self._under_way -= 1

    @property
    def is_quiet(self) -> bool:
        """Whether all that was sent has been answered."""
        return not self._under_way

    @property
    def sessions(self) -> set[str]:
        """The names of the sessions that were used in place of a token."""
        used = (sent.cookie for sent in self.sent if not sent.token)
        return {cookie.partition("=")[2] for cookie in used}

    @property
    def log_ins(self) -> int:
        """How often a session was asked for."""
        return [sent.path for sent in self.sent].count(LOG_IN_PATH)


def logged_in(rt: RTServer) -> set[str]:
    """Return the names of the sessions that RT takes in place of a token.

    RT replaces each other session with a new one.
    """
    return {name for name in rt.database.sessions() if _is_logged_in(rt, name)}


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that happens meanwhile."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - RT announces nothing
            await asyncio.sleep(0.05)


async def expire(hass: HomeAssistant) -> None:
    """Let the time of all sessions pass, while no request is under way."""
    async_fire_time_changed(hass, utcnow() + timedelta(seconds=LIFETIME + 1))
    await hass.async_block_till_done()


def _is_logged_in(rt: RTServer, name: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", rt.port, timeout=60)
    try:
        connection.request(
            "GET",
            f"{rt.web_path}/REST/2.0/rt",
            headers={
                "Cookie": f"{rt.cookie_name}={name}",
                "User-Agent": "tests",  # RT warns without one
            },
        )
        return connection.getresponse().status == HTTPStatus.OK
    finally:
        connection.close()
