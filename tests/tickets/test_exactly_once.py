"""Messages whose answer is lost: RT has each of them once, or the caller is told."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

from aiohttp import web
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.tickets import exactly_once
from tests import DEVICE, Load, Wait, create_ticket, perform, restart, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, Person, faults

type Say = Callable[[HomeAssistant], Awaitable[Any]]

TEXT = "It pours."


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not look long for what RT may have done."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.1, 0.4))


@pytest.fixture
def no_pauses(noon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, and look for what RT may have done without waiting for it."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0))


def late(status: int) -> faults.Fault:
    """Let RT do the work, and then fail as a proxy does."""

    async def fault(request: web.Request, work: faults.Work) -> web.StreamResponse:
        await work()
        return await faults.html(status)(request, work)

    return fault


async def _repeat(hass: HomeAssistant) -> Any:
    return await create_ticket(hass, text=TEXT)


async def _comment(hass: HomeAssistant) -> Any:
    return await perform(hass, "add_comment", device_id=DEVICE, text=TEXT)


async def _reply(hass: HomeAssistant) -> Any:
    return await perform(hass, "add_comment", device_id=DEVICE, text=TEXT, reply=True)


async def _resolve(hass: HomeAssistant) -> Any:
    return await perform(hass, "resolve_ticket", device_id=DEVICE, text=TEXT)


async def _worse(hass: HomeAssistant) -> Any:
    return await create_ticket(hass, text="Worse", severity="critical")


SAYING = [
    pytest.param(_repeat, "commented", id="repeat"),
    pytest.param(_comment, "commented", id="comment"),
    pytest.param(_reply, "replied", id="reply"),
    pytest.param(_resolve, "resolved", id="resolution"),
]
MESSAGE = "/(comment|correspond)$"
LOOK = "/attachments$"

AFTER = [
    pytest.param(faults.reset_after, id="reset"),
    pytest.param(faults.hang_up, id="hung up"),
    pytest.param(faults.reset_during(0.2), id="reset while RT works"),
    pytest.param(faults.slow(before=0.3), id="RT is slow"),
    pytest.param(faults.slow(after=1), id="the answer is slow"),
    pytest.param(late(500), id="500"),
    pytest.param(late(502), id="502"),
    pytest.param(late(504), id="504"),
]


def said(ticket: FakeTicket) -> list[str]:
    """Return what was said in a ticket after it was created."""
    return ticket.comments + ticket.replies


# --- what RT has done -----------------------------------------------------


@pytest.mark.parametrize("fault", AFTER)
@pytest.mark.parametrize(("say", "action"), SAYING)
@pytest.mark.usefixtures("short_timeout")
async def test_message(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    say: Say,
    action: str,
    fault: faults.Fault,
) -> None:
    """It is found by its marker: the action succeeds, and nothing is sent twice."""
    fake_rt.fail("POST", MESSAGE, fault)
    assert (await say(hass))["action"] == action
    assert said(ticket) == [TEXT]
    assert len(fake_rt.sent("POST", MESSAGE)) == 1


@pytest.mark.parametrize("fault", AFTER)
@pytest.mark.usefixtures("short_timeout")
async def test_forced_create(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, fault: faults.Fault
) -> None:
    """It is told from the other tickets of its key by its marker."""
    fake_rt.fail("POST", "/ticket$", fault)
    answer = await create_ticket(hass, text=TEXT, force_create=True)
    assert (answer["action"], answer["ticket_id"]) == ("created", 2)
    assert [ticket.content for ticket in fake_rt.tickets.values()][1:] == [TEXT]
    assert len(fake_rt.sent("POST", "/ticket$")) == 1


async def test_merged_meanwhile(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """A message is found in the ticket that its own one was merged into."""
    target = fake_rt.add_ticket("another")

    async def merge(request: web.Request, work: faults.Work) -> web.StreamResponse:
        await work()
        alice.merge(ticket, target)
        return await faults.html(502)(request, work)

    fake_rt.fail("POST", MESSAGE, merge)
    assert (await _repeat(hass))["action"] == "commented"
    assert ticket.comments + target.comments == [TEXT]


# --- what RT has not done -------------------------------------------------


@pytest.mark.parametrize(("say", "action"), SAYING)
async def test_message_that_never_arrived(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, say: Say, action: str
) -> None:
    """It is sent again, once it is certain that RT does not have it."""
    fake_rt.fail("POST", MESSAGE, faults.reset_before)
    assert (await say(hass))["action"] == action
    assert said(ticket) == [TEXT]
    first, second = fake_rt.sent("POST", MESSAGE)
    assert first.body == second.body


async def test_forced_create_that_never_arrived(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """It is sent again, once it is certain that RT does not have it."""
    fake_rt.fail("POST", "/ticket$", faults.reset_before)
    answer = await create_ticket(hass, text=TEXT, force_create=True)
    assert (answer["action"], answer["ticket_id"]) == ("created", 2)
    assert len(fake_rt.tickets) == 2


# --- what nobody knows ----------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (faults.html(502), "server_error"),
        (faults.html(504), "timeout"),
        (faults.slow(before=0.9), "timeout"),
    ],
)
@pytest.mark.parametrize(("say", "action"), SAYING)
@pytest.mark.usefixtures("short_timeout")
async def test_rt_may_be_slow(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    say: Say,
    action: str,
    fault: faults.Fault,
    key: str,
) -> None:
    """What RT may be working on still is not sent again: the caller is told."""
    fake_rt.fail("POST", MESSAGE, fault)
    with pytest.raises(HomeAssistantError) as error:
        await say(hass)
    assert error.value.translation_key == key
    await fake_rt.work_done()
    assert len(fake_rt.sent("POST", MESSAGE)) == 1
    assert len(said(ticket)) <= 1


@pytest.mark.parametrize(("say", "action"), SAYING)
async def test_rt_cannot_be_asked(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, say: Say, action: str
) -> None:
    """Nothing is sent again unless RT says that it is not there."""
    fake_rt.fail("POST", MESSAGE, faults.reset_after)
    fake_rt.fail("GET", LOOK, faults.html(502), times=None)
    with pytest.raises(HomeAssistantError) as error:
        await say(hass)
    assert error.value.translation_key == "cannot_connect"
    assert said(ticket) == [TEXT]


@pytest.mark.parametrize(
    ("say", "is_found"), [(_repeat, False), (_comment, False), (_reply, True)]
)
@pytest.mark.parametrize("fault", [faults.reset_before, faults.reset_after])
async def test_comments_not_shown(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    fault: faults.Fault,
    say: Say,
    is_found: bool,
) -> None:
    """A comment that RT would not show is not sent again: the caller is told."""
    fake_rt.rights -= {"ShowTicketComments"}
    fake_rt.fail("POST", MESSAGE, fault)
    if is_found:
        await say(hass)
        assert said(ticket) == [TEXT]
        return
    with pytest.raises(HomeAssistantError) as error:
        await say(hass)
    assert error.value.translation_key == "cannot_connect"
    assert said(ticket) == ([] if fault is faults.reset_before else [TEXT])


@pytest.mark.parametrize("keep_reports", [False, True])
@pytest.mark.usefixtures("no_pauses")
async def test_ticket_of_somebody_else(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait, keep_reports: bool
) -> None:
    """A ticket that others create for the key meanwhile is not taken for the report."""
    await load(keep_reports=keep_reports)

    async def overtake(request: web.Request, work: faults.Work) -> web.StreamResponse:
        fake_rt.add_ticket(DEVICE)
        return await faults.reset_before(request, work)

    fake_rt.fail("POST", "/ticket$", overtake)
    if keep_reports:
        assert (await create_ticket(hass, text=TEXT))["action"] == "queued"
        await wait(minutes=1)
    else:
        with pytest.raises(HomeAssistantError) as error:
            await create_ticket(hass, text=TEXT)
        assert error.value.translation_key == "cannot_connect"
        await create_ticket(hass, text=TEXT)
    [ticket] = fake_rt.tickets.values()
    [comment] = ticket.comments
    assert comment.startswith(TEXT)


# --- what waits in the outbox ---------------------------------------------


def blind_after(fake_rt: FakeRT, fault: faults.Fault) -> faults.Fault:
    """Return a fault after which RT cannot be asked what it has."""

    async def blind(request: web.Request, work: faults.Work) -> web.StreamResponse:
        fake_rt.fail("GET", "", faults.html(502), times=None)
        return await fault(request, work)

    return blind


@pytest.mark.parametrize("is_repeat", [False, True])
@pytest.mark.parametrize("fault", [faults.reset_before, faults.reset_after, late(502)])
@pytest.mark.usefixtures("no_pauses")
async def test_kept_report(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    load: Load,
    wait: Wait,
    is_repeat: bool,
    fault: faults.Fault,
) -> None:
    """It is delivered unless it is found, and so is what was reported since."""
    await load(keep_reports=True)
    if is_repeat:
        await create_ticket(hass, text="First")
    path = "/comment$" if is_repeat else "/ticket$"
    fake_rt.fail("POST", path, blind_after(fake_rt, fault))
    assert (await create_ticket(hass, text=TEXT))["action"] == "queued"
    assert (await create_ticket(hass, text="Still."))["action"] == "queued"
    fake_rt.heal()
    await wait(minutes=3)
    [ticket] = fake_rt.tickets.values()
    everything = "\n".join([ticket.content, *ticket.comments])
    assert everything.count(TEXT) == everything.count("Still.") == 1
    assert len(ticket.comments) == (2 if is_repeat else 1)


@pytest.mark.parametrize("is_repeat", [False, True])
@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.usefixtures("no_pauses")
async def test_kept_while_rt_works_on_it(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    load: Load,
    wait: Wait,
    is_repeat: bool,
    status: int,
) -> None:
    """A report is not sent again before it is certain that RT will not store it."""
    await load(keep_reports=True)
    if is_repeat:
        await create_ticket(hass, text="First")
    may_end = asyncio.Event()
    works: list[asyncio.Task[Any]] = []

    async def give_up(request: web.Request, work: faults.Work) -> web.StreamResponse:
        async def end() -> None:
            await may_end.wait()
            await work()

        works.append(asyncio.create_task(end()))
        return await faults.html(status)(request, work)

    fake_rt.fail("POST", "/comment$" if is_repeat else "/ticket$", give_up)
    assert (await create_ticket(hass, text=TEXT))["action"] == "queued"
    for _ in range(4):
        await wait(seconds=3)
    assert len(works) == 1
    may_end.set()
    await works[0]
    await wait(minutes=3)
    [ticket] = fake_rt.tickets.values()
    assert [ticket.content, *ticket.comments] == (
        ["First", TEXT] if is_repeat else [TEXT]
    )
    assert (await create_ticket(hass, text="Still."))["action"] == "commented"


@pytest.mark.usefixtures("no_pauses")
async def test_kept_forced_create(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """A forced ticket that RT did not confirm is found among those of its key."""
    await load(keep_reports=True)
    await create_ticket(hass)
    fake_rt.fail("POST", "/ticket$", blind_after(fake_rt, faults.reset_after))
    answer = await create_ticket(hass, text=TEXT, force_create=True)
    assert answer["action"] == "queued"
    fake_rt.heal()
    await wait(minutes=3)
    assert len(fake_rt.tickets) == 2
    assert (await create_ticket(hass))["ticket_id"] == 1


@pytest.mark.usefixtures("no_pauses")
async def test_kept_comments_not_shown(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """A comment that RT would not show is told twice rather than never."""
    await load(keep_reports=True)
    await create_ticket(hass)
    fake_rt.rights -= {"ShowTicketComments"}
    fake_rt.fail("POST", "/comment$", faults.reset_after)
    assert (await create_ticket(hass, text=TEXT))["action"] == "queued"
    await wait(minutes=3)
    first, second = fake_rt.tickets[1].comments
    assert first == TEXT
    assert second.startswith(f"{TEXT}\n\nReported at 12:00")
    await wait(minutes=30)
    assert len(fake_rt.tickets[1].comments) == 2


# --- what was held back ---------------------------------------------------


@pytest.fixture
async def holding(
    hass: HomeAssistant,
    no_pauses: None,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
) -> FakeTicket:
    """Return the ticket of an entry that holds two reports back."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    await create_ticket(hass, severity="warning")
    for text in ("Second", "Third"):
        assert (await create_ticket(hass, text=text))["action"] == "skipped"
    return fake_rt.tickets[1]


