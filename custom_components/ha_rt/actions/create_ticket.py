"""The action that reports a problem."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..issues import async_update_lost_key_issue
from ..model.report import Report
from ..reports.device_facts import device_facts
from ..runtime import HaRtConfigEntry, HaRtData
from .arguments import (
    CUSTOM_FIELDS,
    ENTRY,
    KEY,
    MESSAGE,
    PRIORITY,
    REFERENCES,
    SEVERITY,
    TEXTS,
    Argument,
    async_message,
    key_of,
    numbered,
    owner_of,
    people_of,
    response,
)

CREATE_TICKET_SCHEMA = vol.Schema(
    {
        **ENTRY,
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(Argument.SUBJECT.value): cv.string,
        vol.Required(Argument.TEXT.value): cv.string,
        **KEY,
        vol.Optional(Argument.SEVERITY.value): SEVERITY,
        vol.Optional(Argument.PRIORITY.value): PRIORITY,
        vol.Optional(Argument.CUSTOM_FIELDS.value, default=dict): CUSTOM_FIELDS,
        vol.Optional(Argument.REQUESTOR.value, default=list): TEXTS,
        vol.Optional(Argument.CC.value, default=list): TEXTS,
        vol.Optional(Argument.OWNER.value): cv.string,
        vol.Optional(Argument.REFERS_TO.value, default=list): REFERENCES,
        **MESSAGE,
        vol.Optional(Argument.FORCE_CREATE.value, default=False): cv.boolean,
        vol.Optional(Argument.MIN_OCCURRENCES.value, default=1): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=1000)
        ),
        vol.Optional(Argument.WITHIN.value, default=timedelta(minutes=10)): vol.All(
            cv.positive_time_period, vol.Range(min=timedelta(seconds=1))
        ),
    }
)


async def async_create_ticket(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Report a problem, and say what only a person can put right."""
    data = entry.runtime_data
    if not call.data[Argument.SUBJECT].strip():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="subject_empty"
        )
    report = await _async_report(call.hass, data, call.data)
    outcome = await data.reporter.report(report)
    async_update_lost_key_issue(call.hass, entry, data.context, report.key, outcome)
    return response(data, outcome)


async def _async_report(
    hass: HomeAssistant, data: HaRtData, arguments: Mapping[str, Any]
) -> Report:
    """Read a report from an action's arguments."""
    device_id = arguments[ATTR_DEVICE_ID]
    return Report(
        key=key_of(data, arguments),
        subject=arguments[Argument.SUBJECT],
        message=await async_message(hass, data, arguments),
        severity=arguments.get(Argument.SEVERITY),
        priority=arguments.get(Argument.PRIORITY),
        custom_fields=numbered(
            data.context.queue,
            arguments[Argument.CUSTOM_FIELDS],
            data.context.fields.numbers(),
        ),
        requestor=people_of(arguments, Argument.REQUESTOR),
        cc=people_of(arguments, Argument.CC),
        owner=owner_of(arguments) or "",
        refers_to=arguments[Argument.REFERS_TO],
        facts=device_facts(hass, device_id)
        if data.context.settings.device_facts
        else (),
        force_create=arguments[Argument.FORCE_CREATE],
        min_occurrences=arguments[Argument.MIN_OCCURRENCES],
        within=arguments[Argument.WITHIN],
    )
