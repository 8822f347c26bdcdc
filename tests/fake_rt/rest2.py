"""The resources of REST2 that the client asks for."""

from collections.abc import Callable
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from . import create, history, tickets, update
from .account import Account, FakeQueue
from .records import (
    VERSIONED,
    body_of,
    collection_page,
    fields_of,
    link,
    self_link,
    sublink,
    tracks,
)
from .responses import Problem, error, found

if TYPE_CHECKING:
    from .sent import Sent
    from .server import FakeRT

type Resource = Callable[..., web.Response]


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
        return _guest(rt, account, int(number))
    if user is not account and not account.privileged:
        raise Problem(403, "Forbidden")
    data: dict[str, Any] = {
        "EmailAddress": f"{user.name}@example.test",
        "Name": user.name,
        "Privileged": int(user.privileged),
        "_hyperlinks": [self_link(rt, "user", user.id)],
    }
    if user is not account:
        data["RealName"] = None
    else:
        data |= {
            "id": user.id,
            "Disabled": "0",
            "CustomFields": [],
            "Memberships": [],
            **tracks(rt, "RT_System"),
        }
        data["_hyperlinks"].append(sublink(rt, f"user/{user.id}", "history"))
    return found(data, VERSIONED)


def _guest(rt: FakeRT, account: Account, number: int) -> web.Response:
    """Answer with the little there is about somebody without an account."""
    name = next((n for n, known in rt.guests.items() if known == number), None)
    if name is None:
        raise Problem(404, "Not Found")
    if not account.privileged:
        raise Problem(403, "Forbidden")
    data = {
        "EmailAddress": name if "@" in name else "",
        "Name": name,
        "Privileged": 0,
        "RealName": None,
        "_hyperlinks": [self_link(rt, "user", number)],
    }
    return found(data, VERSIONED)


def _queue(rt: FakeRT, account: Account, sent: Sent, name: str) -> web.Response:
    """Answer with a queue that the account may see."""
    if "%2F" in name.upper():
        raise Problem(404, "Not Found")
    queue = rt.find_queue(unquote(name))
    if queue is None or not account.may("SeeQueue", queue.name):
        raise Problem(403, "Forbidden")
    fields = []
    if account.may("SeeCustomField", queue.name):
        fields = [
            {"ref": "customfield", "name": f, **link(rt, "customfield", rt.fields[f])}
            for f in queue.fields
        ]
    links = [
        self_link(rt, "queue", queue.id),
        sublink(rt, f"queue/{queue.id}", "history"),
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
        **tracks(rt, "RT_System"),
    }
    return found(data, VERSIONED)


def _queues(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with a page of queues, cut before those not to be seen are left out."""
    queues = sorted(
        (
            queue
            for queue in rt.queues.values()
            if not queue.disabled or "find_disabled_rows" in sent.query
        ),
        key=lambda queue: queue.name.casefold(),
    )
    return _queue_page(rt, account, sent, queues)


def _search_queues(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with the queues that have a name, if asked also with disabled ones."""
    names = {one["value"].casefold() for one in body_of(sent) if one["field"] == "Name"}
    queues = [
        queue
        for queue in rt.queues.values()
        if (not queue.disabled or "find_disabled_rows" in sent.query)
        and queue.name.casefold() in names
    ]
    return _queue_page(rt, account, sent, queues)


def _queue_page(
    rt: FakeRT, account: Account, sent: Sent, queues: list[FakeQueue]
) -> web.Response:
    def show(queue: FakeQueue) -> dict[str, Any]:
        item = link(rt, "queue", queue.id)
        return item | fields_of(sent, {"Name": queue.name})

    is_counted = rt.is_newer and account.may_everywhere("SeeQueue")
    return collection_page(
        sent,
        queues,
        show,
        lambda queue: account.may("SeeQueue", queue.name),
        knows_total=is_counted,
        sends_back=is_counted,
    )


_RESOURCES: list[tuple[str, re.Pattern[str], Resource]] = [
    (method, re.compile(path), resource)
    for method, path, resource in (
        ("GET", r"rt", _rt),
        ("GET", r"user/(\d+)", _user),
        ("GET", r"queue/([^/]+)", _queue),
        ("GET", r"queues/all", _queues),
        ("POST", r"queues", _search_queues),
        ("GET", r"tickets", tickets.search),
        ("GET", r"ticket/(\d+)", tickets.ticket),
        ("PUT", r"ticket/(\d+)", update.update),
        ("POST", r"ticket", create.create),
        ("POST", r"ticket/(\d+)/(comment|correspond)", update.message),
        ("GET", r"ticket/(\d+)/history", history.history),
        ("GET", r"ticket/(\d+)/attachments", history.attachments),
        ("GET", r"transactions", history.search),
        ("GET", r"transaction/(\d+)", history.transaction),
        ("GET", r"attachment/(\d+)", history.attachment),
    )
]