BACKLOG = "2 more reports since 12:00, last 12:00."


def digests(fake_rt: FakeRT) -> int:
    """Return how often RT was told what was held back."""
    tickets = fake_rt.tickets.values()
    texts = [text for ticket in tickets for text in [ticket.content, *said(ticket)]]
    return "\n".join(texts).count("more report")


async def lose_digest(fake_rt: FakeRT, wait: Wait) -> None:
    """Let the window end, and nobody know that RT was told."""
    fake_rt.fail("POST", "/comment$", blind_after(fake_rt, faults.reset_after))
    await wait(minutes=31)
    assert digests(fake_rt) == 1
    fake_rt.heal()


async def test_digest(
    hass: HomeAssistant, fake_rt: FakeRT, holding: FakeTicket, wait: Wait
) -> None:
    """What was held back is told once."""
    await lose_digest(fake_rt, wait)
    for _ in range(3):
        await wait(minutes=31)
    assert holding.comments == [f"Third\n\n{BACKLOG}"]


async def test_digest_and_more_since(
    hass: HomeAssistant, fake_rt: FakeRT, holding: FakeTicket, wait: Wait
) -> None:
    """A report after it tells of none that RT was told of."""
    await lose_digest(fake_rt, wait)
    assert (await create_ticket(hass, text="Fourth"))["action"] == "commented"
    assert holding.comments == [f"Third\n\n{BACKLOG}", "Fourth"]


