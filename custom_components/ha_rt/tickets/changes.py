"""Changes of tickets, and whether RT made them: it answers alike when it refused."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
import logging
from typing import Any

from ..model.custom_fields import (
    amended,
    check_fit,
    differing,
    field_name,
    has_value,
    possible_date_fields,
    sent,
    shown,
)
from ..rt import transactionsql
from ..rt.client import RTClient
from ..rt.errors import NotChanged
from ..rt.models import NEVER, Ticket, due_text
from ..rt.ticketsql import NOBODY, all_of, any_of

_LOGGER = logging.getLogger(__name__)

# What RT calls a part of a ticket, and what it is called here.
_NAMES = {
    "Status": "status",
    "Owner": "owner",
    "Priority": "priority",
    "Subject": "subject",
    "Due": "due",
    "AddRefersTo": "refers_to",
}

_SILENT = "RT gives no reason"


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What a ticket is to become; what is None or empty stays as it is."""

    status: str = ""
    owner: str | None = None
    """A login; empty for nobody."""
    priority: int | None = None
    subject: str = ""
    due: str | None = None
    """As due_text gives it; empty for never."""
    custom_fields: Mapping[int, str | Sequence[str]] = field(default_factory=dict)
    """Values by the field's number; an empty one clears the field."""
    refers_to: Sequence[str] = ()
    """Numbers of tickets or addresses, beside those that are there already."""

    def __bool__(self) -> bool:
        """Tell whether anything is to change."""
        given = (self.owner, self.priority, self.due) != (None, None, None)
        texts = self.status or self.subject
        return given or bool(texts or self.custom_fields or self.refers_to)

    def missing(self, ticket: Ticket) -> dict[str, Any]:
        """Return what a ticket lacks, as the body of a request for it."""
        body: dict[str, Any] = {}
        if self.status and self.status.casefold() != ticket.status.casefold():
            body["Status"] = self.status
        if self.owner is not None and self.owner.casefold() != ticket.owner.casefold():
            body["Owner"] = self.owner or NOBODY
        if self.priority not in {None, ticket.priority}:
            body["Priority"] = self.priority
        if self.subject and self.subject != ticket.subject:
            body["Subject"] = self.subject
        if self.due not in {None, due_text(ticket.due)}:
            # Some of RT's databases refuse an empty one.
            body["Due"] = self.due or NEVER
        if fields := {
            str(number): sent(ticket, number, value)
            for number, value in self.custom_fields.items()
            if not has_value(ticket, number, value)
        }:
            body["CustomFields"] = fields
        if links := [link for link in self.refers_to if link not in ticket.refers_to]:
            body["AddRefersTo"] = links
        return body


async def change(
    client: RTClient, ticket_id: int, changes: Changes
) -> dict[str, dict[str, Any]]:
    """Change a ticket, and see that RT did.

    Args:
        client: The account to write as.
        ticket_id: The ticket; of a merged one, its target.
        changes: What is to become of it.

    Returns:
        The old and the new value of what changed, by name.

    Raises:
        ServiceValidationError: A custom field cannot hold what it is to become.
        NotChanged: RT refused a part; the message holds its words, and what it did.
        RTError: See the errors of `rt`.

    """
    before = await client.ticket(ticket_id)
    body = changes.missing(before)
    if not body:
        return {}
    await _check_fit(client, before, changes)
    words = await client.update_ticket(before.id, body)
    after = await client.ticket(before.id)
    for attempt in range(2):
        fields = amended(after, changes.custom_fields, before, attempt)
        if not fields:
            break
        await client.update_ticket(before.id, {"CustomFields": fields})
        after = await client.ticket(before.id)
        words = ""
    old, new = _values(before, body), _values(after, body)
    done = {
        name: {"old": value, "new": new.get(name)}
        for name, value in old.items()
        if value != new.get(name)
    }
    if refused := _refused(before, after, changes, words):
        changed = f" (changed: {', '.join(done)})" if done else ""
        raise NotChanged(
            f"{', '.join(refused)} not changed: {words or _SILENT}{changed}"
        )
    return done


async def preview(
    client: RTClient, ticket_id: int, changes: Changes
) -> dict[str, dict[str, Any]]:
    """Return what `change` would change, if RT allowed all of it."""
    ticket = await client.ticket(ticket_id)
    body = changes.missing(ticket)
    await _check_fit(client, ticket, changes)
    old = _values(ticket, body)
    new = {_NAMES[key]: value for key, value in body.items() if key in _NAMES}
    if "Owner" in body:
        new["owner"] = changes.owner or None
    if "AddRefersTo" in body:
        new["refers_to"] = [*ticket.refers_to, *body["AddRefersTo"]]
    if "Due" in body:
        new["due"] = changes.due or None
    for number, value in body.get("CustomFields", {}).items():
        values = [value] if isinstance(value, str) else value or []
        new[field_name(ticket, int(number))] = shown([one for one in values if one])
    return {name: {"old": old[name], "new": new[name]} for name in old}


