"""The action that changes a ticket."""

from collections.abc import Mapping
import logging
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..model.report import Action
from ..model.severity import Severity
from ..model.text import subject_and_rest
from ..runtime import HaRtConfigEntry, HaRtData
from ..tickets.changes import Changes, change, preview
from .arguments import (
    CUSTOM_FIELDS,
    ENTRY,
    PRIORITY,
    REFERENCES,
    SEVERITY,
    TARGET,
    Argument,
    async_ticket_id,
    numbered,
    owner_of,
)

_LOGGER = logging.getLogger(__name__)

UPDATE_TICKET_SCHEMA = vol.Schema(
    {
        **ENTRY,
        **TARGET,
        vol.Optional(Argument.STATUS.value, default=""): cv.string,
        vol.Optional(Argument.OWNER.value): cv.string,
        vol.Optional(Argument.PRIORITY.value): PRIORITY,
        vol.Optional(Argument.SEVERITY.value): SEVERITY,
        vol.Optional(Argument.SUBJECT.value): cv.string,
        vol.Optional(Argument.CUSTOM_FIELDS.value, default=dict): CUSTOM_FIELDS,
        vol.Optional(Argument.REFERS_TO.value, default=list): REFERENCES,
    }
)


async def async_update_ticket(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Change a ticket, and tell what it was and is."""
    data = entry.runtime_data
    changes = _changes(data, call.data)
    ticket_id = await async_ticket_id(data, call.data)
    answer: dict[str, Any] = {
        "ticket_id": ticket_id,
        "ticket_url": data.context.ticket_url(ticket_id),
    }
    if not data.context.settings.dry_run:
        data.handler.throttle.look_again(ticket_id)
        return {
            **answer,
            "changes": await change(data.context.client, ticket_id, changes),
        }
    would = await preview(data.context.client, ticket_id, changes)
    _LOGGER.info("Dry run: ticket %s would be changed: %s", ticket_id, would)
    return {**answer, "changes": would, "action": Action.DRY_RUN.value}


def _changes(data: HaRtData, arguments: Mapping[str, Any]) -> Changes:
    """Read what is to change from an action's arguments.

    Raises:
        ServiceValidationError: That is nothing, or nothing that RT could store.

    """
    severity: Severity | None = arguments.get(Argument.SEVERITY)
    subject = arguments.get(Argument.SUBJECT)
    changes = Changes(
        status=arguments[Argument.STATUS].strip(),
        owner=owner_of(arguments),
        priority=data.context.severities.priority(
            severity, arguments.get(Argument.PRIORITY)
        ),
        subject=subject_and_rest(subject)[0] if subject else "",
        custom_fields={
            **data.context.severities.fields(severity),
            **numbered(
                data.context.queue,
                arguments[Argument.CUSTOM_FIELDS],
                data.context.fields.numbers(),
            ),
        },
        refers_to=arguments[Argument.REFERS_TO],
    )
    if not changes:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="nothing_to_change"
        )
    return changes
