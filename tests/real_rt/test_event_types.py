"""The second part of a key, in its own custom field."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.ha_rt.const import CONF_EVENT_TYPE_FIELD, DOMAIN
from scripts.live.rt import RTServer
from tests import perform
from tests.real_rt.common import (
    INCIDENTS,
    Journal,
    SetUp,
    change_by_hand,
    create_by_hand,
    custom_fields,
    new_device,
    report,
)


async def test_a_ticket_for_each_type(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Types, and none, are told apart, also at the same time."""
    await set_up()
    device = new_device()
    types = [{}, *({"event_type": one} for one in ("leak", "Leak", 'l"e%k', "漏水"))]

    first = await asyncio.gather(*(report(hass, device, **one) for one in types))
    second = await asyncio.gather(*(report(hass, device, **one) for one in types))

    assert {one["action"] for one in first} == {"created"}
    assert {one["action"] for one in second} == {"commented"}
    numbers = [one["ticket_id"] for one in first]
    assert [one["ticket_id"] for one in second] == numbers
    assert len(set(numbers)) == len(types)
    for number, one in zip(numbers, types, strict=True):
        wanted = {"EventType": one["event_type"]} if one else {}
        assert custom_fields(real_rt, number) == {"DeviceId": device, **wanted}


async def test_tickets_of_others(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Found by RT, with nothing remembered."""
    await set_up("u-full")
    device = new_device()
    fields = {
        str(real_rt.custom_fields["DeviceId"]): device,
        str(real_rt.custom_fields["EventType"]): "leak",
    }
    typed = create_by_hand(real_rt, device, CustomFields=fields)

    assert (await report(hass, device))["action"] == "created"
    assert (await report(hass, device, event_type="LEAK"))["action"] == "created"
    assert (await report(hass, device, event_type="leak"))["ticket_id"] == typed
    answer = await perform(
        hass, "resolve_ticket", device_id=device, event_type="leak", text="Dry."
    )
    assert (answer["action"], answer["ticket_id"]) == ("resolved", typed)
    assert (await report(hass, device))["action"] == "commented"


async def test_type_that_people_change(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The ticket is the other key's from then on."""
    await set_up()
    device = new_device()
    first = await report(hass, device, event_type="leak")
    fields = {"EventType": "battery"}
    change_by_hand(real_rt, first["ticket_id"], CustomFields=fields)

    assert (await report(hass, device, event_type="leak"))["action"] == "created"
    assert await report(hass, device, event_type="battery") == {
        **first,
        "action": "commented",
    }


async def test_queue_without_the_field(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Nothing is written for a type; reports without one work."""
    await set_up(queue=INCIDENTS)
    device = new_device()
    journal = Journal(real_rt)

    with pytest.raises(ServiceValidationError) as error:
        await report(hass, device, event_type="leak")
    assert error.value.translation_key == "event_type_missing"
    assert journal.written() == []

    assert (await report(hass, device))["action"] == "created"
    assert (await report(hass, device))["action"] == "commented"


@pytest.mark.parametrize("field", ["Nothing", "DeviceId", "DupName"])
async def test_field_of_the_options(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, field: str
) -> None:
    """Another one that applies is used; one that does not, or the device's, is not."""
    await set_up(**{CONF_EVENT_TYPE_FIELD: field})
    device = new_device()
    assert (await report(hass, device))["action"] == "created"
    assert (await report(hass, device))["action"] == "commented"

    if field == "DupName":
        typed = await report(hass, device, event_type="leak")
        assert typed["action"] == "created"
        assert custom_fields(real_rt, typed["ticket_id"])[field] == "leak"
    else:
        with pytest.raises(HomeAssistantError):
            await report(hass, device, event_type="leak")


async def test_type_that_rt_drops(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """A list that lacks the type: the ticket is remembered, and the fields are named."""
    entry = await set_up(**{CONF_EVENT_TYPE_FIELD: "Severity"})
    device = new_device()

    first = await report(hass, device, event_type="leak")
    second = await report(hass, device, event_type="leak")

    assert second == {**first, "action": "commented"}
    issue = issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")
    assert issue
    assert issue.translation_placeholders["field"] == "DeviceId, Severity"
    assert issue.translation_placeholders["device_id"] == f"{device}, leak"
