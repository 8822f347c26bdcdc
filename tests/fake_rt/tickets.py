"""Tickets in REST2: search and read."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from .account import Account
from .records import collection_page, expanded, fields_of, link
from .responses import Problem, found
from .sql import WrongQueryError
from .ticket import FakeTicket
from .ticket_view import ticket_fields, ticket_links
from .ticketsql import compile_query

if TYPE_CHECKING:
    from .sent import Sent
    from .server import FakeRT

_ORDER = {
    "id": "id",
    "Created": "created",
    "Due": "due",
    "LastUpdated": "last_updated",
    "Priority": "priority",
    "Resolved": "resolved",
    "Started": "started",
}


def search(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with the tickets that a query finds, of those to be seen."""
    query = sent.query.get("query", "")
    try:
        matches = compile_query(rt, query, account.zone) if query.strip() else None
    except WrongQueryError as err:
        raise Problem(400, f"{err} at /opt/rt5/lib/RT/Tickets.pm line 9.\n") from None
    tickets = [
        ticket
        for ticket in rt.tickets.values()
        if matches
        and ticket.type == "ticket"
        and not ticket.merged_into
        and ticket.status != "deleted"
        and matches(ticket)
    ]
    _sort(sent, tickets)

    def show(ticket: FakeTicket) -> dict[str, Any]:
        known = ticket_fields(rt, account, ticket)
        known |= {
            "EffectiveId": str(ticket.id),
            "CustomFields": known["CustomFields"] or "",
            "_hyperlinks": ticket_links(rt, account, ticket),
        }
        item = link(rt, "ticket", ticket.id) | fields_of(sent, known)
        return expanded(rt, account, sent, item)

    def may_see(ticket: FakeTicket) -> bool:
        return account.may("ShowTicket", ticket.queue)

    if rt.knows_totals:
        tickets = [ticket for ticket in tickets if may_see(ticket)]
    return collection_page(
        sent, tickets, show, may_see, knows_total=rt.knows_totals, base=rt.base
    )


def _sort(sent: Sent, tickets: list[FakeTicket]) -> None:
    """Sort by all that the request names; it names several by several parameters."""
    keys = sent.all("orderby") or ["id"]
    orders = sent.all("order")
    for number, key in reversed(list(enumerate(keys))):
        if key not in _ORDER:
            raise NotImplementedError(f"The fake RT cannot sort by {key}")
        descending = number < len(orders) and orders[number] == "DESC"
        tickets.sort(key=lambda t: getattr(t, _ORDER[key]), reverse=descending)


def ticket(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Answer with all of a ticket."""
    shown = visible_ticket(rt, account, number)
    data = ticket_fields(rt, account, shown)
    data["_hyperlinks"] = ticket_links(rt, account, shown)
    newest = max((one.id for one in rt.history(shown)), default=1)
    versioned = {"ETag": f'"{newest}"'}
    return found(expanded(rt, account, sent, data), versioned)


def visible_ticket(
    rt: FakeRT, account: Account, number: str, missing: str = "Not Found"
) -> FakeTicket:
    """Return a ticket that the account may see."""
    ticket = rt.find_ticket(int(number))
    if ticket is None:
        raise Problem(404, missing)
    if not account.may("ShowTicket", ticket.queue):
        raise Problem(403, "Forbidden")
    return ticket
