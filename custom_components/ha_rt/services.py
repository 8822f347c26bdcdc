"""Actions of the Service Management integration."""

from enum import StrEnum

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
import voluptuous as vol

from .const import DOMAIN
from .data import HaRtConfigEntry
from .desk import Report
from .errors import translated
from .issues import async_update_lost_key_issue
from .rt.errors import InvalidAuth, RTError

SERVICE_CREATE_TICKET = "create_ticket"


class Argument(StrEnum):
    """Names of the arguments of the actions."""

    FORCE_CREATE = "force_create"
    SUBJECT = "subject"
    TEXT = "text"


CREATE_TICKET_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(Argument.SUBJECT.value): cv.string,
        vol.Required(Argument.TEXT.value): cv.string,
        vol.Optional(Argument.FORCE_CREATE.value, default=False): cv.boolean,
    }
)


def _entry(call: ServiceCall) -> HaRtConfigEntry:
    """Return the loaded entry that a call is for."""
    entry_id: str | None = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if entry_id is None:
        entries = call.hass.config_entries.async_entries(
            DOMAIN, include_ignore=False, include_disabled=False
        )
        if len(entries) != 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="several_entries" if entries else "no_entry",
            )
        entry_id = entries[0].entry_id
    entry: HaRtConfigEntry = service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry


async def _async_create_ticket(call: ServiceCall) -> ServiceResponse:
    """Report a problem to RT."""
    entry = _entry(call)
    if not call.data[Argument.SUBJECT].strip():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="subject_empty"
        )
    report = Report(
        device_id=call.data[ATTR_DEVICE_ID],
        subject=call.data[Argument.SUBJECT],
        text=call.data[Argument.TEXT],
        force_create=call.data[Argument.FORCE_CREATE],
    )
    return await entry.runtime_data.desk.finish(_async_report(call.hass, entry, report))


async def _async_report(
    hass: HomeAssistant, entry: HaRtConfigEntry, report: Report
) -> ServiceResponse:
    """Bring a report to RT, and say what only a person can put right."""
    data = entry.runtime_data
    try:
        outcome = await data.desk.report(report)
    except RTError as err:
        if isinstance(err, InvalidAuth):
            entry.async_start_reauth(hass)
        raise translated(err) from err
    async_update_lost_key_issue(hass, entry, data, report.device_id, outcome)
    return {
        "ticket_id": outcome.ticket_id,
        "ticket_url": data.ticket_url(outcome.ticket_id),
        "action": outcome.action.value,
    }


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_CREATE_TICKET,
        _async_create_ticket,
        schema=CREATE_TICKET_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
