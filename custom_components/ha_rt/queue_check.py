"""The queue check: does RT grant what the integration needs, for one queue?

It writes nothing to RT.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import CONF_QUEUE, DEFAULT_EVENT_TYPE_FIELD, DOMAIN, UNREADABLE
from .rt import ticketsql
from .rt.client import RTClient
from .rt.errors import NotFound, Rejected
from .rt.models import Queue

# The right that is needed, and a stronger one that will do.
_VERSION = 1

_TICKET_RIGHTS = (("ShowTicket", None), ("CommentOnTicket", "ModifyTicket"))
# Types of custom fields in which RT does not keep a text as it is.
_UNFIT = {
    *("Text", "Wikitext", "HTML", "Image", "Binary"),
    *("Date", "DateTime", "IPAddress", "IPAddressRange"),
}


class Problem(StrEnum):
    """What may be wrong; each has its text in the translations."""

    QUEUE_NOT_FOUND = "queue_not_found"
    QUEUE_DISABLED = "queue_disabled"
    RIGHTS_MISSING = "rights_missing"
    FIELD_MISSING = "field_missing"


class Unfit(Rejected):
    """The queue lacks what the integration needs, until somebody sees to it."""

    def __init__(
        self, problem: Problem, *, queue: str, field: str, rights: str
    ) -> None:
        """Keep what is wrong first of all, and what its text names."""
        super().__init__(problem.value)
        self.problem = problem
        self.queue = queue
        self.field = field
        self.rights = rights


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueCheck:
    """What a queue lacks; nothing, if all is well."""

    queue: Queue | None
    """None if there is no such queue, or the account may not see it."""
    field_id: int | None = None
    """None if the custom field does not apply, or the account may not see it."""
    event_type_field_id: int | None = None
    """The same for the second part of a key, which not everybody needs."""
    unfit_fields: frozenset[int] = frozenset()
    """Numbers of those of these fields in which RT does not keep a text as it is."""
    missing_rights: tuple[str, ...] = ()
    """RT's names of the rights that the account lacks on the queue."""

    @property
    def problems(self) -> list[Problem]:
        """Return all that keeps tickets from being created and found again."""
        if not self.queue:
            return [Problem.QUEUE_NOT_FOUND]
        problems = []
        if not self.queue.enabled:
            problems.append(Problem.QUEUE_DISABLED)
        if self.missing_rights:
            problems.append(Problem.RIGHTS_MISSING)
        if self.field_id is None:
            problems.append(Problem.FIELD_MISSING)
        return problems


async def async_check(
    client: RTClient,
    queue_name: str,
    field: str,
    event_type_field: str = DEFAULT_EVENT_TYPE_FIELD,
    known: Queue | None = None,
) -> QueueCheck:
    """Look at what RT tells in one request.

    Args:
        client: The account to look as.
        queue_name: The queue's name or number.
        field: The name of the custom field for the device id.
        event_type_field: The name of the one for the event type.
        known: The queue as it was: of several fields of one name, its stay in use.

    Raises:
        RTError: The server does not answer, or refuses the token.

    """
    try:
        queue = await client.queue(queue_name)
    except NotFound:
        return QueueCheck(queue=None)
    if known:
        names = {field, event_type_field, *known.custom_fields}
        queue = queue.with_fields_of(known, names)
    return check_fields(queue, field, event_type_field)


def check_fields(queue: Queue, field: str, event_type_field: str) -> QueueCheck:
    """Return what a queue tells by itself; see async_glance."""
    field_id = queue.custom_field(field)
    event_type_field_id = queue.custom_field(event_type_field)
    return QueueCheck(
        queue=queue,
        field_id=field_id,
        # One field cannot hold both parts of a key.
        event_type_field_id=(
            None if event_type_field_id == field_id else event_type_field_id
        ),
        missing_rights=() if queue.may_create else ("CreateTicket",),
    )


async def async_check_all(
    client: RTClient,
    queue_name: str,
    field: str,
    event_type_field: str = DEFAULT_EVENT_TYPE_FIELD,
) -> QueueCheck:
    """Look at everything that can be known without writing; see async_glance.

    What RT does not tell this account counts as granted: it shows at the first
    ticket, which is read back.
    """
    check = await async_check(client, queue_name, field, event_type_field)
    if not (queue := check.queue):
        return check
    missing = list(check.missing_rights)
    missing += await _missing_on_tickets(client, queue)
    fields = {check.field_id, check.event_type_field_id} - {None}
    unfit: set[int | None] = set()
    if (
        queue.may_create
        and (fillable := await client.fillable_fields(queue.id)) is not None
    ):
        unfit = {id_ for id_, kind in client.field_types.items() if kind in _UNFIT}
        if not fields <= fillable | unfit:
            missing.append("ModifyCustomField")
    return replace(
        check,
        missing_rights=tuple(missing),
        unfit_fields=frozenset(id_ for id_ in fields & unfit if id_ is not None),
    )


async def _missing_on_tickets(client: RTClient, queue: Queue) -> list[str]:
    """Return which of the rights on the queue's tickets the account lacks."""
    missing = []
    for right, substitute in _TICKET_RIGHTS:
        queues = await client.queues_with_right(right, queue.name)
        if queues == [] and substitute:
            queues = await client.queues_with_right(substitute, queue.name)
        if queues is None:
            return await _missing_on_a_ticket(client, queue)
        if not queues:
            missing.append(right)
    return missing


async def _missing_on_a_ticket(client: RTClient, queue: Queue) -> list[str]:
    """Return which rights the account lacks on a ticket that it sees.

    For servers that do not tell rights. An empty queue and an account without
    ShowTicket look alike to it.
    """
    found = await client.search(ticketsql.queue_is(queue.id), limit=1)
    if found and not (await client.ticket(found[0].id)).may_comment:
        return ["CommentOnTicket"]
    return []


class KnownQueue:
    """The queue of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Bind the queue to its file."""
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}.queue", private=True
        )

    async def async_load(self, data: Mapping[str, Any]) -> Queue | None:
        """Return the queue, if it is the one that an entry's data name."""
        try:
            stored = await self._store.async_load()
            if not stored or stored["source"] != _source(data):
                return None
            return Queue(**stored["queue"])
        except UNREADABLE:
            return None

    async def async_save(self, data: Mapping[str, Any], queue: Queue) -> None:
        """Write the queue, if it is not what the file holds."""
        if queue != await self.async_load(data):
            await self._store.async_save(
                {"source": _source(data), "queue": asdict(queue)}
            )

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()


def _source(data: Mapping[str, Any]) -> list[str]:
    """Return where the queue is."""
    return [data[CONF_URL], data[CONF_QUEUE]]
