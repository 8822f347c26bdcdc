"""What a request and its answer are described with."""

from dataclasses import dataclass, field
from typing import Any

FACILITY = "Facility Management"

JSON_QUOTED = 'application/json; charset="utf-8"'
JSON = "application/json; charset=utf-8"
WEB_PAGE = "text/html; charset=utf-8"
UNTYPED = "application/octet-stream"  # what no header stands for

VERSIONED = {"ETag": '".+"'}
COOKIE = {"Set-Cookie": "RT_SID_.+"}


@dataclass(kw_only=True)
class Case:
    """A request and the form of its answer.

    Words in braces stand for numbers; see Contract.test_answer.
    """

    user: str = "u-full"
    method: str = "GET"
    path: str
    query: dict[str, str] = field(default_factory=dict)
    send: Any = None
    """The JSON to send; a string is sent as it is."""
    send_headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    content_type: str = JSON_QUOTED
    headers: dict[str, str] = field(default_factory=dict)
    """Patterns of all the headers that are in NOTABLE."""
    body: Any = None
    """Form of the JSON; for a web page, a text that it holds."""


NOTABLE = ("Allow", "ETag", "Location", "Set-Cookie")


def refused(
    status: int, message: str, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return what REST2's refusals have in common."""
    return {
        "status": status,
        "content_type": JSON,
        "headers": headers or {},
        "body": {"message": message},
    }


def web_page(
    status: int, text: str, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return what web pages have in common."""
    return {
        "status": status,
        "content_type": WEB_PAGE,
        "headers": {**COOKIE, **(headers or {})},
        "body": text,
    }


def search(query: str, **more: str) -> dict[str, str]:
    """Return the parameters of a search, as the client sends them."""
    known = {"fields": "Status,CustomFields", "orderby": "id", "order": "ASC"}
    return {"query": query, **known, "per_page": "100", "page": "1", **more}


TEXT = {"Content": "text", "ContentType": "text/plain"}

FILE = {"FileName": "a b.txt", "FileType": "text/plain", "FileContent": "aOQK"}
