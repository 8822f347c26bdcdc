"""What went wrong lately between Home Assistant and RT, for bug reports."""

from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any

from homeassistant.util import dt as dt_util

from .rt.errors import (
    CannotConnect,
    Forbidden,
    NotRT,
    RTError,
    RTTimeout,
    ServerError,
    TLSError,
    Unsearchable,
)

_MAX_ERRORS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class _Times:
    """When an error occurred, in UTC."""

    first: datetime
    last: datetime
    number: int


class RecentErrors:
    """The latest errors of an entry, without anything of tickets."""

    def __init__(self) -> None:
        """Begin without errors."""
        self._errors: dict[tuple[str, str, str], _Times] = {}
        """By what failed, the kind of the error, and its text."""

    def add(self, what: str, error: RTError) -> None:
        """Note an error; the same one again is not another.

        Args:
            what: What failed, such as an action.
            error: How it failed.

        """
        key = (what, type(error).__name__, _text(error))
        earlier = self._errors.pop(key, None)
        now = dt_util.utcnow()
        self._errors[key] = _Times(
            first=earlier.first if earlier else now,
            last=now,
            number=earlier.number + 1 if earlier else 1,
        )
        if len(self._errors) > _MAX_ERRORS:
            del self._errors[next(iter(self._errors))]

    def as_list(self) -> list[dict[str, Any]]:
        """Return the errors for people, the latest at the end."""
        return [
            {
                "what": what,
                "error": kind,
                "message": text,
                "first": times.first.isoformat(),
                "last": times.last.isoformat(),
                "times": times.number,
            }
            for (what, kind, text), times in self._errors.items()
        ]


def _text(error: RTError) -> str:
    """Return an error's text, unless it is RT's, which may quote tickets."""
    match error:
        case CannotConnect() | NotRT() | RTTimeout() | TLSError() | Unsearchable():
            return str(error)
        case Forbidden():
            return error.right
        case ServerError():
            status = re.match(r"\d{3}\b", str(error))
            return status[0] if status else ""
        case _:
            return ""
