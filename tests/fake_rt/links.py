"""Links between tickets, and to what is elsewhere."""

from collections.abc import Iterable

from .data import Data
from .ticket import FakeTicket

KINDS = {
    "RefersTo": ("refers-to", "referred-to-by", "refers to"),
    "DependsOn": ("depends-on", "depended-on-by", "depends on"),
}
"""How a ticket names what it links to, how that one names the ticket, and the words."""

_BACK = {"RefersTo": "ReferredToBy", "DependsOn": "DependedOnBy"}


def target_of(rt: Data, given: object) -> str:
    """Return the address or the ticket's number that was given, or nothing."""
    text = str(given)
    if text.isdecimal():
        ticket = rt.find_ticket(int(text))
        return str(ticket.id) if ticket else ""
    return text if "://" in text else ""


def refusal(rt: Data, ticket: FakeTicket, kind: str, target: str, by: str) -> str:
    """Return why RT makes no such link, or nothing if it makes one."""
    other = _ticket(rt, target)
    account = rt.find_account(by)
    if other is ticket:
        return "Link could not be created: Can't link a ticket to itself"
    if other and account and not account.may("ModifyTicket", other.queue):
        return "Permission denied"
    if target in ticket.links.get(kind, []):
        return "Link already exists"
    if other and other.status == "deleted":
        return "Linking to a deleted ticket is not allowed"
    return ""


def set_links(
    rt: Data, ticket: FakeTicket, kind: str, given: Iterable[object], by: str
) -> list[str]:
    """Link to these instead of the others; the others go, whatever becomes of these."""
    given = list(given)
    before = list(ticket.links.get(kind, []))
    new = [one for one in given if target_of(rt, one) not in before]
    words = add_links(rt, ticket, kind, new, by)
    wanted = {target_of(rt, one) for one in given}
    old = [one for one in before if one not in wanted]
    return words + remove_links(rt, ticket, kind, old, by)


def add_links(
    rt: Data, ticket: FakeTicket, kind: str, given: Iterable[object], by: str
) -> list[str]:
    """Link to these as well."""
    words = []
    for one in given:
        if not (target := target_of(rt, one)):
            words.append(f"Couldn't resolve '{one}' into a link.")
        elif refused := refusal(rt, ticket, kind, target, by):
            words.append(refused)
        else:
            rt.record(ticket, "AddLink", by, field=kind, new=_uri(target))
            link(rt, ticket, kind, target, by)
            words.append(f"Ticket {ticket.id} {_words(kind, target)}")
    return words


def link(rt: Data, ticket: FakeTicket, kind: str, target: str, by: str) -> None:
    """Make a link, which a ticket that it leads to remembers."""
    ticket.links.setdefault(kind, []).append(target)
    if other := _ticket(rt, target):
        rt.record(other, "AddLink", by, field=_BACK[kind], new=_uri(str(ticket.id)))


def remove_links(
    rt: Data, ticket: FakeTicket, kind: str, given: Iterable[object], by: str
) -> list[str]:
    """Link to these no longer."""
    words = []
    targets = ticket.links.setdefault(kind, [])
    for one in given:
        target = target_of(rt, one)
        if not target:
            words.append(f"Couldn't resolve '{one}' into a link.")
        elif target not in targets:
            words.append("Link not found")
        else:
            targets.remove(target)
            rt.record(ticket, "DeleteLink", by, field=kind, old=_uri(target))
            if other := _ticket(rt, target):
                here = _uri(str(ticket.id))
                rt.record(other, "DeleteLink", by, field=_BACK[kind], old=here)
            words.append(f"Ticket {ticket.id} no longer {_words(kind, target)}")
    return words


def move_links(rt: Data, ticket: FakeTicket, into: FakeTicket) -> None:
    """Give another ticket this one's links and those that lead here."""
    old, new = str(ticket.id), str(into.id)
    for kind in KINDS:
        mine = ticket.links.pop(kind, [])
        into.links[kind] = [*into.links.get(kind, []), *mine]
        for one in rt.tickets.values():
            targets = [new if t == old else t for t in one.links.get(kind, [])]
            if targets:
                one.links[kind] = list(dict.fromkeys(targets))
        into.links[kind] = [one for one in into.links[kind] if one != new]


def _ticket(rt: Data, target: str) -> FakeTicket | None:
    return rt.find_ticket(int(target)) if target.isdecimal() else None


def _words(kind: str, target: str) -> str:
    what = f"Ticket {target}" if target.isdecimal() else f"URI {target}"
    return f"{KINDS[kind][2]} {what}."


def _uri(target: str) -> str:
    if target.isdecimal():
        return f"fsck.com-rt://example.test/ticket/{target}"
    return target
