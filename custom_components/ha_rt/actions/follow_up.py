"""The actions that comment on a ticket and resolve it."""

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..model.key import Key
from ..runtime import HaRtConfigEntry
from ..tickets.follow_up import comment, resolve
from .arguments import (
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
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Resolve a ticket, if one is open."""
    data = entry.runtime_data
    target = target_of(data, call.data)
    if isinstance(target, Key):
        # Else a problem that is over would be reported afterwards.
        await data.reporter.dispatcher.async_deliver(target)
    outcome = await resolve(
        data.handler,
        target,
        await async_message(call.hass, data, call.data),
        status=call.data[Argument.STATUS].strip()
        or data.context.settings.resolve_status,
        only_if_untouched=call.data[Argument.ONLY_IF_UNTOUCHED],
    )
    return response(data, outcome)


async def async_add_comment(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Say something in a ticket."""
    data = entry.runtime_data
    if not call.data[Argument.TEXT].strip():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="text_empty"
        )
    target = target_of(data, call.data)
    outcome = await comment(
        data.handler,
        target,
        await async_message(call.hass, data, call.data),
        is_reply=call.data[Argument.REPLY],
    )
    if outcome.ticket_id is None and isinstance(target, Key):
        raise nothing_open(target)
    return response(data, outcome)
