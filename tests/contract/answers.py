"""Requests to RT and the form of its answers."""

from dataclasses import dataclass, field
from typing import Any

from .shapes import (
    FOUND,
    LINK,
    LINK_TO_HISTORY,
    LINK_TO_SELF,
    QUEUE,
    TICKET,
    USER,
    USER_SUMMARY,
    collection,
)

FACILITY = "Facility Management"

JSON_QUOTED = 'application/json; charset="utf-8"'
JSON = "application/json; charset=utf-8"
WEB_PAGE = "text/html; charset=utf-8"
UNTYPED = "application/octet-stream"  # what no header stands for

VERSIONED = {"ETag": '".+"', "Last-Modified": r"[-\d]+T[:\d]+Z"}
COOKIE = {"Set-Cookie": "RT_SID_.+"}


@dataclass(kw_only=True)
class Case:
    """A request and the form of its answer.

    Words in braces stand for numbers; see Contract.test_answer.
    """

    user: str = "u-full"
    method: str = "GET"
    path: str
    query: dict[str, str] = field(default_factory=dict)
    send: Any = None
    """The JSON to send; a string is sent as it is."""
    send_headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    content_type: str = JSON_QUOTED
    headers: dict[str, str] = field(default_factory=dict)
    """Patterns of all the headers that are in NOTABLE."""
    body: Any = None
    """Form of the JSON; for a web page, a text that it holds."""


NOTABLE = ("Allow", "ETag", "Last-Modified", "Location", "Set-Cookie")


