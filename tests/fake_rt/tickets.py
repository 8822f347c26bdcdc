"""Tickets in REST2."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from .data import Account, FakeTicket
from .records import (
    CREATED,
    VERSIONED,
    body_of,
    collection_page,
    fields_of,
    link,
    self_link,
    sublink,
    tracks,
)
from .responses import Problem, created, found
from .ticketsql import WrongQueryError, compile_query
from .web_ui import may_set

if TYPE_CHECKING:
    from .server import FakeRT, Sent

_MAX_SUBJECT_BYTES = 200
_NEVER = "1970-01-01T00:00:00Z"


def search(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with the tickets that a query finds, of those to be seen."""
    query = sent.query.get("query", "")
    try:
        matches = compile_query(rt, query) if query.strip() else None
    except WrongQueryError as err:
        raise Problem(400, f"{err} at /opt/rt5/lib/RT/Tickets.pm line 9.\n") from None
    tickets = [
        ticket
        for ticket in rt.tickets.values()
        if matches
        and not ticket.merged_into
        and ticket.status != "deleted"
        and matches(ticket)
    ]
    tickets.sort(key=lambda t: t.id, reverse=sent.query.get("order") == "DESC")

    def show(ticket: FakeTicket) -> dict[str, Any]:
        values = {
            "Status": ticket.status,
            "Subject": ticket.subject,
            "Created": CREATED,
            "CustomFields": _values(rt, account, ticket) or "",
        }
        item = link(rt, "ticket", ticket.id)
        return item | fields_of(sent, values)

    def may_see(ticket: FakeTicket) -> bool:
        return account.may("ShowTicket", ticket.queue)

    if rt.knows_totals:
        tickets = [ticket for ticket in tickets if may_see(ticket)]
    return collection_page(
        sent, tickets, show, may_see, knows_total=rt.knows_totals, base=rt.base
    )


def ticket(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Answer with all of a ticket."""
    ticket = rt.find_ticket(int(number))
    if ticket is None:
        raise Problem(404, "Not Found")
    if not account.may("ShowTicket", ticket.queue):
        raise Problem(403, "Forbidden")
    queue = rt.queues[ticket.queue]
    values = _values(rt, account, ticket)
    dates = ("Due", "Resolved", "Started", "Starts")
    numbers = ("FinalPriority", "InitialPriority", "Priority")
    times = ("TimeEstimated", "TimeLeft", "TimeWorked")
    data = {
        **dict.fromkeys(dates, _NEVER),
        **dict.fromkeys((*numbers, *times), "0"),
        "id": ticket.id,
        "Type": "ticket",
        "Subject": ticket.subject,
        "Status": ticket.status,
        "Queue": link(rt, "queue", queue.id),
        "EffectiveId": link(rt, "ticket", ticket.id),
        "Owner": link(rt, "user", "Nobody"),
        "Requestor": [link(rt, "user", name) for name in ticket.requestors],
        "AdminCc": [],
        "Cc": [],
        "CustomFields": values,
        "_hyperlinks": _ticket_links(rt, account, ticket, values),
        **tracks(rt, account.name),
    }
    return found(data, VERSIONED)


def _ticket_links(
    rt: FakeRT, account: Account, ticket: FakeTicket, values: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return what the account may do with a ticket."""
    here = f"ticket/{ticket.id}"
    fields = [{k: v for k, v in one.items() if k != "values"} for one in values]
    links = [
        self_link(rt, "ticket", ticket.id),
        *({"ref": "customfield", **field} for field in fields),
        sublink(rt, here, "history"),
    ]
    rights = {"ReplyToTicket": "correspond", "CommentOnTicket": "comment"}
    links += [
        sublink(rt, here, name)
        for right, name in rights.items()
        if account.may(right, ticket.queue)
    ]
    if account.may("ModifyTicket", ticket.queue) and ticket.status == "new":
        links += [
            {
                "ref": "lifecycle",
                "label": label,
                "from": "new",
                "to": status,
                "update": update,
                "_url": f"{rt.base}/REST/2.0/{here}/{resource}",
            }
            for label, status, update, resource in (
                ("Open It", "open", "Respond", "correspond"),
                ("Resolve", "resolved", "Comment", "comment"),
                ("Reject", "rejected", "Respond", "correspond"),
            )
        ]
    return links


def create(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Create a ticket without what the account may not set."""
    body = body_of(sent)
    if not isinstance(body, dict):
        raise Problem(400, "JSON object must be a HASH")
    if not body.get("Queue"):
        raise Problem(400, "Could not create ticket. Queue not set")
    queue = rt.find_queue(body["Queue"])
    if not queue or queue.disabled or not account.may("CreateTicket", queue.name):
        name = body["Queue"]
        raise Problem(403, f"No permission to create tickets in the queue '{name}'")
    ticket = rt.add_ticket(
        queue=queue.name,
        subject=_subject(body),
        status=str(body.get("Status") or queue.first_status).lower(),
    )
    ticket.content = _text(body)
    ticket.content_type = body.get("ContentType", "text/plain")
    requestors = body.get("Requestor", [])
    ticket.requestors = [requestors] if isinstance(requestors, str) else requestors
    for key, value in body.get("CustomFields", {}).items():
        field = rt.find_field(key)
        # A number works without SeeCustomField, a name does not.
        may_find = key.isdecimal() or account.may("SeeCustomField", queue.name)
        if field in queue.fields and may_find and may_set(account, queue.name):
            ticket.custom_fields[field] = value
    location = f"{rt.sub_path}/REST/2.0/ticket/{ticket.id}"
    return created(link(rt, "ticket", ticket.id), location, quoted=False)


def comment(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Add a comment; a ticket that does not exist is not told from a missing right."""
    body = body_of(sent)
    if "ContentType" not in body:
        raise Problem(400, "ContentType is a required field for application/json")
    ticket = rt.find_ticket(int(number))
    if ticket is None or not (
        account.may("CommentOnTicket", ticket.queue)
        or account.may("ModifyTicket", ticket.queue)
    ):
        raise Problem(400, "Permission Denied")
    ticket.comments.append(_text(body))
    location = f"{rt.sub_path}/REST/2.0/transaction/{rt.next_transaction()}"
    return created(["Comments added"], location, quoted=True)


def _values(rt: FakeRT, account: Account, ticket: FakeTicket) -> list[dict[str, Any]]:
    """Return a ticket's custom fields, with and without values."""
    if not account.may("SeeCustomField", ticket.queue):
        return []
    return [
        {
            **link(rt, "customfield", rt.fields[name]),
            "name": name,
            "values": [v for n, v in ticket.custom_fields.items() if n == name],
        }
        for name in rt.queues[ticket.queue].fields
    ]


def _subject(body: Any) -> str:
    """Return the subject as RT stores it: in one line, and cut."""
    line = str(body.get("Subject", "")).replace("\n", "")
    return line.encode()[:_MAX_SUBJECT_BYTES].decode(errors="ignore")


def _text(body: Any) -> str:
    """Return the text as RT stores it, which takes a bare 0 for none."""
    content = str(body.get("Content", ""))
    return "" if content == "0" else content
