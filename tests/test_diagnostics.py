"""Diagnostics of an entry."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests import NOW, Wait, create_ticket, perform, setup_integration
from tests.fake_rt import FakeRT, Person, faults


async def read(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Download the diagnostics."""
    result = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(result, dict)
    return result


async def test_diagnostics(
    hass: HomeAssistant,
    noon: None,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They hold what a bug report needs, and not the token."""
    await setup_integration(hass, config_entry)
    assert await read(hass, hass_client, config_entry) == {
        "data": {
            "url": fake_rt.url,
            "token": "**REDACTED**",
            "verify_ssl": True,
            "queue": "Facility Management",
        },
        "options": {"device_id_field": "DeviceId"},
        "state": "loaded",
        "reason": None,
        "rt_version": "5.0.3+dfsg-3",
        "sessions": "on",
        "queue_id": 3,
        "device_id_field_id": 2,
        "event_type_field_id": 3,
        "remembered_tickets": 0,
        "held_back_reports": 0,
        "outbox": {
            "waiting": 0,
            "refused": [],
            "file_bytes": 0,
            "away_because": "",
            "set_aside": [],
        },
        "polls": {
            "seconds_between": 60.0,
            "last_success": "2026-11-21T12:00:00+00:00",
            "last_error": None,
            "seen_up_to": 0,
            "events_not_announced": 0,
        },
        "tickets": {
            "open": 0,
            "by_status": {},
            "unowned": 0,
            "overdue": 0,
            "without_custom_fields": 0,
        },
        "recent_errors": [],
    }


async def test_counts(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They tell how much is remembered and held back, and not what."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    for _ in range(3):
        await create_ticket(hass, device_id="bedroom", text="private")
    await create_ticket(hass, device_id="kitchen")
    result = await read(hass, hass_client, config_entry)
    assert result["remembered_tickets"] == 2
    assert result["held_back_reports"] == 2
    assert "bedroom" not in str(result)
    assert "private" not in str(result)


async def test_server_down(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They can be had while RT is down, and say so."""
    await setup_integration(hass, config_entry)
    fake_rt.fail("*", "", faults.html(502), times=None)
    result = await read(hass, hass_client, config_entry)
    assert result["rt_version"] == "ServerError: 502 Bad Gateway"


async def test_tickets(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    alice: Person,
    wait: Wait,
) -> None:
    """They tell how many tickets are open, and not which."""
    alice.create("private", "bedroom")
    owned = alice.create("private", "kitchen", status="open")
    alice.take(owned)
    alice.set_due(owned, NOW - timedelta(days=1))
    await setup_integration(hass, config_entry, polls=True)
    await wait(minutes=6)
    result = await read(hass, hass_client, config_entry)
    assert result["tickets"] == {
        "open": 2,
        "by_status": {"new": 1, "open": 1},
        "unowned": 1,
        "overdue": 1,
        "without_custom_fields": 0,
    }
    assert result["polls"]["seen_up_to"] == fake_rt.journal[-1].id
    for secret in ("private", "bedroom", "kitchen", "alice"):
        assert secret not in str(result)


async def test_polls_fail(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """They tell since when RT cannot be asked, and why."""
    await setup_integration(hass, config_entry, polls=True)
    then = dt_util.utcnow()
    fake_rt.fail("*", "", faults.html(502), times=None)
    await wait(seconds=61)
    await wait(seconds=61)
    result = await read(hass, hass_client, config_entry)
    assert result["polls"]["last_error"] == "ServerError"
    assert datetime.fromisoformat(result["polls"]["last_success"]) <= then
    [error] = result["recent_errors"]
    first, last = (datetime.fromisoformat(error.pop(key)) for key in ("first", "last"))
    assert then < first < last
    assert error == {
        "what": "poll",
        "error": "ServerError",
        "message": "502",
        "times": 2,
    }


async def test_never_polled(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They can be had of an entry that has not seen its tickets yet."""
    fake_rt.fail("*", "/transactions", faults.html(502), times=None)
    await setup_integration(hass, config_entry)
    result = await read(hass, hass_client, config_entry)
    assert result["state"] == "loaded"
    assert result["tickets"] is None
    assert result["polls"]["last_success"] is None


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (faults.message(413, "Too large: private"), "TooLarge", ""),
        (faults.message(403, "Not for private"), "Forbidden", "CommentOnTicket"),
        (faults.message(404, "No ticket private"), "NotFound", ""),
        (faults.message(500, "In the text private"), "ServerError", ""),
        (faults.html(503), "ServerError", "503"),
        (faults.html(404), "NotRT", "404 Not Found (text/html)"),
        (faults.html(504), "RTTimeout", "504 Gateway Timeout"),
    ],
)
async def test_errors_of_actions(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    fault: faults.Fault,
    error: str,
    message: str,
) -> None:
    """They tell what failed and how, and not what RT said, which may quote tickets."""
    await setup_integration(hass, config_entry)
    ticket = await create_ticket(hass, device_id="private")
    fake_rt.fail("POST", "/comment", fault, times=None)
    with pytest.raises(HomeAssistantError):
        await perform(
            hass, "add_comment", ticket_id=ticket["ticket_id"], text="private"
        )
    result = await read(hass, hass_client, config_entry)
    [told] = result["recent_errors"]
    assert (told["what"], told["error"]) == ("add_comment", error)
    assert told["message"] == message
    assert "private" not in str(result)
    assert config_entry.data["token"] not in str(result)


async def test_error_of_the_list(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """What people do in the to-do list is told of, too."""
    await setup_integration(hass, config_entry)
    await fake_rt.stop()
    [todo] = hass.states.async_entity_ids("todo")
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            "todo",
            "add_item",
            {"item": "private"},
            target={"entity_id": todo},
            blocking=True,
        )
    result = await read(hass, hass_client, config_entry)
    told = result["recent_errors"][0]
    assert (told["what"], told["error"]) == ("to-do list", "CannotConnect")
    assert "Connection refused" in told["message"]
    assert "private" not in str(result)


async def test_error_of_what_was_held_back(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """Nobody else is told that it could not be sent."""
    await setup_integration(hass, config_entry, throttle_minutes=5)
    for _ in range(3):
        await create_ticket(hass)
    fake_rt.fail("*", "", faults.reset_before, times=None)
    await wait(minutes=6)
    result = await read(hass, hass_client, config_entry)
    assert [one["what"] for one in result["recent_errors"]] == ["held back"]


async def test_many_errors(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """The latest are told; one that came again is a late one."""
    await setup_integration(hass, config_entry)
    for status in (501, *range(502, 530), 515):
        fake_rt.fail("GET", "/tickets", faults.html(status), times=None)
        with pytest.raises(HomeAssistantError):
            await perform(hass, "search_tickets", status="open")
        fake_rt.heal()
    result = await read(hass, hass_client, config_entry)
    told = {one["message"] or one["error"]: one for one in result["recent_errors"]}
    assert len(told) == 20
    assert list(told)[-1] == "515"
    assert told["515"]["times"] == 2
    assert "501" not in told


async def test_entry_that_is_not_loaded(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> None:
    """They can be had when they are needed most."""
    fake_rt.fail("*", "", faults.html(502), times=None)
    await setup_integration(hass, config_entry)
    result = await read(hass, hass_client, config_entry)
    assert result["state"] == "setup_retry"
    assert "502" in result["reason"]
    assert "rt_version" not in result
