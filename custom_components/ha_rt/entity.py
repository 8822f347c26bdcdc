"""What all entities have in common."""

from urllib.parse import urlencode

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import HaRtCoordinator
from .runtime import HaRtConfigEntry


class HaRtEntity(CoordinatorEntity[HaRtCoordinator]):
    """An entity of the service device that stands for a queue."""

    _attr_has_entity_name = True

    def __init__(self, entry: HaRtConfigEntry, key: str) -> None:
        """Belong to an entry, as one of its entities."""
        self._data = entry.runtime_data
        super().__init__(self._data.coordinator)
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        query = self._data.context.lifecycle.open_tickets_condition()
        self._attr_device_info = DeviceInfo(
            entry_type=DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, entry.entry_id)},
            name=self._data.context.queue.name,
            manufacturer="Best Practical Solutions",
            model="Request Tracker",
            configuration_url=(
                f"{self._data.context.web_url}/Search/Results.html?{urlencode({'Query': query})}"
            ),
        )
        # Else it stays what it was when RT could last be asked.
        if self.coordinator.rt_version:
            self._attr_device_info["sw_version"] = self.coordinator.rt_version