async def test_digest_of_what_came_since(
    hass: HomeAssistant, fake_rt: FakeRT, holding: FakeTicket, wait: Wait
) -> None:
    """What was held back after a message that told of others begins after those."""
    fake_rt.fail("POST", "/comment$", blind_after(fake_rt, faults.reset_after))
    with pytest.raises(HomeAssistantError):
        await _worse(hass)
    fake_rt.heal()
    for text in ("Fourth", "Fifth", "Sixth"):
        await wait(minutes=5)
        assert (await create_ticket(hass, text=text))["action"] == "skipped"
    await wait(minutes=31)
    assert digests(fake_rt) == 2
    assert holding.comments[-1] == "Sixth\n\n3 more reports since 12:05, last 12:15."


@pytest.mark.parametrize("how", ["by a message", "by a report", "by a new ticket"])
async def test_digest_with_something_else(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    holding: FakeTicket,
    alice: Person,
    wait: Wait,
    how: str,
) -> None:
    """What was told with another message, whose answer was lost, is told once."""
    path = "/comment$"
    if how == "by a new ticket":
        alice.resolve(holding)
        await wait(minutes=2)
        path = "/ticket$"
    fake_rt.fail("POST", path, blind_after(fake_rt, faults.reset_after))
    say = _resolve if how == "by a message" else _worse
    with pytest.raises(HomeAssistantError):
        await say(hass)
    assert digests(fake_rt) == 1
    fake_rt.heal()
    for _ in range(3):
        await wait(minutes=31)
    assert digests(fake_rt) == 1


