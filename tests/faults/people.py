"""What people do to the ticket between the search and the comment."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tests import FACILITY
from tests.fake_rt import FakeTicket, faults
from tests.fake_rt.changes import merge, set_queue, set_status
from tests.faults.fake_house import FakeHouse
from tests.faults.house import Begin

_WHO = "alice"
_ELSEWHERE = "Elsewhere"


@asynccontextmanager
async def _before_comment(
    house: FakeHouse, happen: Callable[[FakeTicket], object]
) -> AsyncIterator[FakeTicket]:
    """Let something happen to the ticket when the comment is on its way."""
    ticket = house.tickets[0]

    async def fault(request: web.Request, work: faults.Work) -> web.StreamResponse:
        happen(ticket)
        return await work()

    house.rt.person(_WHO)
    house.rt.fail("POST", "/comment$", fault)
    yield ticket


@asynccontextmanager
async def merge_before(house: FakeHouse) -> AsyncIterator[None]:
    """Merge the ticket into another one of the device's."""
    target = house.rt.add_ticket(house.device)
    async with _before_comment(
        house, lambda ticket: merge(house.rt, ticket, target, _WHO)
    ):
        yield
        assert len(target.comments) == 1


@asynccontextmanager
async def move_before(house: FakeHouse) -> AsyncIterator[None]:
    """Move the ticket to another queue of the account's."""
    house.rt.add_queue(_ELSEWHERE)
    async with _before_comment(
        house, lambda ticket: set_queue(house.rt, ticket, _ELSEWHERE, _WHO)
    ) as ticket:
        yield
        assert ticket.queue == _ELSEWHERE
        assert len(ticket.comments) == 1


@asynccontextmanager
async def hide_before(house: FakeHouse) -> AsyncIterator[None]:
    """Move the ticket to where the account may not see it."""
    house.rt.add_queue(_ELSEWHERE)
    house.rt.accounts[0].queues = {FACILITY}
    async with _before_comment(
        house, lambda ticket: set_queue(house.rt, ticket, _ELSEWHERE, _WHO)
    ) as ticket:
        yield
        assert ticket.queue == _ELSEWHERE


def set_before(status: str) -> Begin[FakeHouse]:
    """Close the ticket."""

    @asynccontextmanager
    async def begin(house: FakeHouse) -> AsyncIterator[None]:
        async with _before_comment(
            house, lambda ticket: set_status(house.rt, ticket, status, _WHO)
        ) as ticket:
            yield
            assert ticket.status == status
            assert len(ticket.comments) == 1

    return begin


@asynccontextmanager
async def hide_comments(house: FakeHouse) -> AsyncIterator[None]:
    """Break the connection, of an account that RT shows no comments."""
    house.rt.rights.discard("ShowTicketComments")
    house.rt.fail("POST", "/comment$", faults.reset_after)
    yield
