"""Which statuses close a ticket, and how they are spelled."""

import pytest

from tests import FACILITY
from tests.fake_rt import FakeRT, FakeTicket, Person
from tests.watch import Watcher


@pytest.fixture
async def incident(fake_rt: FakeRT, watcher: Watcher, alice: Person) -> FakeTicket:
    """Return an open ticket of a lifecycle that is not RT's own; others are closed.

    An entry follows the queue that has seen none of these.
    """
    fake_rt.queues[FACILITY].lifecycle = "incident"
    for status in ("closed", "false_positive"):
        alice.create(status=status)
    ticket = alice.create(status="in_progress")
    await watcher.set_up()
    return ticket


@pytest.mark.parametrize(
    ("statuses", "announced"),
    [
        (["closed", "false_positive"], ["resolved", "status_changed"]),
        (["false_positive", "in_progress"], ["resolved", "status_changed"]),
    ],
)
async def test_closed_for_a_moment(
    watcher: Watcher,
    incident: FakeTicket,
    alice: Person,
    statuses: list[str],
    announced: list[str],
) -> None:
    """What a status means is asked of RT, if no ticket was seen with it."""
    for status in statuses:
        alice.set_status(incident, status)
    await watcher.poll()
    assert [one["event_type"] for one in watcher.heard] == announced


async def test_asked_once(
    fake_rt: FakeRT, watcher: Watcher, incident: FakeTicket, alice: Person
) -> None:
    """RT is asked for a status once, also if no ticket has it."""
    for count in (3, 1):
        alice.set_status(incident, "open")
        alice.set_status(incident, "in_progress")
        await watcher.poll()
        assert len(fake_rt.sent("GET", "/tickets$")) == count


async def test_not_asked(fake_rt: FakeRT, watcher: Watcher, alice: Person) -> None:
    """RT is not asked what the options tell."""
    await watcher.set_up(open_statuses=["new", "open"])
    ticket = alice.create()
    alice.set_status(ticket, "stalled")
    alice.set_status(ticket, "open")
    await watcher.poll()
    assert [one["event_type"] for one in watcher.heard[1:]] == [
        "resolved",
        "status_changed",
    ]
    assert len(fake_rt.sent("GET", "/tickets$")) == 1


async def test_spelling(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """Statuses are told as RT spells them in tickets, and not as in their history."""
    ticket = alice.create()
    for status, old, new in (
        ("In Progress", "new", "in progress"),
        ("Waiting", "in progress", "waiting"),
    ):
        ticket.status = status
        fake_rt.record(ticket, "Status", "alice", field="Status", old=old, new=new)
        await watching.poll()
    [event] = watching.heard
    assert event["status"] == event["new_value"] == "Waiting"
    assert event["old_value"] == "In Progress"


async def test_spelling_of_others(watcher: Watcher, alice: Person) -> None:
    """So is a status that only tickets have which were closed long ago."""
    other, ticket = alice.create(status="rejected"), alice.create()
    other.status = "Rejected"
    await watcher.set_up()
    alice.set_status(ticket, "rejected")
    alice.set_status(ticket, "open")
    await watcher.poll()
    as_rt_writes = [(one["old_value"], one["new_value"]) for one in watcher.heard]
    assert as_rt_writes == [("new", "Rejected"), ("Rejected", "open")]


async def test_letters_of_an_open_status(watcher: Watcher, alice: Person) -> None:
    """RT is asked for a status of the options as it is written there."""
    alice.create(status="außer Haus")
    await watcher.set_up(open_statuses=["new", "Außer Haus"])
    assert watcher.sensor("Open tickets") == "1"
