"""A house that reports to RT while something breaks."""

from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.delivery import dispatcher
from custom_components.ha_rt.tickets import locks
from tests import create_ticket
from tests.faults.matrix import DONE, QUEUED, ROWS

_KINDS: Final = ("first", "repeat")
_WHEN: Final = ("before the fault", "during the fault", "after the fault")


@dataclass
class Clock:
    """Stands in for `time`, in modules that are to believe that time has passed."""

    ahead: float = 0

    def monotonic(self) -> float:
        """Return the seconds."""
        return time.monotonic() + self.ahead


@dataclass(kw_only=True)
class House(ABC):
    """One entry, and the RT that it reports to."""

    hass: HomeAssistant
    patch: pytest.MonkeyPatch
    device: str = ""
    """Whose problems are reported."""
    action: str = ""
    """What the last report answered that RT has."""
    _clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        """Let time pass faster where RT is given time."""
        for module in (dispatcher, locks):
            self.patch.setattr(module, "time", self._clock)

    @abstractmethod
    def told(self, text: str) -> int:
        """Return how often RT was told a text, in whatever ticket."""

    @property
    @abstractmethod
    def open_tickets(self) -> int:
        """Return how many open tickets the device has, as far as the account sees."""

    @property
    def waiting(self) -> int:
        """Return how many reports wait, as people see it."""
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        entity_id = er.async_get(self.hass).async_get_entity_id(
            "sensor", DOMAIN, f"{entry.entry_id}_waiting"
        )
        assert entity_id
        state = self.hass.states.get(entity_id)
        assert state
        return int(state.state)

    async def report(self, text: str, device: str = "") -> str:
        """Report a problem and return DONE, QUEUED or the error's key."""
        try:
            answer: Mapping[str, Any] = await create_ticket(
                self.hass, text=text, device_id=device or self.device
            )
        except HomeAssistantError as err:
            return str(err.translation_key)
        if answer["action"] == QUEUED:
            assert answer["ticket_id"] is None
            return QUEUED
        self.action = answer["action"]
        return DONE

    async def recover(self) -> None:
        """Let time pass, now that all is well, until nothing waits any more."""
        # Longer than RT is given for what it did not confirm.
        self._clock.ahead += 150
        for _ in range(5):
            if self.waiting:
                await self.deliver()
        assert self.waiting == 0

    async def deliver(self) -> None:
        """Let the time come at which what waits is tried again."""
        # The time of requests under way would be over, too.
        await self.hass.async_block_till_done(wait_background_tasks=True)
        async_fire_time_changed(self.hass, dt_util.utcnow() + timedelta(minutes=7))
        await self.hass.async_block_till_done(wait_background_tasks=True)


type Begin[H: House] = Callable[[H], AbstractAsyncContextManager[None]]
"""Begins a fault that lasts as long as the context."""


async def check[H: House](
    house: H, fault: str, begin: Begin[H], *, keeps: bool, prefix: str
) -> None:
    """Check what becomes of reports that meet a fault, and of those that come later."""
    row = ROWS[fault]
    for kind in (row.only,) if row.only else _KINDS:
        house.device = f"{prefix}, {kind}"
        before, during, after = (f"{house.device}, {when}" for when in _WHEN)
        if kind == "repeat":
            assert await house.report(before) == DONE

        async with begin(house):
            answer = await house.report(during)
            assert answer == row.answer(kind, keeps=keeps)
            assert house.waiting == (answer == QUEUED)
        await house.recover()

        assert house.told(during) == row.stored(keeps=keeps)
        is_open = house.open_tickets > 0
        assert await house.report(after) == DONE
        assert house.action == ("commented" if is_open else "created")
        assert house.told(after) == 1
        assert house.told(before) == (kind == "repeat")
        assert house.open_tickets == 1


async def check_burst(
    house: House, answers: Mapping[str, str], fault: str, *, keeps: bool
) -> None:
    """Check what became of reports of which some met a fault, by their texts."""
    failed = ROWS[fault].answer("first", keeps=keeps)
    assert set(answers.values()) == {DONE, failed}
    await house.recover()
    for text, answer in answers.items():
        told = house.told(text)
        assert told == 1 if answer in {DONE, QUEUED} else told <= 1


def ignore_broken_connections(hass: HomeAssistant) -> None:
    """Do not report the server's side of a client that turns away."""
    report = hass.loop.get_exception_handler()

    def report_others(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        if report and not isinstance(context.get("exception"), OSError):
            report(loop, context)

    hass.loop.set_exception_handler(report_others)
