"""Changes of tickets in REST2, which answers 200 to what it refuses, too."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import changes
from .account import Account
from .links import KINDS, add_links, remove_links, set_links, target_of
from .messages import add_message, files_of, text_of
from .records import body_of
from .responses import Problem, created, found
from .ticket import NOBODY, FakeTicket
from .tickets import visible_ticket

if TYPE_CHECKING:
    from .sent import Sent
    from .server import FakeRT

_DENIED = "Permission Denied"


def update(rt: FakeRT, account: Account, sent: Sent, number: str) -> web.Response:
    """Change what the account may change, and say of each field what became of it."""
    missing = "Resource does not exist; use POST to create"
    ticket = visible_ticket(rt, account, number, missing)
    body = body_of(sent)
    if not isinstance(body, dict):
        raise Problem(400, "JSON object must be a HASH")
    setters: dict[str, Callable[[Any], str]] = {
        "Due": lambda value: _set_due(rt, ticket, value, account.name),
        "Owner": lambda value: _set_owner(rt, account, ticket, value),
        "Priority": lambda v: changes.set_priority(rt, ticket, v, account.name),
        "Queue": lambda value: _set_queue(rt, account, ticket, value),
        "Status": lambda value: _set_status(rt, account, ticket, value),
        "Subject": lambda v: changes.set_subject(rt, ticket, str(v), account.name),
    }
    words = []
    for key, setter in setters.items():
        if body.get(key) is None:
            continue
        if not account.may("ModifyTicket", ticket.queue):
            words.append(f"Ticket {ticket.id}: {_DENIED}")
        elif said := setter(body[key]):
            words.append(f"Ticket {ticket.id}: {said}")
    words += _set_fields(rt, account, ticket, body.get("CustomFields", {}))
    words += _change_links(rt, account, ticket, body)
    if body.get("MergeInto"):
        words.append(_merge(rt, account, ticket, body["MergeInto"]))
    return found(words)


def message(
    rt: FakeRT, account: Account, sent: Sent, number: str, resource: str
) -> web.Response:
    """Add a comment or an answer, and change the ticket as far as the account may.

    A ticket that does not exist is not told from a missing right.
    """
    body = body_of(sent)
    if "ContentType" not in body:
        raise Problem(400, "ContentType is a required field for application/json")
    ticket = rt.find_ticket(int(number))
    right = "CommentOnTicket" if resource == "comment" else "ReplyToTicket"
    if ticket is None or not (
        account.may(right, ticket.queue) or account.may("ModifyTicket", ticket.queue)
    ):
        raise Problem(400, _DENIED)
    transaction = add_message(
        rt,
        ticket,
        "Comment" if resource == "comment" else "Correspond",
        account.name,
        text_of(body),
        body["ContentType"],
        files_of(body),
        body.get("Subject", ""),
    )
    words = [f"{resource.capitalize()}s added"]
    if resource == "correspond":
        words = ["Correspondence added"]
    words += _set_fields(rt, account, ticket, body.get("CustomFields", {}))
    if status := body.get("Status"):
        if account.may("ModifyTicket", ticket.queue):
            words.append(changes.set_status(rt, ticket, status, account.name))
        else:
            words.append(_DENIED)
    location = f"{rt.sub_path}/REST/2.0/transaction/{transaction.id}"
    return created(words, location, quoted=True)


def _set_status(rt: FakeRT, account: Account, ticket: FakeTicket, status: str) -> str:
    # The same again is nothing to do, unless it is written otherwise.
    if status == ticket.status:
        return ""
    if status == "deleted" and not account.may("DeleteTicket", ticket.queue):
        return _DENIED
    return changes.set_status(rt, ticket, status, account.name)


def _set_owner(rt: FakeRT, account: Account, ticket: FakeTicket, given: object) -> str:
    name = rt.find_user(given)
    owner = rt.find_account(name)
    if not name:
        return "That user does not exist"
    if name == ticket.owner:
        return ""
    if name != NOBODY and not (owner and owner.may("OwnTicket", ticket.queue)):
        return "That user may not own tickets in that queue"
    if ticket.owner not in {NOBODY, account.name}:
        return "You can only reassign tickets that you own or that are unowned"
    return changes.set_owner(rt, ticket, name, account.name)


def _set_queue(rt: FakeRT, account: Account, ticket: FakeTicket, given: object) -> str:
    queue = rt.find_queue(given)
    if queue is None:
        return "That queue does not exist"
    if not account.may("CreateTicket", queue.name):
        return _DENIED
    return changes.set_queue(rt, ticket, queue.name, account.name)


def _set_due(rt: FakeRT, ticket: FakeTicket, given: str, by: str) -> str:
    due = datetime.fromisoformat(given).replace(tzinfo=UTC) if given else None
    return changes.set_due(rt, ticket, due, by)


def _set_fields(
    rt: FakeRT, account: Account, ticket: FakeTicket, given: dict[str, Any]
) -> list[str]:
    """Change custom fields; those that nobody knows are left out without a word."""
    words = []
    for key, value in given.items():
        field = rt.find_field(key)
        if field not in rt.queues[ticket.queue].fields:
            if key.isdecimal():
                words.append(f"Custom field {key} does not apply to this object")
        elif not key.isdecimal() and not account.may("SeeCustomField", ticket.queue):
            continue
        elif not account.may("ModifyCustomField", ticket.queue):
            words.append(
                f"Could not add a new value to custom field '{field}': {_DENIED}"
            )
        else:
            words += changes.set_field(rt, ticket, field, value, account.name)
    return words


def _change_links(
    rt: FakeRT, account: Account, ticket: FakeTicket, body: dict[str, Any]
) -> list[str]:
    words = []
    for kind in KINDS:
        for key, change in (
            (kind, set_links),
            (f"Add{kind}", add_links),
            (f"Delete{kind}", remove_links),
        ):
            if key not in body:
                continue
            given = body[key] if isinstance(body[key], list) else [body[key]]
            if account.may("ModifyTicket", ticket.queue):
                words += change(rt, ticket, kind, given, account.name)
            elif any(target_of(rt, one) for one in given):
                words.append(_DENIED)
    return words


def _merge(rt: FakeRT, account: Account, ticket: FakeTicket, given: object) -> str:
    if not account.may("ModifyTicket", ticket.queue):
        return _DENIED
    number = str(given)
    into = rt.find_ticket(int(number)) if number.isdecimal() else None
    if into is None:
        return "New ticket doesn't exist"
    if not account.may("ShowTicket", into.queue):
        return "Only tickets can be merged"  # what it is, is not shown
    if ticket is not into and not account.may("ModifyTicket", into.queue):
        return _DENIED
    return changes.merge(rt, ticket, into, account.name)
