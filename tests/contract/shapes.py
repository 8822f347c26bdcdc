"""The form of the JSON in RT's answers."""

from collections.abc import Iterator, Mapping
import re
from typing import Any, NamedTuple


class Newer(NamedTuple):
    """What only newer releases of RT tell, and what it looks like there."""

    form: Any


LINK = {"id": str, "type": str, "_url": str}
FIELD = {**LINK, "name": str}
LINK_TO_SELF = {"ref": "self", "id": int, "type": str, "_url": str}
LINK_TO_HISTORY = {"ref": "history", "_url": str}
TRACKS = {"Created": str, "Creator": LINK, "LastUpdated": str, "LastUpdatedBy": LINK}
USER_SUMMARY = {
    "EmailAddress": str,
    "Name": str,
    "Privileged": 1,
    "RealName": None,
    "_hyperlinks": [LINK_TO_SELF],
}
USER = {
    **TRACKS,
    "id": int,
    "EmailAddress": str,
    "Name": str,
    "Privileged": 1,
    "Disabled": "0",
    "CustomFields": [],
    "Memberships": [],
    "_hyperlinks": [LINK_TO_SELF, LINK_TO_HISTORY],
}
QUEUE = {
    **TRACKS,
    "id": int,
    "Name": str,
    "Description": str,
    "Disabled": "0",
    "Lifecycle": "default",
    "SLADisabled": str,
    "SortOrder": "0",
    "CommentAddress": "",
    "CorrespondAddress": "",
    "AdminCc": [],
    "Cc": [],
    "CustomFields": [],
    "TicketCustomFields": [{"ref": "customfield", **FIELD}],
    "TicketTransactionCustomFields": [],
    "_hyperlinks": [
        LINK_TO_SELF,
        LINK_TO_HISTORY,
        {"ref": "create", "type": "ticket", "_url": str},
    ],
}
TICKET = {
    **TRACKS,
    **dict.fromkeys(("Due", "Resolved", "Started", "Starts"), "1970-01-01T00:00:00Z"),
    **dict.fromkeys(("FinalPriority", "InitialPriority", "Priority"), "0"),
    **dict.fromkeys(("TimeEstimated", "TimeLeft", "TimeWorked"), "0"),
    "TotalTimeWorked": Newer("0"),
    "AdminCc": [],
    "Cc": [],
    "Requestor": [],
    **dict.fromkeys(("EffectiveId", "Owner", "Queue"), LINK),
    "id": int,
    "Type": "ticket",
    "Subject": str,
    "Status": "new",
    "CustomFields": [{**FIELD, "values": []}, {**FIELD, "values": [str]}],
    "_hyperlinks": [
        LINK_TO_SELF,
        LINK_TO_HISTORY,
        {"ref": "customfield", **FIELD},
        {"ref": "correspond", "_url": str},
        {"ref": "comment", "_url": str},
        {
            "ref": "lifecycle",
            **dict.fromkeys(("_url", "from", "label", "to", "update"), str),
        },
    ],
}
FOUND = {**LINK, "Status": str, "CustomFields": TICKET["CustomFields"]}


def collection(items: list[Any], **more: Any) -> dict[str, Any]:
    """Return the form of a collection, by default one that tells no total."""
    known = {"count": int, "page": 1, "per_page": 20}
    newer = {"total": int, "pages": int, "next_page": str, "prev_page": str}
    return {
        **known,
        **{name: Newer(form) for name, form in newer.items()},
        "items": items,
        **more,
    }


def fill_words(form: Any, words: Mapping[str, str]) -> Any:
    """Return a form with the words in braces replaced, in its keys too."""
    if isinstance(form, dict):
        return {fill_words(k, words): fill_words(v, words) for k, v in form.items()}
    if isinstance(form, list):
        return [fill_words(one, words) for one in form]
    if not isinstance(form, str):
        return form
    return re.sub(r"\{([\w-]+)\}", lambda match: words.get(match[1], match[0]), form)


def differences(expected: Any, actual: Any, where: str = "") -> Iterator[str]:
    """Tell where a value has not the expected form.

    A type stands for all its values, a list for items that each have one of its
    forms, all of which occur. Other values stand for themselves.
    """
    if isinstance(expected, Newer):
        if actual is not None:
            yield from differences(expected.form, actual, where)
    elif isinstance(expected, type):
        if type(actual) is not expected:
            yield f"{where}: {actual!r} is no {expected.__name__}"
    elif _type_in_json(expected) is not _type_in_json(actual):
        yield f"{where}: {actual!r} is not {expected!r}"
    elif isinstance(expected, dict):
        yield from _differences_of_members(expected, actual, where)
    elif isinstance(expected, list):
        yield from _differences_of_items(expected, actual, where)
    elif expected != actual:
        yield f"{where}: {actual!r} is not {expected!r}"


def _type_in_json(value: Any) -> type:
    """Return the type of a value; JSON has one for all numbers."""
    return float if type(value) is int else type(value)


def _differences_of_members(
    expected: dict[str, Any], actual: dict[str, Any], where: str
) -> Iterator[str]:
    """Tell which members are missing, unexpected or of another form."""
    for key in actual.keys() - expected.keys():
        yield f"{where}/{key}: unexpected"
    for key, form in expected.items():
        if key in actual:
            yield from differences(form, actual[key], f"{where}/{key}")
        elif not isinstance(form, Newer):
            yield f"{where}/{key}: missing"


def _differences_of_items(
    forms: list[Any], items: list[Any], where: str
) -> Iterator[str]:
    """Tell which items have none of the forms, and which forms do not occur."""
    for number, item in enumerate(items):
        if all(any(differences(form, item)) for form in forms):
            yield f"{where}/{number}: {item!r} is unexpected"
    for form in forms:
        if all(any(differences(form, item)) for item in items):
            yield f"{where}: {form!r} is missing"
