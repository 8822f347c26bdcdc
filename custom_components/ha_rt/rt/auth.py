"""What tells RT who asks, and stays out of every text."""

from collections import deque
from collections.abc import Iterable
import re

from .errors import InvalidAuth
from .text import writable

_TOKEN = re.compile(r"[\x21-\x7e]+")
_OWNER = re.compile(r"\d+-(\d+)-[0-9a-f]+")
# Each page of RT's web UI tells its scripts who is logged in.
_USER_OF_PAGE = re.compile(rb"RT\.CurrentUser = \{([^\n]{0,4000})")
_NUMBER_OF_USER = re.compile(rb'"id":"?(\d{1,18})')
_MAX_TEXT = 300
# More cookies than a client's requests can bring at the same time.
_MAX_HIDDEN = 50


class Authentication:
    """An authentication token of RT, and what RT gave for it."""

    def __init__(self, token: str) -> None:
        """Keep the token."""
        self._token = token
        self._hidden: deque[str] = deque(maxlen=_MAX_HIDDEN)

    @property
    def owner(self) -> int | None:
        """Return the number of the token's account, which a token of RT begins with."""
        match = _OWNER.fullmatch(self._token)
        return int(match[1]) if match else None

    def may_be_page_of_owner(self, page: bytes) -> bool:
        """Tell whether a page of RT's does not say that somebody else is logged in."""
        user = _USER_OF_PAGE.search(page)
        number = _NUMBER_OF_USER.search(user[1]) if user else None
        return not number or self.owner in {None, int(number[1])}

    def token(self) -> dict[str, str]:
        """Return the header that brings the token.

        Raises:
            InvalidAuth: No token looks like this one.

        """
        if not _TOKEN.fullmatch(self._token):
            raise InvalidAuth("The token holds characters that no token has")
        return {"Authorization": f"token {self._token}"}

    def hide(self, secrets: Iterable[str]) -> None:
        """Let no text show the cookies of a new session."""
        self._hidden.extend(secrets)

    def clean(self, text: str) -> str:
        """Return a text from outside without secrets, short and fit to be shown."""
        for secret in (self._token, *self._hidden):
            text = text.replace(secret, "**REDACTED**")
        return writable(text)[:_MAX_TEXT]
