"""What a loaded config entry holds, and how it is put together."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import CONF_WEB_URL, DOMAIN
from .coordinator import HaRtCoordinator
from .delivery.dispatcher import Dispatcher
from .delivery.outbox import Outbox
from .delivery.reporter import Reporter
from .issues import async_update_lost_key_issue, async_update_outbox_issues
from .model.key import Key, KeyFields
from .model.report import Outcome
from .model.settings import Settings
from .model.severity import SeverityScale
from .queue_check import QueueCheck
from .rt.client import RTClient
from .rt.errors import InvalidAuth, RTError
from .shielded import Work
from .tickets.context import QueueContext
from .tickets.create import Creator
from .tickets.exactly_once import Messenger
from .tickets.flush import flush
from .tickets.handler import TicketHandler
from .tickets.index import async_index, async_load_indexes, is_claimed
from .tickets.lifecycle import Lifecycle
from .tickets.locks import KeyLocks
from .tickets.lookup import TicketLookup
from .tickets.throttle import Throttle
from .watch.cursor import Cursor
from .watch.open_tickets import OpenTickets
from .watch.poller import Poller

type HaRtConfigEntry = ConfigEntry[HaRtData]


@dataclass(frozen=True, kw_only=True, slots=True)
class HaRtData:
    """The parts of a loaded entry."""

    context: QueueContext
    coordinator: HaRtCoordinator
    handler: TicketHandler
    reporter: Reporter
    work: Work = field(default_factory=Work)


_LOCKS: HassKey[dict[str, KeyLocks]] = HassKey(f"{DOMAIN}_locks")


async def async_ticket_handler(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    client: RTClient,
    settings: Settings,
    check: QueueCheck,
) -> TicketHandler:
    """Put together what handles the reports of an entry."""
    queue = check.queue
    if TYPE_CHECKING:
        assert queue
        assert check.field_id
    await async_load_indexes(hass)
    index = await async_index(hass, entry.entry_id)
    fields = KeyFields(device_id=check.field_id, event_type=check.event_type_field_id)
    index.bind(client.url, queue.id, fields.numbers())
    locks = hass.data.setdefault(_LOCKS, {}).setdefault(entry.entry_id, KeyLocks())
    context = QueueContext(
        client=client,
        queue=queue,
        fields=fields,
        lifecycle=Lifecycle(
            client=client,
            queue_id=queue.id,
            open_statuses=settings.open_statuses,
            first_statuses=locks.first_statuses,
        ),
        settings=settings,
        severities=SeverityScale(
            priorities=settings.priorities,
            field_id=queue.custom_field(settings.severity_field),
        ),
        web_url=entry.options.get(CONF_WEB_URL) or entry.data[CONF_URL],
    )
    lookup = TicketLookup(
        context=context, index=index, is_claimed=partial(is_claimed, hass, index)
    )

    @callback
    def flush(key: str) -> None:
        entry.async_create_task(hass, _async_flush(hass, entry, Key.parse(key)))

    return TicketHandler(
        context=context,
        lookup=lookup,
        creator=Creator(context=context, lookup=lookup, locks=locks),
        messenger=Messenger(client=client, queue_name=queue.name),
        locks=locks,
        throttle=Throttle(hass, entry.entry_id, settings, flush),
    )


async def async_coordinator(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    handler: TicketHandler,
    queue_error: RTError | None,
) -> HaRtCoordinator:
    """Put together what watches the queue of an entry."""
    cursor = Cursor(hass, entry.entry_id)
    await cursor.async_load(handler.context.client.url, handler.context.queue.id)
    poller = Poller(
        context=handler.context,
        tickets=OpenTickets(context=handler.context),
        cursor=cursor,
    )
    return HaRtCoordinator(hass, entry, poller, queue_error)


async def async_reporter(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    handler: TicketHandler,
    coordinator: HaRtCoordinator,
) -> Reporter:
    """Put together what takes the reports of an entry."""
    outbox = Outbox(hass, entry.entry_id)
    await outbox.async_load(handler.context.client.url, handler.context.queue.id)

    @callback
    def start(work: Coroutine[Any, Any, None]) -> None:
        finished = entry.runtime_data.work.finish(work)
        # Home Assistant's start does not wait for it.
        entry.async_create_background_task(hass, finished, f"{entry.title}: outbox")

    @callback
    def on_outcome(key: Key, outcome: Outcome) -> None:
        async_update_lost_key_issue(hass, entry, handler.context, key, outcome)

    @callback
    def on_failure(err: RTError) -> None:
        coordinator.recent_errors.add("outbox", err)
        if isinstance(err, InvalidAuth):
            entry.async_start_reauth(hass)

    update_issues = partial(async_update_outbox_issues, hass, entry, outbox)
    update_issues()
    outbox.async_listen(update_issues)
    dispatcher = Dispatcher(
        hass,
        handler,
        outbox,
        queue_error=lambda: coordinator.queue_error,
        look=coordinator.async_look,
        start=start,
        on_outcome=on_outcome,
        on_failure=on_failure,
    )
    return Reporter(handler=handler, outbox=outbox, dispatcher=dispatcher)


@callback
def async_forget_locks(hass: HomeAssistant, entry_id: str) -> None:
    """Forget what was under way for an entry."""
    hass.data.get(_LOCKS, {}).pop(entry_id, None)


async def _async_flush(hass: HomeAssistant, entry: HaRtConfigEntry, key: Key) -> None:
    """Tell RT what was held back of a key."""
    data = entry.runtime_data
    if queue_error := data.coordinator.queue_error:
        data.handler.throttle.postpone(str(key), queue_error)
        return
    try:
        outcome = await data.work.finish(flush(data.handler, key))
        if outcome:
            async_update_lost_key_issue(hass, entry, data.context, key, outcome)
    except InvalidAuth:
        entry.async_start_reauth(hass)
    except RTError as err:
        # It is tried again.
        data.coordinator.recent_errors.add("held back", err)
