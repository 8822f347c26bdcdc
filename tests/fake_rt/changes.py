"""What happens to tickets, whoever does it; each change returns RT's words for it."""

from collections.abc import Iterable
from datetime import datetime
import re

from .account import GROUPS
from .data import Data
from .links import move_links
from .ticket import NEVER, NOBODY, SYSTEM, FakeTicket

MAX_SUBJECT_BYTES = 200

_PRIORITIES = {"Low": 0, "Medium": 50, "High": 100}


def set_status(rt: Data, ticket: FakeTicket, status: str, by: str) -> str:
    """Change the status, if the lifecycle lets it."""
    lifecycle = rt.queues[ticket.queue].statuses
    wanted, old = status.lower(), ticket.status
    if wanted not in lifecycle.statuses:
        return f"Status '{status}' isn't a valid status for this ticket."
    if (old, wanted) in lifecycle.refused:
        return f"You can't change status from '{old}' to '{status}'."
    if wanted == old:
        return "That is already the current value"
    if wanted in lifecycle.inactive and _waits_for_others(rt, ticket):
        return "That ticket has unresolved dependencies"
    _change_status(rt, ticket, wanted, by)
    if wanted == "deleted":
        return "Ticket deleted"
    return f"Status changed from '{old}' to '{wanted}'"


def open_answered(rt: Data, ticket: FakeTicket) -> None:
    """Open a ticket to which somebody has answered."""
    status = rt.queues[ticket.queue].statuses.answered(ticket.status)
    if status != ticket.status:
        _change_status(rt, ticket, status, SYSTEM)


def set_owner(rt: Data, ticket: FakeTicket, owner: str, by: str) -> str:
    """Give the ticket to somebody."""
    old = ticket.owner
    if owner == old:
        return ""
    ticket.owner = owner
    numbers = {"old": str(rt.user_number(old)), "new": str(rt.user_number(owner))}
    for kind in ("Set", "SetWatcher"):
        rt.record(ticket, kind, by, field="Owner", **numbers)
    return f"Owner changed from {old} to {owner}"


def set_priority(rt: Data, ticket: FakeTicket, priority: int | str, by: str) -> str:
    """Change the priority, which RT tells in words."""
    old = ticket.priority
    new = int(_PRIORITIES.get(str(priority), priority))
    if new == old:
        return ""
    ticket.priority = new
    rt.record(ticket, "Set", by, field="Priority", old=str(old), new=str(new))
    return f"Priority changed from '{_in_words(old)}' to '{_in_words(new)}'"


def set_subject(rt: Data, ticket: FakeTicket, subject: str, by: str) -> str:
    """Change the subject."""
    old, new = ticket.subject, one_line(subject)
    if new == old:
        return ""
    ticket.subject = new
    rt.record(ticket, "Set", by, field="Subject", old=old, new=new)
    return f"Subject changed from {_or_none(old)} to {_or_none(new)}"


def set_due(rt: Data, ticket: FakeTicket, due: datetime | None, by: str) -> str:
    """Change the time until which the ticket is to be done; None for no such time."""
    old, ticket.due = ticket.due, due or NEVER
    stored = {
        "old": f"{old:%Y-%m-%d %H:%M:%S}",
        "new": f"{due:%Y-%m-%d %H:%M:%S}" if due else "",
    }
    rt.record(ticket, "Set", by, field="Due", **stored)
    return f"Due changed from {_or_not_set(old)} to {_or_not_set(ticket.due)}"


def set_queue(rt: Data, ticket: FakeTicket, queue: str, by: str) -> str:
    """Move the ticket; who may not own it there loses it."""
    old, new = rt.queues[ticket.queue], rt.queues[queue]
    if old is new:
        return ""
    ticket.queue = new.name
    rt.record(ticket, "Set", by, field="Queue", old=str(old.id), new=str(new.id))
    account = rt.find_account(ticket.owner)
    if account and not account.may("OwnTicket", new.name):
        set_owner(rt, ticket, NOBODY, SYSTEM)
    if old.lifecycle != new.lifecycle:
        _change_status(rt, ticket, old.statuses.moved[ticket.status], SYSTEM)
    return f"Queue changed from {old.name} to {new.name}"


def set_field(
    rt: Data, ticket: FakeTicket, field: str, given: object, by: str
) -> list[str]:
    """Give a custom field these values, or this one, instead of its own.

    Only null, and for a field with several values an empty list, clears it: all
    else that is empty stays as a value without a text.
    """
    several = given if isinstance(given, list) else [given]
    texts = ["" if one is None else str(one) for one in several]
    new = [choice(rt, field, text) if text else "" for text in texts]
    if any(text and not value for text, value in zip(texts, new, strict=True)):
        return ["Invalid value for custom field"]
    if field in rt.multiple:
        return _set_several(rt, ticket, field, list(dict.fromkeys(new)), by)
    if given is None and any(ticket.values(field)):
        return _set_several(rt, ticket, field, [], by)
    return _set_single(rt, ticket, field, new[0] if new else "", by)


