"""What Request Tracker knows, as far as this package uses it."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
import re
from typing import Any, Self

from .people import numbers
from .ticketsql import NOBODY

# The largest that databases, and Home Assistant's JSON, have room for.
_MAX_NUMBER = 2**63 - 1
_PRIORITY = re.compile(r"-?\d{1,18}", re.ASCII)
_NO_TIME = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """The account that a token belongs to."""

    id: int
    name: str
    privileged: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read RT's answer to GET /user/{id}."""
        return cls(
            id=number(data["id"]),
            name=str(data["Name"]),
            privileged=str(data.get("Privileged", 0)) == "1",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue as the account sees it."""

    id: int
    name: str
    lifecycle: str
    enabled: bool
    may_create: bool
    custom_fields: Mapping[str, int]
    """Number by name of the ticket custom fields that the account may see."""
    namesakes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Numbers of further custom fields of the same names."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read RT's answer to GET /queue/{id}."""
        fields: dict[str, list[int]] = {}
        for item in data.get("TicketCustomFields") or []:
            fields.setdefault(str(item["name"]), []).append(number(item["id"]))
        return cls(
            id=number(data["id"]),
            name=str(data["Name"]),
            lifecycle=str(data.get("Lifecycle") or ""),
            enabled=str(data.get("Disabled") or 0) == "0",
            may_create=bool(_links(data, "create")),
            # The oldest is the likeliest to be in use.
            custom_fields={name: min(ids) for name, ids in fields.items()},
            namesakes={
                name: sorted(ids)[1:] for name, ids in fields.items() if len(ids) > 1
            },
        )

    def custom_field(self, name: str) -> int | None:
        """Return the number of a custom field; see custom_fields_of."""
        return next(iter(self.custom_fields_of(name)), None)

    def custom_fields_of(self, name: str) -> list[int]:
        """Return the numbers of the custom fields of a name, the preferred one first.

        Like RT, ignore case, unless there is one of exactly this name.
        """
        return self._fields({name}) or self._fields(
            [n for n in self.custom_fields if n.casefold() == name.casefold()]
        )

    def keeping(self, known: Self, names: Iterable[str]) -> Self:
        """Return the queue with the custom fields for names that it was known with.

        Somebody may have added others of the same names.

        Args:
            known: The queue as it was.
            names: What the fields are known by.

        """
        fields, namesakes = dict(self.custom_fields), dict(self.namesakes)
        for name in names:
            before, now = known.custom_field(name), self.custom_field(name)
            alike = [n for n in fields if n.casefold() == name.casefold()]
            if before != now and before is not None and before in self._fields(alike):
                others = {*self.custom_fields_of(name)} - {before}
                fields[name], namesakes[name] = before, sorted(others)
        return replace(self, custom_fields=fields, namesakes=namesakes)

    def _fields(self, names: Collection[str]) -> list[int]:
        """Return the numbers of the custom fields of exactly these names."""
        preferred = [self.custom_fields[n] for n in names if n in self.custom_fields]
        others = [id_ for n in names for id_ in self.namesakes.get(n, ())]
        return preferred + others


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A ticket, as a search or as a single answer shows it.

    What was not asked for, or is not set, is empty.
    """

    id: int
    status: str
    queue: int = 0
    """Number of the queue."""
    queue_name: str = ""
    subject: str = ""
    owner: str = ""
    """Login; empty for nobody."""
    owner_id: int = 0
    """Number of the owner, which stays when people change the login."""
    creator: str = ""
    requestors: Sequence[str] = ()
    """Logins, which for people that RT only knows by mail are their addresses; of
    groups, "group:" and the number."""
    cc: Sequence[str] = ()
    priority: int = 0
    created: datetime | None = None
    """The times are in UTC, to the second."""
    started: datetime | None = None
    due: datetime | None = None
    resolved: datetime | None = None
    updated: datetime | None = None
    custom_fields: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Values by the field's number; fields that the account may not see are absent."""
    field_names: Mapping[int, str] = field(default_factory=dict)
    files: tuple[int, ...] = ()
    """Numbers of the fields that hold files, whose values are the files' names."""
    hollow: tuple[int, ...] = ()
    """Numbers of the fields with a value that says nothing."""
    refers_to: Sequence[str] = ()
    """Numbers of tickets, and addresses of all else."""
    may_comment: bool = False
    """Always false in the results of a search, where RT does not say."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read RT's answer to GET /ticket/{id}, or one item of a search."""
        # RT sends "" instead of a list to accounts that may see no field.
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
            requestors=tuple(map(_person, data.get("Requestor") or ())),
            cc=tuple(map(_person, data.get("Cc") or ())),
            priority=_number(data.get("Priority")),
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
            files=tuple(
                number(item["id"])
                for item in fields
                if any(isinstance(value, Mapping) for value in item["values"])
            ),
            hollow=tuple(
                number(item["id"])
                for item in fields
                if not all(map(_field_value, item["values"]))
            ),
            field_names={number(item["id"]): str(item["name"]) for item in fields},
            refers_to=tuple(
                str(link["id"] if link.get("type") == "ticket" else link["_url"])
                for link in _links(data, "refers-to")
            ),
            # The right to modify includes commenting, and is not linked to it.
            may_comment=bool(_links(data, "comment") or _links(data, "lifecycle")),
        )

    def first_value(self, field: int | None) -> str | None:
        """Return the first value of a custom field, by its number."""
        values = self.custom_fields.get(field, ()) if field is not None else ()
        return values[0] if values else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """Something that happened to a ticket."""

    id: int
    ticket: int
    type: str
    """Create, Comment, Correspond, Status, Set, CustomField, ..."""
    creator: str
    """Login."""
    creator_id: int
    created: datetime | None
    """In UTC, to the second."""
    field: str = ""
    old: str = ""
    new: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read one item of RT's answer to GET /transactions or a ticket's history."""
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
    """A file to keep with a message."""

    name: str
    """In ASCII: RT mangles other letters."""
    content_type: str
    content: bytes

    def to_json(self) -> dict[str, str]:
        """Return the file as RT takes it."""
        return {
            "FileName": self.name,
            "FileType": self.content_type,
            "FileContent": b64encode(self.content).decode(),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTicket:
    """What a ticket is created from."""

    queue: int
    subject: str
    content: str
    content_type: str = "text/plain"
    custom_fields: Mapping[int, str | Sequence[str]] = field(default_factory=dict)
    """Value by the field's number; several for a field that takes them."""
    requestor: Sequence[str] = ()
    """Addresses or logins. RT creates an account for an unknown address. A number,
    which could be anybody's or a group's, is not sent."""
    cc: Sequence[str] = ()
    owner: str = ""
    priority: int | None = None
    due: datetime | None = None
    """With a time zone; RT keeps seconds."""
    refers_to: Sequence[str] = ()
    """Addresses or numbers of tickets; RT drops them without ModifyTicket."""
    attachments: Sequence[Attachment] = ()
    marker: str = ""
    """What find_marked finds the ticket's first message by."""

    def to_json(self) -> dict[str, Any]:
        """Return the body of POST /ticket, but for the attachments."""
        body: dict[str, Any] = {
            "Queue": self.queue,
            "Subject": self.subject,
            "Content": self.content,
            "ContentType": marked(self.content_type, self.marker),
            "CustomFields": {str(id_): v for id_, v in self.custom_fields.items()},
        }
        optional = {
            "Requestor": [one for one in self.requestor if not numbers(one)],
            "Cc": [one for one in self.cc if not numbers(one)],
            "Owner": "" if numbers(self.owner) else self.owner,
            "Due": due_text(self.due),
            "RefersTo": list(self.refers_to),
        }
        body |= {name: value for name, value in optional.items() if value}
        if self.priority is not None:
            body["Priority"] = self.priority
        return body


def marked(content_type: str, marker: str) -> str:
    """Return a content type with a marker that RT keeps and shows to nobody."""
    return f"{content_type}; x-ha-rt={marker}" if marker else content_type


# What RT takes for no time at all, on all of its databases.
NEVER = "1970-01-01 00:00:00"


def due_text(due: datetime | None) -> str:
    """Return when a ticket is due as RT takes it: in UTC, empty for never.

    Any other form is dropped, or read in the time zone of the account.
    """
    return f"{due.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if due else ""


def number(value: Any) -> int:
    """Return the number of a record, which RT sends as a number or as text.

    Raises:
        ArithmeticError | TypeError | ValueError: It is none.

    """
    found = int(value)
    if not 0 <= found <= _MAX_NUMBER:
        raise ValueError
    return found


def _links(data: Mapping[str, Any], ref: str) -> list[Mapping[str, Any]]:
    """Return the links of a kind: to related things, or to what the account may do."""
    return [link for link in data.get("_hyperlinks") or [] if link.get("ref") == ref]


def _login(user: Any) -> str:
    """Return a user's login, which RT gives as the id of a link if not asked for it."""
    if not isinstance(user, Mapping):
        return ""
    return str(user.get("Name") or user.get("id") or "")


def _person(member: Any) -> str:
    """Return a user's login, or the number of a group and that it is one."""
    login = _login(member)
    return f"group:{login}" if login and member.get("type") == "group" else login


def _user_id(user: Any) -> int:
    """Return a user's number, or 0 if RT was not asked for it and the login."""
    asked = isinstance(user, Mapping) and "Name" in user
    return number(user["id"]) if asked else 0


def _field_value(value: Any) -> str:
    """Return a custom field's value as text; RT shows one that was emptied in its way."""
    if isinstance(value, Mapping):
        value = value.get("filename")
    return "" if not value or value == _NO_TIME else str(value)


def _number(value: Any) -> int:
    """Return a number that RT sends as text; SQLite may hold a word instead."""
    text = str(value or 0)
    return int(text) if _PRIORITY.fullmatch(text) else 0


def _time(value: Any) -> datetime | None:
    """Return a time; RT sends the beginning of 1970 for none."""
    if not value:
        return None
    time = datetime.fromisoformat(str(value)).astimezone(UTC)
    return time if time.timestamp() else None