def refused(
    status: int, message: str, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return what REST2's refusals have in common."""
    return {
        "status": status,
        "content_type": JSON,
        "headers": headers or {},
        "body": {"message": message},
    }


def web_page(
    status: int, text: str, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return what web pages have in common."""
    return {
        "status": status,
        "content_type": WEB_PAGE,
        "headers": {**COOKIE, **(headers or {})},
        "body": text,
    }


def search(query: str, **more: str) -> dict[str, str]:
    """Return the parameters of a search, as the client sends them."""
    known = {"fields": "Status,CustomFields", "orderby": "id", "order": "ASC"}
    return {"query": query, **known, "per_page": "100", "page": "1", **more}


NOBODY = {"Authorization": "token 1-14-00000000000000000000000000000000"}
SEARCH_QUEUE = {"method": "POST", "path": "/REST/2.0/queues"}
CREATE = {"method": "POST", "path": "/REST/2.0/ticket"}
COMMENT = {"method": "POST", "path": "/REST/2.0/ticket/{ticket}/comment"}
HELPER = "/Helpers/Autocomplete/Queues"
HELP = {"right": "ShowTicket", "term": FACILITY, "op": "=", "max": "1000"}
FORM = {"path": "/Ticket/Create.html", "query": {"Queue": "{queue}"}}
SEARCH = "/REST/2.0/tickets"
TEXT = {"Content": "text", "ContentType": "text/plain"}

CASES = {
    "version": Case(path="/REST/2.0/rt", body={"Version": str}),
    "own user": Case(path="/REST/2.0/user/{u-full}", headers=VERSIONED, body=USER),
    "other user": Case(
        path="/REST/2.0/user/{readonly}", headers=VERSIONED, body=USER_SUMMARY
    ),
    "other user, unprivileged": Case(
        user="unpriv", path="/REST/2.0/user/{readonly}", **refused(403, "Forbidden")
    ),
    "no user": Case(path="/REST/2.0/user/999999", **refused(404, "Not Found")),
    "queue": Case(path="/REST/2.0/queue/{queue}", headers=VERSIONED, body=QUEUE),
    "queue by name": Case(
        path="/REST/2.0/queue/facility%20MANAGEMENT", headers=VERSIONED, body=QUEUE
    ),
    "queue without CreateTicket": Case(
        user="no-CreateTicket",
        path="/REST/2.0/queue/{queue}",
        headers=VERSIONED,
        body={**QUEUE, "_hyperlinks": [LINK_TO_SELF, LINK_TO_HISTORY]},
    ),
    "queue without SeeCustomField": Case(
        user="no-SeeCustomField",
        path="/REST/2.0/queue/{queue}",
        headers=VERSIONED,
        body={**QUEUE, "TicketCustomFields": []},
    ),
    "queue without SeeQueue": Case(
        user="no-SeeQueue",
        path="/REST/2.0/queue/{queue}",
        **refused(403, "Forbidden"),
    ),
    "no queue": Case(path="/REST/2.0/queue/Nowhere", **refused(403, "Forbidden")),
    "queue with a slash": Case(
        user="all-queues",
        path="/REST/2.0/queue/IT%2FSupport",
        **refused(404, "Not Found"),
    ),
    "queue search": Case(
        **SEARCH_QUEUE,
        send=[{"field": "Name", "value": "facility management"}],
        body=collection([LINK]),
    ),
    "queue search without SeeQueue": Case(
        **SEARCH_QUEUE,
        user="no-SeeQueue",
        send=[{"field": "Name", "value": FACILITY}],
        body=collection([]),
    ),
    "queues": Case(
        path="/REST/2.0/queues/all",
        query={"fields": "Name", "per_page": "100", "page": "1"},
        body=collection([{**LINK, "Name": str}], per_page=100),
    ),
    "queues, second page": Case(
        path="/REST/2.0/queues/all",
        query={"fields": "Name", "per_page": "100", "page": "2"},
        body=collection([], per_page=100, page=2),
    ),
    "search": Case(
        path=SEARCH,
        query=search("id = {ticket}"),
        body=collection([FOUND], per_page=100, total=1, pages=1),
    ),
    "search without SeeCustomField": Case(
        user="no-SeeCustomField",
        path=SEARCH,
        query=search("id = {ticket}"),
        body=collection(
            [{**FOUND, "CustomFields": ""}], per_page=100, total=1, pages=1
        ),
    ),
    "search without ShowTicket": Case(
        user="no-ShowTicket",
        path=SEARCH,
        query=search("id = {ticket}"),
        body=collection([], per_page=100, total=0, pages=0.0),
    ),
    "search, first page": Case(
        path=SEARCH,
        query=search("id = {ticket} OR id = {other}", per_page="1"),
        body=collection([FOUND], per_page=1, total=2, pages=2, next_page=str),
    ),
    "search, last page": Case(
        path=SEARCH,
        query=search("id = {ticket} OR id = {other}", per_page="1", page="2"),
        body=collection([FOUND], per_page=1, page=2, total=2, pages=2, prev_page=str),
    ),
    "search, beyond the last page": Case(
        path=SEARCH,
        query=search("id = {ticket}", page="3"),
        body=collection([], per_page=100, page=3, total=1, pages=1, prev_page=str),
    ),
    "search, beyond nothing": Case(
        path=SEARCH,
        query=search("id = 999999", page="2"),
        body=collection([], per_page=100, page=2, total=0, pages=0.0),
    ),
    "search, more than a page holds": Case(
        path=SEARCH,
        query=search("id = {ticket}", per_page="1000"),
        body=collection([FOUND], per_page=100, total=1, pages=1),
    ),
    "search, unknown field": Case(
        path=SEARCH,
        query={"query": "id = {ticket}", "fields": "Bogus"},
        body=collection([{**LINK, "Bogus": ""}], total=1, pages=1),
    ),
    "search, no query": Case(
        path=SEARCH, query={"query": ""}, body=collection([], total=0, pages=0.0)
    ),
    "ticket": Case(path="/REST/2.0/ticket/{ticket}", headers=VERSIONED, body=TICKET),
    "ticket without ModifyTicket": Case(
        user="no-ModifyTicket",
        path="/REST/2.0/ticket/{ticket}",
        headers=VERSIONED,
        body={**TICKET, "_hyperlinks": TICKET["_hyperlinks"][:5]},
    ),
    "ticket without CommentOnTicket": Case(
        user="no-CommentOnTicket",
        path="/REST/2.0/ticket/{ticket}",
        headers=VERSIONED,
        body={
            **TICKET,
            "_hyperlinks": [
                *(link for link in TICKET["_hyperlinks"] if link["ref"] != "comment"),
            ],
        },
    ),
    "ticket without SeeCustomField": Case(
        user="no-SeeCustomField",
        path="/REST/2.0/ticket/{ticket}",
        headers=VERSIONED,
        body={
            **TICKET,
            "CustomFields": [],
            "_hyperlinks": [
                *(
                    link
                    for link in TICKET["_hyperlinks"]
                    if link["ref"] != "customfield"
                ),
            ],
        },
    ),
    "ticket without ShowTicket": Case(
        user="no-ShowTicket",
        path="/REST/2.0/ticket/{ticket}",
        **refused(403, "Forbidden"),
    ),
    "no ticket": Case(path="/REST/2.0/ticket/999999", **refused(404, "Not Found")),
    "create": Case(
        **CREATE,
        send={"Queue": FACILITY, "Subject": "s", **TEXT},
        status=201,
        content_type=JSON,
        headers={"Location": r"/REST/2\.0/ticket/\d+"},
        body={**LINK, "type": "ticket"},
    ),
    "create without CreateTicket": Case(
        **CREATE,
        user="no-CreateTicket",
        send={"Queue": FACILITY},
        **refused(
            403, "No permission to create tickets in the queue 'Facility Management'"
        ),
    ),
    "create in no queue": Case(
        **CREATE,
        send={"Queue": 999999},
        **refused(403, "No permission to create tickets in the queue '999999'"),
    ),
    "create without a queue": Case(
        **CREATE, send={}, **refused(400, "Could not create ticket. Queue not set")
    ),
    "create from a list": Case(
        **CREATE, send=[], **refused(400, "JSON object must be a HASH")
    ),
    "create, another content type": Case(
        **CREATE,
        send="{}",
        send_headers={"Content-Type": "text/plain"},
        **refused(415, "Unsupported Media Type"),
    ),
    "comment": Case(
        **COMMENT,
        send=TEXT,
        status=201,
        headers={"Location": r"/REST/2\.0/transaction/\d+"},
        body=["Comments added"],
    ),
    "comment by ModifyTicket only": Case(
        **COMMENT,
        user="no-CommentOnTicket",
        send=TEXT,
        status=201,
        headers={"Location": r"/REST/2\.0/transaction/\d+"},
        body=["Comments added"],
    ),
    "comment without right": Case(
        **COMMENT, user="readonly", send=TEXT, **refused(400, "Permission Denied")
    ),
    "comment on no ticket": Case(
        method="POST",
        path="/REST/2.0/ticket/999999/comment",
        send=TEXT,
        **refused(400, "Permission Denied"),
    ),
    "comment without content type": Case(
        **COMMENT,
        send={"Content": "text"},
        **refused(400, "ContentType is a required field for application/json"),
    ),
    "wrong token": Case(
        path="/REST/2.0/rt", send_headers=NOBODY, **refused(401, "Unauthorized")
    ),
    "revoked token": Case(
        user="revoked", path="/REST/2.0/rt", **refused(401, "Unauthorized")
    ),
    "wrong token on a wrong path": Case(
        path="/REST/2.0/nothing", send_headers=NOBODY, **refused(401, "Unauthorized")
    ),
    "wrong token with a cookie": Case(
        path="/REST/2.0/rt",
        send_headers={**NOBODY, "Cookie": "any=1"},
        status=302,
        content_type=UNTYPED,
        headers={**COOKIE, "Location": "/"},
        body="Login required",
    ),
    "no such resource": Case(path="/REST/2.0/nothing", **refused(404, "Not Found")),
    "slash behind a resource": Case(path="/REST/2.0/rt/", **refused(404, "Not Found")),
    "wrong method": Case(
        method="POST",
        path="/REST/2.0/rt",
        send={},
        **refused(405, "Method Not Allowed", {"Allow": "GET"}),
    ),
    "wrong method for a comment": Case(
        path="/REST/2.0/ticket/{ticket}/comment",
        **refused(405, "Method Not Allowed", {"Allow": "POST"}),
    ),
    "web UI": Case(path="/", **web_page(200, "RT at a glance")),
    "below the web UI": Case(path="/x/REST/2.0/rt", **web_page(404, "Page not found")),
    "write below the web UI": Case(
        method="POST",
        path="/x/REST/2.0/ticket",
        send={},
        send_headers={"Referer": ""},
        **web_page(200, "Possible cross-site request forgery"),
    ),
    "web UI, wrong token": Case(
        path=HELPER,
        query=HELP,
        send_headers=NOBODY,
        **web_page(302, "", {"Location": "{url}/NoAuth/Login.html.*"}),
    ),
    "queue helper": Case(
        path=HELPER,
        query=HELP,
        content_type="application/json",
        headers=COOKIE,
        body=[{"label": FACILITY, "value": FACILITY}],
    ),
    "queue helper without the right": Case(
        user="no-ShowTicket",
        path=HELPER,
        query=HELP,
        content_type="application/json",
        headers=COOKIE,
        body=[],
    ),
    "queue helper, from elsewhere": Case(
        path=HELPER,
        query=HELP,
        send_headers={"Referer": "https://elsewhere.test/"},
        **web_page(200, "Possible cross-site request forgery"),
    ),
    "queue helper, unprivileged": Case(
        user="unpriv",
        path=HELPER,
        query=HELP,
        **web_page(302, "", {"Location": "{url}/SelfService/"}),
    ),
    "form": Case(
        **FORM,
        **web_page(200, 'name="Object-RT::Ticket--CustomField-{field}-Value"'),
    ),
    "form without ModifyCustomField": Case(
        **FORM, user="no-ModifyCustomField", **web_page(200, 'name="Queue"')
    ),
    "form of no queue": Case(
        path="/Ticket/Create.html",
        query={"Queue": "999999"},
        **web_page(400, "RT Error"),
    ),
}
