"""What the fake RT was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
import json
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request as it reached the server."""

    method: str
    path: str
    """Below the server's address; percent-encoding is kept."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    repeated: tuple[tuple[str, str], ...] = ()
    """The parameters of the query, with those that occur more than once."""

    def all(self, name: str) -> list[str]:
        """Return all values of a parameter."""
        return [value for key, value in self.repeated if key == name]

    @property
    def json(self) -> Any:
        """Return the parsed body, or None."""
        return json.loads(self.body) if self.body else None

    @property
    def content_type(self) -> str:
        """The content type of the message in it, without the marker."""
        return str(self.json["ContentType"]).partition(";")[0]

    def cookie(self, name: str) -> str:
        """Return the value of a cookie that the request brought, or nothing."""
        cookies = SimpleCookie(self.headers.get("Cookie", ""))
        return cookies[name].value if name in cookies else ""
