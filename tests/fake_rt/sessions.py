"""The sessions of RT's web UI, as LoadSessionFromCookie treats them."""

import secrets

from .account import Account

LOG_IN = "/SelfService/index.html"
LOG_OUT = "/NoAuth/Logout.html"


class Sessions:
    """What one host keeps: who is logged in, None for nobody, by the cookie's value."""

    def __init__(self) -> None:
        """Start without a session."""
        self.kept: dict[str, Account | None] = {}

    def load(self, cookie: str) -> str:
        """Return a request's session; RT begins one if it does not know the cookie."""
        return cookie if cookie in self.kept else self.begin(None)

    def begin(self, account: Account | None, instead_of: str = "") -> str:
        """Begin a session, which may end another one, and return its cookie's value."""
        self.kept.pop(instead_of, None)
        number = secrets.token_hex(16)
        self.kept[number] = account
        return number