async def test_digest_and_resolved(
    hass: HomeAssistant, fake_rt: FakeRT, holding: FakeTicket, wait: Wait
) -> None:
    """The last comment does not tell again what RT was told."""
    await lose_digest(fake_rt, wait)
    assert (await _resolve(hass))["action"] == "resolved"
    assert holding.comments == [f"Third\n\n{BACKLOG}", TEXT]


async def test_digest_and_next_ticket(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    holding: FakeTicket,
    alice: Person,
    wait: Wait,
) -> None:
    """A new ticket does not tell what was told in the one before."""
    await lose_digest(fake_rt, wait)
    alice.resolve(holding)
    answer = await create_ticket(hass, text=TEXT)
    assert answer["action"] == "created"
    assert fake_rt.tickets[answer["ticket_id"]].content == TEXT


async def test_digest_and_restart(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    holding: FakeTicket,
    config_entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """Nor does a restart let it be told again."""
    await lose_digest(fake_rt, wait)
    await restart(hass, config_entry)
    for _ in range(3):
        await wait(minutes=31)
    assert digests(fake_rt) == 1


async def test_digest_and_power_cut(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    holding: FakeTicket,
    config_entry: MockConfigEntry,
    wait: Wait,
) -> None:
    """Nor does Home Assistant's sudden end, a moment after it was told."""
    await wait(seconds=2)
    fake_rt.fail("POST", "/comment$", blind_after(fake_rt, faults.reset_after))
    with pytest.raises(HomeAssistantError):
        await _worse(hass)
    await wait(seconds=2)
    on_disk = deepcopy(hass_storage)
    await hass.config_entries.async_unload(config_entry.entry_id)
    hass_storage.update(on_disk)
    fake_rt.heal()
    await hass.config_entries.async_setup(config_entry.entry_id)
    await wait(minutes=31)
    assert digests(fake_rt) == 1
