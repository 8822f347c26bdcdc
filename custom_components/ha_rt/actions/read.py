"""The actions that only look: at a ticket, at several, at figures of the queue."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..const import DOMAIN
from ..queries.search import Criteria, async_search
from ..queries.statistics import async_statistics
from ..queries.view import async_full_view, async_history_view, async_view
from ..rt import ticketsql
from ..rt.errors import Rejected
from ..rt.models import Ticket
from ..runtime import HaRtConfigEntry, HaRtData
from .arguments import (
    ENTRY,
    KEY,
    TARGET,
    TEXTS,
    Argument,
    async_ticket_id,
    choice,
    key_of,
    owner_of,
)

_OPEN = "open"
_STATES = (_OPEN, "closed")

GET_TICKET_SCHEMA = vol.Schema(
    {
        **ENTRY,
        **TARGET,
        vol.Optional(Argument.HISTORY.value, default=False): cv.boolean,
    }
)

SEARCH_TICKETS_SCHEMA = vol.Schema(
    {
        **ENTRY,
        vol.Optional(ATTR_DEVICE_ID): cv.string,
        **KEY,
        vol.Optional(Argument.STATE.value): choice(_STATES),
        vol.Optional(Argument.STATUS.value): TEXTS,
        vol.Optional(Argument.OWNER.value): cv.string,
        vol.Optional(Argument.TEXT.value): cv.string,
        vol.Optional(Argument.CREATED_SINCE.value): vol.Any(
            cv.positive_time_period,
            cv.datetime,
            msg="neither a time such as 2026-11-21 07:00 nor how long ago, as in 48:00",
        ),
        vol.Optional(Argument.QUERY.value): cv.string,
        vol.Optional(Argument.LIMIT.value, default=50): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=5000)
        ),
    }
)

GET_STATISTICS_SCHEMA = vol.Schema(
    {
        **ENTRY,
        vol.Optional(Argument.DAYS.value, default=30): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=366)
        ),
    }
)


async def async_get_ticket(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Tell all about a ticket."""
    data = entry.runtime_data
    ticket = await data.context.client.ticket(
        await async_ticket_id(data, call.data), queue_name=True
    )
    answer = await async_full_view(data.context, ticket)
    if call.data[Argument.HISTORY]:
        answer["history"] = await async_history_view(data.context, ticket)
    return answer


async def async_search_tickets(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Find tickets, the newest first."""
    data = entry.runtime_data
    if Argument.QUERY in call.data:
        tickets = await _async_raw_search(data, call.data)
    else:
        criteria = _criteria(data, call.data)
        tickets = await async_search(
            data.context,
            criteria.query(data.context),
            call.data[Argument.LIMIT],
            criteria,
        )
        if not tickets:
            await data.context.check_sight()
    return {
        "tickets": [await async_view(data.context, ticket) for ticket in tickets],
        "count": len(tickets),
    }


async def async_get_statistics(
    call: ServiceCall, entry: HaRtConfigEntry
) -> ServiceResponse:
    """Tell figures of the queue."""
    return await async_statistics(entry.runtime_data.context, call.data[Argument.DAYS])


async def _async_raw_search(
    data: HaRtData, arguments: Mapping[str, Any]
) -> list[Ticket]:
    """Find tickets by the caller's own TicketSQL.

    Raises:
        ServiceValidationError: RT does not understand it, or it is not alone.

    """
    if others := arguments.keys() - {
        ATTR_CONFIG_ENTRY_ID,
        Argument.QUERY.value,
        Argument.LIMIT.value,
    }:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="query_not_alone",
            translation_placeholders={"arguments": ", ".join(sorted(others))},
        )
    try:
        return await async_search(
            data.context, arguments[Argument.QUERY], arguments[Argument.LIMIT]
        )
    except Rejected as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="query_refused",
            translation_placeholders={"message": str(err)},
        ) from err


def _criteria(data: HaRtData, arguments: Mapping[str, Any]) -> Criteria:
    """Read what to look for from an action's arguments."""
    if ATTR_DEVICE_ID in arguments:
        ticketsql.check_value(arguments[ATTR_DEVICE_ID], "device_id")
    key = key_of(data, {ATTR_DEVICE_ID: "", **arguments})
    state = arguments.get(Argument.STATE)
    return Criteria(
        device_id=key.device_id,
        event_type=key.event_type,
        is_open=None if state is None else state == _OPEN,
        statuses=arguments.get(Argument.STATUS, ()),
        owner=owner_of(arguments),
        text=arguments.get(Argument.TEXT, "").strip(),
        created_since=_since(arguments.get(Argument.CREATED_SINCE)),
    )


def _since(time: datetime | timedelta | None) -> datetime | None:
    """Return a time that is given as such or as how long ago it is."""
    if time is None:
        return None
    beginning = dt_util.utc_from_timestamp(0)
    try:
        if isinstance(time, timedelta):
            return max(beginning, dt_util.utcnow() - time)
        return max(beginning, dt_util.as_utc(time))
    except OverflowError:
        return beginning
