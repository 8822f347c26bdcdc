"""A dry run leaves no trace in RT."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from scripts.live.rt import RTServer
from tests import perform
from tests.real_rt.common import (
    Journal,
    SetUp,
    create_by_hand,
    new_device,
    set_status,
    tickets_of,
)

pytestmark = pytest.mark.one_server

REPORT = {"subject": "Leak", "text": "Water"}


@pytest.mark.parametrize(
    ("status", "action", "data", "would"),
    [
        (None, "create_ticket", REPORT, "created"),
        ("new", "create_ticket", REPORT | {"severity": "critical"}, "commented"),
        ("new", "create_ticket", REPORT | {"force_create": True}, "created"),
        ("resolved", "create_ticket", REPORT, "commented"),
        ("rejected", "create_ticket", REPORT, "skipped"),
        ("open", "resolve_ticket", {"text": "Dry"}, "resolved"),
        ("open", "add_comment", {"text": "Hello"}, "commented"),
        ("open", "add_comment", {"text": "Hello", "reply": True}, "replied"),
        ("open", "update_ticket", {"status": "stalled", "priority": 7}, None),
    ],
)
async def test_no_trace(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    status: str | None,
    action: str,
    data: dict[str, Any],
    would: str | None,
) -> None:
    """RT's journal stays as it was, and the answer says what would be in it."""
    device_id = new_device()
    if status:
        ticket_id = create_by_hand(real_rt, device_id)
        set_status(real_rt, ticket_id, status)
    known = tickets_of(real_rt, device_id)
    await set_up(user="root", dry_run=True, reopen_hours=1, quiet_statuses=["rejected"])
    journal = Journal(real_rt)
    answer = await perform(hass, action, device_id=device_id, **data)
    assert answer["action"] == "dry_run"
    assert answer.get("would") == would
    if action == "update_ticket":
        assert answer["changes"] == {
            "status": {"old": "open", "new": "stalled"},
            "priority": {"old": 0, "new": 7},
        }
    assert journal.written() == []
    assert tickets_of(real_rt, device_id) == known
