"""The to-do list: the open tickets, and what people do with them there."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.todo.intent import async_setup_intents
from homeassistant.components.websocket_api import TYPE_RESULT
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.ha_rt.const import CONF_RESOLVE_STATUS, DOMAIN
from tests import DEVICE, FACILITY, NOW, Load, Wait, methods
from tests.fake_rt import FakeRT, FakeTicket, Person, faults
from tests.fake_rt.ticket import NEVER

LIST = "todo.facility_management"


async def perform(hass: HomeAssistant, action: str, item: str, **data: Any) -> None:
    """Perform an action of to-do lists with an item."""
    await hass.services.async_call(
        "todo", action, {"entity_id": LIST, "item": item, **data}, blocking=True
    )


async def add(hass: HomeAssistant, summary: str) -> None:
    """Add an item."""
    await perform(hass, "add_item", summary)


async def tick(hass: HomeAssistant, item: str, **data: Any) -> None:
    """Say that an item is done, by its uid or its summary."""
    await perform(hass, "update_item", item, status="completed", **data)


async def rename(hass: HomeAssistant, item: str, summary: str) -> None:
    """Give an item another name."""
    await perform(hass, "update_item", item, rename=summary)


async def items(hass: HomeAssistant) -> list[dict[str, str]]:
    """Return the items."""
    answer = await hass.services.async_call(
        "todo",
        "get_items",
        {"entity_id": LIST},
        blocking=True,
        return_response=True,
    )
    found: list[dict[str, str]] = answer[LIST]["items"]
    assert hass.states.get(LIST).state == str(len(found))
    return found


async def summaries(hass: HomeAssistant) -> list[str]:
    """Return what the items are called."""
    return [item["summary"] for item in await items(hass)]


async def subscribe(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> Callable[[], Awaitable[list[str]]]:
    """Open the list in a browser; return a function that waits for what it shows."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "todo/item/subscribe", "entity_id": LIST})
    assert (await client.receive_json())["type"] == TYPE_RESULT

    async def shown() -> list[str]:
        message = await client.receive_json()
        return [
            item["summary"] + (", done" if item["status"] == "completed" else "")
            for item in message["event"]["items"]
        ]

    return shown


