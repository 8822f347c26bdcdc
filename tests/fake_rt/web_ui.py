"""The few pages of RT's web UI that the client asks for."""

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from .account import Account
from .responses import page
from .sessions import LOG_IN, LOG_OUT

if TYPE_CHECKING:
    from .sent import Sent
    from .server import FakeRT

FREEFORM = "Freeform"


def respond(rt: FakeRT, account: Account | None, sent: Sent) -> web.Response:
    """Answer a request for a web page."""
    if sent.path == LOG_OUT:
        return _html(None, 200, "Logout")
    if account is None:
        return _elsewhere(f"{rt.base}/NoAuth/Login.html?next=0123456789abcdef")
    if (sent.query or sent.body) and not is_from_own_page(rt, sent):
        return _html(account, 200, "Possible cross-site request forgery")
    if sent.path == LOG_IN:
        return _html(account, 200, "Open tickets")
    if not account.privileged:
        return _elsewhere(f"{rt.base}/SelfService/")
    match sent.path:
        case "/":
            return _html(account, 200, "RT for example.test")
        case "/Helpers/Autocomplete/Queues":
            return _complete_queue(rt, account, sent)
        case "/Ticket/Create.html":
            return _new_ticket(rt, account, sent)
        case _:
            return _html(account, 404, "Page not found")


def _complete_queue(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with the names of the queues on which the account has a right."""
    term = sent.query.get("term", "").casefold()
    right = sent.query.get("right")
    names = [
        queue.name
        for queue in rt.queues.values()
        if not queue.disabled
        and account.may("SeeQueue", queue.name)
        and (not right or account.may(right, queue.name))
        and (
            queue.name.casefold() == term
            if sent.query.get("op") == "="
            else term == "%" or term in queue.name.casefold()
        )
    ]
    suggestions = [{"label": name, "value": name} for name in names]
    return web.Response(
        body=json.dumps(suggestions).encode(),
        headers={"Content-Type": "application/json"},
    )


def _new_ticket(rt: FakeRT, account: Account, sent: Sent) -> web.Response:
    """Answer with the form for a new ticket and the fields that may be filled."""
    queue = rt.find_queue(sent.query.get("Queue", ""))
    if queue is None:
        return _html(account, 400, "RT Error")
    inputs = ['<select name="Queue" class="select-queue"></select>']
    if (
        account.may("SeeQueue", queue.name)
        and account.may("SeeCustomField", queue.name)
        and may_set(account, queue.name)
    ):
        inputs += [
            f'<div class="form-row edit-custom-field cftype-{rt.types.get(field, FREEFORM)}">'
            f'<input name="Object-RT::Ticket--CustomField-{rt.fields[field]}-Value" />'
            "</div>"
            for field in queue.fields
        ]
    title = f"Create a new ticket in {queue.name}"
    return _html(account, 200, title, "\n".join(inputs))


def may_set(account: Account, queue: str) -> bool:
    """Tell whether an account may give a new ticket's custom field a value."""
    return account.may("ModifyCustomField", queue) or account.may(
        "SetInitialCustomField", queue
    )


def is_from_own_page(rt: FakeRT, sent: Sent) -> bool:
    """Tell whether the request names a page of RT as the one it comes from."""
    referer = sent.headers.get("Referer", "")
    return bool(referer) and _host_and_port(referer) == _host_and_port(rt.base)


def _host_and_port(url: str) -> tuple[str | None, int]:
    """Return what RT compares of two addresses."""
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    return host, parts.port or {"https": 443}.get(parts.scheme, 80)


def _html(
    account: Account | None, status: int, title: str, body: str = ""
) -> web.Response:
    """Return a page, which tells its scripts who is logged in."""
    user = {"Name": account.name, "id": account.id} if account else {}
    told = json.dumps(user, separators=(",", ":"))
    script = f"<script>\nRT.CurrentUser = {told};\n</script>"
    head = f"<title>{title}</title>{script}"
    return page(status, f"<!DOCTYPE html>\n<html>{head}<body>{body}</body></html>")


def _elsewhere(location: str) -> web.Response:
    return page(302, "", {"Location": location})
