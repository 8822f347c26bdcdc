"""Requests that change tickets or read their history, and the form of the answers."""

from .case import FILE, TEXT, VERSIONED, Case, refused, search
from .shapes import LINK, LINK_TO_SELF, TICKET, Newer, collection

PUT = {"method": "PUT", "path": "/REST/2.0/ticket/{ticket}"}
CORRESPOND = {"method": "POST", "path": "/REST/2.0/ticket/{ticket}/correspond"}
HISTORY = "/REST/2.0/ticket/{ticket}/history"
ALL_FIELDS = (
    "Subject,Status,Queue,Owner,Requestor,Cc,Creator,Priority,Created,Started,Due,"
    "Resolved,LastUpdated,LastUpdatedBy,EffectiveId"
)
_SHOWN = ALL_FIELDS.split(",")
_HISTORY_FIELDS = "Type,ObjectId,Created,Creator,Field,OldValue,NewValue"
_ENTRY = {
    **LINK,
    **dict.fromkeys(("Type", "ObjectId", "Created", "Field"), str),
    **dict.fromkeys(("OldValue", "NewValue"), str),
    "Creator": LINK,
}

CHANGE_CASES = {
    "change": Case(
        **PUT,
        send={"Status": "open"},
        body=["Ticket {ticket}: Status changed from 'new' to 'open'"],
    ),
    "change of nothing": Case(**PUT, send={}, body=[]),
    "change from a list": Case(
        **PUT, send=[], **refused(400, "JSON object must be a HASH")
    ),
    "change, another content type": Case(
        **PUT,
        send="{}",
        send_headers={"Content-Type": "text/plain"},
        **refused(415, "Unsupported Media Type"),
    ),
    "answer": Case(
        **CORRESPOND,
        send=TEXT,
        status=201,
        headers={"Location": r"/REST/2\.0/transaction/\d+"},
        body=["Correspondence added"],
    ),
    "answer without content type": Case(
        **CORRESPOND,
        send={"Content": "text"},
        **refused(400, "ContentType is a required field for application/json"),
    ),
    "answer on no ticket": Case(
        method="POST",
        path="/REST/2.0/ticket/999999/correspond",
        send=TEXT,
        **refused(400, "Permission Denied"),
    ),
    "wrong method for an answer": Case(
        path="/REST/2.0/ticket/{ticket}/correspond",
        **refused(405, "Method Not Allowed", {"Allow": "POST"}),
    ),
    "search, all fields": Case(
        path="/REST/2.0/tickets",
        query=search("id = {ticket}", fields=ALL_FIELDS),
        body=collection(
            [
                {
                    **LINK,
                    **{name: TICKET[name] for name in _SHOWN if name in TICKET},
                    "EffectiveId": "{ticket}",
                }
            ],
            per_page=100,
            total=1,
            pages=1,
        ),
    ),
    "search, fields of fields": Case(
        path="/REST/2.0/tickets",
        query=search("id = {ticket}", fields="id,Queue,Owner,Requestor")
        | {"fields[Queue]": "Name,Lifecycle", "fields[Owner]": "id,Name"},
        body=collection(
            [
                {
                    **LINK,
                    "id": int,
                    "Queue": {**LINK, "Name": str, "Lifecycle": "default"},
                    "Owner": {**LINK, "id": int, "Name": "Nobody"},
                    "Requestor": [],
                }
            ],
            per_page=100,
            total=1,
            pages=1,
        ),
    ),
    "search, fields of a queue not to be seen": Case(
        user="no-SeeQueue",
        path="/REST/2.0/tickets",
        query=search("id = {ticket}", fields="Queue") | {"fields[Queue]": "Name"},
        body=collection(
            [{**LINK, "Queue": {**LINK, "Name": ""}}], per_page=100, total=1, pages=1
        ),
    ),
    "ticket, fields of fields": Case(
        path="/REST/2.0/ticket/{ticket}",
        query={"fields[Queue]": "Name", "fields[Owner]": "id,Name"},
        headers=VERSIONED,
        body={
            **TICKET,
            "Queue": {**LINK, "Name": str},
            "Owner": {**LINK, "id": int, "Name": "Nobody"},
        },
    ),
    "history": Case(
        path=HISTORY,
        query={"fields": _HISTORY_FIELDS, "per_page": "100"},
        body=collection([_ENTRY], per_page=100),
    ),
    "history, fields of fields": Case(
        path=HISTORY,
        query={"fields": "Creator", "fields[Creator]": "id,Name"},
        body=collection([{**LINK, "Creator": {**LINK, "id": int, "Name": str}}]),
    ),
    "transactions": Case(
        path="/REST/2.0/transactions",
        query={"query": "ObjectId = {ticket}", "fields": _HISTORY_FIELDS},
        body=collection([_ENTRY]),
    ),
    "transaction": Case(
        path="/REST/2.0/transaction/{comment}",
        body={
            "id": int,
            "Type": "Comment",
            "Created": str,
            "Creator": LINK,
            "Data": "No Subject",
            "Object": LINK,
            "TimeTaken": "0",
            "TimeWorker": Newer("0"),
            "_hyperlinks": [LINK_TO_SELF, {"ref": "attachment", "_url": str}],
        },
    ),
    "transaction without ShowTicketComments": Case(
        user="no-ShowTicketComments",
        path="/REST/2.0/transaction/{comment}",
        **refused(403, "Forbidden"),
    ),
    "no transaction": Case(
        path="/REST/2.0/transaction/999999",
        **refused(500, "Internal Server Error"),
    ),
    "attachments": Case(
        path="/REST/2.0/ticket/{ticket}/attachments",
        query={"fields": "Filename,ContentType,ContentLength,TransactionId"},
        body=collection(
            [
                {
                    **LINK,
                    "Filename": "",
                    "ContentType": "text/plain",
                    "ContentLength": "4",
                    "TransactionId": str,
                }
            ]
        ),
    ),
    "attachment": Case(
        path="/REST/2.0/attachment/{file}",
        body={
            "id": int,
            "Filename": FILE["FileName"],
            "ContentType": FILE["FileType"],
            "Content": str,
            "Created": str,
            "Creator": LINK,
            "Headers": str,
            "MessageId": "",
            "Parent": LINK,
            "Subject": "",
            "TransactionId": LINK,
            "_hyperlinks": [LINK_TO_SELF],
        },
    ),
    "attachment without ShowTicketComments": Case(
        user="no-ShowTicketComments",
        path="/REST/2.0/attachment/{file}",
        **refused(403, "Forbidden"),
    ),
    "no attachment": Case(
        path="/REST/2.0/attachment/999999",
        **refused(500, "Internal Server Error"),
    ),
}
