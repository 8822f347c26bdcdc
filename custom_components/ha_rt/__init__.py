"""The Service Management integration: tickets in Request Tracker."""

import logging
from typing import TYPE_CHECKING

from homeassistant.const import CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    ConfigEntryNotReady,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from .connection import async_client, async_close_with_entry, async_open_session
from .const import (
    CONF_DEVICE_ID_FIELD,
    CONF_OPEN_STATUSES,
    CONF_QUEUE,
    CONF_WEB_URL,
    DEFAULT_DEVICE_ID_FIELD,
    DOMAIN,
)
from .data import HaRtConfigEntry, HaRtData
from .desk import Desk, Turns
from .doctor import Diagnosis, async_glance
from .errors import translated
from .finder import Finder
from .issues import async_delete_issues
from .memory import TicketMemory
from .rt.client import RTClient
from .rt.errors import InvalidAuth, RTError
from .services import async_setup_services

_LOGGER = logging.getLogger(__name__)

_TURNS: HassKey[dict[str, Turns]] = HassKey(f"{DOMAIN}_turns")

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> bool:
    """Set up one queue of one RT server."""
    session = async_open_session(hass, verify_ssl=entry.data[CONF_VERIFY_SSL])
    async_close_with_entry(hass, entry, session)
    client = async_client(hass, session, entry.data)
    if client.url.startswith("http:"):
        _LOGGER.warning(
            "%s: the token crosses the network unencrypted; use https", client.url
        )
    field = entry.options.get(CONF_DEVICE_ID_FIELD, DEFAULT_DEVICE_ID_FIELD)
    diagnosis = await _async_check(entry, client, field)
    if TYPE_CHECKING:
        assert diagnosis.queue
        assert diagnosis.field_id
    memory = TicketMemory(hass, entry.entry_id, client.url, diagnosis.queue.id)
    await memory.async_load()
    turns = hass.data.setdefault(_TURNS, {}).setdefault(entry.entry_id, Turns())
    finder = Finder(
        client=client,
        memory=memory,
        queue_id=diagnosis.queue.id,
        field_id=diagnosis.field_id,
        open_statuses=entry.options.get(CONF_OPEN_STATUSES, []),
        first_statuses=turns.first_statuses,
    )
    entry.runtime_data = HaRtData(
        client=client,
        desk=Desk(client=client, finder=finder, turns=turns),
        field_name=field,
        web_url=entry.options.get(CONF_WEB_URL) or entry.data[CONF_URL],
    )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> bool:
    """Unload an entry; its session is closed by what setting up registered."""
    await entry.runtime_data.desk.async_drain()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: HaRtConfigEntry) -> None:
    """Delete what an entry leaves behind."""
    async_delete_issues(hass, entry)
    hass.data.get(_TURNS, {}).pop(entry.entry_id, None)
    await TicketMemory(hass, entry.entry_id).async_remove()


async def _async_check(
    entry: HaRtConfigEntry, client: RTClient, field: str
) -> Diagnosis:
    """Return what RT says of the entry's queue, if that is all as it should be."""
    try:
        diagnosis = await async_glance(client, entry.data[CONF_QUEUE], field)
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
                "field": field,
                "rights": ", ".join(diagnosis.missing_rights),
            },
        )
    return diagnosis
