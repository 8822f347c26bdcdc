"""What RT gets when it can be reached again."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import DEVICE, FACILITY, Load, Wait, create_ticket
from tests.fake_rt import ALL_RIGHTS, FakeRT, FakeTicket, Person, faults

from . import LATE, QUEUED, come_back
from .disk import Disk

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
async def ticket(fake_rt: FakeRT, hass: HomeAssistant, load: Load) -> FakeTicket:
    """Return a ticket of the device that was made in time; RT has gone away since."""
    await load(keep_reports=True)
    return await then_gone(hass, fake_rt)


async def then_gone(hass: HomeAssistant, fake_rt: FakeRT, **data: Any) -> FakeTicket:
    """Report in time, let RT go away, and return the ticket."""
    answer = await create_ticket(hass, **data)
    await fake_rt.stop()
    fake_rt.requests.clear()
    return fake_rt.tickets[answer["ticket_id"]]


async def test_one_ticket_and_one_comment(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
) -> None:
    """The first report makes a ticket; a comment tells the others, and when they came."""
    assert await create_ticket(hass, subject="Leak at 5 l/h", text="A drop.") == QUEUED
    for text in ("More.", "Much more.", "More."):
        await wait(minutes=1)
        assert await create_ticket(hass, text=text) == QUEUED
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert ticket.subject == "Leak at 5 l/h"
    assert ticket.content == f"A drop.\n\n{LATE}"
    assert ticket.comments == ["12:01 to 12:03, 2 times:\nMore.\n\n12:02:\nMuch more."]
    assert b"More" not in disk.read()
    assert len(fake_rt.writes) == 2
    # Nothing is different afterwards.
    answer = await create_ticket(hass, text="Again.")
    assert (answer["action"], answer["ticket_id"]) == ("commented", ticket.id)


async def test_comment_on_an_open_ticket(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """A key whose ticket is open gets no other one."""
    await create_ticket(hass, text="Still.")
    await create_ticket(hass, text="Worse.")
    await come_back(fake_rt, wait)
    assert list(fake_rt.tickets) == [ticket.id]
    assert ticket.comments == [f"Still.\n\n{LATE}", "12:00:\nWorse."]


async def test_all_that_a_report_says(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    load: Load,
    wait: Wait,
) -> None:
    """It is as if RT had got it at once."""
    fake_rt.add_field("Room", FACILITY)
    fake_rt.add_field("Tags", FACILITY, multiple=True)
    fake_rt.add_account("boss", {*ALL_RIGHTS, "OwnTicket"})
    await load(keep_reports=True)
    await fake_rt.stop()
    answer = await create_ticket(
        hass,
        event_type="leak",
        text="<b>Water</b>",
        content_type="html",
        severity="critical",
        custom_fields={"Room": "Cellar", "Tags": ["wet", "cold"]},
        requestor="janitor@example.com",
        cc=["a@example.com", "b@example.com"],
        owner="boss",
        refers_to="https://example.com/plan",
    )
    assert answer == QUEUED
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content == f"<b>Water</b>\n<p>{LATE}</p>"
    assert ticket.content_type == "text/html"
    assert ticket.custom_fields == {
        "DeviceId": DEVICE,
        "EventType": "leak",
        "Room": "Cellar",
        "Tags": ["wet", "cold"],
    }
    assert ticket.requestors == ["janitor@example.com"]
    assert ticket.cc == ["a@example.com", "b@example.com"]
    assert (ticket.owner, ticket.priority) == ("boss", 100)
    assert ticket.refers_to == ["https://example.com/plan"]


async def test_order(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """Who reported first, is first; a repeat stands where its key does."""
    for number in (3, 1, 2, 3):
        await create_ticket(hass, device_id=f"sensor.{number}")
    await come_back(fake_rt, wait)
    devices = [
        fake_rt.tickets[number].custom_fields["DeviceId"] for number in (1, 2, 3)
    ]
    assert devices == ["sensor.3", "sensor.1", "sensor.2"]


async def test_keys_are_told_apart(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """Each type of event has its own ticket."""
    for number in range(2):
        for kind in ({}, {"event_type": "leak"}, {"event_type": "noise"}):
            assert await create_ticket(hass, text=f"{number}", **kind) == QUEUED
    await come_back(fake_rt, wait)
    kinds = [t.custom_fields.get("EventType") for t in fake_rt.tickets.values()]
    assert kinds == [None, "leak", "noise"]
    assert [len(t.comments) for t in fake_rt.tickets.values()] == [1, 1, 1]


async def test_days_later(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """The dates are told then."""
    await create_ticket(hass)
    for _ in range(3):
        await wait(hours=23)
        await create_ticket(hass, text="Still.")
    await wait(days=2)
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    late = LATE.replace("12:00", "2026-11-21 12:00")
    assert ticket.content == f"Water under the sink\n\n{late}"
    assert ticket.comments == ["2026-11-22 11:00 to 2026-11-24 09:00, 3 times:\nStill."]


async def test_many_texts(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """Twenty are told each, and of more only how many there were."""
    await create_ticket(hass)
    for number in range(25):
        await create_ticket(hass, text=f"{number} l/h")
    await create_ticket(hass, text="3 l/h")
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    [comment] = ticket.comments
    parts = [f"12:00:\n{number} l/h" for number in range(20)]
    parts[3] = "12:00 to 12:00, 2 times:\n3 l/h"
    assert comment.split("\n\n") == [*parts, "5 more reports since 12:00, last 12:00."]


async def test_html_and_plain(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """A plain text among HTML stays what it is."""
    await create_ticket(hass)
    await create_ticket(hass, text="<b>Wet</b>", content_type="html")
    await create_ticket(hass, text="1 < 2\nlines")
    await create_ticket(hass, text=" ", subject="Leak & more")
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content == f"Water under the sink\n\n{LATE}"
    [comment] = ticket.comments
    assert comment == (
        "<p>12:00</p><b>Wet</b>\n<p>12:00</p><p>1 &lt; 2<br>lines</p>\n"
        "<p>12:00</p><p>Leak &amp; more</p>"
    )
    types = {one.content_type for one in fake_rt.attachments}
    assert types == {"text/plain", "text/html"}


async def test_references_of_repeats(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """They are told with the text, as in any comment."""
    await create_ticket(hass)
    await create_ticket(hass, text="See.", refers_to="https://example.com/1")
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert ticket.comments == ["12:00:\nSee.\n\nRefers to: https://example.com/1"]


@pytest.mark.parametrize("policy", ["always", "never", "throttle"])
async def test_the_worst_severity(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait, policy: str
) -> None:
    """A repeat raises it, whether it is told or not."""
    await load(keep_reports=True, comment_policy=policy)
    ticket = await then_gone(hass, fake_rt, severity="info")
    await wait(minutes=31)
    for severity in ("info", "critical", "warning"):
        assert await create_ticket(hass, severity=severity) == QUEUED
    await come_back(fake_rt, wait)
    assert ticket.priority == 100
    assert bool(ticket.comments) is (policy != "never")


async def test_comments_off(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait, disk: Disk
) -> None:
    """A new key gets its ticket; no repeat is told."""
    await load(keep_reports=True, comment_policy="never")
    await fake_rt.stop()
    for text in ("One", "Two"):
        await create_ticket(hass, text=text)
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert (ticket.content, ticket.comments) == (f"One\n\n{LATE}", [])
    assert b"Two" not in disk.read()


async def test_throttled(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """The window opens when RT has got what waited."""
    await load(keep_reports=True, comment_policy="throttle")
    await fake_rt.stop()
    await create_ticket(hass)
    await come_back(fake_rt, wait)
    answer = await create_ticket(hass, text="Again.")
    assert (answer["action"], answer["reason"]) == ("skipped", "throttled")
    await wait(minutes=31)
    [ticket] = fake_rt.tickets.values()
    assert len(ticket.comments) == 1


async def test_rare_repeats(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    alice: Person,
    wait: Wait,
) -> None:
    """What alone makes no ticket is told in an open one, and makes none later."""
    assert await create_ticket(hass, min_occurrences=5, text="Rare.") == QUEUED
    await come_back(fake_rt, wait)
    assert ticket.comments == [f"Rare.\n\n{LATE}"]
    await fake_rt.stop()
    assert await create_ticket(hass, min_occurrences=5) == QUEUED
    assert await create_ticket(hass, min_occurrences=5) == QUEUED
    alice.resolve(ticket)
    await come_back(fake_rt, wait)
    assert len(fake_rt.tickets) == 1
    assert len(ticket.comments) == 1


async def test_forced(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, wait: Wait
) -> None:
    """Each makes a ticket of its own, once."""
    assert await create_ticket(hass, text="C") == QUEUED
    for text in ("A", "B", "B"):
        assert await create_ticket(hass, force_create=True, text=text) == QUEUED
    await come_back(fake_rt, wait)
    told = [t.content.partition("\n")[0] for t in list(fake_rt.tickets.values())[1:]]
    assert told == ["A", "B", "B"]
    assert ticket.comments == [f"C\n\n{LATE}"]


async def test_resolved_meanwhile(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    alice: Person,
    wait: Wait,
) -> None:
    """The problem is there: it gets a new ticket."""
    await create_ticket(hass, text="Still.")
    await create_ticket(hass, text="Worse.")
    alice.resolve(ticket)
    await come_back(fake_rt, wait)
    assert ticket.comments == []
    new = fake_rt.tickets[2]
    assert new.content == f"Still.\n\n{LATE}"
    assert new.comments == ["12:00:\nWorse."]


async def test_resolved_between_both(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    alice: Person,
    wait: Wait,
) -> None:
    """What came before somebody closed the ticket is told there."""
    await create_ticket(hass)
    await create_ticket(hass, text="Worse.")
    await fake_rt.start()
    fake_rt.fail("POST", "/comment$", faults.busy("60"))
    await wait(seconds=30)
    [ticket] = fake_rt.tickets.values()
    assert ticket.comments == []
    alice.resolve(ticket)
    await wait(minutes=7)
    assert ticket.comments == ["12:00:\nWorse."]
    assert len(fake_rt.tickets) == 1


@pytest.mark.parametrize("closed", [False, True])
async def test_restored_between_both(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    alice: Person,
    wait: Wait,
    closed: bool,
) -> None:
    """What came after goes to no other ticket, to which RT gave the number again."""
    backup = fake_rt.backup()
    await create_ticket(hass)
    await create_ticket(hass, text="Worse.")
    await fake_rt.start()
    fake_rt.fail("POST", "/comment$", faults.busy("60"))
    await wait(seconds=30)
    assert list(fake_rt.tickets) == [1]
    fake_rt.restore(backup)
    other = alice.create("Salary of Bob is wrong")
    assert other.id == 1
    if closed:
        alice.resolve(other)
    await wait(minutes=7)
    assert other.comments == []
    assert fake_rt.tickets[2].content == "12:00:\nWorse."
