"""What a noisy device leaves in RT."""

import asyncio
from datetime import timedelta
import logging
import re

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY, Wait
from tests.real_rt.common import (
    Journal,
    SetUp,
    contents,
    new_device,
    report,
    set_status,
    ticket,
    tickets_of,
    without,
)

THROTTLE = {"comment_policy": "throttle", "throttle_minutes": 30}

# What is stored is kept in memory.
pytestmark = [pytest.mark.one_server, pytest.mark.usefixtures("hass_storage")]


async def test_flapping(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """1,000 reports in a minute: a ticket and one comment, whose count is exact."""
    await set_up(**THROTTLE)
    device_id = new_device()
    journal = Journal(real_rt)
    for number in range(1000):
        answer = await report(hass, device_id, f"Report {number}")
        assert answer["action"] == ("skipped" if number else "created")
        freezer.tick(0.06)
    await wait(minutes=30)
    await wait(minutes=30)

    (ticket_id,) = tickets_of(real_rt, device_id)
    assert journal.written() == [(ticket_id, "Create"), (ticket_id, "Comment")]
    text = contents(real_rt, ticket_id)[1]
    assert re.fullmatch(
        r"Report 999\n\n999 more reports since .*\d\d:\d\d, last .*\d\d:\d\d\.", text
    )


async def test_flapping_at_once(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """The count is exact, whatever runs side by side, and across a restart."""
    entry = await set_up(**THROTTLE)
    device_id = new_device()
    await asyncio.gather(*(report(hass, device_id) for _ in range(500)))
    await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(timedelta(minutes=5))
    await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.gather(*(report(hass, device_id) for _ in range(500)))
    await wait(minutes=31)
    (ticket_id,) = tickets_of(real_rt, device_id)
    _, text = contents(real_rt, ticket_id)
    assert "\n\n999 more reports since " in text


async def test_more_severe(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """What is worse than before is not held back."""
    await set_up(user="u-full", **THROTTLE)
    device_id = new_device()
    for severity in ("info", "info", "critical", "critical", "warning"):
        await report(hass, device_id, severity, severity=severity)
    (ticket_id,) = tickets_of(real_rt, device_id)
    first, second = contents(real_rt, ticket_id)
    assert first == "info"
    assert re.fullmatch(r"critical\n\n1 more report, at .*\d\d:\d\d\.", second)


async def test_right_lost_for_a_while(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What RT does not take is told later, with one warning."""
    await set_up(**THROTTLE)
    device_id = new_device()
    for _ in range(3):
        await report(hass, device_id)
    (ticket_id,) = tickets_of(real_rt, device_id)
    with without(real_rt, "ha-service", "CommentOnTicket"):
        for _ in range(45):
            await wait(minutes=1)
        assert len(contents(real_rt, ticket_id)) == 1
    # It was tried after 30 minutes and, ever later, until the 45th.
    await wait(minutes=16)
    assert "2 more reports" in contents(real_rt, ticket_id)[1]
    warnings = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert sum("is told to RT later" in r.getMessage() for r in warnings) == 1


async def test_closed_by_a_person(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """What was held back goes into the closed ticket, or makes the next one."""
    await set_up(**THROTTLE)
    before, after = new_device(), new_device()
    for device_id in (before, after):
        await report(hass, device_id)
        await report(hass, device_id)
        set_status(real_rt, *tickets_of(real_rt, device_id), "resolved")
    freezer.tick(timedelta(seconds=30))
    assert (await report(hass, after))["action"] == "skipped"
    await wait(minutes=31)

    (ticket_id,) = tickets_of(real_rt, before)
    assert "1 more report, at" in contents(real_rt, ticket_id)[1]
    assert ticket(real_rt, ticket_id).status == "resolved"
    first, second = tickets_of(real_rt, after)
    assert len(contents(real_rt, first)) == 1
    assert "2 more reports since" in contents(real_rt, second)[0]


async def test_identical(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    wait: Wait,
) -> None:
    """A comment like the last one is held back, another one is not."""
    await set_up(throttle_minutes=10)
    device_id = new_device()
    reasons = [(await report(hass, device_id, text)).get("reason") for text in "AABAA"]
    assert reasons == [None, "identical", None, None, "identical"]
    await wait(minutes=11)
    (ticket_id,) = tickets_of(real_rt, device_id)
    lines = [text.partition("\n")[0] for text in contents(real_rt, ticket_id)]
    assert lines == ["A", "B", "A", "A"]


async def test_never(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """Without comments there are only tickets."""
    await set_up(comment_policy="never")
    device_id = new_device()
    for _ in range(3):
        answer = await report(hass, device_id)
    assert answer["reason"] == "comments_off"
    (ticket_id,) = tickets_of(real_rt, device_id)
    assert contents(real_rt, ticket_id) == ["It drips."]


async def test_occurrences(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The third report makes the ticket, and again after that was resolved."""
    entry = await set_up()
    device_id = new_device()
    actions = []
    for number in range(7):
        answer = await report(hass, device_id, min_occurrences=3, within="00:10:00")
        actions.append(answer["action"])
        if number == 1:
            await hass.config_entries.async_reload(entry.entry_id)
        if number == 3:
            set_status(real_rt, answer["ticket_id"], "resolved")
    assert actions == [
        *("skipped", "skipped", "created", "commented"),
        *("skipped", "skipped", "created"),
    ]
    assert len(tickets_of(real_rt, device_id)) == 2


async def test_minimum_severity(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """What is not severe enough leaves nothing in RT."""
    await set_up(queue=FACILITY, minimum_severity="warning")
    journal = Journal(real_rt)
    answer = await report(hass, new_device(), severity="info")
    assert (answer["action"], answer["reason"]) == ("skipped", "minimum_severity")
    assert journal.written() == []
