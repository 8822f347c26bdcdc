"""Searches for tickets of an entry's queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import re

from homeassistant.util import dt as dt_util

from ..model.key import Key
from ..rt import ticketsql
from ..rt.errors import Forbidden
from ..rt.models import Ticket
from ..rt.queues import PAGE_SIZE
from ..rt.tickets import ALL_FIELDS
from ..tickets.context import QueueContext

# RT's clock may be behind or ahead; what it finds too much is left out here.
CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Criteria:
    """What tickets have to be like; what is None or empty does not matter."""

    device_id: str = ""
    event_type: str | None = None
    is_open: bool | None = None
    statuses: Sequence[str] = ()
    owner: str | None = None
    """A login; empty for nobody."""
    text: str = ""
    created_since: datetime | None = None

    def query(self, context: QueueContext) -> str:
        """Return the TicketSQL that finds the tickets, and a few others.

        Raises:
            Unsearchable: RT cannot find this device id or event type.

        """
        fields = context.fields
        conditions = [ticketsql.queue_is(context.queue.id)]
        if self.device_id:
            conditions.append(
                ticketsql.custom_field_is(fields.device_id, self.device_id)
            )
        if self.event_type and fields.event_type is not None:
            ticketsql.check_value(self.event_type, "event_type")
            conditions.append(
                ticketsql.custom_field_is(fields.event_type, self.event_type)
            )
        if self.is_open is not None:
            conditions.append(
                context.lifecycle.open_condition()
                if self.is_open
                else context.lifecycle.closed_condition()
            )
        if self.statuses:
            conditions.append(ticketsql.status_in(self.statuses))
        if self.owner is not None:
            conditions.append(ticketsql.owner_is(self.owner))
        if self.text:
            conditions.append(ticketsql.text_contains(self.text))
        if self.created_since:
            age = dt_util.utcnow() - self.created_since + CLOCK_SLACK
            conditions.append(ticketsql.created_within(max(age, timedelta())))
        return ticketsql.all_of(*conditions)

    def are_met_by(self, context: QueueContext, ticket: Ticket) -> bool:
        """Tell whether a ticket that RT found is really one of them.

        Raises:
            Forbidden: RT does not show whose the ticket is.

        """
        fields = context.fields
        key = Key(device_id=self.device_id)
        if self.device_id and not fields.are_shown(ticket, key):
            raise Forbidden("SeeCustomField", "It does not show custom fields")
        values = ticket.custom_fields
        return (
            (not self.device_id or self.device_id in values[fields.device_id])
            and (
                not self.event_type
                or fields.event_type is None
                or self.event_type in values.get(fields.event_type, ())
            )
            and not self._is_found_by_escapes(ticket)
            # RT takes a number for that of a user.
            and (self.owner is None or self.owner.casefold() == ticket.owner.casefold())
            and (
                not self.created_since
                or ticket.created is None
                or ticket.created >= self.created_since
            )
        )

    def _is_found_by_escapes(self, ticket: Ticket) -> bool:
        """Tell whether RT took a backslash for an escape, of which it leaves nothing."""
        subject, text = ticket.subject.casefold(), self.text.casefold()
        return text not in subject and re.sub(r"\\(.?)", r"\1", text) in subject


async def async_search(
    context: QueueContext, query: str, limit: int, criteria: Criteria | None = None
) -> list[Ticket]:
    """Return the tickets that a query finds, the newest first.

    Args:
        context: The entry's queue.
        query: TicketSQL.
        limit: How many tickets at the most.
        criteria: What they have to be like.

    Raises:
        RTError: See the errors of `rt`.

    """
    tickets: list[Ticket] = []
    async for page in context.client.pages(
        query,
        fields=ALL_FIELDS,
        queue_names=True,
        newest_first=True,
        per_page=min(limit, PAGE_SIZE),
    ):
        tickets += [
            ticket
            for ticket in page
            if criteria is None or criteria.are_met_by(context, ticket)
        ]
        if len(tickets) >= limit:
            break
    return tickets[:limit]
