"""What tells RT who asks, and stays out of every text."""

import re

from .errors import InvalidAuth

_TOKEN = re.compile(r"[\x21-\x7e]+")
_MAX_TEXT = 300


class Authentication:
    """An authentication token of RT, and what RT gave for it."""

    def __init__(self, token: str) -> None:
        """Keep the token."""
        self._token = token
        self.hidden = {token}
        """What no text may show."""

    def token(self) -> dict[str, str]:
        """Return the header that brings the token.

        Raises:
            InvalidAuth: No token looks like this one.

        """
        if not _TOKEN.fullmatch(self._token):
            raise InvalidAuth("The token holds characters that no token has")
        return {"Authorization": f"token {self._token}"}

    def clean(self, text: str) -> str:
        """Return a text from outside without secrets, short and fit to be shown."""
        for secret in self.hidden:
            text = text.replace(secret, "**REDACTED**")
        return text.encode(errors="replace").decode()[:_MAX_TEXT]
