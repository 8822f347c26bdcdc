"""What several actions take."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
import re
from typing import Any, Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..model.key import Key
from ..model.report import Attached, Message, Outcome
from ..model.severity import Severity
from ..model.text import HTML, PLAIN
from ..reports.attachments import async_attach, async_check_sources
from ..rt.models import Queue
from ..rt.people import numeric_people
from ..rt.text import join_surrogates, map_strings
from ..rt.ticketsql import NOBODY
from ..runtime import HaRtData


class Argument(StrEnum):
    """Names of the arguments of the actions."""

    ATTACHMENTS = "attachments"
    CC = "cc"
    CONTENT_TYPE = "content_type"
    COUNT = "count"
    CREATED_SINCE = "created_since"
    CUSTOM_FIELDS = "custom_fields"
    DAYS = "days"
    EVENT_TYPE = "event_type"
    FORCE_CREATE = "force_create"
    HISTORY = "history"
    LIMIT = "limit"
    MIN_OCCURRENCES = "min_occurrences"
    ONLY_IF_UNTOUCHED = "only_if_untouched"
    OWNER = "owner"
    PRIORITY = "priority"
    QUERY = "query"
    REFERS_TO = "refers_to"
    REPLY = "reply"
    REQUESTOR = "requestor"
    SEVERITY = "severity"
    STATE = "state"
    STATUS = "status"
    SUBJECT = "subject"
    TEXT = "text"
    TICKET_ID = "ticket_id"
    WITHIN = "within"


# What RT keeps in its database.
_MAX_PRIORITY = 2**31 - 1

_REFERENCE = re.compile(r"#?(\d+)|(https?://\S+)")


def _reference(value: Any) -> str:
    """Validate the number of a ticket or an address, as RT takes it."""
    match = _REFERENCE.fullmatch(str(value).strip())
    if not match:
        raise vol.Invalid("not the number of a ticket and not an address")
    return match[1] or match[2]


def as_meant(schema: vol.Schema) -> vol.All:
    """Return a schema for which what is blank is not given, unless it has to be.

    A template that has nothing to say comes out empty, and one that cuts a text may
    leave half a character.
    """
    required = {str(key) for key in schema.schema if isinstance(key, vol.Required)}

    def clean(arguments: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value if name in _OF_A_KEY else map_strings(join_surrogates, value)
            for name, value in arguments.items()
            if name in required or not _is_blank(value)
        }

    return vol.All(dict, clean, schema)


def _is_blank(value: Any) -> bool:
    """Tell whether a value is what a template comes to that has nothing to say."""
    return value is None or (isinstance(value, str) and not value.strip())


def _given(values: list[Any]) -> list[Any]:
    """Leave out what is blank."""
    return [value for value in values if not _is_blank(value)]


def choice(options: Iterable[str]) -> vol.All:
    """Return the validator of a choice, which is written in upper or lower case."""
    return vol.All(cv.string, str.strip, str.lower, vol.In(list(options)))


# Refused, not changed: they would become those of another device.
_OF_A_KEY = {ATTR_DEVICE_ID, Argument.EVENT_TYPE.value}

# As people say it, and as RT does.
_CONTENT_TYPES = {"plain": PLAIN, "html": HTML, PLAIN: PLAIN, HTML: HTML}

TEXTS: Final = vol.All(cv.ensure_list, _given, [cv.string])
REFERENCES: Final = vol.All(cv.ensure_list, _given, [_reference])
CUSTOM_FIELDS: Final = {cv.string: object}
SEVERITY: Final = vol.All(choice(Severity), vol.Coerce(Severity))
PRIORITY: Final = vol.All(vol.Coerce(int), vol.Range(min=0, max=_MAX_PRIORITY))

ENTRY: Final = {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}

KEY: Final = {vol.Optional(Argument.EVENT_TYPE.value): cv.string}

# A ticket by its number, or the open one of a key.
TARGET: Final = {
    vol.Optional(Argument.TICKET_ID.value): cv.positive_int,
    vol.Optional(ATTR_DEVICE_ID): cv.string,
    **KEY,
}

MESSAGE: Final = {
    vol.Optional(Argument.CONTENT_TYPE.value, default="plain"): vol.All(
        choice(_CONTENT_TYPES), _CONTENT_TYPES.__getitem__
    ),
    vol.Optional(Argument.ATTACHMENTS.value, default=list): TEXTS,
}


def key_of(data: HaRtData, arguments: Mapping[str, Any]) -> Key:
    """Return the key that an action is about.

    Raises:
        ServiceValidationError: It has an event type, which RT could not keep.

    """
    event_type = arguments.get(Argument.EVENT_TYPE)
    if event_type is not None and data.context.fields.event_type is None:
        field = data.context.settings.event_type_field
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="event_type_missing" if field else "event_type_unused",
            translation_placeholders={"field": field, "queue": data.context.queue.name},
        )
    return Key(device_id=arguments[ATTR_DEVICE_ID], event_type=event_type)


def target_of(data: HaRtData, arguments: Mapping[str, Any]) -> Key | int:
    """Return the ticket, or the key, that an action is about.

    Raises:
        ServiceValidationError: Not exactly one of them is given.

    """
    ticket_id: int | None = arguments.get(Argument.TICKET_ID)
    if (ticket_id is None) == (ATTR_DEVICE_ID not in arguments):
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="ticket_or_device"
        )
    return key_of(data, arguments) if ticket_id is None else ticket_id


def nothing_open(key: Key) -> ServiceValidationError:
    """Return the error for a key that has no open ticket."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="nothing_open",
        translation_placeholders={"device_id": key.label()},
    )


