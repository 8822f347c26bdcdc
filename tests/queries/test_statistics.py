"""The action get_statistics."""

from datetime import datetime, timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
import voluptuous as vol

from custom_components.ha_rt.const import CONF_OPEN_STATUSES, CONF_SEVERITY_FIELD
from tests import FACILITY, NOW, Load, ago, perform
from tests.fake_rt import FakeRT, FakeTicket, Person, faults

NO_DURATIONS = {"count": 0, "mean": None, "median": None, "max": None}

pytestmark = pytest.mark.usefixtures("stopped_clock")


class History:
    """Makes tickets whose past is known, in minutes before now."""

    def __init__(self, rt: FakeRT, alice: Person) -> None:
        """Work on a server."""
        self._rt = rt
        self._alice = alice

    def ticket(
        self,
        created: float,
        *,
        answered: float | None = None,
        resolved: float | None = None,
        priority: int = 0,
        **more: Any,
    ) -> FakeTicket:
        """Create a ticket, answer and resolve it."""
        self.at(created)
        ticket = self._rt.add_ticket(**more)
        ticket.priority = priority
        if answered is not None:
            self.at(answered)
            self._alice.reply(ticket, "On my way")
        if resolved is not None:
            self.at(resolved)
            self._alice.resolve(ticket)
        self.at(0)
        return ticket

    def at(self, minutes: float) -> datetime:
        """Set RT's clock and return its time."""
        return ago(self._rt, minutes=minutes)


@pytest.fixture
def past(fake_rt: FakeRT, alice: Person) -> History:
    """Return who makes tickets with a past."""
    return History(fake_rt, alice)


DAY = 24 * 60


async def test_figures(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, past: History, alice: Person
) -> None:
    """The figures of a small queue, which can be worked out by hand."""
    await load(sla_hours_critical=1, sla_hours_info=48)
    oldest = past.ticket(10 * DAY, priority=-5)
    past.ticket(3 * DAY, answered=2.5 * DAY, priority=99)
    past.ticket(90, answered=80.5, priority=50)
    past.ticket(70, priority=100)
    past.ticket(50, priority=100).due = NOW + timedelta(hours=1)
    past.ticket(40, priority=100)
    late = past.ticket(20)
    late.due = NOW - timedelta(seconds=1)
    past.at(20)
    alice.take(late)
    past.at(0)
    past.ticket(9 * DAY, answered=8 * DAY, resolved=5 * DAY)
    past.ticket(1000, answered=990, resolved=900)
    past.ticket(5 * DAY, resolved=60)
    past.ticket(30, queue="General", answered=10, resolved=5)

    answer = await perform(hass, "get_statistics", days=7)

    assert answer == {
        "queue": FACILITY,
        "days": 7,
        "since": (NOW - timedelta(days=7)).isoformat(),
        "open": 7,
        "by_status": {"new": 5, "open": 2},
        "by_severity": {"info": 1, "warning": 2, "critical": 3, "none": 1},
        "by_owner": {"Nobody": 6, "alice": 1},
        "overdue": 2,
        "oldest": {
            "ticket_id": oldest.id,
            "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id={oldest.id}",
            "created": oldest.created.isoformat(),
            "age_hours": 240.0,
        },
        "created": 8,
        "resolved": 3,
        # after 720, 9.5, 0 (taken at once) and 10 minutes
        "first_response_minutes": {
            "count": 4,
            "mean": 184.9,
            "median": 9.5,
            "max": 720,
        },
        # after 5760, 100 and 7140 minutes
        "resolution_minutes": {
            "count": 3,
            "mean": 4333.3,
            "median": 5760,
            "max": 7140,
        },
    }
    assert json.loads(json.dumps(answer)) == answer


async def test_empty_queue(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """Without tickets there are no figures, and RT is asked whether it shows them."""
    await load()
    answer = await perform(hass, "get_statistics")
    assert {name: answer[name] for name in ("days", "open", "created", "overdue")} == {
        "days": 30,
        "open": 0,
        "created": 0,
        "overdue": 0,
    }
    assert answer["oldest"] is None
    assert answer["by_severity"] == dict.fromkeys(
        ["info", "warning", "critical", "none"], 0
    )
    assert answer["first_response_minutes"] == NO_DURATIONS
    assert answer["resolution_minutes"] == NO_DURATIONS
    assert len(fake_rt.requests) == 2


@pytest.mark.parametrize("action", ["get_statistics", "search_tickets"])
async def test_tickets_not_shown(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, action: str
) -> None:
    """An account that sees no tickets does not take the queue for an empty one."""
    await load()
    fake_rt.add_ticket("a")
    fake_rt.rights -= {"ShowTicket"}
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, action)
    assert error.value.translation_key == "missing_right"
    assert error.value.translation_placeholders["right"] == "ShowTicket"


async def test_reopened(
    hass: HomeAssistant, load: Load, past: History, alice: Person
) -> None:
    """A ticket that was opened again is open, whatever RT keeps of its resolution."""
    await load()
    ticket = past.ticket(100, resolved=50)
    alice.set_status(ticket, "open")
    past.ticket(90, resolved=30)
    answer = await perform(hass, "get_statistics")
    assert (answer["open"], answer["resolved"]) == (1, 1)
    assert answer["resolution_minutes"]["count"] == 1


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
async def test_period(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, past: History, zone: str
) -> None:
    """The period is exact, whatever the account's time zone is."""
    await load()
    fake_rt.accounts[0].zone = zone
    for minutes in (DAY + 30, DAY + 0.1, DAY, DAY - 30):
        past.ticket(minutes)
        past.ticket(2 * DAY, resolved=minutes)
    answer = await perform(hass, "get_statistics", days=1)
    assert (answer["open"], answer["created"], answer["resolved"]) == (4, 2, 2)


