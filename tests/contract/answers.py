"""Requests about the server, its users and queues, and the form of its answers."""

from .case import COOKIE, FACILITY, UNTYPED, VERSIONED, Case, refused, web_page
from .shapes import (
    LINK,
    LINK_TO_HISTORY,
    LINK_TO_SELF,
    QUEUE,
    USER,
    USER_SUMMARY,
    collection,
)

NOBODY = {"Authorization": "token 1-14-00000000000000000000000000000000"}
SEARCH_QUEUE = {"method": "POST", "path": "/REST/2.0/queues"}
HELPER = "/Helpers/Autocomplete/Queues"
HELP = {"right": "ShowTicket", "term": FACILITY, "op": "=", "max": "1000"}
FORM = {"path": "/Ticket/Create.html", "query": {"Queue": "{queue}"}}

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
    "queue search with disabled ones": Case(
        **SEARCH_QUEUE,
        user="all-queues",
        query={"find_disabled_rows": "1"},
        send=[{"field": "Name", "value": "Disabled Queue"}],
        body=collection([LINK]),
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
    "web UI": Case(path="/", **web_page(200, "RT for example.test")),
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
    "queue helper, from another port": Case(
        path=HELPER,
        query=HELP,
        send_headers={"Referer": "http://127.0.0.1:1/"},
        **web_page(200, "Possible cross-site request forgery"),
    ),
    "queue helper, from localhost": Case(
        path=HELPER,
        query=HELP,
        send_headers={"Referer": "http://localhost:{port}/x"},
        content_type="application/json",
        headers=COOKIE,
        body=[{"label": FACILITY, "value": FACILITY}],
    ),
    "queue helper, unprivileged": Case(
        user="unpriv",
        path=HELPER,
        query=HELP,
        **web_page(302, "", {"Location": "{url}/SelfService/"}),
    ),
    "form": Case(**FORM, **web_page(200, "Create a new ticket in")),
    "form of no queue": Case(
        path="/Ticket/Create.html",
        query={"Queue": "999999"},
        **web_page(400, "RT Error"),
    ),
}
