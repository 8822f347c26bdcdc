"""What RT's answers hold, or why they cannot be RT's."""

from collections.abc import Mapping
from http import HTTPStatus
import re
from typing import Any

from .answer import Response
from .errors import NotRT
from .models import Queue, Ticket, Transaction, User, number


def created_number(answer: Response, kind: str) -> int:
    """Return the number of what was created, by the status and the header.

    The body of a stored comment may be broken in several ways.
    """
    found = re.search(rf"/{kind}/(\d{{1,18}})$", answer.location, re.ASCII)
    if answer.status == HTTPStatus.CREATED and found:
        return int(found[1])
    # Status 200 is a web page: RT did not take the request for REST2.
    raise NotRT(
        f"{answer.status} ({answer.content_type}) where 201 was expected",
        unconfirmed=answer.status == HTTPStatus.CREATED,
    )


def parse[M: (User, Queue, Ticket, Transaction)](
    model: type[M], data: Mapping[str, Any]
) -> M:
    """Read a model from RT's JSON."""
    try:
        return model.from_json(data)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as err:
        raise NotRT(f"Unexpected {model.__name__.lower()} in the answer") from err


def version_numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version such as 5.0.3+dfsg-3."""
    match = re.match(r"\d{1,6}(\.\d{1,6})*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def parse_number(value: Any) -> int:
    """Read a number from RT's JSON."""
    try:
        return number(value)
    except (ArithmeticError, TypeError, ValueError) as err:
        raise NotRT("Unexpected number in the answer") from err


def items(data: Any) -> list[Mapping[str, Any]]:
    """Return the items of a collection."""
    return objects(required(data, "items"))


def items_of_page(data: Any, page: int, per_page: int) -> list[Mapping[str, Any]]:
    """Return the items of a page that was asked for; none of one past the end.

    Some releases of RT, from 5.0.6 on, send those back to the last page, and say so.
    """
    found = items(data)
    if len(found) > per_page:
        raise NotRT(f"The answer holds over {per_page} items")
    told = data.get("page")
    is_sent_back = isinstance(told, int | float) and 0 < told < page
    return [] if is_sent_back else found


def total_of(data: Mapping[str, Any]) -> int | None:
    """Return how many a query finds, which some servers do not tell."""
    total = data.get("total")
    if not isinstance(total, int | None):
        raise NotRT("The answer's total is not a number")
    return None if total is None else parse_number(total)


def names(people: Any) -> list[str]:
    """Return how somebody, or each of several, is known: by login, address, as group."""
    found: list[str] = []
    for one in people if isinstance(people, list) else [people]:
        if isinstance(one, Mapping):
            prefix = "group:" if one.get("type") == "group" else ""
            known = (one.get("id"), one.get("Name"), one.get("EmailAddress"))
            found += [f"{prefix}{name}" for name in known if name]
    return found


def objects(data: Any) -> list[Mapping[str, Any]]:
    """Return a list of objects."""
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise NotRT("The answer is not a list of objects")
    return data


def required(data: Any, key: str) -> Any:
    """Return a value that RT always sends."""
    if not isinstance(data, Mapping) or key not in data:
        raise NotRT(f"The answer has no {key}")
    return data[key]