async def test_open_statuses(hass: HomeAssistant, load: Load, past: History) -> None:
    """Which statuses are open, the options say."""
    await load(**{CONF_OPEN_STATUSES: ["new"]})
    past.ticket(9)
    past.ticket(9, status="stalled")
    answer = await perform(hass, "get_statistics")
    assert answer["by_status"] == {"new": 1}


async def test_other_lifecycle(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, past: History, alice: Person
) -> None:
    """The statuses may have any names."""
    fake_rt.queues[FACILITY].lifecycle = "incident"
    await load()
    past.ticket(9, status="open")
    past.ticket(9, status="in_progress")
    past.ticket(9, status="open", resolved=3)
    alice.set_status(past.ticket(9, status="open"), "false_positive")
    answer = await perform(hass, "get_statistics")
    assert answer["by_status"] == {"open": 1, "in_progress": 1}
    assert answer["resolved"] == 2


async def test_own_responses(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, past: History, alice: Person
) -> None:
    """What the service account does is no response, and only the first one counts."""
    await load()
    me = Person(fake_rt, "ha-service")
    ticket = past.ticket(60)
    past.at(50)
    me.reply(ticket, "Reported")
    me.give(ticket, "alice")
    past.at(40)
    alice.comment(ticket, "Among us")
    past.at(30)
    alice.give(ticket, "Nobody")
    past.at(20)
    alice.reply(ticket, "Done")
    other = past.ticket(10)
    me.reply(other, "Reported")
    answer = await perform(hass, "get_statistics")
    assert answer["first_response_minutes"] == {
        "count": 1,
        "mean": 30,
        "median": 30,
        "max": 30,
    }


@pytest.mark.parametrize(
    ("durations", "mean", "median"),
    [([7], 7, 7), ([1, 2], 1.5, 1.5), ([5, 1, 9], 5, 5), ([4, 4, 4, 100], 28, 4)],
)
async def test_durations(
    hass: HomeAssistant,
    load: Load,
    past: History,
    durations: list[int],
    mean: float,
    median: float,
) -> None:
    """Mean and median of several durations."""
    await load()
    for minutes in durations:
        past.ticket(200, resolved=200 - minutes)
    figures = (await perform(hass, "get_statistics"))["resolution_minutes"]
    assert figures == {
        "count": len(durations),
        "mean": mean,
        "median": median,
        "max": max(durations),
    }


async def test_requests(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, past: History, alice: Person
) -> None:
    """A hundred tickets cost two requests; without new ones among them, one."""
    await load()
    for number in range(250):
        past.ticket(DAY if number >= 200 else 60 * DAY, answered=10)
    answer = await perform(hass, "get_statistics", days=2)
    assert (answer["open"], answer["created"]) == (250, 50)
    assert answer["first_response_minutes"]["count"] == 50
    paths = [request.path.rpartition("/")[2] for request in fake_rt.requests]
    assert paths == ["tickets", "tickets", "tickets", "transactions"]
    assert "CustomFields" not in fake_rt.requests[0].query["fields"]


async def test_many_responses(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, past: History, alice: Person
) -> None:
    """The responses to a hundred tickets may fill several pages of this queue."""
    await load()
    first, other = past.ticket(100), past.ticket(100, queue="General")
    for _ in range(150):
        alice.reply(first, "Hm")
        alice.reply(other, "Hm")
    past.ticket(100, answered=50)
    answer = await perform(hass, "get_statistics")
    assert answer["first_response_minutes"]["count"] == 2
    assert len(fake_rt.sent("GET", "/transactions$")) == 2


async def test_severity_field(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, past: History
) -> None:
    """A custom field goes before the priority, and costs its values."""
    fake_rt.add_field("Level", FACILITY)
    await load(**{CONF_SEVERITY_FIELD: "Level"})
    past.ticket(9, priority=100, custom_fields={"Level": "Warning"})
    past.ticket(9, priority=100)
    answer = await perform(hass, "get_statistics")
    assert answer["by_severity"] == {"info": 0, "warning": 1, "critical": 1, "none": 0}
    assert "CustomFields" in fake_rt.requests[0].query["fields"]


async def test_failure(hass: HomeAssistant, fake_rt: FakeRT, load: Load) -> None:
    """Figures that are not whole are not told."""
    await load()
    fake_rt.add_ticket()
    fake_rt.fail("GET", "/transactions$", faults.answer(500, ""))
    with pytest.raises(HomeAssistantError) as error:
        await perform(hass, "get_statistics")
    assert error.value.translation_key == "server_error"


@pytest.mark.parametrize("days", [0, 367, "many"])
async def test_invalid_days(hass: HomeAssistant, load: Load, days: object) -> None:
    """The period is bounded."""
    await load()
    with pytest.raises(vol.Invalid):
        await perform(hass, "get_statistics", days=days)
