"""Requests about tickets, and the form of the answers."""

from .case import FACILITY, JSON, TEXT, VERSIONED, Case, refused, search
from .shapes import FOUND, LINK, TICKET, collection

CREATE = {"method": "POST", "path": "/REST/2.0/ticket"}
COMMENT = {"method": "POST", "path": "/REST/2.0/ticket/{ticket}/comment"}
SEARCH = "/REST/2.0/tickets"

TICKET_CASES = {
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
        body=collection([], per_page=100, total=0, pages=0),
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
        body=collection([], per_page=100, page=2, total=0, pages=0),
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
        path=SEARCH, query={"query": ""}, body=collection([], total=0, pages=0)
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
}
