"""Actions of the Service Management integration."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import service
import voluptuous as vol

from .actions.arguments import Argument, as_meant
from .actions.create_ticket import CREATE_TICKET_SCHEMA, async_create_ticket
from .actions.follow_up import (
    ADD_COMMENT_SCHEMA,
    RESOLVE_TICKET_SCHEMA,
    async_add_comment,
    async_resolve_ticket,
)
from .actions.outbox import (
    CLEAR_OUTBOX_SCHEMA,
    FLUSH_OUTBOX_SCHEMA,
    async_clear_outbox,
    async_flush_outbox,
)
from .actions.permission import Access, async_check_access
from .actions.read import (
    GET_STATISTICS_SCHEMA,
    GET_TICKET_SCHEMA,
    SEARCH_TICKETS_SCHEMA,
    async_get_statistics,
    async_get_ticket,
    async_search_tickets,
)
from .actions.update_ticket import UPDATE_TICKET_SCHEMA, async_update_ticket
from .const import DOMAIN
from .errors import errors_translated
from .runtime import HaRtConfigEntry

type Handler = Callable[[ServiceCall, HaRtConfigEntry], Awaitable[ServiceResponse]]


@dataclass(frozen=True, slots=True)
class _Action:
    """What an action takes, does and needs."""

    handler: Handler
    schema: vol.Schema
    access: Access


ACTIONS = {
    "create_ticket": _Action(async_create_ticket, CREATE_TICKET_SCHEMA, Access.CONTROL),
    "resolve_ticket": _Action(
        async_resolve_ticket, RESOLVE_TICKET_SCHEMA, Access.CONTROL
    ),
    "add_comment": _Action(async_add_comment, ADD_COMMENT_SCHEMA, Access.CONTROL),
    "update_ticket": _Action(async_update_ticket, UPDATE_TICKET_SCHEMA, Access.CONTROL),
    "get_ticket": _Action(async_get_ticket, GET_TICKET_SCHEMA, Access.READ),
    "search_tickets": _Action(async_search_tickets, SEARCH_TICKETS_SCHEMA, Access.READ),
    "get_statistics": _Action(async_get_statistics, GET_STATISTICS_SCHEMA, Access.READ),
    "flush_outbox": _Action(async_flush_outbox, FLUSH_OUTBOX_SCHEMA, Access.ADMINISTER),
    "clear_outbox": _Action(async_clear_outbox, CLEAR_OUTBOX_SCHEMA, Access.ADMINISTER),
}


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


async def _async_handle(call: ServiceCall) -> ServiceResponse:
    """Carry out an action, and say for people what RT or the network did."""
    entry = _entry(call)
    action = ACTIONS[call.service]
    # A query reaches all queues that the account sees.
    is_query = Argument.QUERY in call.data
    await async_check_access(
        call, entry, Access.ADMINISTER if is_query else action.access
    )
    work = _async_work(call, entry, action)
    if action.access is Access.READ:
        return await work
    return await entry.runtime_data.work.finish(work)


async def _async_work(
    call: ServiceCall, entry: HaRtConfigEntry, action: _Action
) -> ServiceResponse:
    """Do the work of an action."""
    with errors_translated(call.hass, entry, call.service):
        return await action.handler(call, entry)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, action in ACTIONS.items():
        hass.services.async_register(
            DOMAIN,
            name,
            _async_handle,
            schema=as_meant(action.schema),
            supports_response=SupportsResponse.OPTIONAL,
        )
