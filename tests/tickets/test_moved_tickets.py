"""Tickets that people move, merge, close or give to another device."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import CONF_OPEN_STATUSES
from tests import (
    DEVICE,
    FACILITY,
    Wait,
    change_options,
    create_ticket,
    methods,
    perform,
)
from tests.fake_rt import ALL_RIGHTS, FakeRT, FakeTicket, Person, faults

# The ticket is read, and its first message looked for; then comes the comment.
PROVEN = "GET GET POST"


@pytest.fixture(autouse=True)
def _queues(fake_rt: FakeRT) -> None:
    """Add more queues than the entry's own."""
    fake_rt.add_queue("Pumps")
    fake_rt.add_queue("Incidents", lifecycle="incident", fields=())


async def report(hass: HomeAssistant, fake_rt: FakeRT, **data: Any) -> tuple[Any, ...]:
    """Report and return action, ticket and the methods of the requests it took."""
    fake_rt.requests.clear()
    answer = await create_ticket(hass, **data)
    return answer["action"], answer["ticket_id"], methods(fake_rt)


@pytest.mark.parametrize(
    ("queue", "requests"),
    [("Pumps", "GET POST"), ("General", PROVEN), ("Incidents", PROVEN)],
)
async def test_moved(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    alice: Person,
    queue: str,
    requests: str,
) -> None:
    """In a queue with or without the field and of any lifecycle, it is still the key's.

    Repeats take two requests, and one more where RT does not show the key; when it is
    closed there, a new one is created here.
    """
    alice.move(ticket, queue)
    for _ in range(2):
        assert await report(hass, fake_rt) == ("commented", ticket.id, requests)
    alice.resolve(ticket)
    action, ticket_id, _ = await report(hass, fake_rt)
    assert (action, fake_rt.tickets[ticket_id].queue) == ("created", FACILITY)
    assert await report(hass, fake_rt) == ("commented", ticket_id, "GET POST")


