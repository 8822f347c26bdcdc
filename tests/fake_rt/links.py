"""Links between tickets, and to what is elsewhere."""

from collections.abc import Iterable

from .data import Data
from .ticket import FakeTicket

KINDS = {
    "RefersTo": ("refers-to", "referred-to-by", "refers to"),
    "DependsOn": ("depends-on", "depended-on-by", "depends on"),
}
"""How a ticket names what it links to, how that one names the ticket, and the words."""


def target_of(rt: Data, given: object) -> str:
    """Return the address or the ticket's number that was given, or nothing."""
    text = str(given)
    if text.isdecimal():
        ticket = rt.find_ticket(int(text))
        return str(ticket.id) if ticket else ""
    return text if "://" in text else ""


def set_links(
    rt: Data, ticket: FakeTicket, kind: str, given: Iterable[object], by: str
) -> list[str]:
    """Link to these instead of the others; the others go, whatever becomes of these."""
    given = list(given)
    words = add_links(rt, ticket, kind, given, by)
    wanted = {target_of(rt, one) for one in given}
    old = [one for one in ticket.links.get(kind, []) if one not in wanted]
    return words + remove_links(rt, ticket, kind, old, by)


def add_links(
    rt: Data, ticket: FakeTicket, kind: str, given: Iterable[object], by: str
) -> list[str]:
    """Link to these as well."""
    words = []
    targets = ticket.links.setdefault(kind, [])
    for one in given:
        target = target_of(rt, one)
        if not target:
            words.append(f"Couldn't resolve '{one}' into a link.")
        elif target not in targets:
            targets.append(target)
            rt.record(ticket, "AddLink", by, field=kind, new=_uri(target))
            words.append(f"Ticket {ticket.id} {_words(kind, target)}")
    return words


def remove_links(
    rt: Data, ticket: FakeTicket, kind: str, given: Iterable[object], by: str
) -> list[str]:
    """Link to these no longer."""
    words = []
    targets = ticket.links.setdefault(kind, [])
    for target in (target_of(rt, one) for one in given):
        if target in targets:
            targets.remove(target)
            rt.record(ticket, "DeleteLink", by, field=kind, old=_uri(target))
            words.append(f"Ticket {ticket.id} no longer {_words(kind, target)}")
    return words


def _words(kind: str, target: str) -> str:
    what = f"Ticket {target}" if target.isdecimal() else f"URI {target}"
    return f"{KINDS[kind][2]} {what}."


def _uri(target: str) -> str:
    if target.isdecimal():
        return f"fsck.com-rt://example.test/ticket/{target}"
    return target
