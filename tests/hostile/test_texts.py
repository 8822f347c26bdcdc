"""Texts from RT that are meant for those who read them in Home Assistant."""

import json
import logging
from typing import Any

from aiohttp import web
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from tests import (
    DEVICE,
    Wait,
    connection_data,
    create_ticket,
    perform,
    setup_integration,
)
from tests.fake_rt import FakeRT, Person, faults
from tests.hostile import NASTY_TEXTS
from tests.hostile.markdown import MARKUP, TEXTS, described, live

# What RT sends as it was written by people.
_WRITTEN = {"Subject", "Status", "Name", "Version", "message"}
_PEOPLE = {"Owner", "Creator"}


def with_texts(data: Any, text: str) -> Any:
    """Return what RT says with other texts in it; keys of tickets stay."""
    if isinstance(data, list):
        return [with_texts(one, text) for one in data]
    if not isinstance(data, dict):
        return data
    changed = {key: with_texts(value, text) for key, value in data.items()}
    changed |= dict.fromkeys(_WRITTEN & data.keys(), text)
    changed |= {key: {"id": text} for key in _PEOPLE & data.keys()}
    return changed


def saying(text: str) -> faults.Fault:
    """Let RT do the work, and answer with other texts."""

    async def fault(request: web.Request, work: faults.Work) -> web.StreamResponse:
        response = await work()
        if response.content_type == "application/json" and response.body:
            said = with_texts(json.loads(bytes(response.body)), text)
            response.body = json.dumps(said).encode()
        return response

    return fault


# --- Markdown ---------------------------------------------------------------------


@pytest.mark.parametrize("markup", MARKUP)
async def test_config_flow(hass: HomeAssistant, fake_rt: FakeRT, markup: str) -> None:
    """Version and account are told, and are no links."""
    fake_rt.version, fake_rt.accounts[0].name = f"5.0.3{markup}", markup
    fake_rt.add_queue(markup)
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    step = await hass.config_entries.flow.async_configure(
        step["flow_id"], connection_data(fake_rt)
    )
    assert step["step_id"] == "queue"
    assert "5.0.3" in described(step, "config")
    assert live(described(step, "config")) == []
    step = await hass.config_entries.flow.async_configure(
        step["flow_id"], {CONF_QUEUE: markup, "device_id_field": markup}
    )
    assert step["errors"]
    assert live(described(step, "config")) == []


@pytest.mark.parametrize("markup", MARKUP)
async def test_forms_of_an_entry(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, markup: str
) -> None:
    """The queue is told by its name in RT."""
    fake_rt.add_queue(markup, fields=["DeviceId"])
    data = {**config_entry.data, CONF_QUEUE: markup}
    config_entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(config_entry, data=data)
    await hass.config_entries.async_setup(config_entry.entry_id)
    options = await hass.config_entries.options.async_init(config_entry.entry_id)
    assert live(described(options, "options")) == []
    reauth = await config_entry.start_reauth_flow(hass)
    assert live(described(reauth, "config")) == []


@pytest.mark.parametrize("markup", MARKUP)
async def test_issues(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    markup: str,
) -> None:
    """Queues, fields and devices may have any names."""
    fake_rt.add_queue(markup, fields=["DeviceId"])
    config_entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        config_entry, title=markup, data={**config_entry.data, CONF_QUEUE: markup}
    )
    await hass.config_entries.async_setup(config_entry.entry_id)
    fake_rt.rights -= {"ModifyCustomField"}
    device = " ".join(markup.split())
    await create_ticket(hass, device_id=device)
    fake_rt.rights -= {"CreateTicket", "SeeCustomField"}
    await hass.config_entries.async_reload(config_entry.entry_id)

    told = {issue.translation_key: issue for issue in issue_registry.issues.values()}
    assert {"lost_key", "rights_missing", "field_missing"} <= told.keys()
    for key, issue in told.items():
        text = TEXTS["issues"][key]["description"]
        described_as = text.format(**(issue.translation_placeholders or {}))
        ours = text.format(**dict.fromkeys(issue.translation_placeholders or {}, "x"))
        assert live(described_as) == live(ours), key


@pytest.mark.parametrize("markup", MARKUP)
async def test_to_do_list(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, markup: str
) -> None:
    """Descriptions are taken for Markdown."""
    fake_rt.add_ticket(" ".join(markup.split()), subject="Leak")
    fake_rt.fail("*", "", saying(markup), times=None)
    await setup_integration(hass, config_entry, polls=True)
    for item in await to_do(hass):
        assert live(item["description"]) == []


async def test_no_notifications(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """What RT answers to an action is in its error, and in no notification of ours."""
    assert await async_setup_component(hass, "persistent_notification", {})
    refusal = faults.answer(400, json.dumps({"message": MARKUP[0]}))
    fake_rt.fail("POST", "", refusal, times=2)
    with pytest.raises(HomeAssistantError, match="RT did not accept"):
        await create_ticket(hass)
    fake_rt.fail("*", "", faults.answer(401, json.dumps({"message": MARKUP[0]})), None)
    with pytest.raises(HomeAssistantError, match="RT refuses the token"):
        await create_ticket(hass)
    await hass.async_block_till_done()
    ws = await hass_ws_client(hass)
    await ws.send_json_auto_id({"type": "persistent_notification/get"})
    assert (await ws.receive_json())["result"] == []


# --- any text ---------------------------------------------------------------------


async def to_do(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the items of the to-do list."""
    (entity_id,) = hass.states.async_entity_ids("todo")
    answer = await hass.services.async_call(
        "todo",
        "get_items",
        target={"entity_id": entity_id},
        blocking=True,
        return_response=True,
    )
    items: Any = answer[entity_id]
    return list(items["items"])


@pytest.mark.parametrize("text", NASTY_TEXTS, ids=lambda text: repr(text[:20]))
async def test_any_text(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    alice: Person,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    text: str,
) -> None:
    """All that Home Assistant shows of it can be sent to its frontend."""
    events: list[Event[Any]] = []
    hass.bus.async_listen("state_changed", events.append)
    ticket = fake_rt.add_ticket(DEVICE, subject="Leak")
    fake_rt.fail(
        "GET", "/(tickets?|transactions|history|user|rt)\\b", saying(text), None
    )
    await setup_integration(hass, config_entry, polls=True)
    alice.comment(ticket, "x")
    alice.take(ticket)
    await wait(seconds=61)

    shown: list[Any] = [
        [state.as_dict() for state in hass.states.async_all()],
        [event.as_dict() for event in events],
        await to_do(hass),
        await perform(hass, "get_ticket", ticket_id=ticket.id, history=True),
        await perform(hass, "search_tickets"),
        await perform(hass, "get_statistics"),
    ]
    for one in shown:
        json_bytes(one)
    assert len(shown[2]) == len(shown[4]["tickets"]) == 1
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []
