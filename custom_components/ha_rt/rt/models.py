"""What Request Tracker knows, as far as this package uses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self


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
            id=int(data["id"]),
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

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read RT's answer to GET /queue/{id}."""
        return cls(
            id=int(data["id"]),
            name=str(data["Name"]),
            lifecycle=str(data.get("Lifecycle") or ""),
            enabled=str(data.get("Disabled") or 0) == "0",
            may_create=_links_to(data, "create"),
            custom_fields={
                str(item["name"]): int(item["id"])
                for item in data.get("TicketCustomFields") or []
            },
        )

    def custom_field(self, name: str) -> int | None:
        """Return the number of a custom field; like RT, ignore case."""
        wanted = name.casefold()
        return next(
            (id_ for n, id_ in self.custom_fields.items() if n.casefold() == wanted),
            None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A ticket, as a search or as a single answer shows it."""

    id: int
    status: str
    custom_fields: Mapping[int, Sequence[str]]
    """Values by the field's number; fields that the account may not see are absent."""
    may_comment: bool
    """Always false in the results of a search, where RT does not say."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read RT's answer to GET /ticket/{id}, or one item of a search."""
        return cls(
            id=int(data["id"]),
            status=str(data.get("Status") or ""),
            # RT sends "" instead of a list to accounts that may see no field.
            custom_fields={
                int(item["id"]): [str(value) for value in item["values"]]
                for item in data.get("CustomFields") or []
            },
            # The right to modify includes commenting, and is not linked to it.
            may_comment=_links_to(data, "comment") or _links_to(data, "lifecycle"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTicket:
    """What a ticket is created from."""

    queue: int
    subject: str
    content: str
    content_type: str = "text/plain"
    custom_fields: Mapping[int, str] = field(default_factory=dict)
    """Value by the field's number."""
    requestor: Sequence[str] = ()
    """Addresses or logins. RT creates an account for an unknown address."""

    def to_json(self) -> dict[str, Any]:
        """Return the body of POST /ticket."""
        body: dict[str, Any] = {
            "Queue": self.queue,
            "Subject": self.subject,
            "Content": self.content,
            "ContentType": self.content_type,
            "CustomFields": {str(id_): v for id_, v in self.custom_fields.items()},
        }
        if self.requestor:
            body["Requestor"] = list(self.requestor)
        return body


def _links_to(data: Mapping[str, Any], ref: str) -> bool:
    """Tell whether RT offers an action; it offers only what the account may do."""
    return any(link.get("ref") == ref for link in data.get("_hyperlinks") or [])