def choice(rt: Data, field: str, value: str) -> str:
    """Return a value as the field's list has it, or nothing if it is not in it."""
    if field not in rt.choices:
        return value
    wanted = value.casefold()
    return next((one for one in rt.choices[field] if one.casefold() == wanted), "")


def merge(rt: Data, ticket: FakeTicket, into: FakeTicket, by: str) -> str:
    """Make the ticket a part of another one."""
    if ticket is into:
        return "Can't merge a ticket into itself"
    if "reminder" in {ticket.type, into.type}:
        return "Only tickets can be merged"
    # RT links nothing to a deleted ticket, but merges all the same.
    for one in (ticket, into) if into.status != "deleted" else ():
        address = f"fsck.com-rt://example.test/ticket/{into.id}"
        rt.record(one, "AddLink", by, field="MergedInto", new=address)
    ticket.merged_into = into.id
    move_links(rt, ticket, into)
    for name in ("requestors", "cc"):
        everybody = [*getattr(into, name), *getattr(ticket, name)]
        setattr(into, name, list(dict.fromkeys(everybody)))
    return "Merge Successful"


def people(rt: Data, given: str | Iterable[str]) -> list[str]:
    """Return the users and groups that RT finds in what was given.

    A number is that of either; an unknown address becomes a user.
    """
    found = []
    for text in [given] if isinstance(given, str) else given:
        if re.fullmatch(r"\d+\n?", text):
            number = int(text)
            found.append(
                f"group:{number}" if number in GROUPS else rt.find_user(number)
            )
        else:
            found += [_person(rt, part.strip()) for part in text.split(",")]
    return list(dict.fromkeys(filter(None, found)))


def _person(rt: Data, text: str) -> str:
    """Return the user with an address or a name; what follows a semicolon is lost."""
    one = r"[^\s<>;@]+@[^\s<>;@]+"
    address = re.fullmatch(rf"(?:[^<>]*<)?({one})>?(?:;.*)?", text)
    return rt.find_by_address(address[1]) if address else rt.find_user(text)


def one_line(text: str) -> str:
    """Return a subject as RT stores it: in one line, and cut."""
    line = text.replace("\n", "")
    return line.encode()[:MAX_SUBJECT_BYTES].decode(errors="ignore")


def _change_status(rt: Data, ticket: FakeTicket, status: str, by: str) -> None:
    lifecycle = rt.queues[ticket.queue].statuses
    old, ticket.status = ticket.status, status
    transaction = rt.record(ticket, "Status", by, field="Status", old=old, new=status)
    begun = old in lifecycle.initial and status not in lifecycle.initial
    if begun and ticket.started == NEVER:
        ticket.started = transaction.created
    if status in lifecycle.inactive:
        ticket.resolved = transaction.created


def _waits_for_others(rt: Data, ticket: FakeTicket) -> bool:
    others = [rt.find_ticket(int(one)) for one in ticket.links.get("DependsOn", [])]
    return any(
        one and one.status not in rt.queues[one.queue].statuses.inactive
        for one in others
    )


def _set_single(
    rt: Data, ticket: FakeTicket, field: str, new: str, by: str
) -> list[str]:
    old = "".join(ticket.values(field))
    if new and new == old:
        return []
    ticket.custom_fields[field] = new
    rt.record(ticket, "CustomField", by, field=str(rt.fields[field]), old=old, new=new)
    if not old:
        return [f"{field} {new} added"]
    return [f"{field} {old} changed to {new}" if new else f"{field} {old} deleted"]


def _set_several(
    rt: Data, ticket: FakeTicket, field: str, new: list[str], by: str
) -> list[str]:
    old, number = ticket.values(field), str(rt.fields[field])
    ticket.custom_fields.pop(field, None)
    if new:
        ticket.custom_fields[field] = new
    words = []
    for value in (v for v in new if v not in old):
        rt.record(ticket, "CustomField", by, field=number, new=value)
        words.append(f"{value} added as a value for {field}")
    for value in (v for v in old if v not in new):
        rt.record(ticket, "CustomField", by, field=number, old=value)
        words.append(f"{value} is no longer a value for custom field {field}")
    return words


def _in_words(priority: int) -> str:
    return max(
        (word for word, least in _PRIORITIES.items() if priority >= least),
        key=_PRIORITIES.__getitem__,
        default="Low",
    )


def _or_not_set(time: datetime) -> str:
    return "Not set" if time == NEVER else f"{time:%a %b %d %H:%M:%S %Y}"


def _or_none(text: str) -> str:
    return f"'{text}'" if text else "(no value)"