async def a_moment_later(hass: HomeAssistant) -> None:
    """Let the list take back what it showed too early."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2))
    await hass.async_block_till_done()


@pytest.fixture
async def leak(fake_rt: FakeRT, load: Load) -> FakeTicket:
    """Return the only open ticket of the list."""
    ticket = fake_rt.add_ticket(DEVICE, subject="Leak")
    await load()
    return ticket


# --- What it shows ----------------------------------------------------------------


@pytest.mark.usefixtures("stopped_clock")
async def test_items(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """An item tells what a ticket is about, how it stands, and where to find it."""
    first = fake_rt.add_ticket(
        DEVICE, subject="Leak", custom_fields={"EventType": "leak"}
    )
    alice.take(first)
    alice.set_due(first, NOW + timedelta(hours=2))
    second = alice.create("Call the plumber", status="open")
    alice.set_priority(second, 50)
    alice.create("No longer needed", status="rejected")
    alice.create("Elsewhere", queue="General")
    await load(sla_hours_warning=4)
    found = await items(hass)
    assert len({item.pop("uid") for item in found}) == 2
    page = f"{fake_rt.url}/Ticket/Display.html"
    assert found == [
        {
            "summary": "Leak",
            "status": "needs_action",
            "due": "2026-11-21T11:30:00+00:00",
            "description": f"#1 · new · alice  \n{DEVICE} · leak  \n{page}?id=1",
        },
        {
            "summary": "Call the plumber",
            "status": "needs_action",
            "due": "2026-11-21T13:30:00+00:00",
            "description": f"#2 · open  \n{page}?id=2",
        },
    ]


@pytest.mark.parametrize("subject", ["", " "])
async def test_ticket_without_a_subject(
    hass: HomeAssistant, load: Load, alice: Person, subject: str
) -> None:
    """It goes by its number, which ticking does not make its subject."""
    ticket = alice.create(subject)
    await load()
    assert await summaries(hass) == ["#1"]
    await tick(hass, "#1", rename="#1")
    assert (ticket.status, ticket.subject) == ("resolved", subject)


async def test_what_others_do(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person, wait: Wait
) -> None:
    """The list follows RT."""
    ticket = alice.create("Leak")
    await load(polls=True)
    alice.rename(ticket, "Leaking tap")
    other = alice.create("No light")
    await wait(minutes=1)
    assert await summaries(hass) == ["Leaking tap", "No light"]
    alice.resolve(ticket)
    alice.move(other, "General")
    await wait(minutes=1)
    assert await items(hass) == []


async def test_rt_is_away(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person, wait: Wait
) -> None:
    """The list cannot be had meanwhile, and is as it should be afterwards."""
    ticket = alice.create("Leak")
    await load(polls=True)
    await fake_rt.stop()
    await wait(minutes=1)
    assert hass.states.get(LIST).state == "unavailable"
    await fake_rt.start()
    alice.rename(ticket, "Leaking tap")
    await wait(minutes=1)
    assert await summaries(hass) == ["Leaking tap"]


async def test_rt_was_away_at_the_start(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person, wait: Wait
) -> None:
    """The list comes when RT tells of its tickets."""
    alice.create("Leak")
    fake_rt.fail("GET", "/transactions", faults.html(502), times=None)
    await load(polls=True)
    assert hass.states.get(LIST).state == "unavailable"
    fake_rt.heal()
    await wait(minutes=1)
    assert await summaries(hass) == ["Leak"]


async def test_thousands(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """All of them are there, and one is ticked as any other."""
    for number in range(2500):
        alice.create(f"Problem {number}")
    await load()
    await hass.async_block_till_done(wait_background_tasks=True)
    found = await items(hass)
    assert len({item["uid"] for item in found}) == 2500
    fake_rt.requests.clear()
    await tick(hass, "Problem 1234")
    # It is resolved in five; a poll follows, and finds out what "resolved" means.
    assert len(fake_rt.requests) <= 9
    assert "Problem 1234" not in await summaries(hass)
    assert len(await items(hass)) == 2499


async def test_browser(
    hass: HomeAssistant,
    load: Load,
    alice: Person,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Somebody who looks at the list sees every change of it."""
    for subject in ("Leak", "No light"):
        alice.create(subject)
    await load()
    shown = await subscribe(hass, hass_ws_client)
    assert await shown() == ["Leak", "No light"]
    await rename(hass, "Leak", "Leaking tap")
    assert await shown() == ["Leaking tap", "No light"]
    await tick(hass, "No light")
    assert await shown() == ["Leaking tap", "No light, done"]
    assert await shown() == ["Leaking tap"]


