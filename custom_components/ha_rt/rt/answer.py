"""What RT answers to one request."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookies import SimpleCookie
import json
import re
from typing import Any, Final

from .errors import NotRT, RTError

# No server is left alone for longer, whatever it asks for.
MAX_WAIT_SECONDS: Final = 60 * 60

_PERL_LOCATION = re.compile(r" at \S+ line \d+\.?\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
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

    def json(self) -> Any:
        """Return the parsed body of a successful answer.

        Raises:
            RTError: The body is cut, or it is not RT's JSON.

        """
        body = self.whole_body()
        if not self.is_json:
            raise NotRT(f"The answer is {self.content_type}, not JSON")
        try:
            data = json.loads(body)
            if b"\\u" in body or b"\xed" in body:
                # Halves of characters, which nobody else takes, become question marks.
                text = json.dumps(data, ensure_ascii=False)
                data = json.loads(text.encode(errors="replace"))
        except ValueError, RecursionError:
            raise NotRT("The answer is not valid JSON") from None
        return data

    def message(self) -> str:
        """Return what the answer says about itself, in one line."""
        text = f"{self.status} {self.reason}"
        if self.is_json:
            try:
                parsed = json.loads(self.body)
            except ValueError, RecursionError:
                parsed = None
            if isinstance(parsed, dict) and parsed.get("message"):
                text = str(parsed["message"])
            elif isinstance(parsed, list) and parsed:
                text = "; ".join(str(item) for item in parsed)
        return " ".join(_PERL_LOCATION.sub("", text).split())

    def words(self) -> str:
        """Return what RT says about a change: several messages in one line.

        The change does not depend on them; RT sends some of them badly encoded.
        """
        try:
            parsed = json.loads(self.body.decode(errors="replace"))
        except ValueError, RecursionError:
            return ""
        if not isinstance(parsed, list):
            return ""
        return " ".join("; ".join(str(item) for item in parsed).split())
