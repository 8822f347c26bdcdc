"""New tickets in REST2."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .account import Account, FakeQueue
from .changes import choice, one_line, people
from .links import KINDS, link as link_to, refusal, target_of
from .messages import attach, files_of, plain_type, text_of
from .records import body_of, link
from .responses import Problem, created
from .ticket import NEVER, NOBODY, FakeTicket, Value
from .web_ui import may_set

if TYPE_CHECKING:
    from .sent import Sent
    from .server import FakeRT


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
    files = files_of(body)
    ticket = rt.add_ticket(
        queue=queue.name,
        subject=one_line(str(body.get("Subject", ""))),
        status=_status(queue, body),
        custom_fields=_custom_fields(rt, account, queue, body.get("CustomFields", {})),
        creator=account.name,
    )
    ticket.type = str(body.get("Type") or "ticket").lower()
    ticket.content = text_of(body)
    content_type = body.get("ContentType") or "text/plain"
    ticket.content_type = plain_type(content_type)
    ticket.requestors = people(rt, body.get("Requestor", []))
    ticket.cc = people(rt, body.get("Cc", []))
    ticket.owner = _owner(rt, queue, body.get("Owner", NOBODY))
    ticket.priority = int(body.get("Priority", 0))
    ticket.due = _due(body.get("Due", ""))
    _link(rt, account, ticket, body)
    if ticket.content or files:
        transaction = rt.history(ticket)[0]
        attach(rt, ticket, transaction, ticket.content, content_type, files)
    location = f"{rt.sub_path}/REST/2.0/ticket/{ticket.id}"
    return created(link(rt, "ticket", ticket.id), location, quoted=False)


def _status(queue: FakeQueue, body: dict[str, Any]) -> str:
    given = str(body.get("Status") or queue.first_status)
    status = given.lower()
    if status not in queue.statuses.statuses:
        message = f"Status '{given}' isn't a valid status for tickets in this queue."
        raise Problem(400, message)
    if status not in queue.statuses.on_create:
        message = f"New tickets can not have status '{given}' in this queue."
        raise Problem(400, message)
    return status


def _custom_fields(
    rt: FakeRT, account: Account, queue: FakeQueue, given: dict[str, Any]
) -> dict[str, Value]:
    """Return the values that RT takes; it drops the others without a word."""
    taken: dict[str, Value] = {}
    for key, value in given.items():
        field = rt.find_field(key)
        # A number works without SeeCustomField, a name does not.
        may_find = key.isdecimal() or account.may("SeeCustomField", queue.name)
        if (
            field not in queue.fields
            or not may_find
            or not may_set(account, queue.name)
        ):
            continue
        several = value if isinstance(value, list) else [value]
        values = [v for v in (choice(rt, field, str(one)) for one in several) if v]
        if values:
            distinct = list(dict.fromkeys(values))
            taken[field] = distinct if field in rt.multiple else values[-1]
    return taken


def _owner(rt: FakeRT, queue: FakeQueue, given: object) -> str:
    owner = rt.find_user(given)
    account = rt.find_account(owner)
    return owner if account and account.may("OwnTicket", queue.name) else NOBODY


def _due(given: str) -> datetime:
    """Return a time; RT drops one without an hour or with an offset."""
    if len(given.rstrip("Z")) != len("2026-12-01 10:00:00"):
        return NEVER
    return datetime.fromisoformat(given.rstrip("Z")).replace(tzinfo=UTC)


def _link(
    rt: FakeRT, account: Account, ticket: FakeTicket, body: dict[str, Any]
) -> None:
    """Link to what RT lets the account link to; it says nothing of the rest."""
    for kind in KINDS.keys() & body.keys():
        given = body[kind] if isinstance(body[kind], list) else [body[kind]]
        for target in filter(None, (target_of(rt, one) for one in given)):
            if not refusal(rt, ticket, kind, target, account.name):
                link_to(rt, ticket, kind, target, account.name)
