"""The resources of REST2 that the client asks for."""

from collections.abc import Callable, Iterable
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from .data import Account, FakeQueue, FakeTicket
from .responses import Problem, created, error, found
from .ticketsql import WrongQueryError, compile_query
from .web_ui import may_set

if TYPE_CHECKING:
    from .server import FakeRT, Sent

type Resource = Callable[..., web.Response]

_MAX_SUBJECT = 200
_CREATED = "2026-11-21T01:00:00Z"
_NEVER = "1970-01-01T00:00:00Z"
_VERSIONED = {"ETag": '"1"', "Last-Modified": _CREATED}


def respond(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer an authenticated request."""
    allowed = None
    for method, path, resource in _RESOURCES:
        if match := path.fullmatch(sent.path.removeprefix("/REST/2.0/")):
            if method == sent.method:
                return resource(rt, account, sent, *match.groups())
            allowed = method
    if allowed:
        response = error(405, "Method Not Allowed")
        response.headers["Allow"] = allowed
        return response
    raise Problem(404, "Not Found")


def _rt(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    return found({"Version": rt.version})


def _user(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Answer with everything about oneself, and with little about others."""
    user = next((a for a in rt.accounts if str(a.id) == number), None)
    if user is None:
        raise Problem(404, "Not Found")
    if user is not account and not account.privileged:
        raise Problem(403, "Forbidden")
    data: dict[str, Any] = {
        "EmailAddress": f"{user.name}@example.test",
        "Name": user.name,
        "Privileged": int(user.privileged),
        "_hyperlinks": [{"ref": "self", **_link(rt, "user", user.id)}],
    }
    if user is not account:
        data["RealName"] = None
    else:
        data |= {
            "id": user.id,
            "Disabled": "0",
            "CustomFields": [],
            "Memberships": [],
            **_tracks(rt, "RT_System"),
        }
        data["_hyperlinks"].append(_subresource(rt, f"user/{user.id}", "history"))
    return found(data, _VERSIONED)


def _queue(rt: FakeRT, account: Account, sent: Sent, name: str) -> web.Response:
    """Answer with a queue that the account may see."""
    queue = None if "%2F" in name.upper() else rt.find_queue(unquote(name))
    if "%2F" in name.upper():
        raise Problem(404, "Not Found")
    if queue is None or not account.may("SeeQueue", queue.name):
        raise Problem(403, "Forbidden")
    fields = []
    if account.may("SeeCustomField", queue.name):
        fields = [
            {"ref": "customfield", "name": f, **_link(rt, "customfield", rt.fields[f])}
            for f in queue.fields
        ]
        fields = [{**field, "id": str(field["id"])} for field in fields]
    links = [
        {"ref": "self", **_link(rt, "queue", queue.id)},
        _subresource(rt, f"queue/{queue.id}", "history"),
    ]
    if account.may("CreateTicket", queue.name):
        url = f"{rt.base}/REST/2.0/ticket?Queue={queue.id}"
        links.append({"ref": "create", "type": "ticket", "_url": url})
    data = {
        "id": queue.id,
        "Name": queue.name,
        "Description": "",
        "Disabled": str(int(queue.disabled)),
        "Lifecycle": queue.lifecycle,
        "SLADisabled": "1",
        "SortOrder": "0",
        "CommentAddress": "",
        "CorrespondAddress": "",
        "AdminCc": [],
        "Cc": [],
        "CustomFields": [],
        "TicketCustomFields": fields,
        "TicketTransactionCustomFields": [],
        "_hyperlinks": links,
        **_tracks(rt, "RT_System"),
    }
    return found(data, _VERSIONED)


def _queues(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with a page of queues, cut before those not to be seen are left out."""
    queues = sorted(
        (queue for queue in rt.queues.values() if not queue.disabled),
        key=lambda queue: queue.name.casefold(),
    )
    return _queue_page(rt, account, sent, queues)


def _search_queues(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with the queues that have a name."""
    names = {one["value"].casefold() for one in _body(sent) if one["field"] == "Name"}
    queues = [
        queue
        for queue in rt.queues.values()
        if not queue.disabled and queue.name.casefold() in names
    ]
    return _queue_page(rt, account, sent, queues)


def _queue_page(
    rt: FakeRT, account: Account, sent: Sent, queues: list[FakeQueue]
) -> web.Response:
    def show(queue: FakeQueue) -> dict[str, Any]:
        item = {**_link(rt, "queue", queue.id), "id": str(queue.id)}
        return item | _fields(sent, {"Name": queue.name})

    visible = {queue.name for queue in queues if account.may("SeeQueue", queue.name)}
    return _page(sent, queues, show, lambda q: q.name in visible, knows_total=False)


def _search(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
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
            "Created": _CREATED,
            "CustomFields": _values(rt, account, ticket) or "",
        }
        item = {**_link(rt, "ticket", ticket.id), "id": str(ticket.id)}
        return item | _fields(sent, values)

    def may_see(ticket: FakeTicket) -> bool:
        return account.may("ShowTicket", ticket.queue)

    if rt.knows_totals:
        tickets = [ticket for ticket in tickets if may_see(ticket)]
    return _page(
        sent, tickets, show, may_see, knows_total=rt.knows_totals, base=rt.base
    )


def _ticket(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
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
        "Queue": {**_link(rt, "queue", queue.id), "id": str(queue.id)},
        "EffectiveId": {**_link(rt, "ticket", ticket.id), "id": str(ticket.id)},
        "Owner": _link(rt, "user", "Nobody"),
        "Requestor": [_link(rt, "user", name) for name in ticket.requestors],
        "AdminCc": [],
        "Cc": [],
        "CustomFields": values,
        "_hyperlinks": _ticket_links(rt, account, ticket, values),
        **_tracks(rt, account.name),
    }
    return found(data, _VERSIONED)


def _ticket_links(
    rt: FakeRT, account: Account, ticket: FakeTicket, values: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return what the account may do with a ticket."""
    here = f"ticket/{ticket.id}"
    fields = [{k: v for k, v in one.items() if k != "values"} for one in values]
    links = [
        {"ref": "self", **_link(rt, "ticket", ticket.id)},
        *({"ref": "customfield", **field} for field in fields),
        _subresource(rt, here, "history"),
    ]
    rights = {"ReplyToTicket": "correspond", "CommentOnTicket": "comment"}
    links += [
        _subresource(rt, here, name)
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


def _create(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Create a ticket without what the account may not set."""
    body = _body(sent)
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
        subject=str(body.get("Subject", "")).replace("\n", "")[:_MAX_SUBJECT],
        status=str(body.get("Status") or queue.first_status).lower(),
    )
    ticket.content = body.get("Content", "")
    ticket.content_type = body.get("ContentType", "text/plain")
    requestors = body.get("Requestor", [])
    ticket.requestors = [requestors] if isinstance(requestors, str) else requestors
    for key, value in body.get("CustomFields", {}).items():
        field = rt.find_field(key)
        # A number works without SeeCustomField, a name does not.
        may_find = key.isdecimal() or account.may("SeeCustomField", queue.name)
        if field in queue.fields and may_find and may_set(account, queue.name):
            ticket.custom_fields[field] = value
    link = {**_link(rt, "ticket", ticket.id), "id": str(ticket.id)}
    location = f"{rt.sub_path}/REST/2.0/ticket/{ticket.id}"
    return created(link, location, quoted=False)


def _comment(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Add a comment; a ticket that does not exist is not told from a missing right."""
    body = _body(sent)
    if "ContentType" not in body:
        raise Problem(400, "ContentType is a required field for application/json")
    ticket = rt.find_ticket(int(number))
    if ticket is None or not (
        account.may("CommentOnTicket", ticket.queue)
        or account.may("ModifyTicket", ticket.queue)
    ):
        raise Problem(400, "Permission Denied")
    content = body.get("Content", "")
    ticket.comments.append("" if content == "0" else content)
    location = f"{rt.sub_path}/REST/2.0/transaction/{rt.next_transaction()}"
    return created(["Comments added"], location, quoted=True)


_RESOURCES: list[tuple[str, re.Pattern[str], Resource]] = [
    (method, re.compile(path), resource)
    for method, path, resource in (
        ("GET", r"rt", _rt),
        ("GET", r"user/(\d+)", _user),
        ("GET", r"queue/([^/]+)", _queue),
        ("GET", r"queues/all", _queues),
        ("POST", r"queues", _search_queues),
        ("GET", r"tickets", _search),
        ("GET", r"ticket/(\d+)", _ticket),
        ("POST", r"ticket", _create),
        ("POST", r"ticket/(\d+)/comment", _comment),
    )
]


def _body(sent: Sent) -> Any:
    """Return the parsed body of a request that has to bring JSON."""
    if not sent.headers.get("Content-Type", "").startswith("application/json"):
        raise Problem(415, "Unsupported Media Type")
    try:
        return json.loads(sent.body)
    except ValueError as err:
        raise Problem(400, f"JSON parse error: {err}\n") from None


def _page[T](
    sent: Sent,
    records: list[T],
    show: Callable[[T], dict[str, Any]],
    may_see: Callable[[T], bool],
    *,
    knows_total: bool,
    base: str = "",
) -> web.Response:
    """Answer with one page of a collection."""
    per_page, page = _number(sent, "per_page", 20), _number(sent, "page", 1)
    per_page = min(per_page, 100)
    shown = records[(page - 1) * per_page : page * per_page]
    items = [show(record) for record in shown if may_see(record)]
    data: dict[str, Any] = {
        "count": len(items),
        "page": page,
        "per_page": per_page,
        "total": None,
        "pages": None,
        "items": items,
    }
    if knows_total:
        pages = -(-len(records) // per_page)
        data |= {"total": len(records), "pages": pages or 0.0}
        here = f"{base}{sent.path}?page="
        if page < pages:
            data["next_page"] = f"{here}{page + 1}"
        if page > 1 and pages:
            data["prev_page"] = f"{here}{min(page - 1, pages)}"
    return found(data)


def _number(sent: Sent, name: str, default: int) -> int:
    """Return a number of the query; RT takes its default for what is none."""
    text = sent.query.get(name, "")
    return int(text) if text.isdecimal() and int(text) else default


def _fields(sent: Sent, known: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a request asks for; RT answers "" for unknown ones."""
    names = filter(None, sent.query.get("fields", "").split(","))
    return {name: known.get(name, "") for name in names}


def _values(rt: FakeRT, account: Account, ticket: FakeTicket) -> list[dict[str, Any]]:
    """Return a ticket's custom fields, with and without values."""
    if not account.may("SeeCustomField", ticket.queue):
        return []
    fields: Iterable[str] = rt.queues[ticket.queue].fields
    return [
        {
            **_link(rt, "customfield", rt.fields[name]),
            "id": str(rt.fields[name]),
            "name": name,
            "values": [ticket.custom_fields[name]]
            if name in ticket.custom_fields
            else [],
        }
        for name in fields
    ]


def _tracks(rt: FakeRT, user: str) -> dict[str, Any]:
    """Return who made and changed a record, and when."""
    return {
        "Created": _CREATED,
        "Creator": _link(rt, "user", user),
        "LastUpdated": _CREATED,
        "LastUpdatedBy": _link(rt, "user", user),
    }


def _link(rt: FakeRT, kind: str, number: int | str) -> dict[str, Any]:
    url = f"{rt.base}/REST/2.0/{kind}/{number}"
    return {"id": number, "type": kind, "_url": url}


def _subresource(rt: FakeRT, of: str, name: str) -> dict[str, Any]:
    return {"ref": name, "_url": f"{rt.base}/REST/2.0/{of}/{name}"}
