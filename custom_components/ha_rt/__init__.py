"""The Service Management integration: tickets in Request Tracker."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
from homeassistant.helpers.update_coordinator import UpdateFailed

from .connection import async_connect_entry
from .const import DOMAIN
from .delivery.store import async_remove_outbox
from .errors import translated
from .issues import (
    async_check_address,
    async_check_queue,
    async_delete_issues,
    async_tie_issues,
)
from .model.settings import Settings
from .queue_check import Diagnosis, KnownQueue, diagnose
from .rt.client import RTClient
from .rt.errors import InvalidAuth, RTError, RTTimeout
from .runtime import (
    HaRtConfigEntry,
    HaRtData,
    async_coordinator,
    async_desk,
    async_forget_turns,
    async_intake,
)
from .services import async_setup_services
from .tickets.index import async_remove_memory
from .tickets.throttle import async_remove_held_back
from .watch.cursor import Bookmark

_LOGGER = logging.getLogger(__name__)

PLATFORMS = (Platform.EVENT, Platform.SENSOR, Platform.TODO)

# Home Assistant's own start waits for its entries. With what is done besides asking
# RT, it is ten at the most.
SET_UP_SECONDS: Final = 9

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, and what becomes of entries' issues."""
    async_setup_services(hass)
    async_tie_issues(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> bool:
    """Set up one queue of one RT server, within ten seconds whatever RT does."""
    deadline = hass.loop.time() + SET_UP_SECONDS
    client = async_connect_entry(hass, entry)
    if client.url.startswith("http:"):
        _LOGGER.warning(
            "%s: the token crosses the network unencrypted; use https", client.url
        )
    entry.async_create_background_task(
        hass, async_check_address(hass, entry), f"{entry.title}: address"
    )
    settings = Settings.from_options(entry.options)
    diagnosis, doubt = await _async_diagnosis(hass, entry, client, settings, deadline)
    if TYPE_CHECKING:
        assert diagnosis.queue
    desk = await async_desk(hass, entry, client, settings, diagnosis)
    coordinator = await async_coordinator(hass, entry, desk, doubt)
    intake = await async_intake(hass, entry, desk, coordinator)
    entry.runtime_data = HaRtData(
        context=desk.context, coordinator=coordinator, desk=desk, intake=intake
    )
    await desk.noise.async_load(client.url, diagnosis.queue.id)
    # Not the first refresh that has to succeed: reports can be sent, whether RT tells
    # of its tickets or not. Nor is waited again for an RT that is away.
    if not doubt:
        pause = max(0, deadline - hass.loop.time())
        await asyncio.wait([coordinator.async_look()], timeout=pause)
    if coordinator.data is None and coordinator.last_update_success:
        unavailable = translated(doubt or _too_slow(), UpdateFailed)
        coordinator.async_set_update_error(unavailable)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    _async_deliver(entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> bool:
    """Unload an entry; its client is closed by what setting up registered."""
    await entry.runtime_data.coordinator.async_stop_announcing()
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    desk = entry.runtime_data.desk
    entry.runtime_data.intake.courier.async_stop()
    await entry.runtime_data.work.async_drain()
    await entry.runtime_data.intake.outbox.async_close()
    await desk.noise.async_unload()
    await desk.finder.memory.async_save()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> None:
    """Delete what an entry leaves behind."""
    async_delete_issues(hass, entry)
    async_forget_turns(hass, entry.entry_id)
    await async_remove_memory(hass, entry.entry_id)
    await async_remove_held_back(hass, entry.entry_id)
    await async_remove_outbox(hass, entry.entry_id)
    await Bookmark(hass, entry.entry_id).async_remove()
    await KnownQueue(hass, entry.entry_id).async_remove()


@callback
def _async_deliver(entry: HaRtConfigEntry) -> None:
    """Deliver what waits, now and whenever RT answers after it did not."""
    coordinator = entry.runtime_data.coordinator
    courier = entry.runtime_data.intake.courier
    courier.async_start()

    @callback
    def updated() -> None:
        if coordinator.last_update_success:
            courier.async_wake()

    entry.async_on_unload(coordinator.async_add_listener(updated))


async def _async_diagnosis(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    client: RTClient,
    settings: Settings,
    deadline: float,
) -> tuple[Diagnosis, RTError | None]:
    """Return how the entry's queue is, or how it was if reports can wait.

    Args:
        hass: Home Assistant.
        entry: The entry.
        client: Its client.
        settings: Its options.
        deadline: Until when RT can answer, by the event loop's clock.

    Returns:
        What RT says, or said last, and why that is not known to be so still.

    Raises:
        ConfigEntryAuthFailed: RT refuses the token.
        ConfigEntryNotReady: RT does not answer, or the queue lacks something.

    """
    known_queue = KnownQueue(hass, entry.entry_id)
    try:
        async with asyncio.timeout_at(deadline):
            diagnosis = await async_check_queue(hass, entry, client, settings)
    except TimeoutError:
        doubt: RTError = _too_slow()
    except RTError as err:
        doubt = err
    else:
        if TYPE_CHECKING:
            assert diagnosis.queue
        await known_queue.async_save(entry.data, diagnosis.queue)
        return diagnosis, None
    is_refused = isinstance(doubt, InvalidAuth)
    if settings.keep_reports and (known := await known_queue.async_load(entry.data)):
        fields = (settings.device_id_field, settings.event_type_field)
        diagnosis = diagnose(known, *fields)
        # The options may name a field that was not there yet.
        if not diagnosis.problems:
            if is_refused:
                entry.async_start_reauth(hass)
            return diagnosis, doubt
    kind = ConfigEntryAuthFailed if is_refused else ConfigEntryNotReady
    raise translated(doubt, kind) from doubt


def _too_slow() -> RTTimeout:
    """Return the error for an RT that does not answer while an entry is set up."""
    return RTTimeout(f"No answer within {SET_UP_SECONDS} s")
