"""The actions on reports that wait for RT."""

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..runtime import HaRtConfigEntry
from .arguments import ENTRY, Argument

FLUSH_OUTBOX_SCHEMA = vol.Schema(ENTRY)

CLEAR_OUTBOX_SCHEMA = vol.Schema(
    {**ENTRY, vol.Required(Argument.COUNT.value): cv.positive_int}
)


async def async_flush_outbox(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Deliver what waits, and try again what RT refused."""
    outbox = entry.runtime_data.reporter.outbox
    before = outbox.delivered
    await entry.runtime_data.reporter.dispatcher.async_flush()
    return {
        "delivered": outbox.delivered - before,
        "waiting": outbox.count,
        "refused": outbox.total - outbox.count,
    }


async def async_clear_outbox(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Drop what waits, if it is as much as the caller knows of."""
    user_id = call.context.user_id
    user = await call.hass.auth.async_get_user(user_id) if user_id else None
    cleared = await entry.runtime_data.reporter.dispatcher.async_clear(
        call.data[Argument.COUNT],
        by=f"User {user.name or user.id}" if user else "An automation",
    )
    if cleared != call.data[Argument.COUNT]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="outbox_count",
            translation_placeholders={
                "count": str(cleared),
                "given": str(call.data[Argument.COUNT]),
            },
        )
    return {"cleared": cleared}
