"""The forms that RT's answers take."""

from collections.abc import Mapping
import json
from typing import Any

from aiohttp import web


class Problem(Exception):
    """REST2 refuses."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status and RT's message."""
        super().__init__(message)
        self.status = status
        self.message = message


def found(data: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return what was asked for; RT quotes the charset here and only here."""
    return _json(200, data, 'application/json; charset="utf-8"', headers)


def error(status: int, message: str) -> web.Response:
    """Return REST2's refusal."""
    return _json(status, {"message": message}, "application/json; charset=utf-8")


def created(data: Any, location: str, *, quoted: bool) -> web.Response:
    """Return what REST2 says of a new ticket or transaction."""
    charset = '"utf-8"' if quoted else "utf-8"
    return _json(
        201, data, f"application/json; charset={charset}", {"Location": location}
    )


def page(
    status: int, body: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a web page."""
    return web.Response(
        status=status,
        body=body.encode(),
        headers={"Content-Type": "text/html; charset=utf-8", **(headers or {})},
    )


def _json(
    status: int,
    data: Any,
    content_type: str,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
        headers={"Content-Type": content_type, **(headers or {})},
    )
