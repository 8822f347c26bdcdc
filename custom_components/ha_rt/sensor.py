"""Sensors: how a queue stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HaRtEntity
from .runtime import HaRtConfigEntry
from .watch.snapshot import Snapshot

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class _QueueSensorDescription(SensorEntityDescription):
    """Describes a figure of a queue."""

    value_fn: Callable[[Snapshot], int | datetime | None]


_SENSORS = (
    _QueueSensorDescription(
        key="open",
        translation_key="open",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda snapshot: len(snapshot.tickets),
    ),
    _QueueSensorDescription(
        key="unowned",
        translation_key="unowned",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda snapshot: snapshot.unowned,
    ),
    _QueueSensorDescription(
        key="overdue",
        translation_key="overdue",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda snapshot: snapshot.overdue,
    ),
    _QueueSensorDescription(
        key="oldest",
        translation_key="oldest",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        value_fn=lambda snapshot: snapshot.oldest,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors, and later those of statuses that are seen then."""
    coordinator = entry.runtime_data.coordinator
    known: set[str] = set()

    @callback
    def add_statuses() -> None:
        # RT did not answer yet, or not in time.
        if (
            coordinator.data is None
            or entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS
        ):
            return
        new = coordinator.data.statuses.keys() - known
        known.update(new)
        async_add_entities(StatusSensor(entry, status) for status in sorted(new))

    async_add_entities(
        [
            *(QueueSensor(entry, description) for description in _SENSORS),
            WaitingSensor(entry, "waiting"),
        ]
    )
    add_statuses()
    entry.async_on_unload(coordinator.async_add_listener(add_statuses))


class QueueSensor(HaRtEntity, SensorEntity):
    """A figure of a queue."""

    entity_description: _QueueSensorDescription

    def __init__(
        self, entry: HaRtConfigEntry, description: _QueueSensorDescription
    ) -> None:
        """Show what the description says."""
        super().__init__(entry, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> int | datetime | None:
        """Return the figure."""
        return self.entity_description.value_fn(self.coordinator.data)


class StatusSensor(HaRtEntity, SensorEntity):
    """How many tickets of a queue have a status."""

    _attr_translation_key = "status"
    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, entry: HaRtConfigEntry, status: str) -> None:
        """Count the tickets with a status."""
        super().__init__(entry, f"status_{status}")
        self._status = status
        self._attr_translation_placeholders = {"status": status}

    @property
    @override
    def native_value(self) -> int:
        """Return how many there are."""
        return self.coordinator.data.statuses.get(self._status, 0)


class WaitingSensor(HaRtEntity, SensorEntity):
    """How many reports were not told to RT yet."""

    _attr_translation_key = "waiting"
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is held back."""
        await super().async_added_to_hass()
        for source in (self._data.handler.throttle, self._data.reporter.outbox):
            self.async_on_remove(source.async_listen(self.async_write_ha_state))

    @property
    @override
    def available(self) -> bool:
        """Tell that it is known, most of all when RT cannot be reached."""
        return True

    @property
    @override
    def native_value(self) -> int:
        """Return how many there are."""
        return self._data.handler.throttle.held + self._data.reporter.outbox.count
