"""The to-do list of a real RT's queue."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    Journal,
    SetUp,
    change_by_hand,
    contents,
    create_by_hand,
    new_device,
    set_status,
    ticket,
    without,
)

LIST = "todo.facility_management"


async def update(hass: HomeAssistant, item: str, **data: Any) -> None:
    """Change an item, by its uid or its summary."""
    await hass.services.async_call(
        "todo",
        "update_item",
        {"entity_id": LIST, "item": item, **data},
        blocking=True,
    )


async def item_of(hass: HomeAssistant, subject: str) -> dict[str, str] | None:
    """Return the item of a ticket, if it is in the list."""
    answer = await hass.services.async_call(
        "todo", "get_items", {"entity_id": LIST}, blocking=True, return_response=True
    )
    found: list[dict[str, str]] = answer[LIST]["items"]
    return next((item for item in found if item["summary"] == subject), None)


async def test_tick(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """A ticket that is ticked is resolved, and nothing else happens to it."""
    device_id = new_device()
    ticket_id = create_by_hand(
        real_rt, device_id, Subject=device_id, Due="2026-12-01 10:00:00"
    )
    await set_up("u-full")
    await hass.async_block_till_done(wait_background_tasks=True)
    item = await item_of(hass, device_id)
    assert item
    assert item["due"] == "2026-12-01T10:00:00+00:00"
    number, key, url = item["description"].splitlines()
    assert (number.strip(), key.strip()) == (f"#{ticket_id} · new", device_id)
    assert url == f"{real_rt.url}/Ticket/Display.html?id={ticket_id}"
    journal = Journal(real_rt)

    await update(hass, item["uid"], rename=device_id, status="completed")

    assert ticket(real_rt, ticket_id).status == "resolved"
    assert journal.written() == [(ticket_id, "Status")]
    assert await item_of(hass, device_id) is None


async def test_tick_refused(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """An item stays while RT refuses: for an open dependency, or for a right."""
    waiting, other = new_device(), new_device()
    ticket_id = create_by_hand(real_rt, waiting, Subject=waiting)
    other_id = create_by_hand(real_rt, other, Subject=other)
    change_by_hand(real_rt, ticket_id, DependsOn=other_id)
    await set_up("u-full")
    with pytest.raises(HomeAssistantError, match="unresolved dependencies"):
        await update(hass, waiting, status="completed")
    with (
        without(real_rt, "u-full", "ModifyTicket"),
        pytest.raises(HomeAssistantError, match="Permission Denied"),
    ):
        await update(hass, other, status="completed")
    assert await item_of(hass, waiting)
    assert await item_of(hass, other)

    await update(hass, other, status="completed")
    await update(hass, waiting, status="completed")

    assert ticket(real_rt, ticket_id).status == "resolved"
    assert ticket(real_rt, other_id).status == "resolved"


async def test_tick_what_is_closed(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """What was rejected meanwhile stays so, and leaves the list."""
    subject = new_device()
    ticket_id = create_by_hand(real_rt, subject, Subject=subject)
    await set_up("u-full")
    set_status(real_rt, ticket_id, "rejected")
    await update(hass, subject, status="completed")
    assert ticket(real_rt, ticket_id).status == "rejected"
    assert await item_of(hass, subject) is None


async def test_tick_what_was_merged(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A ticket that became a part of another one is not resolved with it."""
    merged, whole = new_device(), new_device()
    ticket_id, whole_id = (
        create_by_hand(real_rt, one, Subject=one) for one in (merged, whole)
    )
    await set_up("u-full")
    change_by_hand(real_rt, ticket_id, MergeInto=whole_id)
    with pytest.raises(ServiceValidationError, match=f"merged into #{whole_id}"):
        await update(hass, merged, status="completed")
    assert ticket(real_rt, whole_id).status == "new"


@pytest.mark.parametrize("user", ["u-full", "lang-de"])
async def test_add(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str
) -> None:
    """What is added becomes a ticket, whole, and an item at once."""
    await set_up(user)
    journal = Journal(real_rt)
    name = f"{new_device()} " + "Fenster öffnet nicht 設備 " * 20
    await hass.services.async_call(
        "todo", "add_item", {"entity_id": LIST, "item": name}, blocking=True
    )
    [(ticket_id, _)] = [one for one in journal.written() if one[1] == "Create"]
    found = ticket(real_rt, ticket_id)
    assert (found.status, found.queue) == ("new", FACILITY)
    assert found.subject.endswith("…")
    assert name.startswith(found.subject.removesuffix("…"))
    assert contents(real_rt, ticket_id) == [name.strip()]
    assert await item_of(hass, found.subject)


async def test_rename(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """The subject changes, and the ticket is still open; both at once work, too."""
    subject = new_device()
    ticket_id = create_by_hand(real_rt, subject, Subject=subject)
    await set_up("u-full")
    await update(hass, subject, rename=f"{subject} größer")
    assert ticket(real_rt, ticket_id)[:2] == (f"{subject} größer", "new")
    assert await item_of(hass, f"{subject} größer")
    await update(
        hass, f"{subject} größer", rename=f"{subject} erledigt", status="completed"
    )
    assert ticket(real_rt, ticket_id)[:2] == (f"{subject} erledigt", "resolved")
