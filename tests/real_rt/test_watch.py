"""What happens in a queue of RT reaches the entities."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import http.client
import logging
import re
from urllib.parse import urlsplit

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from scripts.live.rt import RTServer
from tests import FACILITY, perform, restart
from tests.real_rt.common import (
    INCIDENTS,
    SetUp,
    by_hand,
    change_by_hand,
    create_by_hand,
    new_device,
    report,
    say_by_hand,
    set_status,
)
from tests.watch import Heard

USER = "u-full"
# Let what happened to a ticket have happened some hours earlier.
AGE = """
my ($ticket, $type, $hours) = @ARGV;
my $date = RT::Date->new($system);
$date->Set(Format => 'unix', Value => time - $hours * 3600);
$RT::Handle->SimpleQuery(
    "UPDATE Transactions SET Created = ? WHERE ObjectId = ? AND Type = ? AND ObjectType = 'RT::Ticket'",
    $date->ISO, $ticket, $type,
);
"""

type Poll = Callable[[], Awaitable[list[str]]]


@pytest.fixture
async def entry(hass: HomeAssistant, set_up: SetUp) -> MockConfigEntry:
    """Return an entry that follows its queue."""
    entry = await set_up(USER)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=False)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


@pytest.fixture
def heard(hass: HomeAssistant) -> Heard:
    """Return what is announced."""
    return Heard(hass)


@pytest.fixture
def poll(hass: HomeAssistant, entry: MockConfigEntry, heard: Heard) -> Poll:
    """Return a function that lets a poll happen and returns what it announces."""

    async def pass_a_minute() -> list[str]:
        heard.clear()
        async_fire_time_changed(hass, utcnow() + timedelta(seconds=61))
        await hass.async_block_till_done(wait_background_tasks=True)
        return heard.in_short

    return pass_a_minute


def open_tickets(hass: HomeAssistant) -> int:
    """Return how many tickets are open, as the sensor has it."""
    return int(hass.states.get("sensor.facility_management_open_tickets").state)


def rename(rt: RTServer, user: str, name: str) -> None:
    """Give a user another login."""
    path = f"/REST/2.0/user/{rt.users[user]}"
    answer, text = by_hand(rt, "PUT", path, {"Name": name})
    assert answer.status == http.HTTPStatus.OK, text
    assert rt.database.rows("SELECT id FROM Users WHERE Name = ?", name), text


def take_in_web_ui(rt: RTServer, ticket_id: int, user: str) -> None:
    """Take a ticket with a click in RT's web UI."""
    connection = http.client.HTTPConnection(urlsplit(rt.url).netloc, timeout=60)
    connection.request(
        "GET",
        f"/Ticket/Display.html?id={ticket_id}&Action=Take",
        headers={"Authorization": f"token {rt.tokens[user]}", "Referer": f"{rt.url}/"},
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status < http.HTTPStatus.BAD_REQUEST


async def test_what_people_do(
    hass: HomeAssistant, real_rt: RTServer, poll: Poll, heard: Heard
) -> None:
    """Each thing is announced once, with who did it, in order."""
    before = open_tickets(hass)
    device = new_device()
    number = (await report(hass, device, "It drips."))["ticket_id"]
    assert await poll() == [f"created {number} by {USER}"]
    assert heard[0]["by_home_assistant"] is True
    assert heard[0]["device_id"] == device
    assert open_tickets(hass) == before + 1

    say_by_hand(real_rt, number, "comment", "alice")
    say_by_hand(real_rt, number, "correspond", "alice")
    take_in_web_ui(real_rt, number, "alice")
    change_by_hand(real_rt, number, "alice", Subject="Big leak")
    set_status(real_rt, number, "stalled")
    change_by_hand(real_rt, number, "alice", Owner="Nobody")
    set_status(real_rt, number, "rejected")
    assert await poll() == [
        f"commented {number} by alice",
        f"replied {number} by alice",
        f"status_changed {number} by RT_System",
        f"owner_changed {number} by alice",
        f"status_changed {number} by root",
        f"owner_changed {number} by alice",
        f"resolved {number} by root",
    ]
    owners = [
        (one["old_value"], one["new_value"])
        for one in heard
        if "owner" in one["event_type"]
    ]
    assert owners == [(None, "alice"), ("alice", None)]
    assert {one["by_home_assistant"] for one in heard} == {False}
    assert {one["subject"] for one in heard} == {"Big leak"}
    assert heard[-1]["new_value"] == "rejected"
    assert open_tickets(hass) == before
    assert await poll() == []


async def test_renamed_account(
    hass: HomeAssistant, real_rt: RTServer, poll: Poll, heard: Heard
) -> None:
    """What the account does and owns stays its own; its old name is somebody else's."""
    names = {USER: "robot", "alice": USER}
    real_rt.grant(USER, FACILITY, "OwnTicket")
    try:
        for user, name in names.items():
            rename(real_rt, user, name)
        device = new_device()
        number = (await report(hass, device, "It drips."))["ticket_id"]
        say_by_hand(real_rt, number, "comment", "alice")
        assert await poll() == [
            f"created {number} by robot",
            f"commented {number} by {USER}",
        ]
        assert [one["by_home_assistant"] for one in heard] == [True, False]

        for owner, action in ((USER, "commented"), ("robot", "resolved")):
            ticket = (await report(hass, new_device()))["ticket_id"]
            change_by_hand(real_rt, ticket, Owner=owner)
            answer = await perform(
                hass, "resolve_ticket", ticket_id=ticket, only_if_untouched=True
            )
            assert answer["action"] == action
    finally:
        for user in reversed(names):
            rename(real_rt, user, user)
        real_rt.revoke(USER, FACILITY, "OwnTicket")


async def test_requests(
    hass: HomeAssistant, real_rt: RTServer, poll: Poll, caplog: pytest.LogCaptureFixture
) -> None:
    """A poll is one request, or a few more if something happened."""
    caplog.set_level(logging.DEBUG, "custom_components.ha_rt.rt.http")

    def requests() -> list[str]:
        found = re.findall(r"GET /REST/2.0/(\w+)\S*: 200 after", caplog.text)
        caplog.clear()
        return found

    await poll()
    requests()
    await poll()
    assert requests() == ["transactions"]
    number = create_by_hand(real_rt, new_device())
    say_by_hand(real_rt, number, "comment", "alice")
    assert len(await poll()) == 2
    assert requests() == ["transactions", "tickets"]


async def test_restart(
    hass: HomeAssistant,
    real_rt: RTServer,
    entry: MockConfigEntry,
    poll: Poll,
    heard: Heard,
) -> None:
    """What happened while Home Assistant was down is announced, if it is not too old."""
    number = create_by_hand(real_rt, new_device())
    await poll()
    await hass.config_entries.async_unload(entry.entry_id)
    say_by_hand(real_rt, number, "comment", "alice")
    say_by_hand(real_rt, number, "correspond", "alice")
    real_rt.perl(AGE, number, "Comment", 25)
    heard.clear()
    await restart(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert heard.in_short == [
        f"replied {number} by alice",
        f"status_changed {number} by RT_System",
    ]
    assert await poll() == []


async def test_merged_and_moved(
    hass: HomeAssistant, real_rt: RTServer, poll: Poll
) -> None:
    """Tickets leave and come; what happened to them elsewhere is not announced."""
    one, two, three = [create_by_hand(real_rt, new_device()) for _ in range(3)]
    elsewhere = create_by_hand(real_rt, new_device(), INCIDENTS)
    await poll()
    before = open_tickets(hass)
    change_by_hand(real_rt, two, MergeInto=one)
    change_by_hand(real_rt, three, Queue=INCIDENTS)
    assert await poll() == []
    assert open_tickets(hass) == before - 2
    say_by_hand(real_rt, elsewhere, "comment", "root")
    change_by_hand(real_rt, elsewhere, Queue=FACILITY)
    say_by_hand(real_rt, elsewhere, "comment", "alice")
    assert await poll() == [
        f"status_changed {elsewhere} by RT_System",
        f"commented {elsewhere} by alice",
    ]
    assert open_tickets(hass) == before - 1
