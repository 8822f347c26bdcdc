"""The response of RT to one HTTP request."""

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
from .text import map_strings, replace_surrogates

# The longest time to leave a server alone, whatever it asks for.
MAX_WAIT_SECONDS: Final = 60 * 60

# Longer bodies are parsed outside the event loop.
_MAX_BYTES_IN_LOOP: Final = 64 * 1024
# Counts values and keys, and what looks like them inside strings. Python parses JSON
# in one call that holds the GIL, and each value takes time and up to 100 bytes.
_MAX_VALUES: Final = 60_000
_MAX_DIGITS: Final = 30

_PERL_LOCATION = re.compile(r" at \S+ line \d+\.?\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An HTTP response with any status, read to its end."""

    status: int
    reason: str
    content_type: str
    location: str
    """The Location header, or an empty string."""
    retry_after: str
    """The Retry-After header, or an empty string."""
    cookies: SimpleCookie = field(repr=False)
    body: bytes
    body_error: RTError | None
    """Why the body is incomplete, or None if it is complete."""
    seconds: float
    """Time from sending the request to the end of the response."""

    @property
    def is_json(self) -> bool:
        """Return whether the body is JSON, as REST2 sends it."""
        return self.content_type == "application/json"

    @property
    def is_html(self) -> bool:
        """Return whether it is a page of RT's web UI or of a web server in front."""
        return self.content_type == "text/html"

    @property
    def is_login_required(self) -> bool:
        """Return whether RT itself asks an unauthenticated client to log in."""
        if self.status != HTTPStatus.FOUND:
            return False
        return (
            self.body.strip() == b"Login required"
            or "/NoAuth/Login.html" in self.location
        )

    @property
    def is_cross_site(self) -> bool:
        """Return whether RT refused the request as a cross-site request forgery.

        RT's releases of 2026 do so for requests with a cookie if they do not know the
        address in the Referer header.
        """
        return (
            self.status == HTTPStatus.FORBIDDEN
            and self.is_json
            and self.message().startswith("Cross-site request forgery")
        )

    def retry_after_seconds(self) -> float | None:
        """Return how long the server asks to wait, or None if it does not ask."""
        try:
            if self.retry_after.isdecimal():
                seconds = float(self.retry_after)
            else:
                until = parsedate_to_datetime(self.retry_after).replace(tzinfo=UTC)
                seconds = (until - datetime.now(UTC)).total_seconds()
        except ValueError:
            return None
        return min(max(seconds, 0), MAX_WAIT_SECONDS)

    def complete_body(self) -> bytes:
        """Return the body of a successful response.

        Raises:
            RTError: The body is incomplete.

        """
        if self.body_error:
            raise self.body_error
        return self.body

    async def json(self) -> Any:
        """Return the parsed body of a successful response.

        Raises:
            AnswerTooLarge: The body holds too many values.
            NotRT: The body is not valid JSON.
            RTError: The body is incomplete.

        """
        body = self.complete_body()
        if not self.is_json:
            raise NotRT(f"The answer is {self.content_type}, not JSON")
        try:
            if len(body) <= _MAX_BYTES_IN_LOOP:
                return _parse_json(body)
            return await asyncio.to_thread(_parse_json, body)
        except ValueError, RecursionError:
            raise NotRT("The answer is not valid JSON") from None

    def message(self) -> str:
        """Return RT's message, or else the status and its reason, in one line."""
        text = f"{self.status} {self.reason}"
        if self.is_json:
            parsed = self._parse_message()
            if isinstance(parsed, dict) and parsed.get("message"):
                text = str(parsed["message"])
            elif isinstance(parsed, list) and parsed:
                text = "; ".join(str(item) for item in parsed)
        return " ".join(_PERL_LOCATION.sub("", text).split())

    def change_messages(self) -> str:
        """Return RT's messages about a change in one line.

        Invalid UTF-8 is replaced: RT encodes some of these messages incorrectly.
        """
        parsed = self._parse_message(errors="replace")
        if not isinstance(parsed, list):
            return ""
        return " ".join("; ".join(str(item) for item in parsed).split())

    def _parse_message(self, errors: str = "strict") -> Any:
        """Return the parsed body, or None if it is invalid or long."""
        if len(self.body) > _MAX_BYTES_IN_LOOP:
            return None
        try:
            return json.loads(self.body.decode(errors=errors))
        except ValueError, RecursionError:
            return None


def _parse_json(body: bytes) -> Any:
    """Parse JSON, with a bound on the time that it takes.

    Raises:
        AnswerTooLarge: It holds too many values.
        ValueError: It is invalid, or a number has too many digits.
        RecursionError: It is nested too deeply.

    """
    if sum(map(body.count, (b",", b":", b"[", b"{"))) > _MAX_VALUES:
        raise AnswerTooLarge(f"The answer holds over {_MAX_VALUES} values")
    data = json.loads(
        body,
        parse_int=lambda digits: int(_check_digits(digits)),
        parse_float=lambda digits: float(_check_digits(digits)),
    )
    may_have_surrogates = b"\\u" in body or b"\xed" in body
    return map_strings(replace_surrogates, data) if may_have_surrogates else data


def _check_digits(digits: str) -> str:
    """Return the digits of a number, or raise ValueError if there are too many."""
    if len(digits) > _MAX_DIGITS:
        raise ValueError
    return digits
