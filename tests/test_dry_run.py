"""An entry that writes nothing to RT, so that automations can be tried."""

from datetime import timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from tests import create_ticket, set_up_with
from tests.fake_rt import FakeRT

LEAK = "binary_sensor.leak"
REPORT = {"device_id": LEAK, "subject": "Leak", "text": "Water"}
DEVICE = {"device_id": LEAK}


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Return what is logged at info, as Home Assistant does by default."""
    caplog.set_level(logging.INFO, "custom_components.ha_rt")
    return caplog


def told(logged: pytest.LogCaptureFixture) -> list[str]:
    """Return what the dry runs logged."""
    return [
        record.getMessage().removeprefix("Dry run: ")
        for record in logged.records
        if record.levelno == logging.INFO
        and record.getMessage().startswith("Dry run: ")
    ]


@pytest.mark.parametrize(
    ("options", "status", "action", "data", "answer", "line"),
    [
        (
            {},
            None,
            "create_ticket",
            REPORT | {"attachments": ["camera.gone"]},
            {"would": "created", "ticket_id": None, "ticket_url": None},
            f"{LEAK} would be created",
        ),
        (
            {},
            None,
            "create_ticket",
            REPORT | {"event_type": "battery"},
            {"would": "created"},
            f"{LEAK}, battery would be created",
        ),
        (
            {},
            "new",
            "create_ticket",
            REPORT | {"severity": "critical"},
            {"would": "commented", "ticket_id": 1},
            f"{LEAK} would be commented (ticket 1)",
        ),
        (
            {},
            "new",
            "create_ticket",
            REPORT | {"force_create": True},
            {"would": "created", "ticket_id": None},
            f"{LEAK} would be created",
        ),
        (
            {"comment_policy": "never"},
            "new",
            "create_ticket",
            REPORT,
            {"would": "skipped", "reason": "comments_off", "ticket_id": 1},
            f"{LEAK} would be skipped (ticket 1, comments_off)",
        ),
        (
            {"minimum_severity": "critical"},
            None,
            "create_ticket",
            REPORT | {"severity": "info"},
            {"would": "skipped", "reason": "minimum_severity"},
            f"{LEAK} would be skipped (minimum_severity)",
        ),
        (
            {},
            None,
            "create_ticket",
            REPORT | {"min_occurrences": 2},
            {"would": "skipped", "reason": "min_occurrences"},
            f"{LEAK} would be skipped (min_occurrences)",
        ),
        (
            {"quiet_statuses": ["rejected"]},
            "rejected",
            "create_ticket",
            REPORT,
            {"would": "skipped", "reason": "quiet", "ticket_id": 1},
            f"{LEAK} would be skipped (ticket 1, quiet)",
        ),
        (
            {"reopen_hours": 1},
            "resolved",
            "create_ticket",
            REPORT,
            {"would": "commented", "reopened": True, "ticket_id": 1},
            f"{LEAK} would be commented (ticket 1)",
        ),
        (
            {},
            "open",
            "resolve_ticket",
            DEVICE | {"text": "Dry"},
            {"would": "resolved", "ticket_id": 1},
            f"{LEAK} would be resolved (ticket 1)",
        ),
        (
            {},
            "open",
            "resolve_ticket",
            {"ticket_id": 1, "only_if_untouched": True},
            {"would": "commented", "ticket_id": 1},
            "1 would be commented (ticket 1)",
        ),
        (
            {},
            "open",
            "add_comment",
            DEVICE | {"text": "Hello"},
            {"would": "commented", "ticket_id": 1},
            f"{LEAK} would be commented (ticket 1)",
        ),
        (
            {},
            "open",
            "add_comment",
            {"ticket_id": 1, "text": "Hello", "reply": True},
            {"would": "replied", "ticket_id": 1},
            "1 would be replied (ticket 1)",
        ),
    ],
)
async def test_nothing_is_written(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    logged: pytest.LogCaptureFixture,
    options: dict[str, Any],
    status: str | None,
    action: str,
    data: dict[str, Any],
    answer: dict[str, Any],
    line: str,
) -> None:
    """RT is only read; the answer and the log say what the real call would do."""
    if status:
        ticket = fake_rt.add_ticket(LEAK, status=status)
        ticket.owner = "alice"
    await set_up_with(hass, config_entry, dry_run=True, **options)
    response = await hass.services.async_call(
        "ha_rt", action, data, blocking=True, return_response=True
    )
    assert response == {**response, "action": "dry_run", **answer}
    assert ("reason" in response) == ("reason" in answer)
    assert told(logged) == [line]
    assert {request.method for request in fake_rt.requests} == {"GET"}


async def test_update(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    logged: pytest.LogCaptureFixture,
) -> None:
    """A change says what it would change."""
    fake_rt.add_ticket(LEAK)
    await set_up_with(hass, config_entry, dry_run=True)
    response = await hass.services.async_call(
        "ha_rt",
        "update_ticket",
        {**DEVICE, "status": "stalled", "severity": "warning"},
        blocking=True,
        return_response=True,
    )
    assert response == {
        "ticket_id": 1,
        "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id=1",
        "action": "dry_run",
        "changes": {
            "status": {"old": "new", "new": "stalled"},
            "priority": {"old": 0, "new": 50},
        },
    }
    [line] = told(logged)
    assert line.startswith("ticket 1 would be changed: ")
    assert {request.method for request in fake_rt.requests} == {"GET"}


async def test_nothing_open(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """What would do nothing says so."""
    await set_up_with(hass, config_entry, dry_run=True)
    response = await hass.services.async_call(
        "ha_rt", "resolve_ticket", DEVICE, blocking=True, return_response=True
    )
    assert response["action"] == "none"


async def test_held_back_before(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was held back before is kept, and told when the dry run has ended."""
    await set_up_with(hass, config_entry, comment_policy="throttle")
    for _ in range(3):
        await create_ticket(hass)

    async def reload(*, dry_run: bool) -> None:
        hass.config_entries.async_update_entry(
            config_entry, options={**config_entry.options, "dry_run": dry_run}
        )
        await hass.config_entries.async_reload(config_entry.entry_id)

    await reload(dry_run=True)
    assert (await create_ticket(hass))["would"] == "skipped"
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert fake_rt.tickets[1].comments == []
    await reload(dry_run=False)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    [comment] = fake_rt.tickets[1].comments
    assert "2 more reports" in comment
