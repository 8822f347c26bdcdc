"""Store the cookies of one session."""

from contextlib import suppress
from typing import Final

import aiohttp
from yarl import URL

from ..response import Response

# Shorter values, such as the number of a host, are no secrets.
_MIN_SECRET_LENGTH: Final = 8


class Cookies:
    """The cookies that one server set in one session."""

    def __init__(self, url: str) -> None:
        """Start without cookies, for the server at a URL."""
        self._url = URL(url)
        self._rest2 = URL(f"{url}/REST/2.0/")
        # Without `unsafe`, the jar ignores cookies of a host that is an IP address.
        self._jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)

    def update(self, response: Response) -> None:
        """Add the cookies of a response; they replace earlier ones of the same name."""
        # Older releases of aiohttp fail on cookies that never expire.
        with suppress(OverflowError):
            self._jar.update_cookies(response.cookies, self._url)

    def header(self) -> dict[str, str]:
        """Return the Cookie header for REST2; an empty dictionary without cookies."""
        cookies = self._jar.filter_cookies(self._rest2).values()
        value = "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in cookies)
        return {"Cookie": value} if value else {}

    def secrets(self) -> set[str]:
        """Return the values to redact in text."""
        return {
            cookie.value
            for cookie in self._jar
            if len(cookie.value) >= _MIN_SECRET_LENGTH
        }