async def test_merged(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """Into a ticket about something else: it is the key's as long as it is open."""
    other = fake_rt.add_ticket("another")
    alice.merge(ticket, other)
    for _ in range(3):
        assert await report(hass, fake_rt) == ("commented", other.id, PROVEN)
    assert await report(hass, fake_rt, device_id="another") == (
        "commented",
        other.id,
        "GET POST",
    )
    alice.resolve(other)
    assert (await report(hass, fake_rt))[0] == "created"
    assert (await report(hass, fake_rt, device_id="another"))[0] == "created"
    assert len(fake_rt.tickets) == 4


async def test_merged_twice_and_moved(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """However far it went."""
    second, third = fake_rt.add_ticket("second"), fake_rt.add_ticket(None)
    alice.merge(ticket, second)
    await report(hass, fake_rt)
    alice.merge(second, third)
    alice.move(third, "Incidents")
    for _ in range(2):
        assert await report(hass, fake_rt) == ("commented", third.id, PROVEN)


async def test_two_keys_merged_into_one(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """Both go on with the same ticket, and each has its own again when it is closed."""
    other = fake_rt.tickets[(await create_ticket(hass, device_id="b"))["ticket_id"]]
    alice.merge(ticket, other)
    for device_id, requests in 2 * ((DEVICE, PROVEN), ("b", "GET POST")):
        answer = await report(hass, fake_rt, device_id=device_id)
        assert answer == ("commented", other.id, requests)
    await perform(hass, "resolve_ticket", device_id=DEVICE)
    assert other.status == "resolved"
    numbers = {(await report(hass, fake_rt, device_id=d))[1] for d in (DEVICE, "b")}
    assert len(numbers) == 2


async def test_closed_and_opened_again(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """RT keeps the time of the resolution, which does not make a ticket a closed one."""
    alice.move(ticket, "Incidents")
    alice.resolve(ticket)
    alice.set_status(ticket, "in_progress")
    assert await report(hass, fake_rt) == ("commented", ticket.id, "GET GET GET POST")
    assert await report(hass, fake_rt) == ("commented", ticket.id, PROVEN)


async def test_closed_while_it_is_looked_at(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """What was seen of one status is not taken for another."""
    alice.resolve(ticket)
    alice.set_status(ticket, "open")

    async def close_before(request: Any, work: faults.Work) -> Any:
        alice.resolve(ticket)
        return await work()

    async def open_before(request: Any, work: faults.Work) -> Any:
        alice.set_status(ticket, "open")
        return await work()

    # Open when it is read, closed when RT is asked what that means, and vice versa.
    fake_rt.fail("GET", "/tickets", close_before)
    second = (await create_ticket(hass))["ticket_id"]
    assert second != ticket.id
    ticket = fake_rt.tickets[second]
    alice.resolve(ticket)
    fake_rt.fail("GET", "/tickets", open_before)
    assert (await create_ticket(hass))["ticket_id"] == second
    alice.resolve(ticket)
    third = (await create_ticket(hass))["ticket_id"]
    assert third not in {second, ticket.id}
    # A ticket that is open again is found so, whatever was seen before.
    ticket = fake_rt.tickets[third]
    alice.resolve(ticket)
    alice.set_status(ticket, "open")
    assert await report(hass, fake_rt) == ("commented", third, "GET GET POST")


async def test_closed_statuses_of_the_options(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, entry: MockConfigEntry
) -> None:
    """In its own queue, the options say what is open; elsewhere, RT does."""
    alice = fake_rt.person("alice")
    alice.move(ticket, "Incidents")
    await change_options(hass, entry, **{CONF_OPEN_STATUSES: ["new", "open"]})
    alice.set_status(ticket, "in_progress")
    assert (await report(hass, fake_rt))[1] == ticket.id
    alice.move(ticket, FACILITY)
    assert (await report(hass, fake_rt))[1] == ticket.id
    alice.set_status(ticket, "stalled")
    assert (await report(hass, fake_rt))[0] == "created"


async def test_given_to_another_device(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """Then it is that device's."""
    alice.set_field(ticket, "DeviceId", "another")
    assert (await report(hass, fake_rt))[0] == "created"
    assert await report(hass, fake_rt, device_id="another") == (
        "commented",
        ticket.id,
        "GET POST",
    )


@pytest.mark.parametrize("how", ["deleted", "gone"])
async def test_deleted(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person, how: str
) -> None:
    """Of a ticket that is no more, nothing is left."""
    if how == "gone":
        del fake_rt.tickets[ticket.id]
    else:
        alice.set_status(ticket, "deleted")
    assert (await report(hass, fake_rt))[0] == "created"


# --- where the account may not look --------------------------------------------


async def test_moved_out_of_sight(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody would hear what is said there: a new ticket is created here."""
    fake_rt.accounts[0].queues = {FACILITY}
    alice.move(ticket, "Pumps")
    action, ticket_id, _ = await report(hass, fake_rt)
    assert action == "created"
    assert await report(hass, fake_rt) == ("commented", ticket_id, "GET POST")
    assert f"Ticket {ticket.id} of {DEVICE} was moved" in caplog.text


async def test_right_lost_everywhere(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Without ShowTicket, nothing tells whose the ticket is, and nothing is written."""
    fake_rt.rights -= {"ShowTicket"}
    for _ in range(2):
        with pytest.raises(HomeAssistantError) as raised:
            await create_ticket(hass)
        assert raised.value.translation_placeholders
        assert raised.value.translation_placeholders["right"] == "ShowTicket"
    assert fake_rt.writes == []
    fake_rt.rights = set(ALL_RIGHTS)
    assert (await report(hass, fake_rt))[1] == ticket.id
    assert len(fake_rt.tickets) == 1


@pytest.mark.parametrize(
    "fault", [faults.html(502), faults.reset_before, faults.message(400, "No")]
)
async def test_look_fails(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, fault: faults.Fault
) -> None:
    """When nothing is known of the ticket, nothing is written, and nothing forgotten."""
    fake_rt.requests.clear()
    fake_rt.fail("GET", r"/ticket/\d+", fault, times=None)
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass)
    assert fake_rt.writes == []
    fake_rt.heal()
    fake_rt.person("alice").move(ticket, "Pumps")
    assert (await report(hass, fake_rt))[1] == ticket.id


# --- with the other actions ------------------------------------------------------


async def test_resolve_moved(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """A recovery reaches the ticket where it is, with a status of its queue."""
    alice.move(ticket, "Incidents")
    fake_rt.requests.clear()
    answer = await perform(
        hass, "resolve_ticket", device_id=DEVICE, text="Dry.", status="closed"
    )
    assert (answer["action"], answer["ticket_id"]) == ("resolved", ticket.id)
    assert ticket.status == "closed"
    assert methods(fake_rt) == f"{PROVEN} GET"
    assert (await report(hass, fake_rt))[0] == "created"


async def test_resolve_with_a_status_that_leaves_it_open(
    hass: HomeAssistant, fake_rt: FakeRT, ticket: FakeTicket, alice: Person
) -> None:
    """A ticket that is open is not forgotten, wherever it is."""
    alice.move(ticket, "Incidents")
    await perform(hass, "resolve_ticket", device_id=DEVICE, status="in_progress")
    assert await report(hass, fake_rt) == ("commented", ticket.id, PROVEN)


async def test_late_flush_of_the_file(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    ticket: FakeTicket,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    wait: Wait,
) -> None:
    """The number is on disk within seconds, and gone when the ticket is closed."""
    name = f"ha_rt.{entry.entry_id}"
    assert name not in hass_storage
    await wait(seconds=6)
    assert hass_storage[name]["data"]["tickets"][DEVICE]["ticket_id"] == ticket.id
    await perform(hass, "resolve_ticket", device_id=DEVICE)
    await wait(seconds=6)
    assert hass_storage[name]["data"]["tickets"] == {}
