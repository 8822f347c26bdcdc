"""What the resources of REST2 have in common."""

from collections.abc import Callable
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .account import GROUPS, Account
from .responses import Problem, found

if TYPE_CHECKING:
    from .sent import Sent
    from .server import FakeRT

CREATED = "2026-11-21T01:00:00Z"
VERSIONED = {"ETag": '"1"'}


def body_of(sent: Sent) -> Any:
    """Return the parsed body of a request that has to bring JSON."""
    if not sent.headers.get("Content-Type", "").startswith("application/json"):
        raise Problem(415, "Unsupported Media Type")
    try:
        return json.loads(sent.body)
    except ValueError as err:
        raise Problem(400, f"JSON parse error: {err}\n") from None


def collection_page[T](
    sent: Sent,
    records: list[T],
    show: Callable[[T], dict[str, Any]],
    may_see: Callable[[T], bool],
    *,
    knows_total: bool,
    sends_back: bool = False,
    base: str = "",
) -> web.Response:
    """Answer with one page of a collection, instead of one past the end with the last."""
    per_page, page = _number(sent, "per_page", 20), _number(sent, "page", 1)
    per_page = min(per_page, 100)
    pages = -(-len(records) // per_page)
    if sends_back and pages:
        page = min(page, pages)
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


def fields_of(sent: Sent, known: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a request asks for; RT answers "" for unknown ones."""
    names = filter(None, sent.query.get("fields", "").split(","))
    return {name: known.get(name, "") for name in names}


def expanded(
    rt: FakeRT, account: Account, sent: Sent, record: dict[str, Any]
) -> dict[str, Any]:
    """Return a record with what was asked about those it refers to."""
    more = dict(record)
    for name, value in record.items():
        wanted = [
            one for one in sent.query.get(f"fields[{name}]", "").split(",") if one
        ]
        if wanted and isinstance(value, list):
            more[name] = [_with(rt, account, one, wanted) for one in value]
        elif wanted and isinstance(value, dict):
            more[name] = _with(rt, account, value, wanted)
    return more


def _with(
    rt: FakeRT, account: Account, reference: dict[str, Any], wanted: list[str]
) -> dict[str, Any]:
    """Return a reference with what was asked about it."""
    known = _referred(rt, account, reference)
    return reference | {one: known.get(one, "") for one in wanted}


def _referred(
    rt: FakeRT, account: Account, reference: dict[str, Any]
) -> dict[str, Any]:
    """Return what the account may know of a user or a queue."""
    if reference["type"] == "queue":
        queue = rt.find_queue(reference["id"])
        if queue is None or not account.may("SeeQueue", queue.name):
            return {}
        return {"Name": queue.name, "Lifecycle": queue.lifecycle}
    if reference["type"] == "group":
        return {"Name": GROUPS[int(reference["id"])], "id": int(reference["id"])}
    name = reference["id"]
    address = name if "@" in name else f"{name}@example.test"
    return {"Name": name, "EmailAddress": address, "id": rt.user_number(name)}


def tracks(rt: FakeRT, user: str) -> dict[str, Any]:
    """Return who made and changed a record, and when."""
    return {
        "Created": CREATED,
        "Creator": link(rt, "user", user),
        "LastUpdated": CREATED,
        "LastUpdatedBy": link(rt, "user", user),
    }


def link(rt: FakeRT, kind: str, number: int | str) -> dict[str, Any]:
    """Return a reference to a record; its number is a string."""
    url = f"{rt.base}/REST/2.0/{kind}/{number}"
    return {"id": str(number), "type": kind, "_url": url}


def self_link(rt: FakeRT, kind: str, number: int) -> dict[str, Any]:
    """Return a record's reference to itself; its number is a number."""
    return {"ref": "self", **link(rt, kind, number), "id": number}


def sublink(rt: FakeRT, of: str, name: str) -> dict[str, Any]:
    """Return a reference to what belongs to a record."""
    return {"ref": name, "_url": f"{rt.base}/REST/2.0/{of}/{name}"}
