"""Puts the parts of an entry together."""

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
from .delivery.dispatcher import Courier
from .delivery.reporter import Intake
from .delivery.store import Outbox
from .issues import async_update_lost_key_issue, async_update_outbox_issues
from .model.key import Key, KeyFields
from .model.report import Outcome
from .model.settings import Settings
from .model.severity import SeverityScale
from .queue_check import Diagnosis
from .rt.client import RTClient
from .rt.errors import InvalidAuth, RTError
from .shielded import Work
from .tickets.context import QueueContext
from .tickets.create import Creator
from .tickets.exactly_once import Messenger
from .tickets.handler import Desk, flush
from .tickets.index import async_load_memories, async_memory, is_claimed
from .tickets.lifecycle import Lifecycle
from .tickets.locks import Turns
from .tickets.lookup import Finder
from .tickets.throttle import Noise
from .watch.cursor import Bookmark
from .watch.open_tickets import OpenTickets
from .watch.poller import Watch

_TURNS: HassKey[dict[str, Turns]] = HassKey(f"{DOMAIN}_turns")


async def async_desk(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    client: RTClient,
    settings: Settings,
    diagnosis: Diagnosis,
) -> Desk:
    """Put the service desk of an entry together."""
    queue = diagnosis.queue
    if TYPE_CHECKING:
        assert queue
        assert diagnosis.field_id
    await async_load_memories(hass)
    memory = await async_memory(hass, entry.entry_id)
    fields = KeyFields(
        device_id=diagnosis.field_id, event_type=diagnosis.event_type_field_id
    )
    memory.bind(client.url, queue.id, fields.numbers())
    turns = hass.data.setdefault(_TURNS, {}).setdefault(entry.entry_id, Turns())
    context = QueueContext(
        client=client,
        queue=queue,
        fields=fields,
        lifecycle=Lifecycle(
            client=client,
            queue_id=queue.id,
            open_statuses=settings.open_statuses,
            first_statuses=turns.first_statuses,
        ),
        settings=settings,
        severities=SeverityScale(
            priorities=settings.priorities,
            field_id=queue.custom_field(settings.severity_field),
        ),
        web_url=entry.options.get(CONF_WEB_URL) or entry.data[CONF_URL],
    )
    finder = Finder(
        context=context, memory=memory, is_claimed=partial(is_claimed, hass, memory)
    )

    @callback
    def flush(key: str) -> None:
        entry.async_create_task(hass, _async_flush(hass, entry, Key.parse(key)))

    return Desk(
        context=context,
        finder=finder,
        creator=Creator(context=context, finder=finder, turns=turns),
        messenger=Messenger(client=client, queue_name=queue.name),
        turns=turns,
        noise=Noise(hass, entry.entry_id, settings, flush),
    )


async def async_coordinator(
    hass: HomeAssistant, entry: HaRtConfigEntry, desk: Desk, doubt: RTError | None
) -> HaRtCoordinator:
    """Put together what watches the queue of an entry."""
    bookmark = Bookmark(hass, entry.entry_id)
    await bookmark.async_load(desk.context.client.url, desk.context.queue.id)
    watch = Watch(
        context=desk.context,
        tickets=OpenTickets(context=desk.context),
        bookmark=bookmark,
    )
    return HaRtCoordinator(hass, entry, watch, doubt)


async def async_intake(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    desk: Desk,
    coordinator: HaRtCoordinator,
) -> Intake:
    """Put together what takes the reports of an entry."""
    outbox = Outbox(hass, entry.entry_id)
    await outbox.async_load(desk.context.client.url, desk.context.queue.id)

    @callback
    def start(work: Coroutine[Any, Any, None]) -> None:
        finished = entry.runtime_data.work.finish(work)
        # Home Assistant's start does not wait for it.
        entry.async_create_background_task(hass, finished, f"{entry.title}: outbox")

    @callback
    def on_outcome(key: Key, outcome: Outcome) -> None:
        async_update_lost_key_issue(hass, entry, desk.context, key, outcome)

    @callback
    def on_failure(err: RTError) -> None:
        coordinator.recent_errors.add("outbox", err)
        if isinstance(err, InvalidAuth):
            entry.async_start_reauth(hass)

    update_issues = partial(async_update_outbox_issues, hass, entry, outbox)
    update_issues()
    outbox.async_listen(update_issues)
    courier = Courier(
        hass,
        desk,
        outbox,
        doubt=lambda: coordinator.doubt,
        look=coordinator.async_look,
        start=start,
        on_outcome=on_outcome,
        on_failure=on_failure,
    )
    return Intake(desk=desk, outbox=outbox, courier=courier)


@callback
def async_forget_turns(hass: HomeAssistant, entry_id: str) -> None:
    """Forget what was under way for an entry."""
    hass.data.get(_TURNS, {}).pop(entry_id, None)


async def _async_flush(hass: HomeAssistant, entry: HaRtConfigEntry, key: Key) -> None:
    """Tell RT what was held back of a key."""
    data = entry.runtime_data
    if doubt := data.coordinator.doubt:
        data.desk.noise.postpone(str(key), doubt)
        return
    try:
        outcome = await data.work.finish(flush(data.desk, key))
        if outcome:
            async_update_lost_key_issue(hass, entry, data.context, key, outcome)
    except InvalidAuth:
        entry.async_start_reauth(hass)
    except RTError as err:
        # It is tried again.
        data.coordinator.recent_errors.add("held back", err)


type HaRtConfigEntry = ConfigEntry[HaRtData]


@dataclass(frozen=True, kw_only=True, slots=True)
class HaRtData:
    """The parts of a loaded entry."""

    context: QueueContext
    coordinator: HaRtCoordinator
    desk: Desk
    intake: Intake
    work: Work = field(default_factory=Work)
