"""What RT answers to one request."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookies import SimpleCookie
import json
import re
from typing import Any, Final

from .errors import AnswerTooLarge, NotRT, RTError
from .text import in_all_texts, writable

# No server is left alone for longer, whatever it asks for.
MAX_WAIT_SECONDS: Final = 60 * 60

# What is longer is not parsed in the event loop.
_AT_ONCE: Final = 64 * 1024
# Values and keys, and what looks like them in texts. Python parses JSON in one go, in
# which nothing else happens, and each of them takes its time and up to 100 bytes.
_MAX_PARTS: Final = 60_000
_MAX_DIGITS: Final = 30

_PERL_LOCATION = re.compile(r" at \S+ line \d+\.?\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """RT's answer to one request, whatever it says."""

    status: int
    reason: str
    content_type: str
    location: str
    retry_after: str
    cookies: SimpleCookie = field(repr=False)
    body: bytes
    failure: RTError | None
    """Why the body is not whole."""
    seconds: float
    """How long it took."""

    @property
    def is_json(self) -> bool:
        """Return whether it is REST2's."""
        return self.content_type == "application/json"

    @property
    def is_page(self) -> bool:
        """Return whether it is for people: RT's web UI, or a web server before it."""
        return self.content_type == "text/html"

    @property
    def asks_to_log_in(self) -> bool:
        """Return whether it is RT's own answer to who it does not know."""
        if self.status != HTTPStatus.FOUND:
            return False
        return (
            self.body.strip() == b"Login required"
            or "/NoAuth/Login.html" in self.location
        )

    @property
    def is_cross_site(self) -> bool:
        """Return whether RT takes a request by cookie for one of another site's.

        Its releases of 2026 do so if they do not know the address it comes from.
        """
        return (
            self.status == HTTPStatus.FORBIDDEN
            and self.is_json
            and self.message().startswith("Cross-site request forgery")
        )

    def seconds_to_wait(self) -> float | None:
        """Return how long the server asks to be left alone, if it does."""
        try:
            if self.retry_after.isdecimal():
                seconds = float(self.retry_after)
            else:
                until = parsedate_to_datetime(self.retry_after).replace(tzinfo=UTC)
                seconds = (until - datetime.now(UTC)).total_seconds()
        except ValueError:
            return None
        return min(max(seconds, 0), MAX_WAIT_SECONDS)

    def whole_body(self) -> bytes:
        """Return the body of a successful answer.

        Raises:
            RTError: The body is cut.

        """
        if self.failure:
            raise self.failure
        return self.body

    async def json(self) -> Any:
        """Return the parsed body of a successful answer.

        Raises:
            AnswerTooLarge: It holds too much.
            RTError: The body is cut, or it is not RT's JSON.

        """
        body = self.whole_body()
        if not self.is_json:
            raise NotRT(f"The answer is {self.content_type}, not JSON")
        try:
            if len(body) <= _AT_ONCE:
                return _parsed(body)
            return await asyncio.to_thread(_parsed, body)
        except ValueError, RecursionError:
            raise NotRT("The answer is not valid JSON") from None

    def message(self) -> str:
        """Return what the answer says about itself, in one line."""
        text = f"{self.status} {self.reason}"
        if self.is_json:
            parsed = self._told()
            if isinstance(parsed, dict) and parsed.get("message"):
                text = str(parsed["message"])
            elif isinstance(parsed, list) and parsed:
                text = "; ".join(str(item) for item in parsed)
        return " ".join(_PERL_LOCATION.sub("", text).split())

    def words(self) -> str:
        """Return what RT says about a change: several messages in one line.

        The change does not depend on them; RT sends some of them badly encoded.
        """
        parsed = self._told(errors="replace")
        if not isinstance(parsed, list):
            return ""
        return " ".join("; ".join(str(item) for item in parsed).split())

    def _told(self, errors: str = "strict") -> Any:
        """Return the parsed body, or None if it is too long to be words, or broken."""
        if len(self.body) > _AT_ONCE:
            return None
        try:
            return json.loads(self.body.decode(errors=errors))
        except ValueError, RecursionError:
            return None


def _parsed(body: bytes) -> Any:
    """Return what JSON holds.

    Raises:
        AnswerTooLarge: It would take long, in which nothing else happens.
        ValueError: It is not valid, or its numbers are too large.
        RecursionError: It is too deep.

    """
    if sum(map(body.count, (b",", b":", b"[", b"{"))) > _MAX_PARTS:
        raise AnswerTooLarge(f"The answer holds over {_MAX_PARTS} values")
    data = json.loads(
        body,
        parse_int=lambda digits: int(_short(digits)),
        parse_float=lambda digits: float(_short(digits)),
    )
    has_halves = b"\\u" in body or b"\xed" in body
    return in_all_texts(writable, data) if has_halves else data


def _short(digits: str) -> str:
    """Return the digits of a number, unless it would take long to read them."""
    if len(digits) > _MAX_DIGITS:
        raise ValueError
    return digits
