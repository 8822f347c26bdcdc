"""What it takes to import ha_rt and set it up, over an integration that does nothing.

Each measurement is a process of its own (this module, run), because an import happens once. RT's answers come from a
server that has them ready, so that RT's own time does not count.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
from statistics import median
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any

import aiohttp
from aiohttp import web
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from scripts.benchmark.core import add_entry, entry_data, home_assistant
from scripts.benchmark.process import in_a_process, resident_mb
from scripts.live.rt import RTServer

EMPTY = {
    "manifest.json": json.dumps(
        {
            "domain": "empty",
            "name": "Empty",
            "codeowners": [],
            "config_flow": True,
            "documentation": "https://example.com",
            "iot_class": "calculated",
            "requirements": [],
            "version": "1.0.0",
        }
    ),
    "__init__.py": """\
async def async_setup_entry(hass, entry):
    return True
""",
    "config_flow.py": """\
from homeassistant.config_entries import ConfigFlow


class EmptyFlow(ConfigFlow, domain="empty"):
    VERSION = 1
""",
}


type _Ready = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class SetupCost:
    """What ha_rt takes more than the empty integration, by the medians of both."""

    ms: float
    mb: float


class ReadyAnswers:
    """A server that asks RT once for everything and then has it ready."""

    def __init__(self, rt_url: str) -> None:
        """Know no answer yet."""
        self._rt_url = rt_url
        self._answers: dict[tuple[str, str, bytes], _Ready] = {}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve at the address that this yields."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        asked = (request.method, request.path_qs, await request.read())
        if asked not in self._answers:
            self._answers[asked] = await self._ask_rt(request, asked[2])
        status, headers, answer = self._answers[asked]
        return web.Response(status=status, headers=headers, body=answer)

    async def _ask_rt(self, request: web.Request, body: bytes) -> _Ready:
        wanted = ("Accept", "Authorization", "Content-Type", "Cookie", "Referer")
        headers = {k: request.headers[k] for k in wanted if k in request.headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method,
                self._rt_url + request.path_qs,
                data=body or None,
                headers=headers,
                allow_redirects=False,
            ) as response,
        ):
            kept = ("Content-Type", "Set-Cookie")
            answer = {k: response.headers[k] for k in kept if k in response.headers}
            return response.status, answer, await response.read()


async def measure_setup(rt: RTServer, processes: int) -> SetupCost:
    """Measure in several processes, the first of which only fills caches for others."""
    async with ReadyAnswers(rt.url).serving() as url:
        data = entry_data(rt, url)
        first, *others = [await in_a_process(__name__, data) for _ in range(processes)]
    costs = others or [first]
    middle = {name: median(cost[name] for cost in costs) for name in costs[0]}
    return SetupCost(
        ms=middle["ha_rt_ms"] - middle["empty_ms"],
        mb=middle["ha_rt_mb"] - middle["empty_mb"],
    )


async def _measure(config: Path, data: dict[str, Any]) -> dict[str, float]:
    """Set up both integrations."""
    empty = config / "custom_components" / "empty"
    empty.mkdir(parents=True)
    for name, text in EMPTY.items():
        (empty / name).write_text(text, encoding="utf-8")
    sys.path.append(str(config))  # ha_rt is in this project, the empty one is not
    async with home_assistant(config) as hass:
        # Every Home Assistant has it by then.
        async_get_clientsession(hass)
        return {
            **await _cost_of(hass, "empty", {}),
            **await _cost_of(hass, "ha_rt", data),
        }


async def _cost_of(
    hass: HomeAssistant, domain: str, data: dict[str, Any]
) -> dict[str, float]:
    """Import and set up one integration."""
    before = resident_mb()
    started = time.perf_counter()
    await add_entry(hass, domain, data)
    ms = (time.perf_counter() - started) * 1000
    return {f"{domain}_ms": ms, f"{domain}_mb": resident_mb() - before}


def main() -> None:
    """Measure once, in this process."""
    data = json.load(sys.stdin)
    with TemporaryDirectory() as folder:
        cost = asyncio.run(_measure(Path(folder), data))
    json.dump(cost, sys.stdout)


if __name__ == "__main__":
    main()
