"""What a new report does to a ticket that was closed."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    INCIDENTS,
    SetUp,
    change_by_hand,
    contents,
    new_device,
    report,
    set_status,
    ticket,
    tickets_of,
)

REOPEN = {"reopen_hours": 2}
QUIET = {"quiet_statuses": ["rejected", "false_positive"], "quiet_hours": 3}


@pytest.mark.parametrize(
    ("queue", "options", "status", "hours", "becomes"),
    [
        (FACILITY, {}, "resolved", 0, "new"),
        (FACILITY, REOPEN, "resolved", 1, "open"),
        (FACILITY, REOPEN, "rejected", 1, "open"),
        (FACILITY, REOPEN, "resolved", 2.1, "new"),
        (FACILITY, REOPEN | {"reopen_status": "stalled"}, "resolved", 1, "stalled"),
        (FACILITY, REOPEN | {"reopen_status": "assigned"}, "resolved", 1, "new"),
        (FACILITY, QUIET, "rejected", 2, "quiet"),
        (FACILITY, QUIET, "rejected", 3.1, "new"),
        (FACILITY, QUIET, "resolved", 1, "new"),
        (FACILITY, REOPEN | QUIET, "resolved", 1, "open"),
        (FACILITY, REOPEN | QUIET, "rejected", 1, "quiet"),
        (INCIDENTS, REOPEN, "closed", 1, "open"),
        (INCIDENTS, REOPEN | {"reopen_status": "assigned"}, "closed", 1, "assigned"),
        (INCIDENTS, REOPEN, "false_positive", 1, "open"),
        # The lifecycle does not allow it.
        (INCIDENTS, REOPEN | {"reopen_status": "closed"}, "false_positive", 1, "new"),
        (INCIDENTS, REOPEN | {"reopen_status": "stalled"}, "closed", 1, "new"),
        (INCIDENTS, QUIET, "false_positive", 1, "quiet"),
        (INCIDENTS, REOPEN | QUIET, "closed", 1, "open"),
    ],
)
async def test_table(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    freezer: FrozenDateTimeFactory,
    queue: str,
    options: dict[str, Any],
    status: str,
    hours: float,
    becomes: str,
) -> None:
    """The options and the ticket's end decide."""
    await set_up(user="root", queue=queue, **options)
    device_id = new_device()
    ticket_id = (await report(hass, device_id))["ticket_id"]
    set_status(real_rt, ticket_id, status)
    freezer.tick(timedelta(hours=hours))
    answer = await report(hass, device_id, "Again")
    now = ticket(real_rt, ticket_id).status
    texts = contents(real_rt, ticket_id)
    if becomes == "new":
        assert answer["action"] == "created"
        assert tickets_of(real_rt, device_id) == [ticket_id, answer["ticket_id"]]
        assert (now, texts) == (status, ["It drips."])
    elif becomes == "quiet":
        assert (answer["action"], answer["reason"]) == ("skipped", "quiet")
        assert answer["ticket_id"] == ticket_id
        assert tickets_of(real_rt, device_id) == [ticket_id]
        assert (now, texts) == (status, ["It drips."])
    else:
        assert (answer["action"], answer["reopened"]) == ("commented", True)
        assert answer["ticket_id"] == ticket_id
        assert tickets_of(real_rt, device_id) == [ticket_id]
        assert (now, texts) == (becomes, ["It drips.", "Again"])
        assert "reopened" not in await report(hass, device_id)


async def test_no_right_to_reopen(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without ModifyTicket there is a new ticket, and RT's words in the log."""
    await set_up(user="ha-service", **REOPEN)
    device_id = new_device()
    ticket_id = (await report(hass, device_id))["ticket_id"]
    set_status(real_rt, ticket_id, "resolved")
    assert (await report(hass, device_id))["action"] == "created"
    assert f"RT did not reopen ticket {ticket_id}: " in caplog.text
    assert "Permission Denied" in caplog.text


@pytest.mark.parametrize(
    ("options", "status", "action"),
    [
        (REOPEN, "resolved", "commented"),
        (QUIET, "rejected", "skipped"),
        ({}, "resolved", "created"),
    ],
)
async def test_moved_and_closed(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    options: dict[str, Any],
    status: str,
    action: str,
) -> None:
    """A ticket that was moved and then closed is still the device's."""
    await set_up(user="root", **options)
    device_id = new_device()
    ticket_id = (await report(hass, device_id))["ticket_id"]
    change_by_hand(real_rt, ticket_id, Queue="General")
    assert ticket(real_rt, ticket_id).queue == "General"
    set_status(real_rt, ticket_id, status)
    answer = await report(hass, device_id)
    assert answer["action"] == action
    assert (answer["ticket_id"] == ticket_id) is (action != "created")
