"""The to-do list: the open tickets of a queue."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, time
from typing import Any, Self, override

from homeassistant.components.todo import (
    TodoItem,
    TodoItemStatus,
    TodoListEntity,
    TodoListEntityFeature,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .entity import HaRtEntity
from .errors import errors_translated
from .model.report import Message
from .model.text import PLAIN, escape_markdown, subject_and_rest
from .rt.models import NewTicket, Ticket, due_text
from .runtime import HaRtConfigEntry
from .tickets.changes import Changes, change
from .tickets.follow_up import resolve
from .watch.snapshot import OpenTicket

# Each dedup key has its own lock.
PARALLEL_UPDATES = 0

_END_OF_DAY = time(23, 59)

# Before a tick is taken back, so that the frontend shows it first.
_SEEN_SECONDS = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the list."""
    async_add_entities([TicketList(entry, "tickets")])


class _Item(TodoItem):
    """An item that nobody changes.

    Home Assistant copies all of them when one is another, which takes its time.
    """

    def __copy__(self) -> Self:
        """Return the item."""
        return self


class TicketList(HaRtEntity, TodoListEntity):
    """The open tickets of a queue."""

    _attr_name = None
    _attr_translation_key = "tickets"
    _attr_supported_features = (
        TodoListEntityFeature.CREATE_TODO_ITEM
        | TodoListEntityFeature.UPDATE_TODO_ITEM
        | TodoListEntityFeature.SET_DUE_DATETIME_ON_ITEM
        # As the frontend gives back that an item has none, and days without a time.
        | TodoListEntityFeature.SET_DUE_DATE_ON_ITEM
        # For new items. Of others, the frontend gives it back as it is.
        | TodoListEntityFeature.SET_DESCRIPTION_ON_ITEM
    )

    def __init__(self, entry: HaRtConfigEntry, key: str) -> None:
        """List what is known already."""
        super().__init__(entry, key)
        self._entry = entry
        self._listed: dict[int, tuple[OpenTicket, TodoItem]] = {}
        """The tickets and their items, by the ticket's number."""
        self._list()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """List the tickets anew."""
        self._list()
        super()._handle_coordinator_update()

    @property
    @override
    def available(self) -> bool:
        """Return that actions may come: of others, Home Assistant drops them silently."""
        return True

    @property
    @override
    def state(self) -> Any:
        """Return the number of open tickets, if it is known."""
        known = self.coordinator.last_update_success
        return super().state if known else STATE_UNAVAILABLE

    @override
    async def async_request_call[R](self, coro: Coroutine[Any, Any, R]) -> R:
        """Perform an action; a list that may be an old one is not given to anybody."""
        answer = await super().async_request_call(coro)
        if answer and not self.coordinator.last_update_success:
            raise self.coordinator.last_exception or HomeAssistantError
        return answer

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Create a ticket."""
        subject, rest = subject_and_rest(item.summary or "")
        ticket = NewTicket(
            queue=self._data.context.queue.id,
            subject=subject,
            content="\n\n".join(filter(None, (rest, item.description))) or subject,
            due=_due(item),
        )
        await self._async_write(self._data.context.client.create_ticket, ticket)

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Rename a ticket, say when it is due, or resolve it."""
        ticket, known = next(
            one for one in self._listed.values() if one[1].uid == item.uid
        )
        done = TodoItemStatus.COMPLETED
        if item == TodoItem(uid=item.uid, summary=known.summary, status=done):
            # Assist leaves out what stays as it is.
            item = replace(item, description=known.description, due=known.due)
        if item.description != known.description:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="description_made"
            )
        shown = next(one for one in self._attr_todo_items or () if one.uid == item.uid)
        if item.status != shown.status == done:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="being_resolved"
            )
        changes = Changes()
        if item.summary and item.summary != known.summary:
            changes = replace(changes, subject=subject_and_rest(item.summary)[0])
        if item.due != known.due:
            changes = replace(changes, due=due_text(_due(item)))
        if changes:
            await self._async_write(self._change, ticket, changes)
        if item.status == done:
            await self._async_resolve(ticket, item.uid)

    async def _async_resolve(self, ticket: OpenTicket, uid: str | None) -> None:
        """Resolve a ticket, which is shown as ticked until it has left the list.

        If RT refuses, the frontend takes the tick away because the item changed.
        """
        self._attr_todo_items = [
            replace(one, status=TodoItemStatus.COMPLETED) if one.uid == uid else one
            for one in self._attr_todo_items or []
        ]
        self.async_write_ha_state()
        try:
            await self._async_write(self._resolve, ticket)
        except HomeAssistantError, asyncio.CancelledError:
            self.async_on_remove(
                async_call_later(self.hass, _SEEN_SECONDS, self._show_again)
            )
            raise

    async def _change(self, listed: OpenTicket, changes: Changes) -> None:
        """Change a ticket.

        Raises:
            ServiceValidationError: It would be due all the same, by its severity.

        """
        ticket = await self._listed_one(listed)
        if changes.due == "" and not ticket.due and self._data.context.settings.sla:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="due_by_severity"
            )
        await change(self._data.context.client, ticket.id, changes)

    async def _resolve(self, ticket: OpenTicket) -> None:
        """Resolve a ticket."""
        await self._listed_one(ticket)
        await resolve(
            self._data.handler,
            ticket.id,
            Message(text="", content_type=PLAIN),
            status=self._data.context.settings.resolve_status,
        )

    async def _listed_one(self, listed: OpenTicket) -> Ticket:
        """Return a ticket as it is now, if it is the listed one.

        Raises:
            ServiceValidationError: The listed one was merged into another, which RT
                would change instead, or RT gave its number to another, as it does
                after a backup was restored.

        """
        ticket = await self._data.context.client.ticket(listed.id)
        if ticket.id != listed.id:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="ticket_merged",
                translation_placeholders={
                    "ticket": str(listed.id),
                    "target": str(ticket.id),
                },
            )
        if ticket.created != listed.created:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="ticket_replaced",
                translation_placeholders={"ticket": str(listed.id)},
            )
        return ticket

    @callback
    def _show_again(self, _now: datetime) -> None:
        """Show the tickets as they are."""
        self._list()
        self.async_write_ha_state()

    async def _async_write[**P](
        self,
        write: Callable[P, Coroutine[Any, Any, Any]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Write to RT, and see what it has then."""
        if self._data.context.settings.dry_run:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="dry_run"
            )
        with errors_translated(self.hass, self._entry, "to-do list"):
            await self._data.work.finish(write(*args, **kwargs))
        await self.coordinator.async_refresh()

    def _list(self) -> None:
        """List the tickets; the items of those that stayed the same stay."""
        if not self.coordinator.last_update_success:
            return
        last = self._listed
        self._listed = {
            id_: last[id_]
            if id_ in last and last[id_][0] == ticket
            else (ticket, self._item(ticket))
            for id_, ticket in self.coordinator.data.tickets.items()
        }
        self._attr_todo_items = [item for _, item in self._listed.values()]

    def _item(self, ticket: OpenTicket) -> TodoItem:
        """Return the item of a ticket."""
        return _Item(
            # Not the number alone, for Home Assistant looks for items by uid or
            # summary alike, and a subject may be a number.
            uid=f"{self._entry.entry_id}_{ticket.id}",
            summary=_summary(ticket),
            status=TodoItemStatus.NEEDS_ACTION,
            due=ticket.due,
            description=self._description(ticket),
        )

    def _description(self, ticket: OpenTicket) -> str:
        """Return what is told of a ticket beside its subject, in no language."""
        standing = (f"#{ticket.id}", ticket.status, ticket.owner)
        key = (ticket.device_id, ticket.event_type)
        lines = (
            escape_markdown(" · ".join(filter(None, standing))),
            escape_markdown(" · ".join(filter(None, key))),
            self._data.context.ticket_url(ticket.id),
        )
        # The frontend takes it for Markdown, where blanks make the end of a line one.
        return "  \n".join(filter(None, lines))


def _due(item: TodoItem) -> datetime | None:
    """Return when an item is due; a day without a time is over at its end."""
    if item.due is None or isinstance(item.due, datetime):
        return item.due
    return datetime.combine(item.due, _END_OF_DAY, dt_util.get_default_time_zone())


def _summary(ticket: OpenTicket) -> str:
    """Return what a ticket is called, as Home Assistant would give it back."""
    return ticket.subject.strip() or f"#{ticket.id}"
