"""What happened to tickets, and the texts and files of it, in REST2."""

import base64
from collections.abc import Iterable
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .account import Account
from .records import collection_page, expanded, fields_of, link, self_link
from .responses import Problem, found
from .sql import WrongQueryError, text_test
from .ticket import FakeAttachment, FakeTransaction
from .ticket_view import time_text
from .transactionsql import compile_transaction_query

if TYPE_CHECKING:
    from .sent import Sent
    from .server import FakeRT


def history(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Answer with what happened to a ticket; nothing for one not to be seen."""
    ticket = rt.find_ticket(int(number))
    if ticket is None or not account.may("ShowTicket", ticket.queue):
        return _page(rt, account, sent, [])
    happened = rt.history(ticket)
    is_counted = rt.is_newer and account.may("SeeCustomField", ticket.queue)
    if is_counted:
        happened = [one for one in happened if _may_see(rt, account, one)]
    return _page(rt, account, sent, happened, is_counted=is_counted)


def search(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with what happened to any tickets."""
    query = sent.query.get("query", "")
    if not query.strip():
        return _page(rt, account, sent, [])
    try:
        mine = query.replace("__CurrentUser__", str(account.id))
        compiled = compile_transaction_query(rt, mine, account.zone)
    except WrongQueryError as err:
        where = "/opt/rt5/lib/RT/Transactions.pm line 9."
        raise Problem(400, f"{err} at {where}\n") from None
    happened = filter(compiled.matches, rt.journal)
    if compiled.finds_tickets_only:
        happened = filter(lambda one: _may_see_ticket(rt, account, one), happened)
    return _page(rt, account, sent, happened)


def transaction(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Answer with one thing that happened."""
    one = next((one for one in rt.journal if one.id == int(number)), None)
    if one is None:
        raise Problem(500, "Internal Server Error")
    if not _may_see(rt, account, one):
        raise Problem(403, "Forbidden")
    data = {
        "id": one.id,
        "Type": one.type,
        "Created": time_text(one.created),
        "Creator": link(rt, "user", one.creator),
        "Object": link(rt, "ticket", one.object_id),
        "TimeTaken": "0",
        "_hyperlinks": [
            self_link(rt, "transaction", one.id),
            *(
                {
                    "ref": "attachment",
                    "_url": f"{rt.base}/REST/2.0/attachment/{attachment.id}",
                }
                for attachment in rt.attachments
                if attachment.transaction is one
            ),
        ],
    }
    texts = {
        "Field": one.field,
        "OldValue": one.old_value,
        "NewValue": one.new_value,
        "Data": one.data,
    }
    return found(data | {name: text for name, text in texts.items() if text})


def attachments(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Answer with the texts and files of a ticket, without their content."""
    kept = [one for one in _kept(rt, account, sent, number) if _is_meant(sent, one)]

    def show(one: FakeAttachment) -> dict[str, Any]:
        known = {
            "Filename": one.name,
            "ContentType": one.content_type,
            "ContentLength": str(len(one.content)),
            "TransactionId": str(one.transaction.id),
        }
        return link(rt, "attachment", one.id) | fields_of(sent, known)

    return collection_page(
        sent,
        kept,
        show,
        lambda one: _may_see(rt, account, one.transaction),
        knows_total=False,
    )


def _kept(
    rt: FakeRT, account: Account, sent: Sent, number: str
) -> list[FakeAttachment]:
    """Return the texts and files of a ticket; without one RT searches all tickets."""
    ticket = rt.find_ticket(int(number))
    if ticket is None or not account.may("ShowTicket", ticket.queue):
        return rt.attachments if "query" in sent.query else []
    happened = rt.history(ticket)
    return [one for one in rt.attachments if one.transaction in happened]


def _is_meant(sent: Sent, one: FakeAttachment) -> bool:
    """Tell whether a text or a file is what a query in JSON asks for."""
    for limit in json.loads(sent.query.get("query", "[]")):
        if limit["field"] != "Headers":
            raise NotImplementedError("The fake RT searches nothing but headers")
        if not text_test(limit["operator"], one.headers, limit["value"]):
            return False
    return True


def attachment(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Answer with a text or a file."""
    one = next((one for one in rt.attachments if one.id == int(number)), None)
    if one is None:
        raise Problem(500, "Internal Server Error")
    if not _may_see(rt, account, one.transaction):
        raise Problem(403, "Forbidden")
    content = base64.encodebytes(one.content).decode()
    data = {
        "id": one.id,
        "ContentType": one.content_type,
        "Headers": one.headers,
        "Subject": "",
        "MessageId": "",
        "Parent": link(rt, "attachment", one.parent) if one.parent else "0",
        "Content": content or None,
        "Created": time_text(one.transaction.created),
        "Creator": link(rt, "user", one.transaction.creator),
        "TransactionId": link(rt, "transaction", one.transaction.id),
        "_hyperlinks": [self_link(rt, "attachment", one.id)],
    }
    return found(data | ({"Filename": one.name} if one.name else {}))


def _page(
    rt: FakeRT,
    account: Account,
    sent: Sent,
    happened: Iterable[FakeTransaction],
    *,
    is_counted: bool = False,
) -> web.Response:
    """Answer with a page, cut before what is not to be seen is left out."""
    shown = sorted(
        happened, key=lambda one: one.id, reverse=sent.query.get("order") == "DESC"
    )

    def show(one: FakeTransaction) -> dict[str, Any]:
        known = {
            "Type": one.type,
            "ObjectId": str(one.object_id),
            "ObjectType": one.object_type,
            "Created": time_text(one.created),
            "Creator": link(rt, "user", one.creator),
            "Field": one.field,
            "OldValue": one.old_value,
            "NewValue": one.new_value,
            "Data": one.data,
        }
        item = link(rt, "transaction", one.id) | fields_of(sent, known)
        return expanded(rt, account, sent, item)

    return collection_page(
        sent,
        shown,
        show,
        lambda one: _may_see(rt, account, one),
        knows_total=is_counted,
        sends_back=is_counted,
    )


def _may_see(rt: FakeRT, account: Account, one: FakeTransaction) -> bool:
    ticket = rt.ticket_of(one)
    if ticket is None:
        queue = rt.find_queue(one.object_id)
        return queue is not None and account.may("SeeQueue", queue.name)
    rights = {"Comment": "ShowTicketComments", "CustomField": "SeeCustomField"}
    right = rights.get(one.type, "ShowTicket")
    return _may_see_ticket(rt, account, one) and account.may(right, ticket.queue)


def _may_see_ticket(rt: FakeRT, account: Account, one: FakeTransaction) -> bool:
    ticket = rt.ticket_of(one)
    return ticket is not None and account.may("ShowTicket", ticket.queue)
