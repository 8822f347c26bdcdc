"""What a ticket is about: a device and, if given, a type of event."""

from dataclasses import dataclass
from typing import Self

from ..rt import ticketsql
from ..rt.models import Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A device and a type of event; one ticket is open for each at the most."""

    device_id: str
    event_type: str | None = None

    def __str__(self) -> str:
        """Return a text that no other key has: the parts hold no line breaks."""
        if self.event_type is None:
            return self.device_id
        return f"{self.device_id}\n{self.event_type}"

    def label(self) -> str:
        """Return the key for people, in one line."""
        return str(self).replace("\n", ", ")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key from its text."""
        device_id, separator, event_type = text.partition("\n")
        return cls(device_id=device_id, event_type=event_type if separator else None)

    def check(self) -> None:
        """Refuse what RT cannot store whole and find again.

        Raises:
            Unsearchable: Its `what` tells which part; nothing was sent.

        """
        ticketsql.check_value(self.device_id, "device_id")
        if self.event_type is not None:
            ticketsql.check_value(self.event_type, "event_type")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyFields:
    """The numbers of the custom fields that hold a key in RT."""

    device_id: int
    event_type: int | None
    """None if the field does not apply to the queue."""

    def numbers(self) -> set[int]:
        """Return the numbers of the fields."""
        return {self.device_id} | ({self.event_type} if self.event_type else set())

    def condition(self, key: Key) -> str:
        """Return the TicketSQL that finds the key's tickets, and a few others.

        RT takes upper and lower case for the same; see has_key.
        """
        conditions = [ticketsql.custom_field_is(self.device_id, key.device_id)]
        if self.event_type is not None:
            conditions.append(
                ticketsql.custom_field_is_empty(self.event_type)
                if key.event_type is None
                else ticketsql.custom_field_is(self.event_type, key.event_type)
            )
        return ticketsql.all_of(*conditions)

    def values(self, key: Key) -> dict[int, str]:
        """Return the key as values of a new ticket's custom fields."""
        values = {self.device_id: key.device_id}
        if key.event_type is not None and self.event_type is not None:
            values[self.event_type] = key.event_type
        return values

    def has_key(self, ticket: Ticket, key: Key) -> bool:
        """Tell whether a ticket is the key's, to the letter."""
        fields = ticket.custom_fields
        if key.device_id not in fields.get(self.device_id, ()):
            return False
        if self.event_type is None:
            return True
        event_types = fields.get(self.event_type, ())
        return (
            not event_types if key.event_type is None else key.event_type in event_types
        )

    def is_taken_away(self, ticket: Ticket, key: Key, *, had_key: bool) -> bool:
        """Tell whether a ticket says that it is not the key's, or not any more.

        A field that is not shown says nothing: the ticket may be in a queue without it.

        Args:
            ticket: The ticket.
            key: Whose it was.
            had_key: Whether RT was seen to hold the key in it; else an empty field
                says nothing, for RT may have dropped the key.

        """
        wanted = self.values(key)
        for number in self.numbers() & ticket.custom_fields.keys():
            values = ticket.custom_fields[number]
            is_right = wanted[number] in values if number in wanted else not values
            if not is_right and (values or had_key):
                return True
        return False

    def are_shown(self, ticket: Ticket, key: Key) -> bool:
        """Tell whether RT shows whose a ticket is that it found by a key."""
        return all(ticket.custom_fields.get(number) for number in self.values(key))
