"""For load tests: how long Home Assistant's event loop does nothing else, and for whom."""

import asyncio
from collections import Counter
import gc
from pathlib import Path
import sys
import threading
import time
from typing import Any

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers.typing import ConfigType

DOMAIN = "loop_watch"

# From when on a turn of the loop is looked into, and how often.
_LONG_SECONDS = 0.01
_LOOK_SECONDS = 0.004
_KEPT = 12
_FRAMES = 14
_OURS = "/custom_components/ha_rt/"


class _Watch:
    """Times each turn of the loop: from when it has something to do until it waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; the loop is never given back."""
        self._thread = threading.get_ident()
        self._started = self._cpu = 0.0
        self._collecting = 0.0
        self._gc_ms = 0.0
        self._looks: Counter[str] = Counter()
        self._turns: list[dict[str, Any]] = []
        self._most = {"wall_ms": 0.0, "cpu_ms": 0.0}
        selector: Any = vars(loop)["_selector"]
        self._wait = selector.select
        selector.select = self._select
        gc.callbacks.append(self._collect)
        threading.Thread(target=self._look, name=DOMAIN, daemon=True).start()

    def take(self) -> dict[str, Any]:
        """Return the longest turns since the last call."""
        gc.collect()
        turns, self._turns = self._turns, []
        most, self._most = self._most, dict.fromkeys(self._most, 0.0)
        self._started = 0.0  # this turn is the watch's own
        return {**most, "turns": turns, "resident_kb": _resident_kb()}

    def _select(self, timeout: float | None = None) -> Any:
        """Wait for something to do, in the place of the loop's own wait."""
        if self._started:
            wall_ms = (time.perf_counter() - self._started) * 1000
            cpu_ms = (time.thread_time() - self._cpu) * 1000
            most = self._most
            most["wall_ms"] = max(most["wall_ms"], wall_ms)
            most["cpu_ms"] = max(most["cpu_ms"], cpu_ms)
            if wall_ms >= _LONG_SECONDS * 1000:
                self._keep(wall_ms, cpu_ms)
        self._started = 0.0
        events = self._wait(timeout)
        self._looks = Counter()
        self._gc_ms = 0.0
        self._cpu = time.thread_time()
        self._started = time.perf_counter()
        return events

    def _keep(self, wall_ms: float, cpu_ms: float) -> None:
        """Remember a long turn, if it is one of the longest."""
        self._turns.append(
            {
                "at": time.time(),
                "wall_ms": wall_ms,
                "cpu_ms": cpu_ms,
                "gc_ms": self._gc_ms,
                "looks": dict(self._looks.most_common(4)),
                "ours": sum(n for stack, n in self._looks.items() if _OURS in stack),
                "looked": self._looks.total(),
            }
        )
        self._turns.sort(key=lambda turn: -float(turn["wall_ms"]))
        del self._turns[_KEPT:]

    def _collect(self, phase: str, info: dict[str, int]) -> None:
        """Time the garbage collection where it holds up the loop."""
        if threading.get_ident() != self._thread:
            return
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self._gc_ms += (time.perf_counter() - self._collecting) * 1000

    def _look(self) -> None:
        """See again and again what a long turn is about."""
        while True:
            time.sleep(_LOOK_SECONDS)
            started, looks = self._started, self._looks
            if started and time.perf_counter() - started > _LONG_SECONDS:
                looks[_stack(self._thread)] += 1


def _stack(thread: int) -> str:
    """Return where a thread is, the innermost first."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - documented
    lines: list[str] = []
    while frame and len(lines) < _FRAMES:
        code = frame.f_code
        lines.append(f"{code.co_filename}:{frame.f_lineno} {code.co_qualname}")
        frame = frame.f_back
    return "\n".join(lines)


def _resident_kb() -> int:
    """Return how much memory this process has."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1])


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Watch from now on."""
    watch = _Watch(hass.loop)

    @callback
    def take(_call: ServiceCall) -> ServiceResponse:
        return watch.take()

    hass.services.async_register(
        DOMAIN, "take", take, supports_response=SupportsResponse.ONLY
    )
    return True
