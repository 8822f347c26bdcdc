"""Models of RT's records: users, queues, tickets, transactions and attachments."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
import re
from typing import Any, Self

from .people import numeric_people
from .ticketsql import NOBODY

# The largest integer of databases and of Home Assistant's JSON.
_MAX_NUMBER = 2**63 - 1
_PRIORITY = re.compile(r"-?\d{1,18}", re.ASCII)
_NO_TIME = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A user of RT."""

    id: int
    name: str
    """Login."""
    privileged: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return a user from the JSON of GET /user/{id}."""
        return cls(
            id=number(data["id"]),
            name=str(data["Name"]),
            privileged=str(data.get("Privileged", 0)) == "1",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue, as far as the account may see it."""

    id: int
    name: str
    lifecycle: str
    enabled: bool
    may_create: bool
    """Whether the account may create tickets in the queue."""
    custom_fields: Mapping[str, int]
    """Numbers, by name, of the ticket custom fields that the account may see."""
    namesakes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Numbers, by name, of further custom fields with the same name."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return a queue from the JSON of GET /queue/{id}."""
        fields: dict[str, list[int]] = {}
        for item in data.get("TicketCustomFields") or []:
            fields.setdefault(str(item["name"]), []).append(number(item["id"]))
        return cls(
            id=number(data["id"]),
            name=str(data["Name"]),
            lifecycle=str(data.get("Lifecycle") or ""),
            enabled=str(data.get("Disabled") or 0) == "0",
            may_create=bool(_links(data, "create")),
            # The oldest field is most likely the one in use.
            custom_fields={name: min(ids) for name, ids in fields.items()},
            namesakes={
                name: sorted(ids)[1:] for name, ids in fields.items() if len(ids) > 1
            },
        )

    def custom_field(self, name: str) -> int | None:
        """Return the number of a custom field, or None; see custom_fields_of."""
        return next(iter(self.custom_fields_of(name)), None)

    def custom_fields_of(self, name: str) -> list[int]:
        """Return the numbers of the custom fields with a name, the preferred one first.

        Like RT, ignore case unless a field has exactly this name.
        """
        return self._fields({name}) or self._fields(
            [n for n in self.custom_fields if n.casefold() == name.casefold()]
        )

    def with_fields_of(self, known: Self, names: Iterable[str]) -> Self:
        """Return the queue with the same preferred custom fields as before.

        Somebody may have added other fields with the same names.

        Args:
            known: The queue as it was before.
            names: Names of the custom fields to keep.

        """
        fields, namesakes = dict(self.custom_fields), dict(self.namesakes)
        for name in names:
            before, now = known.custom_field(name), self.custom_field(name)
            same_name = [n for n in fields if n.casefold() == name.casefold()]
            if (
                before != now
                and before is not None
                and before in self._fields(same_name)
            ):
                others = {*self.custom_fields_of(name)} - {before}
                fields[name], namesakes[name] = before, sorted(others)
        return replace(self, custom_fields=fields, namesakes=namesakes)

    def _fields(self, names: Collection[str]) -> list[int]:
        """Return the numbers of the custom fields with exactly these names."""
        preferred = [self.custom_fields[n] for n in names if n in self.custom_fields]
        others = [id_ for n in names for id_ in self.namesakes.get(n, ())]
        return preferred + others


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A ticket.

    Values that were not requested or are not set are empty.
    """

    id: int
    status: str
    queue: int = 0
    """Number of the queue, or 0."""
    queue_name: str = ""
    subject: str = ""
    owner: str = ""
    """Login; empty for Nobody."""
    owner_id: int = 0
    """Number of the owner, which does not change with the login, or 0."""
    creator: str = ""
    """Login."""
    requestors: Sequence[str] = ()
    """Logins of users; RT uses the email address for users it created from mail. For
    groups, "group:" and the number."""
    cc: Sequence[str] = ()
    """As requestors."""
    priority: int = 0
    created: datetime | None = None
    """In UTC, to the second, like the other times."""
    started: datetime | None = None
    due: datetime | None = None
    resolved: datetime | None = None
    updated: datetime | None = None
    custom_fields: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Values by the field's number, without fields that the account may not see."""
    field_names: Mapping[int, str] = field(default_factory=dict)
    """Names by the field's number."""
    file_fields: tuple[int, ...] = ()
    """Numbers of the fields that hold files; their values are the files' names."""
    blank_fields: tuple[int, ...] = ()
    """Numbers of the fields with a blank value, which custom_fields omits."""
    refers_to: Sequence[str] = ()
    """Numbers of tickets, and URLs of anything else."""
    may_comment: bool = False
    """Always false in the result of a search, which does not contain it."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return a ticket from the JSON of GET /ticket/{id} or an item of a search."""
        # RT sends "" instead of a list to an account that may see no field.
        fields = data.get("CustomFields") or []
        owner = _login(data.get("Owner"))
        queue = data.get("Queue") or {}
        return cls(
            id=number(data["id"]),
            status=str(data.get("Status") or ""),
            queue=number(queue.get("id", 0)),
            queue_name=str(queue.get("Name") or ""),
            subject=str(data.get("Subject") or ""),
            owner="" if owner == NOBODY else owner,
            owner_id=0 if owner == NOBODY else _user_id(data.get("Owner")),
            creator=_login(data.get("Creator")),
            requestors=tuple(map(_principal, data.get("Requestor") or ())),
            cc=tuple(map(_principal, data.get("Cc") or ())),
            priority=_priority(data.get("Priority")),
            created=_time(data.get("Created")),
            started=_time(data.get("Started")),
            due=_time(data.get("Due")),
            resolved=_time(data.get("Resolved")),
            updated=_time(data.get("LastUpdated")),
            custom_fields={
                number(item["id"]): [
                    text for value in item["values"] if (text := _field_value(value))
                ]
                for item in fields
            },
            file_fields=tuple(
                number(item["id"])
                for item in fields
                if any(isinstance(value, Mapping) for value in item["values"])
            ),
            blank_fields=tuple(
                number(item["id"])
                for item in fields
                if not all(map(_field_value, item["values"]))
            ),
            field_names={number(item["id"]): str(item["name"]) for item in fields},
            refers_to=tuple(
                str(link["id"] if link.get("type") == "ticket" else link["_url"])
                for link in _links(data, "refers-to")
            ),
            # ModifyTicket includes commenting, but RT then omits the link to comment.
            may_comment=bool(_links(data, "comment") or _links(data, "lifecycle")),
        )

    def first_value(self, field: int | None) -> str | None:
        """Return the first value of a custom field by its number, or None."""
        values = self.custom_fields.get(field, ()) if field is not None else ()
        return values[0] if values else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """An entry in the history of a ticket."""

    id: int
    ticket: int
    """Number of the ticket."""
    type: str
    """RT's type: Create, Comment, Correspond, Status, Set, CustomField, ..."""
    creator: str
    """Login."""
    creator_id: int
    """Number of the creator."""
    created: datetime | None
    """In UTC, to the second."""
    field: str = ""
    """Name of the changed value, or number of the custom field."""
    old: str = ""
    new: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return a transaction from an item of GET /transactions or of a history."""
        return cls(
            id=number(data["id"]),
            ticket=number(data["ObjectId"]),
            type=str(data.get("Type") or ""),
            creator=_login(data.get("Creator")),
            creator_id=_user_id(data.get("Creator")),
            created=_time(data.get("Created")),
            field=str(data.get("Field") or ""),
            old=str(data.get("OldValue") or ""),
            new=str(data.get("NewValue") or ""),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file to attach to a message."""

    name: str
    """In ASCII: RT corrupts other letters."""
    content_type: str
    content: bytes

    def to_json(self) -> dict[str, str]:
        """Return the JSON that RT expects."""
        return {
            "FileName": self.name,
            "FileType": self.content_type,
            "FileContent": b64encode(self.content).decode(),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTicket:
    """The values of a ticket to create."""

    queue: int
    """Number of the queue."""
    subject: str
    content: str
    content_type: str = "text/plain"
    """Media type: text/plain or text/html."""
    custom_fields: Mapping[int, str | Sequence[str]] = field(default_factory=dict)
    """Values by the field's number, lists for fields with several values."""
    requestor: Sequence[str] = ()
    """Email addresses or logins. RT creates a user for an unknown address. Numbers are
    not sent: they could belong to any user or group."""
    cc: Sequence[str] = ()
    """As requestor."""
    owner: str = ""
    """Login; empty for Nobody. Numbers are not sent."""
    priority: int | None = None
    due: datetime | None = None
    """With a time zone; RT stores it to the second."""
    refers_to: Sequence[str] = ()
    """URLs or numbers of tickets; without ModifyTicket, RT drops them."""
    attachments: Sequence[Attachment] = ()
    marker: str = ""
    """Idempotency marker of the ticket's first message; see find_marked."""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON for POST /ticket, without the attachments."""
        body: dict[str, Any] = {
            "Queue": self.queue,
            "Subject": self.subject,
            "Content": self.content,
            "ContentType": with_marker(self.content_type, self.marker),
            "CustomFields": {str(id_): v for id_, v in self.custom_fields.items()},
        }
        optional = {
            "Requestor": [one for one in self.requestor if not numeric_people(one)],
            "Cc": [one for one in self.cc if not numeric_people(one)],
            "Owner": "" if numeric_people(self.owner) else self.owner,
            "Due": due_text(self.due),
            "RefersTo": list(self.refers_to),
        }
        body |= {name: value for name, value in optional.items() if value}
        if self.priority is not None:
            body["Priority"] = self.priority
        return body


def with_marker(content_type: str, marker: str) -> str:
    """Return a content type with an idempotency marker, if there is one.

    RT stores the parameter and does not show it to people.
    """
    return f"{content_type}; x-ha-rt={marker}" if marker else content_type


# RT takes this for no time, on all of its databases.
NEVER = "1970-01-01 00:00:00"


def due_text(due: datetime | None) -> str:
    """Return a due date in the format of RT, in UTC, or an empty string for None.

    RT drops other formats, or reads them in the account's time zone.

    Args:
        due: With a time zone.

    """
    return f"{due.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if due else ""


def number(value: Any) -> int:
    """Return a number that is not negative, which RT sends as a number or a string.

    Raises:
        ArithmeticError | TypeError | ValueError: The value is not such a number.

    """
    found = int(value)
    if not 0 <= found <= _MAX_NUMBER:
        raise ValueError
    return found


def _links(data: Mapping[str, Any], ref: str) -> list[Mapping[str, Any]]:
    """Return the links to related records, or to permitted actions, of one kind."""
    return [link for link in data.get("_hyperlinks") or [] if link.get("ref") == ref]


def _login(user: Any) -> str:
    """Return a user's login, which RT sends as the id of a link unless requested."""
    if not isinstance(user, Mapping):
        return ""
    return str(user.get("Name") or user.get("id") or "")


def _principal(member: Any) -> str:
    """Return a user's login, or "group:" and the number of a group."""
    login = _login(member)
    return f"group:{login}" if login and member.get("type") == "group" else login


def _user_id(user: Any) -> int:
    """Return a user's number, or 0 if number and login were not requested."""
    is_requested = isinstance(user, Mapping) and "Name" in user
    return number(user["id"]) if is_requested else 0


def _field_value(value: Any) -> str:
    """Return a custom field's value as text, empty for a date that was cleared."""
    if isinstance(value, Mapping):
        value = value.get("filename")
    return "" if not value or value == _NO_TIME else str(value)


def _priority(value: Any) -> int:
    """Return a priority, which RT sends as text; SQLite may store a word instead."""
    text = str(value or 0)
    return int(text) if _PRIORITY.fullmatch(text) else 0


def _time(value: Any) -> datetime | None:
    """Return a time in UTC, or None; RT sends 1970-01-01 for no time."""
    if not value:
        return None
    time = datetime.fromisoformat(str(value)).astimezone(UTC)
    return time if time.timestamp() else None