async def async_message(
    hass: HomeAssistant, data: HaRtData, arguments: Mapping[str, Any]
) -> Message:
    """Return what an action says, with its files yet to be fetched.

    Raises:
        ServiceValidationError: A file is out of bounds.

    """
    sources = arguments[Argument.ATTACHMENTS]
    await async_check_sources(hass, sources)
    attached: list[Attached] = []

    async def attach() -> Attached:
        # Once: a report that has to wait keeps the pictures that it was tried with.
        if not attached:
            limit = data.context.settings.attachment_bytes
            attached.append(await async_attach(hass, sources, limit))
        return attached[0]

    return Message(
        text=arguments.get(Argument.TEXT, ""),
        content_type=arguments[Argument.CONTENT_TYPE],
        attach=attach,
    )


def response(data: HaRtData, outcome: Outcome) -> dict[str, Any]:
    """Return what an action answers about a ticket."""
    ticket_id = outcome.ticket_id
    optional = {
        "reason": outcome.reason and outcome.reason.value,
        "would": outcome.would and outcome.would.value,
        "reopened": outcome.reopened,
        "not_stored": list(outcome.not_stored),
    }
    return {
        "ticket_id": ticket_id,
        "ticket_url": data.context.ticket_url(ticket_id) if ticket_id else None,
        "action": outcome.action.value,
        **{name: value for name, value in optional.items() if value},
    }


async def async_ticket_id(data: HaRtData, arguments: Mapping[str, Any]) -> int:
    """Return the number of the ticket that an action is about.

    Raises:
        ServiceValidationError: It is not told, or the key has no open ticket.
        RTError: See the errors of `rt`.

    """
    target = target_of(data, arguments)
    if isinstance(target, int):
        return target
    if not (found := await data.handler.find(target)):
        raise nothing_open(target)
    return found.shown().id


def people_of(arguments: Mapping[str, Any], role: Argument) -> list[str]:
    """Return the people that an action gives in a role.

    Raises:
        ServiceValidationError: One is a number, which could be anybody's.

    """
    people: list[str] = arguments[role]
    _check_people(people, role)
    return people


def owner_of(arguments: Mapping[str, Any]) -> str | None:
    """Return the login that an action gives, empty for nobody, or None.

    Raises:
        ServiceValidationError: It is a number, which could be anybody's.

    """
    owner: str | None = arguments.get(Argument.OWNER)
    if owner is None:
        return None
    _check_people([owner], Argument.OWNER)
    owner = owner.strip()
    return "" if owner.casefold() == NOBODY.casefold() else owner


def _check_people(people: Iterable[str], role: Argument) -> None:
    """Refuse numbers: RT takes them for those of its users and groups."""
    if found := [number for text in people for number in numeric_people(text)]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="people_by_number",
            translation_placeholders={"field": role, "numbers": ", ".join(found)},
        )


def numbered(
    queue: Queue, values: Mapping[str, Any], reserved: Collection[int]
) -> dict[int, str | list[str]]:
    """Return values of custom fields by the fields' numbers.

    Args:
        queue: The queue that the fields have to apply to.
        values: Values by the fields' names, in upper or lower case; lists for fields
            that take several.
        reserved: Numbers of the fields that only this integration fills.

    Raises:
        ServiceValidationError: A field does not apply to the queue, or is reserved.

    """
    numbers = {name: queue.custom_field(name) for name in values}
    if unknown := [name for name, number in numbers.items() if number is None]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unknown_custom_fields",
            translation_placeholders={
                "fields": ", ".join(unknown),
                "queue": queue.name,
            },
        )
    if reserved_names := [
        name for name in values if {*reserved} & {*queue.custom_fields_of(name)}
    ]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="reserved_custom_field",
            translation_placeholders={"fields": ", ".join(reserved_names)},
        )
    return {
        number: (
            # An empty text would become a value beside the others.
            [text for one in value if (text := _text(one))]
            if isinstance(value, list)
            else _text(value)
        )
        for name, value in values.items()
        if (number := numbers[name]) is not None
    }


def _text(value: Any) -> str:
    """Return a value as RT takes it; a blank one empties the field."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return text if text.strip() else ""
