"""The event entity: what happens to the tickets of a queue."""

from datetime import datetime
from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.const import ATTR_DEVICE_ID, Platform
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

from .const import DOMAIN
from .entity import HaRtEntity
from .queries.view import iso
from .runtime import HaRtConfigEntry
from .watch.events import Happening, TicketEvent

PARALLEL_UPDATES = 0

_EVENT_TYPES = [happening.value for happening in Happening]

# When Home Assistant has started, its automations begin to listen.
_AUTOMATIONS_SECONDS = 10


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entity."""
    events = TicketEvents(entry, "events")
    if _is_disabled(hass, events):
        entry.runtime_data.coordinator.async_ignore()
    async_add_entities([events])


@callback
def _is_disabled(hass: HomeAssistant, entity: TicketEvents) -> bool:
    """Tell whether people disabled the entity."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(
        Platform.EVENT, DOMAIN, entity.unique_id or ""
    )
    return entity_id is not None and registry.entities[entity_id].disabled


class TicketEvents(HaRtEntity, EventEntity):
    """What happens to the tickets of a queue."""

    _attr_translation_key = "events"
    _attr_event_types = _EVENT_TYPES

    @property
    @override
    def available(self) -> bool:
        """Tell that the last event is known, whether RT answers now or not.

        Automations would take coming back for an event.
        """
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Announce from when somebody listens."""
        await super().async_added_to_hass()
        if self.hass.state is CoreState.running:
            # After the state that is restored first, which is no event.
            self.hass.loop.call_soon(self._listen)
        else:
            self.async_on_remove(async_at_started(self.hass, self._listen_later))

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Announce to its end what has begun, and keep the rest for later."""
        await self.coordinator.async_stop_announcing()
        if _is_disabled(self.hass, self):
            self.coordinator.async_ignore()
        await super().async_will_remove_from_hass()

    @callback
    def _listen_later(self, hass: HomeAssistant) -> None:
        """Give the automations time to begin."""
        self.async_on_remove(async_call_later(hass, _AUTOMATIONS_SECONDS, self._listen))

    @callback
    def _listen(self, _now: datetime | None = None) -> None:
        """Have all events announced here."""
        self.coordinator.async_listen(self._announce)

    @callback
    def _announce(self, event: TicketEvent) -> None:
        """Show an event."""
        ticket, transaction = event.ticket, event.transaction
        self._trigger_event(
            event.happening.value,
            {
                "ticket_id": ticket.id,
                "ticket_url": self._data.context.ticket_url(ticket.id),
                "subject": ticket.subject or None,
                ATTR_DEVICE_ID: ticket.device_id or None,
                "ticket_event_type": ticket.event_type,
                "status": ticket.status or None,
                "owner": ticket.owner or None,
                "actor": transaction.creator,
                "by_home_assistant": event.is_own,
                "old_value": event.old,
                "new_value": event.new,
                "happened_at": iso(transaction.created),
                "transaction_id": transaction.id,
            },
        )
        self.async_write_ha_state()