async def test_browser_and_what_is_refused(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    leak: FakeTicket,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The tick that somebody sees is taken away again."""
    fake_rt.rights -= {"ModifyTicket"}
    shown = await subscribe(hass, hass_ws_client)
    assert await shown() == ["Leak"]
    with pytest.raises(HomeAssistantError, match="Permission Denied"):
        await tick(hass, "Leak")
    await a_moment_later(hass)
    assert await shown() == ["Leak, done"]
    assert await shown() == ["Leak"]


# --- Ticking ----------------------------------------------------------------------


async def test_tick(hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket) -> None:
    """The ticket is resolved in RT and leaves the list at once; nothing is said."""
    await tick(hass, "Leak")
    assert (leak.status, leak.comments) == ("resolved", [])
    assert await items(hass) == []
    # It is seen not to be merged, to be open, resolved, and resolved indeed; then RT
    # is polled.
    assert methods(fake_rt).startswith("GET GET PUT GET GET")


async def test_tick_gives_the_status_of_the_options(
    hass: HomeAssistant, load: Load, alice: Person
) -> None:
    """What resolving means is an option."""
    ticket = alice.create("Leak")
    await load(**{CONF_RESOLVE_STATUS: "rejected"})
    await tick(hass, "Leak")
    assert ticket.status == "rejected"


async def test_tick_as_the_dialog_does(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """The page sends the name along, without blanks around it: that renames nothing."""
    ticket = alice.create(" Leak ")
    await load()
    [item] = await items(hass)
    await tick(hass, item["uid"], rename=item["summary"])
    assert (ticket.status, ticket.subject) == ("resolved", " Leak ")
    assert len(fake_rt.sent("PUT")) == 1


async def test_tick_one_of_several_alike(
    hass: HomeAssistant, load: Load, alice: Person
) -> None:
    """The uid says which, also if others are called the same, or by its number."""
    tickets = [alice.create(subject) for subject in ("3", "Leak", "Leak")]
    await load()
    uids = [item["uid"] for item in await items(hass)]
    await tick(hass, uids[2])
    assert [one.status for one in tickets] == ["new", "new", "resolved"]
    await tick(hass, "3")
    assert [one.status for one in tickets] == ["resolved", "new", "resolved"]


async def test_untick(hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket) -> None:
    """What is open already is left alone."""
    await perform(hass, "update_item", "Leak", status="needs_action")
    assert fake_rt.requests == []


@pytest.mark.parametrize("why", ["dependency", "right"])
async def test_tick_refused(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket, why: str
) -> None:
    """RT's words are told, and the item stays."""
    if why == "right":
        fake_rt.rights -= {"ModifyTicket"}
        words = "Permission Denied"
    else:
        leak.links["DependsOn"] = [str(fake_rt.add_ticket("another").id)]
        words = "unresolved dependencies"
    with pytest.raises(HomeAssistantError, match=words) as error:
        await tick(hass, "Leak")
    assert error.value.translation_key == "not_changed"
    assert leak.status == "new"
    await a_moment_later(hass)
    assert await summaries(hass) == ["Leak"]


async def test_tick_while_rt_is_away(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket
) -> None:
    """That it failed is told, and the item stays; it can be ticked again."""
    await fake_rt.stop()
    with pytest.raises(HomeAssistantError) as error:
        await tick(hass, "Leak")
    assert error.value.translation_key == "cannot_connect"
    await a_moment_later(hass)
    assert await summaries(hass) == ["Leak"]
    await fake_rt.start()
    await tick(hass, "Leak")
    assert leak.status == "resolved"


async def test_tick_with_a_refused_token(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket
) -> None:
    """Home Assistant asks for a new token."""
    fake_rt.token = "another"
    fake_rt.end_sessions()
    with pytest.raises(HomeAssistantError) as error:
        await tick(hass, "Leak")
    assert error.value.translation_key == "invalid_auth"
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_tick_what_is_closed(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket, alice: Person
) -> None:
    """What somebody closed meanwhile leaves the list, and stays as it is."""
    alice.set_status(leak, "rejected")
    await tick(hass, "Leak")
    assert leak.status == "rejected"
    assert not fake_rt.sent("PUT")
    assert await items(hass) == []


async def test_tick_what_was_merged(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket, alice: Person
) -> None:
    """It is not done alone, and the ticket that it is a part of now stays open."""
    whole = alice.create("Leaks everywhere")
    alice.merge(leak, whole)
    for attempt in (rename(hass, "Leak", "Leaking tap"), tick(hass, "Leak")):
        with pytest.raises(ServiceValidationError) as error:
            await attempt
        assert error.value.translation_key == "ticket_merged"
        assert "#1 was merged into #2" in str(error.value)
    assert (whole.subject, whole.status) == ("Leaks everywhere", "new")
    assert fake_rt.writes == []


async def test_tick_what_is_another_ticket_now(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket, alice: Person
) -> None:
    """RT has given the number again, as after a backup: neither is touched."""
    del fake_rt.tickets[leak.id]
    fake_rt.clock = lambda: leak.created + timedelta(seconds=1)
    other = alice.create("Salary of Bob is wrong")
    assert other.id == leak.id
    for attempt in (rename(hass, "Leak", "Leaking tap"), tick(hass, "Leak")):
        with pytest.raises(ServiceValidationError) as error:
            await attempt
        assert error.value.translation_key == "ticket_replaced"
    assert (other.subject, other.status) == ("Salary of Bob is wrong", "new")
    assert fake_rt.writes == []


async def test_tick_what_was_moved(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket, alice: Person
) -> None:
    """It is resolved where it is now."""
    alice.move(leak, "General")
    await tick(hass, "Leak")
    assert leak.status == "resolved"
    assert await items(hass) == []


async def test_tick_twice(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket
) -> None:
    """Two people at once resolve it once."""
    [item] = await items(hass)
    await asyncio.gather(*(tick(hass, item["uid"]) for _ in range(2)))
    assert leak.status == "resolved"
    assert len(fake_rt.sent("PUT")) == 1


async def test_unknown_item(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket
) -> None:
    """What is not in the list is told as such."""
    await tick(hass, "Leak")
    with pytest.raises(ServiceValidationError, match="Leak"):
        await tick(hass, "Leak")


async def test_cancelled_tick(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    leak: FakeTicket,
    config_entry: MockConfigEntry,
) -> None:
    """An automation that is stopped leaves neither ticket nor list half done."""
    release = asyncio.Event()
    fake_rt.fail("GET", "/ticket/1$", faults.held(release))
    ticking = hass.async_create_task(tick(hass, "Leak"))
    await fake_rt.until(lambda: bool(fake_rt.sent("GET", "/ticket/1$")))
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    await a_moment_later(hass)
    assert await summaries(hass) == ["Leak"]
    release.set()
    await hass.config_entries.async_unload(config_entry.entry_id)
    assert leak.status == "resolved"


async def test_untick_too_late(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket
) -> None:
    """A tick that is on its way to RT cannot be taken back, and that is told."""
    release = asyncio.Event()
    fake_rt.fail("GET", "/ticket/1$", faults.held(release))
    [item] = await items(hass)
    ticking = hass.async_create_task(tick(hass, item["uid"]))
    await fake_rt.until(lambda: bool(fake_rt.sent("GET", "/ticket/1$")))
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "update_item", item["uid"], status="needs_action")
    assert error.value.translation_key == "being_resolved"
    release.set()
    await ticking
    assert leak.status == "resolved"


