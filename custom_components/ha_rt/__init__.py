"""The Service Management integration: tickets in Request Tracker."""

from functools import partial
import logging
from typing import TYPE_CHECKING

from homeassistant.const import CONF_URL, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    ConfigEntryNotReady,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from .bookmark import Bookmark
from .connection import async_connect_entry
from .const import CONF_QUEUE, CONF_WEB_URL, DOMAIN
from .coordinator import HaRtCoordinator
from .creation import Creator
from .data import HaRtConfigEntry, HaRtData
from .desk import Desk
from .doctor import Diagnosis
from .errors import translated
from .finder import Finder
from .issues import (
    async_check_address,
    async_check_queue,
    async_delete_issues,
    async_update_lost_key_issue,
)
from .keys import Key, KeyFields
from .memory import async_load_memories, async_memory, async_remove_memory, is_claimed
from .noise import Noise, async_remove_held_back
from .open_tickets import OpenTickets
from .rt.client import RTClient
from .rt.errors import InvalidAuth, RTError
from .services import async_setup_services
from .settings import Settings
from .severity import SeverityScale
from .turns import Turns
from .watch import Watch

_LOGGER = logging.getLogger(__name__)

_TURNS: HassKey[dict[str, Turns]] = HassKey(f"{DOMAIN}_turns")

PLATFORMS = (Platform.EVENT, Platform.SENSOR, Platform.TODO)

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> bool:
    """Set up one queue of one RT server."""
    client = async_connect_entry(hass, entry)
    if client.url.startswith("http:"):
        _LOGGER.warning(
            "%s: the token crosses the network unencrypted; use https", client.url
        )
    entry.async_create_background_task(
        hass, async_check_address(hass, entry), f"{entry.title}: address"
    )
    settings = Settings.from_options(entry.options)
    diagnosis = await _async_check(hass, entry, client, settings)
    if TYPE_CHECKING:
        assert diagnosis.queue
    desk = await _async_desk(hass, entry, client, settings, diagnosis)
    coordinator = await _async_coordinator(hass, entry, desk)
    entry.runtime_data = HaRtData(
        client=client,
        coordinator=coordinator,
        desk=desk,
        queue=diagnosis.queue,
        settings=settings,
        severities=desk.severities,
        web_url=entry.options.get(CONF_WEB_URL) or entry.data[CONF_URL],
    )
    await desk.noise.async_load(client.url, diagnosis.queue.id)
    # Not the first refresh that has to succeed: reports can be sent, whether RT tells
    # of its tickets or not.
    await coordinator.async_refresh()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> bool:
    """Unload an entry; its client is closed by what setting up registered."""
    await entry.runtime_data.coordinator.async_stop_announcing()
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    desk = entry.runtime_data.desk
    await entry.runtime_data.work.async_drain()
    await desk.noise.async_unload()
    await desk.finder.memory.async_save()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> None:
    """Delete what an entry leaves behind."""
    async_delete_issues(hass, entry)
    hass.data.get(_TURNS, {}).pop(entry.entry_id, None)
    await async_remove_memory(hass, entry.entry_id)
    await async_remove_held_back(hass, entry.entry_id)
    await Bookmark(hass, entry.entry_id).async_remove()


async def _async_desk(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    client: RTClient,
    settings: Settings,
    diagnosis: Diagnosis,
) -> Desk:
    """Put the service desk of an entry together."""
    queue = diagnosis.queue
    if TYPE_CHECKING:
        assert queue
        assert diagnosis.field_id
    await async_load_memories(hass)
    memory = await async_memory(hass, entry.entry_id)
    memory.bind(client.url, queue.id)
    turns = hass.data.setdefault(_TURNS, {}).setdefault(entry.entry_id, Turns())
    severities = SeverityScale(
        priorities=settings.priorities,
        field_id=queue.custom_field(settings.severity_field),
    )
    finder = Finder(
        client=client,
        memory=memory,
        is_claimed=partial(is_claimed, hass, memory),
        queue_id=queue.id,
        queue_name=queue.name,
        fields=KeyFields(
            device_id=diagnosis.field_id, event_type=diagnosis.event_type_field_id
        ),
        open_statuses=settings.open_statuses,
        first_statuses=turns.first_statuses,
        keep_closed=settings.keep_closed,
    )

    @callback
    def flush(key: str) -> None:
        entry.async_create_task(hass, _async_flush(hass, entry, Key.parse(key)))

    return Desk(
        client=client,
        finder=finder,
        creator=Creator(
            client=client, finder=finder, turns=turns, severities=severities
        ),
        turns=turns,
        noise=Noise(hass, entry.entry_id, settings, flush),
        settings=settings,
        severities=severities,
    )


async def _async_coordinator(
    hass: HomeAssistant, entry: HaRtConfigEntry, desk: Desk
) -> HaRtCoordinator:
    """Put together what watches the queue of an entry."""
    bookmark = Bookmark(hass, entry.entry_id)
    await bookmark.async_load(desk.client.url, desk.finder.queue_id)
    tickets = OpenTickets(
        client=desk.client,
        finder=desk.finder,
        severities=desk.severities,
        settings=desk.settings,
    )
    watch = Watch(
        client=desk.client,
        finder=desk.finder,
        settings=desk.settings,
        tickets=tickets,
        bookmark=bookmark,
    )
    return HaRtCoordinator(hass, entry, watch)


async def _async_flush(hass: HomeAssistant, entry: HaRtConfigEntry, key: Key) -> None:
    """Tell RT what was held back of a key."""
    data = entry.runtime_data
    try:
        outcome = await data.work.finish(data.desk.flush(key))
        if outcome:
            async_update_lost_key_issue(hass, entry, data, key, outcome)
    except InvalidAuth:
        entry.async_start_reauth(hass)
    except RTError as err:
        # It is tried again.
        data.coordinator.recent_errors.add("held back", err)


async def _async_check(
    hass: HomeAssistant, entry: HaRtConfigEntry, client: RTClient, settings: Settings
) -> Diagnosis:
    """Return what RT says of the entry's queue, if that is all as it should be."""
    try:
        diagnosis = await async_check_queue(hass, entry, client, settings)
    except InvalidAuth as err:
        raise ConfigEntryAuthFailed(
            translation_domain=DOMAIN, translation_key="invalid_auth"
        ) from err
    except RTError as err:
        raise translated(err, ConfigEntryNotReady) from err
    if problems := diagnosis.problems:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key=problems[0],
            translation_placeholders={
                "queue": entry.data[CONF_QUEUE],
                "field": settings.device_id_field,
                "rights": ", ".join(diagnosis.missing_rights),
            },
        )
    return diagnosis
