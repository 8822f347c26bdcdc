"""TransactionSQL as RT reads it (lib/RT/Transactions.pm)."""

from collections.abc import Callable
from typing import NamedTuple

from .data import Data
from .dates import read_time
from .sql import Parser, Test, WrongQueryError, compare, text_test
from .ticket import FakeTicket, FakeTransaction

_TEXTS = {
    "type": "type",
    "field": "field",
    "objecttype": "object_type",
    "oldvalue": "old_value",
    "newvalue": "new_value",
}


class TransactionQuery(NamedTuple):
    """What a query stands for."""

    matches: Test[FakeTransaction]
    finds_tickets_only: bool
    """Whether RT sees that, and so asks its database only for what may be seen."""


def compile_transaction_query(data: Data, query: str, zone: str) -> TransactionQuery:
    """Return what a query stands for."""
    parser = Parser(query, _Conditions(data, zone).condition)
    matches = parser.parse()
    return TransactionQuery(
        matches, ("ObjectType", "=", "RT::Ticket") in parser.certain
    )


class _Conditions:
    """Makes tests of transactions."""

    def __init__(self, data: Data, zone: str) -> None:
        self._data = data
        self._zone = zone

    def condition(self, key: str, symbol: str, value: str) -> Test[FakeTransaction]:
        """Return the test that a condition stands for."""
        match key.casefold():
            case "id":
                return _number(symbol, value, lambda one: one.id)
            case "objectid" | "ticketid":
                return _number(symbol, value, lambda one: one.object_id)
            case "ticketqueue":
                queue = self._data.find_queue(value)
                name = queue.name if queue else ""
                return self._of_ticket(symbol, lambda ticket: ticket.queue, name)
            case "tickettype":
                return self._of_ticket(
                    symbol, lambda ticket: ticket.type, value.lower()
                )
            case "creator" | "creator.id" | "creator.name":
                user = self._data.find_user(value)
                return lambda one: compare(symbol, one.creator, user)
            case "created":
                limit = read_time(value, self._data.now(), self._zone)
                return lambda one: compare(symbol, one.created, limit)
            case known if known in _TEXTS:
                return lambda one: text_test(symbol, getattr(one, _TEXTS[known]), value)
            case _:
                raise WrongQueryError(f"Unknown field: {key}")

    def _of_ticket(
        self, symbol: str, of: Callable[[FakeTicket], str], value: str
    ) -> Test[FakeTransaction]:
        """Return a test of the ticket with the number of whatever this is about."""

        def test(transaction: FakeTransaction) -> bool:
            ticket = self._data.tickets.get(transaction.object_id)
            return compare(symbol, of(ticket) if ticket else "", value)

        return test


def _number(
    symbol: str, value: str, of: Callable[[FakeTransaction], int]
) -> Test[FakeTransaction]:
    return lambda one: compare(symbol, of(one), int(value))
