"""An entry that writes nothing to RT, so that automations can be tried."""

import logging
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import (
    DEVICE,
    Wait,
    change_options,
    create_ticket,
    perform,
    setup_integration,
)
from tests.fake_rt import FakeRT

REPORT = {"device_id": DEVICE, "subject": "Leak", "text": "Water"}


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
            f"for {DEVICE}, a ticket would be created: Leak",
        ),
        (
            {},
            None,
            "create_ticket",
            REPORT | {"event_type": "battery"},
            {"would": "created"},
            f"for {DEVICE}, battery, a ticket would be created: Leak",
        ),
        (
            {},
            "new",
            "create_ticket",
            REPORT | {"severity": "critical"},
            {"would": "commented", "ticket_id": 1},
            f"for {DEVICE}, a ticket would be commented (ticket 1): Leak",
        ),
        (
            {},
            "new",
            "create_ticket",
            REPORT | {"force_create": True},
            {"would": "created", "ticket_id": None},
            f"for {DEVICE}, a ticket would be created: Leak",
        ),
        (
            {"comment_policy": "never"},
            "new",
            "create_ticket",
            REPORT,
            {"would": "skipped", "reason": "comments_off", "ticket_id": 1},
            f"for {DEVICE}, a report would be skipped (ticket 1, comments_off)",
        ),
        (
            {"minimum_severity": "critical"},
            None,
            "create_ticket",
            REPORT | {"severity": "info"},
            {"would": "skipped", "reason": "minimum_severity"},
            f"for {DEVICE}, a report would be skipped (minimum_severity)",
        ),
        (
            {},
            None,
            "create_ticket",
            REPORT | {"min_occurrences": 2},
            {"would": "skipped", "reason": "min_occurrences"},
            f"for {DEVICE}, a report would be skipped (min_occurrences)",
        ),
        (
            {"quiet_statuses": ["rejected"]},
            "rejected",
            "create_ticket",
            REPORT,
            {"would": "skipped", "reason": "quiet", "ticket_id": 1},
            f"for {DEVICE}, a report would be skipped (ticket 1, quiet)",
        ),
        (
            {"reopen_hours": 1},
            "resolved",
            "create_ticket",
            REPORT,
            {"would": "commented", "reopened": True, "ticket_id": 1},
            f"for {DEVICE}, a ticket would be commented (ticket 1): Leak",
        ),
        (
            {},
            "open",
            "resolve_ticket",
            {"device_id": DEVICE, "text": "Dry"},
            {"would": "resolved", "ticket_id": 1},
            f"for {DEVICE}, a ticket would be resolved (ticket 1)",
        ),
        (
            {},
            "open",
            "resolve_ticket",
            {"ticket_id": 1, "only_if_untouched": True},
            {"would": "commented", "ticket_id": 1},
            "for ticket 1, a ticket would be commented (ticket 1)",
        ),
        (
            {},
            "open",
            "add_comment",
            {"device_id": DEVICE, "text": "Hello"},
            {"would": "commented", "ticket_id": 1},
            f"for {DEVICE}, a ticket would be commented (ticket 1)",
        ),
        (
            {},
            "open",
            "add_comment",
            {"ticket_id": 1, "text": "Hello", "reply": True},
            {"would": "replied", "ticket_id": 1},
            "for ticket 1, a ticket would be replied (ticket 1)",
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
        ticket = fake_rt.add_ticket(DEVICE, status=status)
        ticket.owner = "alice"
    await setup_integration(hass, config_entry, dry_run=True, **options)
    response = await perform(hass, action, **data)
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
    fake_rt.add_ticket(DEVICE)
    await setup_integration(hass, config_entry, dry_run=True)
    response = await perform(
        hass, "update_ticket", device_id=DEVICE, status="stalled", severity="warning"
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
    await setup_integration(hass, config_entry, dry_run=True)
    response = await perform(hass, "resolve_ticket", device_id=DEVICE)
    assert response["action"] == "none"


async def test_held_back_before(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """What was held back before is kept, and told when the dry run has ended."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    for _ in range(3):
        await create_ticket(hass)
    await change_options(hass, config_entry, dry_run=True)
    assert (await create_ticket(hass))["would"] == "skipped"
    await wait(hours=1)
    assert fake_rt.tickets[1].comments == []
    await change_options(hass, config_entry, dry_run=False)
    await wait()
    [comment] = fake_rt.tickets[1].comments
    assert "2 more reports" in comment
