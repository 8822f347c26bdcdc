"""Authentication by token, and redaction of secrets in text."""

from collections import deque
from collections.abc import Iterable
import re

from .errors import InvalidAuth
from .text import replace_surrogates

_TOKEN = re.compile(r"[\x21-\x7e]+")
_OWNER = re.compile(r"\d+-(\d+)-[0-9a-f]+")
# A script in each page of RT's web UI names the user who is logged in.
_USER_IN_PAGE = re.compile(rb"RT\.CurrentUser = \{([^\n]{0,4000})")
_USER_NUMBER = re.compile(rb'"id":"?(\d{1,18})')
_MAX_TEXT = 300
# More cookies than the requests of one client can send at the same time.
_MAX_COOKIES = 50


class Authentication:
    """An authentication token of RT and the cookies that RT issued for it."""

    def __init__(self, token: str) -> None:
        """Keep the token."""
        self._token = token
        self._cookies: deque[str] = deque(maxlen=_MAX_COOKIES)

    @property
    def owner(self) -> int | None:
        """Return the number of the token's user, or None if the token holds none."""
        match = _OWNER.fullmatch(self._token)
        return int(match[1]) if match else None

    def may_be_page_of_owner(self, page: bytes) -> bool:
        """Return whether a page of RT's web UI does not name another user.

        Args:
            page: HTML.

        Returns:
            False only if the page names a user, and it is not the token's.

        """
        user = _USER_IN_PAGE.search(page)
        number = _USER_NUMBER.search(user[1]) if user else None
        return not number or self.owner in {None, int(number[1])}

    def token_header(self) -> dict[str, str]:
        """Return the Authorization header.

        Raises:
            InvalidAuth: The token has characters that no token of RT has.

        """
        if not _TOKEN.fullmatch(self._token):
            raise InvalidAuth("The token holds characters that no token has")
        return {"Authorization": f"token {self._token}"}

    def add_cookies(self, values: Iterable[str]) -> None:
        """Redact the cookies of a new session from now on."""
        self._cookies.extend(values)

    def redact(self, text: str) -> str:
        """Return a server's text without secrets, shortened and free of surrogates."""
        for secret in (self._token, *self._cookies):
            text = text.replace(secret, "**REDACTED**")
        return replace_surrogates(text)[:_MAX_TEXT]
