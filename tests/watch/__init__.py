"""Tests of what follows a queue: the coordinator, the sensors and the event entity."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import Wait, restart, setup_integration
from tests.fake_rt import FakeRT

EVENTS = "event.facility_management_ticket_events"
_POLL_SECONDS = 61


class Heard(list[Mapping[str, Any]]):
    """The attributes of what the event entity announces, as an automation hears it."""

    def __init__(self, hass: HomeAssistant, entity_id: str = EVENTS) -> None:
        """Begin to listen."""
        super().__init__()
        self._entity_id = entity_id
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._hear)

    @property
    def in_short(self) -> list[str]:
        """Return what happened, to which ticket, and who did it."""
        return [
            f"{one['event_type']} {one['ticket_id']} by {one['actor']}" for one in self
        ]

    @callback
    def _hear(self, event: Event[EventStateChangedData]) -> None:
        """Keep what is announced; the last event is shown again after a restart."""
        old, new = event.data["old_state"], event.data["new_state"]
        if (
            event.data["entity_id"] == self._entity_id
            and old
            and new
            and STATE_UNAVAILABLE not in {old.state, new.state}
        ):
            self.append(new.attributes)


class Watcher:
    """An entry that follows its queue, and somebody who looks at its entities."""

    def __init__(
        self, hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
    ) -> None:
        """Begin to listen; the entry is set up later."""
        self.entry = entry
        self.heard = Heard(hass)
        """What was announced since the last poll or start."""
        self._hass = hass
        self._fake_rt = fake_rt
        self._wait = wait

    async def set_up(self, **options: Any) -> None:
        """Set the entry up; what it sent meanwhile is forgotten."""
        await setup_integration(self._hass, self.entry, polls=True, **options)
        self._fake_rt.requests.clear()

    async def poll(self, **time: float) -> list[str]:
        """Let the time of a poll pass, or another, and return what is announced then.

        What was announced or sent to RT before is forgotten.
        """
        self._fake_rt.requests.clear()
        self.heard.clear()
        await self._wait(**(time or {"seconds": _POLL_SECONDS}))
        return self.heard.in_short

    async def stop(self) -> None:
        """Unload the entry, as when Home Assistant is stopped."""
        assert await self._hass.config_entries.async_unload(self.entry.entry_id)

    async def start(self) -> list[str]:
        """Start anew, and return what is announced then."""
        self._fake_rt.requests.clear()
        self.heard.clear()
        await restart(self._hass, self.entry)
        await self._hass.async_block_till_done(wait_background_tasks=True)
        return self.heard.in_short

    def sensor(self, name: str) -> str:
        """Return the state of a sensor, by its name in English."""
        name = name.lower().replace(" ", "_")
        state = self._hass.states.get(f"sensor.facility_management_{name}")
        assert state, name
        return state.state

    def counts(self) -> dict[str, int]:
        """Return how many tickets there are by their status, where that is known."""
        prefix = "sensor.facility_management_tickets_with_status_"
        return {
            state.entity_id.removeprefix(prefix): int(state.state)
            for state in self._hass.states.async_all("sensor")
            if state.entity_id.startswith(prefix) and state.state != STATE_UNAVAILABLE
        }

    @property
    def sees_rt(self) -> bool:
        """Tell whether the entities are available."""
        return self.sensor("Open tickets") != STATE_UNAVAILABLE
