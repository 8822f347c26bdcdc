"""An entry of ha_rt, and reports through its actions, as automations make them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from scripts.benchmark.core import BenchmarkError, act, add_entry
from scripts.benchmark.traffic import Recorder

SUBJECT = "Water in the kitchen"
TEXT = "The leak sensor under the sink reported water. It is wet there. " * 5
RECOVERY = "The leak sensor under the sink reports that it is dry again. " * 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Ours:
    """A loaded entry, and what it asks of RT."""

    hass: HomeAssistant
    entry: ConfigEntry
    recorder: Recorder

    @classmethod
    async def add(
        cls,
        hass: HomeAssistant,
        data: Mapping[str, Any],
        *,
        use_sessions: bool,
    ) -> Self:
        """Set an entry up."""
        recorder = Recorder()
        with recorder.watching():
            entry = await add_entry(hass, "ha_rt", data, {"use_sessions": use_sessions})
        await hass.async_block_till_done(wait_background_tasks=True)
        return cls(hass=hass, entry=entry, recorder=recorder)

    async def act(self, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an action with this entry, and return its response."""
        entry = {"config_entry_id": self.entry.entry_id}
        return await act(self.hass, action, {**arguments, **entry})

    async def report(self, key: str, expected: str) -> int:
        """Report a problem of a device, and return the ticket."""
        arguments = {"device_id": key, "subject": SUBJECT, "text": TEXT}
        return await self._ticket("create_ticket", arguments, expected)

    async def tell(self, key: str, text: str) -> object:
        """Report a problem of a device, whatever becomes of it."""
        arguments = {"device_id": key, "subject": SUBJECT, "text": text}
        return await self.act("create_ticket", arguments)

    async def resolve(self, key: str) -> int:
        """Report that a device recovered, and return the ticket."""
        arguments = {"device_id": key, "text": RECOVERY}
        return await self._ticket("resolve_ticket", arguments, "resolved")

    async def _ticket(
        self, action: str, arguments: Mapping[str, str], expected: str
    ) -> int:
        """Carry out an action whose response is as expected."""
        response = await self.act(action, arguments)
        if response["action"] != expected:
            raise BenchmarkError(f"{arguments}: {response}, where {expected} was due")
        ticket_id: int = response["ticket_id"]
        return ticket_id
