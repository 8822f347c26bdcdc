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
from .delivery.outbox import async_remove_outbox
from .errors import translated
from .issues import (
    async_check_address,
    async_check_queue,
    async_delete_issues,
    async_tie_issues,
)
from .model.settings import Settings
from .queue_check import KnownQueue, QueueCheck, check_fields
from .rt.client import RTClient
from .rt.errors import InvalidAuth, RTError, RTTimeout
from .runtime import (
    HaRtConfigEntry,
    HaRtData,
    async_coordinator,
    async_forget_locks,
    async_reporter,
    async_ticket_handler,
)
from .services import async_setup_services
from .tickets.index import async_remove_index
from .tickets.throttle import async_remove_held_back
from .watch.cursor import Cursor

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
    check, queue_error = await _async_queue_check(
        hass, entry, client, settings, deadline
    )
    if TYPE_CHECKING:
        assert check.queue
    handler = await async_ticket_handler(hass, entry, client, settings, check)
    coordinator = await async_coordinator(hass, entry, handler, queue_error)
    reporter = await async_reporter(hass, entry, handler, coordinator)
    entry.runtime_data = HaRtData(
        context=handler.context,
        coordinator=coordinator,
        handler=handler,
        reporter=reporter,
    )
    await handler.throttle.async_load(client.url, check.queue.id)
    # Not the first refresh that has to succeed: reports can be sent, whether RT tells
    # of its tickets or not. Nor is waited again for an RT that is away.
    if not queue_error:
        pause = max(0, deadline - hass.loop.time())
        await asyncio.wait([coordinator.async_look()], timeout=pause)
    if coordinator.data is None and coordinator.last_update_success:
        unavailable = translated(queue_error or _too_slow(), UpdateFailed)
        coordinator.async_set_update_error(unavailable)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    _async_deliver(entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> bool:
    """Unload an entry; its client is closed by what setting up registered."""
    await entry.runtime_data.coordinator.async_stop_announcing()
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    handler = entry.runtime_data.handler
    entry.runtime_data.reporter.dispatcher.async_stop()
    await entry.runtime_data.work.async_drain()
    await entry.runtime_data.reporter.outbox.async_close()
    await handler.throttle.async_unload()
    await handler.lookup.index.async_save()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> None:
    """Delete what an entry leaves behind."""
    async_delete_issues(hass, entry)
    async_forget_locks(hass, entry.entry_id)
    await async_remove_index(hass, entry.entry_id)
    await async_remove_held_back(hass, entry.entry_id)
    await async_remove_outbox(hass, entry.entry_id)
    await Cursor(hass, entry.entry_id).async_remove()
    await KnownQueue(hass, entry.entry_id).async_remove()


@callback
def _async_deliver(entry: HaRtConfigEntry) -> None:
    """Deliver what waits, now and whenever RT answers after it did not."""
    coordinator = entry.runtime_data.coordinator
    dispatcher = entry.runtime_data.reporter.dispatcher
    dispatcher.async_start()

    @callback
    def updated() -> None:
        if coordinator.last_update_success:
            dispatcher.async_wake()

    entry.async_on_unload(coordinator.async_add_listener(updated))


async def _async_queue_check(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    client: RTClient,
    settings: Settings,
    deadline: float,
) -> tuple[QueueCheck, RTError | None]:
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
            check = await async_check_queue(hass, entry, client, settings)
    except TimeoutError:
        queue_error: RTError = _too_slow()
    except RTError as err:
        queue_error = err
    else:
        if TYPE_CHECKING:
            assert check.queue
        await known_queue.async_save(entry.data, check.queue)
        return check, None
    is_refused = isinstance(queue_error, InvalidAuth)
    if settings.keep_reports and (known := await known_queue.async_load(entry.data)):
        fields = (settings.device_id_field, settings.event_type_field)
        check = check_fields(known, *fields)
        # The options may name a field that was not there yet.
        if not check.problems:
            if is_refused:
                entry.async_start_reauth(hass)
            return check, queue_error
    kind = ConfigEntryAuthFailed if is_refused else ConfigEntryNotReady
    raise translated(queue_error, kind) from queue_error


def _too_slow() -> RTTimeout:
    """Return the error for an RT that does not answer while an entry is set up."""
    return RTTimeout(f"No answer within {SET_UP_SECONDS} s")
