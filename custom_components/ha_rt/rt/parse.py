"""Parse the JSON that RT sends, and refuse what cannot come from RT."""

from collections.abc import Mapping
from http import HTTPStatus
import re
from typing import Any

from .errors import NotRT
from .models import Queue, Ticket, Transaction, User, number
from .response import Response


def created_number(response: Response, kind: str) -> int:
    """Return the number of a created record, from the status and the Location header.

    The body of the response to a stored comment may be broken.

    Args:
        response: The response to POST.
        kind: "ticket" or "transaction".

    Raises:
        NotRT: The response is not that of REST2. If `unconfirmed` is set, the record
            may exist.

    """
    found = re.search(rf"/{kind}/(\d{{1,18}})$", response.location, re.ASCII)
    if response.status == HTTPStatus.CREATED and found:
        return int(found[1])
    # Status 200 is a web page: RT did not route the request to REST2.
    raise NotRT(
        f"{response.status} ({response.content_type}) where 201 was expected",
        unconfirmed=response.status == HTTPStatus.CREATED,
    )


def parse[M: (User, Queue, Ticket, Transaction)](
    model: type[M], data: Mapping[str, Any]
) -> M:
    """Return a model built from RT's JSON.

    Raises:
        NotRT: The JSON does not describe such a model.

    """
    try:
        return model.from_json(data)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as err:
        raise NotRT(f"Unexpected {model.__name__.lower()} in the answer") from err


def version_numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, such as (5, 0, 3) for 5.0.3+dfsg-3."""
    match = re.match(r"\d{1,6}(\.\d{1,6})*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def parse_number(value: Any) -> int:
    """Return a number that is not negative from RT's JSON.

    Raises:
        NotRT: The value is not such a number.

    """
    try:
        return number(value)
    except (ArithmeticError, TypeError, ValueError) as err:
        raise NotRT("Unexpected number in the answer") from err


def items(data: Any) -> list[Mapping[str, Any]]:
    """Return the items of a page of a collection.

    Raises:
        NotRT: The JSON is not a page of a collection.

    """
    return objects(required(data, "items"))


def items_of_page(data: Any, page: int, per_page: int) -> list[Mapping[str, Any]]:
    """Return the items of the requested page, or none if it is past the last one.

    Some releases of RT, from 5.0.6 on, return the last page instead, with its number.

    Args:
        data: The JSON of the response.
        page: Number of the requested page; the first is 1.
        per_page: Requested number of items.

    Raises:
        NotRT: The JSON is not a page of a collection, or has too many items.

    """
    found = items(data)
    if len(found) > per_page:
        raise NotRT(f"The answer holds over {per_page} items")
    returned_page = data.get("page")
    is_earlier = isinstance(returned_page, int | float) and 0 < returned_page < page
    return [] if is_earlier else found


def total_of(data: Mapping[str, Any]) -> int | None:
    """Return the number of items on all pages, or None if the server omits it.

    Raises:
        NotRT: The total is not a number.

    """
    total = data.get("total")
    if not isinstance(total, int | None):
        raise NotRT("The answer's total is not a number")
    return None if total is None else parse_number(total)


def principal_names(principals: Any) -> list[str]:
    """Return all names of a user or group, or of a list of them.

    Args:
        principals: An object of RT's JSON or a list of objects; others are ignored.

    Returns:
        Logins and email addresses of users. Names and numbers of groups begin with
        "group:".

    """
    found: list[str] = []
    for principal in principals if isinstance(principals, list) else [principals]:
        if isinstance(principal, Mapping):
            prefix = "group:" if principal.get("type") == "group" else ""
            values = (
                principal.get("id"),
                principal.get("Name"),
                principal.get("EmailAddress"),
            )
            found += [f"{prefix}{name}" for name in values if name]
    return found


def objects(data: Any) -> list[Mapping[str, Any]]:
    """Return a list of JSON objects.

    Raises:
        NotRT: It is not such a list.

    """
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise NotRT("The answer is not a list of objects")
    return data


def required(data: Any, key: str) -> Any:
    """Return a value that RT always sends.

    Raises:
        NotRT: The value is missing.

    """
    if not isinstance(data, Mapping) or key not in data:
        raise NotRT(f"The answer has no {key}")
    return data[key]