async def resolve(
    client: RTClient,
    ticket_id: int,
    *,
    status: str,
    say: Callable[[], Awaitable[int]] | None = None,
) -> Ticket:
    """Give a ticket a status that ends it, with a comment if there is one.

    Args:
        client: The account to write as.
        ticket_id: The ticket; of a merged one, its target.
        status: The status.
        say: Comments on the ticket with this status, and returns the transaction's
            number.

    Returns:
        The ticket as it is then.

    Raises:
        NotChanged: RT refused the status; the message holds its words, and whether
            the comment is stored.
        RTError: See the errors of `rt`.

    """
    said = ""
    if say:
        stored = await say()
        ticket = await client.ticket(ticket_id)
        if _has_status(ticket, status) or await _had_status(
            client, ticket, status, stored
        ):
            return ticket
        said = "the comment is stored, but "
    # RT tells why only here: its answer to a comment may be broken.
    words = await client.update_ticket(ticket_id, {"Status": status})
    ticket = await client.ticket(ticket_id)
    if _has_status(ticket, status):
        return ticket
    raise NotChanged(f"{said}the status stays {ticket.status}: {words or _SILENT}")


async def is_touched(client: RTClient, ticket: Ticket) -> bool:
    """Tell whether a person owns a ticket, or wrote in it, or merged another into it.

    Comments show only to accounts with ShowTicketComments.

    Args:
        client: The account to look as.
        ticket: The ticket.

    Raises:
        RTError: See the errors of `rt`.

    """
    if ticket.owner and ticket.owner_id != client.account_id:
        return True
    pages = client.transactions(
        all_of(
            transactionsql.on_tickets(ticket.id, ticket.id),
            transactionsql.BY_PEOPLE,
            any_of(
                [
                    transactionsql.COMMENT,
                    transactionsql.CORRESPONDENCE,
                    transactionsql.MERGE,
                ]
            ),
        )
    )
    async for page in pages:
        if page:
            return True
    return False


async def _had_status(
    client: RTClient, ticket: Ticket, status: str, comment: int
) -> bool:
    """Tell whether a ticket got a status with a comment and somebody changed it."""
    pages = client.transactions(
        all_of(
            transactionsql.on_tickets(ticket.id, ticket.id),
            transactionsql.STATUS_CHANGE,
            transactionsql.after(comment),
        )
    )
    async for page in pages:
        if any(change.new.casefold() == status.casefold() for change in page):
            return True
    return False


async def _check_fit(client: RTClient, ticket: Ticket, changes: Changes) -> None:
    """Refuse what custom fields cannot hold, before RT replaces what is there."""
    dates = possible_date_fields(ticket, changes.custom_fields)
    if dates - client.field_types.keys():
        await client.fillable_fields(ticket.queue)
    check_fit(ticket, changes.custom_fields, client.field_types)


def _refused(before: Ticket, after: Ticket, changes: Changes, words: str) -> list[str]:
    """Return the names of what RT did not change."""
    missing = changes.missing(after)
    # RT leads a link to a ticket that was merged to the one it was merged into.
    others = {*after.refers_to} - {*before.refers_to, *changes.refers_to}
    if len(missing.get("AddRefersTo", ())) <= len(others):
        missing.pop("AddRefersTo", None)
    return [
        *(_NAMES[key] for key in missing if key in _NAMES),
        *differing(after, changes.custom_fields, before, words),
    ]


def _has_status(ticket: Ticket, status: str) -> bool:
    """Tell whether a ticket has a status; RT ignores upper and lower case."""
    return ticket.status.casefold() == status.casefold()


def _values(ticket: Ticket, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a ticket has of the parts that a request changes, by name."""
    values: dict[str, Any] = {
        "status": ticket.status,
        "owner": ticket.owner or None,
        "priority": ticket.priority,
        "subject": ticket.subject,
        "due": due_text(ticket.due) or None,
        "refers_to": list(ticket.refers_to),
    }
    return {_NAMES[key]: values[_NAMES[key]] for key in body if key in _NAMES} | {
        field_name(ticket, int(number)): shown(
            ticket.custom_fields.get(int(number), ())
        )
        for number in body.get("CustomFields", {})
    }


async def reopen(client: RTClient, closed: Ticket, status: str) -> Ticket | None:
    """Open a closed ticket again, and return it, unless RT refuses.

    Raises:
        RTError: See the errors of `rt`.

    """
    words = await client.update_ticket(closed.id, {"Status": status})
    ticket = await client.ticket(closed.id)
    if ticket.status.casefold() == status.casefold():
        return ticket
    _LOGGER.warning("RT did not reopen ticket %s: %s", closed.id, words)
    return None
