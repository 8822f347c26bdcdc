"""How much of what a device reports becomes a comment."""

import asyncio

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import Wait, create_ticket, setup_integration
from tests.fake_rt import FakeRT

THROTTLE = {"comment_policy": "throttle"}

pytestmark = pytest.mark.usefixtures("noon")


async def test_flapping(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """A sensor that flaps for a minute makes a ticket and one comment."""
    await setup_integration(hass, config_entry, **THROTTLE)
    fake_rt.requests.clear()
    answers = []
    for number in range(1000):
        answers.append(await create_ticket(hass, text=f"Report {number}"))
        freezer.tick(0.06)
    assert answers[0]["action"] == "created"
    assert (
        answers[1:]
        == [{**answers[0], "action": "skipped", "reason": "throttled"}] * 999
    )
    assert len(fake_rt.requests) == 4

    await wait(minutes=30)
    assert fake_rt.tickets[1].comments == [
        "Report 999\n\n999 more reports since 12:00, last 12:00."
    ]
    assert len(fake_rt.tickets) == 1
    await wait(minutes=30)
    assert len(fake_rt.tickets[1].comments) == 1


async def test_flapping_at_once(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """The count is exact, whatever runs side by side."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await asyncio.gather(*(create_ticket(hass) for _ in range(1000)))
    await wait(minutes=30, seconds=1)
    assert len(fake_rt.tickets) == 1
    [comment] = fake_rt.tickets[1].comments
    assert comment.endswith("\n\n999 more reports since 12:00, last 12:00.")


async def test_cost_of_a_throttled_repeat(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """It costs one request each minute at the most."""
    await setup_integration(hass, config_entry, **THROTTLE)
    costs = []
    for seconds in (0, 30, 30, 30, 30):
        await wait(seconds=seconds)
        fake_rt.requests.clear()
        await create_ticket(hass)
        costs.append(len(fake_rt.requests))
    assert costs == [4, 0, 1, 0, 1]


async def test_severity_that_a_person_lowered(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """A repeat that is not worse does not raise it again."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass, severity="critical")
    fake_rt.person("alice").set_priority(fake_rt.tickets[1], 10)
    await wait(minutes=2)
    fake_rt.requests.clear()
    await create_ticket(hass, severity="critical")
    assert len(fake_rt.requests) == 1
    assert fake_rt.tickets[1].priority == 10


async def test_next_window(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """Each window has one comment, and its count starts anew."""
    await setup_integration(
        hass, config_entry, comment_policy="throttle", throttle_minutes=5
    )
    await create_ticket(hass)
    for minute in range(12):
        await wait(minutes=1)
        await create_ticket(hass, text=f"Report {minute}")
    assert fake_rt.tickets[1].comments == [
        "Report 3\n\n4 more reports since 12:01, last 12:04.",
        "Report 8\n\n5 more reports since 12:05, last 12:09.",
    ]


async def test_clocks_put_back(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """A time that there is twice in that night tells which of the two it is."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-10-24T23:50:00+00:00")
    await setup_integration(
        hass, config_entry, comment_policy="throttle", throttle_minutes=60
    )
    await create_ticket(hass)
    for minutes in (5, 35, 40, 60):
        await wait(minutes=minutes)
        await create_ticket(hass)
    await wait(minutes=60)
    assert [one.rpartition("\n\n")[2] for one in fake_rt.tickets[1].comments] == [
        "2 more reports since 01:55, last 02:30 CEST.",
        "1 more report, at 02:10 CET.",
        "1 more report, at 03:10.",
    ]


async def test_single_report(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """One report that was held back is told as such, with its time."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    await wait(minutes=3)
    await create_ticket(hass, text=" ", subject="Still leaking")
    await wait(days=1)
    assert fake_rt.tickets[1].comments == [
        "Still leaking\n\n1 more report, at 2026-11-21 12:03."
    ]


async def test_comment_when_the_window_is_over(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """What comes later is a comment at once."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    await wait(minutes=30)
    assert (await create_ticket(hass, text="More"))["action"] == "commented"
    assert fake_rt.tickets[1].comments == ["More"]


@pytest.mark.parametrize(
    ("first", "second", "passes"),
    [
        (None, None, False),
        ("info", None, False),
        ("info", "info", False),
        ("critical", "warning", False),
        (None, "info", True),
        ("info", "warning", True),
        ("warning", "critical", True),
    ],
)
async def test_more_severe(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    first: str | None,
    second: str | None,
    passes: bool,
) -> None:
    """A report that is worse than all before is a comment at once, with the count."""
    await setup_integration(hass, config_entry, **THROTTLE)
    severities = [{"severity": s} if s else {} for s in (first, second)]
    await create_ticket(hass, **severities[0])
    await create_ticket(hass, **severities[0])
    await wait(minutes=1)
    answer = await create_ticket(hass, text="Worse", **severities[1])
    told = ["Worse\n\n1 more report, at 12:00."] if passes else []
    assert answer["action"] == ("commented" if passes else "skipped")
    assert fake_rt.tickets[1].comments == told
    # The worst counts, not the last.
    again = await create_ticket(hass, **severities[0])
    assert again["reason"] == "throttled"


async def test_throttled_per_key(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """A noisy device keeps no other one quiet, nor another event of its own."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    for key in ({"device_id": "pump"}, {"event_type": "battery"}):
        assert (await create_ticket(hass, **key))["action"] == "created"
        assert (await create_ticket(hass, **key))["action"] == "skipped"
    await wait(minutes=31)
    assert [len(t.comments) for t in fake_rt.tickets.values()] == [0, 1, 1]


async def test_ticket_beside_the_open_one(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """A ticket that is forced does not take the place of the open one."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    await create_ticket(hass)
    assert (await create_ticket(hass, force_create=True))["ticket_id"] == 2
    assert (await create_ticket(hass))["ticket_id"] == 1
    await wait(minutes=31)
    [comment] = fake_rt.tickets[1].comments
    assert "2 more reports" in comment
    assert fake_rt.tickets[2].comments == []


@pytest.mark.parametrize("minutes_until_report", [0, 5])
async def test_new_ticket_tells_what_was_held_back(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    minutes_until_report: int,
) -> None:
    """Nothing is lost when a person closed the ticket in between."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    await create_ticket(hass)
    fake_rt.person("alice").resolve(fake_rt.tickets[1])
    await wait(seconds=1)
    await create_ticket(hass, text="Not seen to be closed")
    await wait(minutes=minutes_until_report)
    if minutes_until_report:
        answer = await create_ticket(hass, text="Leaks again", severity="info")
        assert (answer["action"], answer["ticket_id"]) == ("created", 2)
    else:
        await wait(minutes=30)
    text = "Leaks again" if minutes_until_report else "Not seen to be closed"
    assert fake_rt.tickets[2].content == (
        f"{text}\n\n2 more reports since 12:00, last 12:00."
    )
    await wait(minutes=30)
    assert [t.comments for t in fake_rt.tickets.values()] == [[], []]


async def test_closed_after_the_last_report(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """A ticket that was closed after all reports is told, and stays closed."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    await create_ticket(hass)
    await wait(minutes=5)
    fake_rt.person("alice").resolve(fake_rt.tickets[1])
    await wait(minutes=30)
    [ticket] = fake_rt.tickets.values()
    assert ticket.status == "resolved"
    assert ticket.comments == ["Water under the sink\n\n1 more report, at 12:00."]
    # The window is over for the next ticket.
    assert (await create_ticket(hass))["action"] == "created"


async def test_closed_and_reported_again(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """What was held back after a ticket was closed reopens it, if the options do."""
    await setup_integration(hass, config_entry, **THROTTLE, reopen_hours=1)
    await create_ticket(hass)
    fake_rt.person("alice").resolve(fake_rt.tickets[1])
    await wait(seconds=10)
    await create_ticket(hass, text="Again")
    await wait(minutes=30)
    [ticket] = fake_rt.tickets.values()
    assert ticket.status == "open"
    assert ticket.comments == ["Again\n\n1 more report, at 12:00."]


async def test_closed_for_good_and_reported_again(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """After a ticket that silences its device, nothing comes of it."""
    await setup_integration(hass, config_entry, **THROTTLE, quiet_statuses=["rejected"])
    await create_ticket(hass)
    fake_rt.person("alice").set_status(fake_rt.tickets[1], "rejected")
    await wait(seconds=10)
    await create_ticket(hass)
    await wait(minutes=31)
    await wait(days=2)
    [ticket] = fake_rt.tickets.values()
    assert ticket.comments == []
    assert (await create_ticket(hass))["action"] == "created"
    assert "more report" not in fake_rt.tickets[2].content


async def test_severity_of_a_closed_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """What passes is measured by what was said in the new ticket."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass, severity="critical")
    fake_rt.person("alice").resolve(fake_rt.tickets[1])
    await wait(minutes=2)
    await create_ticket(hass, severity="info")
    answer = await create_ticket(hass, severity="warning")
    assert (answer["action"], answer["ticket_id"]) == ("commented", 2)


async def test_resolved_by_home_assistant(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """The recovery tells what was held back, and the next problem has its ticket."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    await create_ticket(hass)
    await hass.services.async_call(
        "ha_rt",
        "resolve_ticket",
        {"device_id": "binary_sensor.leak", "text": "Dry"},
        blocking=True,
    )
    assert fake_rt.tickets[1].comments == ["Dry\n\n1 more report, at 12:00."]
    assert (await create_ticket(hass))["ticket_id"] == 2
    await wait(minutes=31)
    assert [len(t.comments) for t in fake_rt.tickets.values()] == [1, 0]


async def test_status_changed_by_home_assistant(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A ticket that an action has just closed does not hold the next report back."""
    await setup_integration(hass, config_entry, **THROTTLE)
    await create_ticket(hass)
    await create_ticket(hass, device_id="pump")
    await hass.services.async_call(
        "ha_rt", "update_ticket", {"ticket_id": 1, "status": "resolved"}, blocking=True
    )
    assert (await create_ticket(hass))["action"] == "created"
    fake_rt.requests.clear()
    assert (await create_ticket(hass, device_id="pump"))["action"] == "skipped"
    assert fake_rt.requests == []