@pytest.mark.usefixtures("stopped_clock")
async def test_tick_by_voice(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """Assist resolves a ticket, too, and changes nothing else."""
    ticket = alice.create("Leak")
    alice.set_due(ticket, NOW + timedelta(hours=2))
    await load()
    await async_setup_component(hass, "intent", {})
    await async_setup_intents(hass)
    slots = {"item": "Leak", "name": "Facility Management"}
    await intent.async_handle(
        hass,
        "test",
        "HassListCompleteItem",
        {name: {"value": value} for name, value in slots.items()},
    )
    assert (ticket.status, ticket.due) == ("resolved", NOW + timedelta(hours=2))


# --- While the list is not known ---------------------------------------------------


@pytest.fixture
async def unknown(
    fake_rt: FakeRT, load: Load, alice: Person, wait: Wait, hass: HomeAssistant
) -> FakeTicket:
    """Return the ticket of a list that could not be read lately."""
    ticket = alice.create("Leak")
    await load(polls=True)
    fake_rt.fail("*", "", faults.html(502), times=None)
    await wait(minutes=1)
    assert hass.states.get(LIST).state == "unavailable"
    return ticket


CHANGES = [
    pytest.param(lambda hass: add(hass, "No light"), id="add"),
    pytest.param(lambda hass: tick(hass, "Leak"), id="tick"),
    pytest.param(lambda hass: rename(hass, "Leak", "Leaking tap"), id="rename"),
    pytest.param(
        lambda hass: perform(hass, "update_item", "Leak", due_date="2031-12-24"),
        id="due",
    ),
]


# The entity is not asked whether it can be read, if it is the only one that is to be.
FROM_2026_5 = pytest.mark.skipif(
    (MAJOR_VERSION, MINOR_VERSION) < (2026, 5), reason="gives the last known items"
)


@pytest.mark.parametrize("change", [*CHANGES, pytest.param(items, marks=FROM_2026_5)])
async def test_action_while_rt_is_away(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    unknown: FakeTicket,
    change: Callable[[HomeAssistant], Awaitable[Any]],
) -> None:
    """That nothing came of it is told, and why."""
    with pytest.raises(HomeAssistantError) as error:
        await change(hass)
    assert error.value.translation_key == "server_error"
    assert [unknown] == list(fake_rt.tickets.values())
    assert (unknown.subject, unknown.status, unknown.due) == ("Leak", "new", NEVER)
    assert hass.states.get(LIST).state == "unavailable"


@pytest.mark.parametrize("change", CHANGES)
async def test_change_when_rt_is_back(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    unknown: FakeTicket,
    change: Callable[[HomeAssistant], Awaitable[Any]],
) -> None:
    """It is made before the next poll, and the list is known again with it."""
    fake_rt.heal()
    before = (unknown.subject, unknown.status, unknown.due, len(fake_rt.tickets))
    await change(hass)
    after = (unknown.subject, unknown.status, unknown.due, len(fake_rt.tickets))
    assert after != before
    assert len(await items(hass)) == int(hass.states.get(LIST).state)


@FROM_2026_5
async def test_list_that_was_never_read(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """It is not taken for an empty one."""
    alice.create("Leak")
    fake_rt.fail("GET", "/transactions", faults.html(502), times=None)
    await load()
    with pytest.raises(HomeAssistantError) as error:
        await items(hass)
    assert error.value.translation_key == "server_error"
    with pytest.raises(ServiceValidationError, match="Leak"):
        await tick(hass, "Leak")
    await add(hass, "No light")
    assert fake_rt.tickets[2].subject == "No light"


async def test_action_with_a_refused_token(
    hass: HomeAssistant, fake_rt: FakeRT, unknown: FakeTicket
) -> None:
    """Home Assistant asks for a new token."""
    fake_rt.heal()
    fake_rt.token = "another"
    fake_rt.end_sessions()
    with pytest.raises(HomeAssistantError) as error:
        await add(hass, "No light")
    assert error.value.translation_key == "invalid_auth"
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN)


# --- Adding -----------------------------------------------------------------------


async def test_add(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """An item that is added is a new ticket of the queue, and in the list at once."""
    await load()
    await add(hass, "  Call the plumber ")
    [ticket] = fake_rt.tickets.values()
    assert (ticket.queue, ticket.creator) == (FACILITY, "ha-service")
    assert (ticket.subject, ticket.content) == ("Call the plumber",) * 2
    assert ticket.content_type == "text/plain"
    assert await summaries(hass) == ["Call the plumber"]


@pytest.mark.parametrize(
    ("summary", "subject"),
    [("ü" * 150, "ü" * 98 + "…"), ("Call\nthe plumber", "Call the plumber")],
    ids=["long", "lines"],
)
async def test_add_what_is_no_subject(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, summary: str, subject: str
) -> None:
    """RT keeps one short line; the ticket's text has all of it."""
    await load()
    await add(hass, summary)
    assert (fake_rt.tickets[1].subject, fake_rt.tickets[1].content) == (
        subject,
        summary,
    )
    assert await summaries(hass) == [subject]


async def test_add_refused(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """The right that is missing is told."""
    await load()
    fake_rt.rights -= {"CreateTicket"}
    with pytest.raises(HomeAssistantError) as error:
        await add(hass, "Leak")
    assert error.value.translation_key == "missing_right"
    assert "CreateTicket" in str(error.value)
    assert await items(hass) == []


async def test_add_with_all_that_the_dialog_has(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load
) -> None:
    """The description is the ticket's text, and RT knows when it is due."""
    await load()
    await perform(
        hass,
        "add_item",
        "Call the plumber",
        description="The tap *drips*.",
        due_datetime="2031-12-24T18:00:00+01:00",
    )
    assert fake_rt.tickets[1].content == "The tap *drips*."
    assert fake_rt.tickets[1].due == datetime(2031, 12, 24, 17, tzinfo=UTC)


# --- When it is due ---------------------------------------------------------------


async def test_due(hass: HomeAssistant, leak: FakeTicket) -> None:
    """RT is told when a ticket is due, in its own time, and that it is not any more."""
    due = "2031-12-24T18:00:00+01:00"
    await perform(hass, "update_item", "Leak", due_datetime=due)
    assert leak.due == datetime(2031, 12, 24, 17, tzinfo=UTC)
    [item] = await items(hass)
    assert datetime.fromisoformat(item["due"]) == leak.due
    await perform(hass, "update_item", "Leak", due_datetime=None)
    [item] = await items(hass)
    assert "due" not in item


async def test_due_on_a_day(hass: HomeAssistant, leak: FakeTicket) -> None:
    """A day without a time is over at its end, where Home Assistant is."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    await perform(hass, "update_item", "Leak", due_date="2031-12-24")
    assert leak.due == datetime(2031, 12, 24, 22, 59, tzinfo=UTC)
    await perform(hass, "update_item", "Leak", due_date=None)
    assert "due" not in (await items(hass))[0]


async def test_due_by_severity(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """What the options say is not written to RT with a new name."""
    alice.set_priority(alice.create("Leak"), 50)
    await load(sla_hours_warning=4)
    [item] = await items(hass)
    await perform(
        hass, "update_item", "Leak", rename="Leaking tap", due_datetime=item["due"]
    )
    [sent] = fake_rt.sent("PUT")
    assert sent.json == {"Subject": "Leaking tap"}


async def test_no_date_of_its_own(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """What the options say cannot be taken from one ticket, and that is told."""
    ticket = alice.create("Leak")
    alice.set_priority(ticket, 50)
    await load(sla_hours_warning=4)
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "update_item", "Leak", rename="Tap", due_datetime=None)
    assert error.value.translation_key == "due_by_severity"
    assert fake_rt.writes == []
    await perform(hass, "update_item", "Leak", due_datetime="2031-12-24T18:00:00Z")
    await perform(hass, "update_item", "Leak", due_datetime=None)
    assert ticket.due == NEVER


# --- The description --------------------------------------------------------------


async def test_rename_as_the_dialog_does(hass: HomeAssistant, leak: FakeTicket) -> None:
    """The frontend sends all that the item has."""
    [item] = await items(hass)
    await perform(
        hass,
        "update_item",
        item["uid"],
        rename="Leaking tap",
        description=item["description"],
        due_date=None,
    )
    assert leak.subject == "Leaking tap"


@pytest.mark.parametrize("description", ["It drips.", "", None])
@pytest.mark.parametrize(
    "change",
    [
        {"rename": "Tap"},
        {"due_datetime": "2031-12-24T18:00:00+01:00"},
        {"due_date": "2031-12-24", "status": "completed"},
        {"rename": "Tap", "due_date": None, "status": "completed"},
        {},
    ],
    ids=str,
)
async def test_another_description(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    leak: FakeTicket,
    description: str | None,
    change: dict[str, Any],
) -> None:
    """It is made of the ticket: what is written there would be lost, and is refused.

    So is all that comes with it, for the dialog stays open then.
    """
    with pytest.raises(ServiceValidationError) as error:
        await perform(hass, "update_item", "Leak", description=description, **change)
    assert error.value.translation_key == "description_made"
    assert fake_rt.writes == []


async def test_markdown(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """The frontend shows no pictures and no links for what is in a ticket."""
    fake_rt.add_ticket("![x](http://example.com/x.png) <b>*`a_b`", subject="Leak")
    await load()
    [item] = await items(hass)
    assert r"!\[x\](http://example.com/x.png) \<b>\*\`a_b\`" in item["description"]


# --- Renaming ---------------------------------------------------------------------


async def test_rename(hass: HomeAssistant, leak: FakeTicket) -> None:
    """The ticket gets the subject."""
    await rename(hass, "Leak", "Leaking tap")
    assert (leak.subject, leak.status) == ("Leaking tap", "new")
    assert await summaries(hass) == ["Leaking tap"]


async def test_rename_and_tick(hass: HomeAssistant, leak: FakeTicket) -> None:
    """Both are done."""
    await tick(hass, "Leak", rename="Leaking tap")
    assert (leak.subject, leak.status) == ("Leaking tap", "resolved")
    assert await items(hass) == []


async def test_rename_refused(
    hass: HomeAssistant, fake_rt: FakeRT, leak: FakeTicket
) -> None:
    """RT's words are told, and the item keeps its name."""
    fake_rt.rights -= {"ModifyTicket"}
    with pytest.raises(HomeAssistantError, match="Permission Denied"):
        await rename(hass, "Leak", "Leaking tap")
    assert await summaries(hass) == ["Leak"]


async def test_long_name(hass: HomeAssistant, leak: FakeTicket) -> None:
    """A name is cut where RT would cut it, and visibly so."""
    await rename(hass, "Leak", "ü" * 150)
    assert leak.subject == "ü" * 98 + "…"


# --- Dry run ----------------------------------------------------------------------


async def test_dry_run(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, alice: Person
) -> None:
    """Nothing is written, and whoever tries is told why."""
    alice.create("Leak")
    await load(dry_run=True)
    for attempt in (
        add(hass, "No light"),
        tick(hass, "Leak"),
        rename(hass, "Leak", "Leaking tap"),
    ):
        with pytest.raises(ServiceValidationError) as error:
            await attempt
        assert error.value.translation_key == "dry_run"
    await a_moment_later(hass)
    assert fake_rt.writes == []
    assert await summaries(hass) == ["Leak"]
