"""The actions that comment on a ticket and resolve it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..data import HaRtConfigEntry
from ..follow_up import comment, resolve
from ..keys import Key
from .common import (
    ENTRY,
    MESSAGE,
    TARGET,
    Argument,
    async_message,
    nothing_open,
    response,
    target_of,
)

RESOLVE_TICKET_SCHEMA = vol.Schema(
    {
        **ENTRY,
        **TARGET,
        vol.Optional(Argument.TEXT.value, default=""): cv.string,
        **MESSAGE,
        vol.Optional(Argument.STATUS.value, default=""): cv.string,
        vol.Optional(Argument.ONLY_IF_UNTOUCHED.value, default=False): cv.boolean,
    }
)

ADD_COMMENT_SCHEMA = vol.Schema(
    {
        **ENTRY,
        **TARGET,
        vol.Required(Argument.TEXT.value): cv.string,
        **MESSAGE,
        vol.Optional(Argument.REPLY.value, default=False): cv.boolean,
    }
)


async def async_resolve_ticket(
    hass: HomeAssistant, entry: HaRtConfigEntry, arguments: Mapping[str, Any]
) -> ServiceResponse:
    """Resolve a ticket, if one is open."""
    data = entry.runtime_data
    target = target_of(data, arguments)
    if isinstance(target, Key):
        # Else a problem that is over would be reported afterwards.
        await data.intake.courier.async_deliver(target)
    outcome = await resolve(
        data.desk,
        target,
        await async_message(hass, data, arguments),
        status=arguments[Argument.STATUS].strip() or data.settings.resolve_status,
        only_if_untouched=arguments[Argument.ONLY_IF_UNTOUCHED],
    )
    return response(data, outcome)


async def async_add_comment(
    hass: HomeAssistant, entry: HaRtConfigEntry, arguments: Mapping[str, Any]
) -> ServiceResponse:
    """Say something in a ticket."""
    data = entry.runtime_data
    if not arguments[Argument.TEXT].strip():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="text_empty"
        )
    target = target_of(data, arguments)
    outcome = await comment(
        data.desk,
        target,
        await async_message(hass, data, arguments),
        is_reply=arguments[Argument.REPLY],
    )
    if outcome.ticket_id is None and isinstance(target, Key):
        raise nothing_open(target)
    return response(data, outcome)
