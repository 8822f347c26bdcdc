"""The forms in which REST2 shows a ticket."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from .account import Account
from .links import KINDS
from .records import link, self_link, sublink
from .ticket import NEVER, FakeTicket

if TYPE_CHECKING:
    from .server import FakeRT


def time_text(time: datetime) -> str:
    """Return a time as RT writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket_fields(rt: FakeRT, account: Account, ticket: FakeTicket) -> dict[str, Any]:
    """Return what a ticket holds."""
    return {
        **dict.fromkeys(("FinalPriority", "InitialPriority"), "0"),
        **dict.fromkeys(("TimeEstimated", "TimeLeft", "TimeWorked"), "0"),
        "id": ticket.id,
        "Type": ticket.type,
        "Subject": ticket.subject,
        "Status": ticket.status,
        "Priority": str(ticket.priority),
        "Queue": link(rt, "queue", rt.queues[ticket.queue].id),
        "EffectiveId": link(rt, "ticket", ticket.id),
        "Owner": link(rt, "user", ticket.owner),
        "Requestor": [_member(rt, name) for name in ticket.requestors],
        "Cc": [_member(rt, name) for name in ticket.cc],
        "AdminCc": [],
        "Creator": link(rt, "user", ticket.creator),
        "Created": time_text(ticket.created),
        "Starts": time_text(NEVER),
        "Started": time_text(ticket.started),
        "Due": time_text(ticket.due),
        "Resolved": time_text(ticket.resolved),
        "LastUpdated": time_text(ticket.last_updated),
        "LastUpdatedBy": link(rt, "user", ticket.last_updated_by),
        "CustomFields": field_values(rt, account, ticket),
    }


def _member(rt: FakeRT, name: str) -> dict[str, Any]:
    """Return a reference to a user by the name, or to a group by its number."""
    prefix, is_group, number = name.partition("group:")
    return link(rt, "group", number) if is_group else link(rt, "user", prefix)


def field_values(
    rt: FakeRT, account: Account, ticket: FakeTicket
) -> list[dict[str, Any]]:
    """Return a ticket's custom fields, with and without values."""
    if not account.may("SeeCustomField", ticket.queue):
        return []
    return [
        {
            **link(rt, "customfield", rt.fields[name]),
            "name": name,
            "values": [value or None for value in ticket.values(name)],
        }
        for name in rt.queues[ticket.queue].fields
    ]


def ticket_links(
    rt: FakeRT, account: Account, ticket: FakeTicket
) -> list[dict[str, Any]]:
    """Return what a ticket links to and what the account may do with it."""
    here = f"ticket/{ticket.id}"
    links = [self_link(rt, "ticket", ticket.id), *_relations(rt, ticket)]
    for field in field_values(rt, account, ticket):
        del field["values"]
        links.append({"ref": "customfield", **field})
    links.append(sublink(rt, here, "history"))
    links += [
        sublink(rt, here, name)
        for right, name in (
            ("ReplyToTicket", "correspond"),
            ("CommentOnTicket", "comment"),
        )
        if account.may(right, ticket.queue)
    ]
    if account.may("ModifyTicket", ticket.queue):
        links += _next_statuses(rt, ticket)
    return links


def _relations(rt: FakeRT, ticket: FakeTicket) -> list[dict[str, Any]]:
    """Return what a ticket links to, and what links to it."""
    relations = [
        {"ref": KINDS[kind][0], **_target(rt, target)}
        for kind, targets in ticket.links.items()
        for target in targets
    ]
    relations += [
        {"ref": KINDS[kind][1], **link(rt, "ticket", other.id)}
        for other in rt.tickets.values()
        for kind, targets in other.links.items()
        if str(ticket.id) in targets
    ]
    return relations


def _target(rt: FakeRT, target: str) -> dict[str, Any]:
    if target.isdecimal():
        return link(rt, "ticket", target)
    return {"type": "external", "_url": target}


def _next_statuses(rt: FakeRT, ticket: FakeTicket) -> list[dict[str, Any]]:
    """Return the changes of status that RT's web UI offers."""
    lifecycle = rt.queues[ticket.queue].statuses
    resources = {"Respond": "/correspond", "Comment": "/comment", "": ""}
    links = []
    for action in lifecycle.actions:
        if (
            action.before in {"*", ticket.status}
            and action.after != ticket.status
            and (ticket.status, action.after) not in lifecycle.refused
        ):
            resource = f"ticket/{ticket.id}{resources[action.update]}"
            one = {
                "ref": "lifecycle",
                "label": action.label,
                "from": action.before,
                "to": action.after,
                "_url": f"{rt.base}/REST/2.0/{resource}",
            }
            links.append(one | ({"update": action.update} if action.update else {}))
    return links
