"""What users of Home Assistant may do."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import Group
from homeassistant.auth.permissions.types import PolicyType
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from tests import DEVICE, create_ticket, setup_integration
from tests.fake_rt import FakeRT

TICKET = {"ticket_id": 1}
REPORT = {"device_id": DEVICE, "subject": "Leak", "text": "Water"}
READING: list[tuple[str, dict[str, Any]]] = [
    ("get_ticket", TICKET),
    ("search_tickets", {"device_id": DEVICE}),
    ("get_statistics", {}),
]
WRITING: list[tuple[str, dict[str, Any]]] = [
    ("create_ticket", REPORT),
    ("resolve_ticket", TICKET),
    ("add_comment", {**TICKET, "text": "Wet"}),
    ("update_ticket", {**TICKET, "subject": "Flood"}),
]
ADMINISTERING: list[tuple[str, dict[str, Any]]] = [
    ("search_tickets", {"query": "id > 0"}),
    ("flush_outbox", {}),
    ("clear_outbox", {"count": 0}),
]
ALL = [*READING, *WRITING, *ADMINISTERING]

pytestmark = pytest.mark.usefixtures("ticket")


async def perform_as(
    hass: HomeAssistant, user: MockUser, action: str, **data: Any
) -> Any:
    """Perform an action of the integration as a user does."""
    return await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=user.id),
    )


async def member(hass: HomeAssistant, group_id: str) -> MockUser:
    """Return a user of one of Home Assistant's own groups."""
    group = await hass.auth.async_get_group(group_id)
    assert group
    return MockUser(groups=[group], is_owner=False).add_to_hass(hass)


def with_policy(hass: HomeAssistant, entities: Any) -> MockUser:
    """Return a user with a policy for entities."""
    policy: PolicyType = {"entities": entities}
    group = Group(name="Group", id="group", policy=policy)
    return MockUser(groups=[group], is_owner=False).add_to_hass(hass)


@pytest.mark.parametrize(
    ("group", "allowed"),
    [
        (GROUP_ID_READ_ONLY, READING),
        (GROUP_ID_USER, [*READING, *WRITING]),
        (GROUP_ID_ADMIN, ALL),
    ],
)
@pytest.mark.parametrize(
    ("action", "data"), ALL, ids=[f"{name}-{'-'.join(data)}" for name, data in ALL]
)
async def test_groups(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    group: str,
    allowed: list[tuple[str, dict[str, Any]]],
    action: str,
    data: dict[str, Any],
) -> None:
    """Read-only users look, others write, and administrators do the rest."""
    user = await member(hass, group)
    if (action, data) in allowed:
        await perform_as(hass, user, action, **data)
        return
    with pytest.raises(Unauthorized):
        await perform_as(hass, user, action, **data)
    assert fake_rt.requests == []


async def test_refused_like_the_to_do_list(hass: HomeAssistant) -> None:
    """Ticking an item and resolving its ticket need the same."""
    user = await member(hass, GROUP_ID_READ_ONLY)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            "todo",
            "update_item",
            {
                "entity_id": "todo.facility_management",
                "item": "Leak",
                "status": "completed",
            },
            blocking=True,
            context=Context(user_id=user.id),
        )
    with pytest.raises(Unauthorized):
        await perform_as(hass, user, "resolve_ticket", **TICKET)


async def test_nobody(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """Who was deleted meanwhile may do nothing."""
    user = MockUser()
    for action, data in ALL:
        with pytest.raises(UnknownUser):
            await perform_as(hass, user, action, **data)
    assert fake_rt.requests == []


@pytest.mark.parametrize(
    ("entities", "allowed"),
    [
        ({"domains": {"sensor": True, "event": True, "todo": True}}, True),
        ({"domains": {"todo": True}}, False),
        ({"domains": {"sensor": {"read": True}, "event": True, "todo": True}}, False),
        ({"entity_ids": {"todo.pumps": True, "light.kitchen": True}}, False),
        ({"all": {"control": True}}, True),
        ({}, False),
    ],
)
async def test_policies(
    hass: HomeAssistant, fake_rt: FakeRT, entities: Any, allowed: bool
) -> None:
    """All of the entry's entities count, whether they are disabled or not."""
    user = with_policy(hass, entities)
    registry = er.async_get(hass)
    registry.async_update_entity(
        "todo.facility_management", disabled_by=er.RegistryEntryDisabler.USER
    )
    if allowed:
        await perform_as(hass, user, "add_comment", **TICKET, text="Wet")
    else:
        with pytest.raises(Unauthorized):
            await perform_as(hass, user, "add_comment", **TICKET, text="Wet")
    assert fake_rt.tickets[1].comments == ["Wet"] * allowed


async def test_other_entry(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """The permission for one queue is none for another."""
    fake_rt.add_queue("Pumps")
    other = MockConfigEntry(domain=DOMAIN, data={**entry.data, CONF_QUEUE: "Pumps"})
    await setup_integration(hass, other)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    user = with_policy(
        hass, {"entity_ids": {entity.entity_id: True for entity in entities}}
    )
    await perform_as(
        hass, user, "create_ticket", **REPORT, config_entry_id=entry.entry_id
    )
    with pytest.raises(Unauthorized):
        await perform_as(
            hass, user, "create_ticket", **REPORT, config_entry_id=other.entry_id
        )
    assert len(fake_rt.tickets) == 1


async def test_without_entities(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """While an entry has none, only who may control all entities may write."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_remove(entity.entity_id)
    some = with_policy(hass, {"domains": {"todo": True, "sensor": True, "event": True}})
    with pytest.raises(Unauthorized):
        await perform_as(hass, some, "add_comment", **TICKET, text="Wet")
    user = await member(hass, GROUP_ID_USER)
    await perform_as(hass, user, "add_comment", **TICKET, text="Wet")
    assert fake_rt.tickets[1].comments == ["Wet"]


async def test_automations(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """What is called without a user is not restricted."""
    for action, data in ALL:
        await hass.services.async_call(
            DOMAIN,
            action,
            data,
            blocking=True,
            return_response=True,
            context=Context(parent_id="an-event"),
        )
    assert await create_ticket(hass)
