"""Reports through Home Assistant's websocket, as many at once as are wanted."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import itertools
import time
from typing import Any

import aiohttp

from scripts.live.home_assistant import LiveHomeAssistant

# More than it takes; who has no answer by then gets none.
PATIENCE_SECONDS = 1200

TAKE = "loop_watch.take"


@dataclass(kw_only=True, slots=True)
class Report:
    """One report of a device, and what became of it."""

    key: str
    text: str
    """Only this report has it."""
    sent: float
    seconds: float = 0
    """Until it was answered."""
    action: str = ""
    """Of the answer; empty without one."""
    error: str = ""
    """What the caller was told instead."""


class Caller:
    """Sends reports and does not wait for the answers."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Use a connection that is logged in."""
        self.reports: list[Report] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Report] = {}
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._all_answered = asyncio.Event()

    async def call(self, name: str, **data: object) -> Any:
        """Perform an action and return its response, if it has one."""
        number = next(self._numbers)
        answer = self._calls[number] = asyncio.get_running_loop().create_future()
        await self._perform(number, name, data, responds=name == TAKE)
        return (await answer).get("response")

    async def send_all(self, keys: Iterable[str], *, per_second: float) -> float:
        """Report about devices, one after the other; return the seconds it took."""
        started = time.monotonic()
        for number, key in enumerate(keys):
            due = started + number / per_second
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            await self._send(key)
        return time.monotonic() - started

    async def all_answered(self) -> None:
        """Wait until nothing is under way, or until nobody would wait any longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._all_answered.wait()

    async def read(self) -> None:
        """Take the answers, for as long as there is a connection."""
        async for message in self._socket:
            answer = message.json()
            if call := self._calls.pop(answer["id"], None):
                call.set_result(answer["result"])
            if report := self._waiting.pop(answer["id"], None):
                report.seconds = time.monotonic() - report.sent
                if answer["success"]:
                    report.action = answer["result"]["response"]["action"]
                else:
                    report.error = answer["error"]["message"]
            if not self._waiting:
                self._all_answered.set()

    async def _send(self, key: str) -> None:
        number = next(self._numbers)
        text = f"Load report {number:06} of {key}."
        report = Report(key=key, text=text, sent=time.monotonic())
        self.reports.append(report)
        self._waiting[number] = report
        self._all_answered.clear()
        data = {"device_id": key, "subject": f"Trouble with {key}", "text": text}
        await self._perform(number, "ha_rt.create_ticket", data, responds=True)

    async def _perform(
        self, number: int, name: str, data: dict[str, Any], *, responds: bool
    ) -> None:
        """Send the command to perform an action."""
        domain, service = name.split(".")
        command: dict[str, Any] = {
            "id": number,
            "type": "call_service",
            "domain": domain,
            "service": service,
            "service_data": data,
            "return_response": responds,
        }
        await self._socket.send_json(command)


@asynccontextmanager
async def caller(ha: LiveHomeAssistant) -> AsyncIterator[Caller]:
    """Connect to Home Assistant, for longer than a log-in holds."""
    token = await asyncio.to_thread(
        ha.ws, "auth/long_lived_access_token", client_name="load", lifespan=1
    )
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{ha.url}/api/websocket", max_msg_size=0) as socket,
    ):
        await socket.receive_json()  # auth_required
        await socket.send_json({"type": "auth", "access_token": token})
        await socket.receive_json()  # auth_ok
        connected = Caller(socket)
        reading = asyncio.create_task(connected.read())
        try:
            yield connected
        finally:
            reading.cancel()
