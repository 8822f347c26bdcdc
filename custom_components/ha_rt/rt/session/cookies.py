"""Cookies that RT gave, for the address that gave them."""

from contextlib import suppress
from typing import Final

import aiohttp
from yarl import URL

from ..answer import Response

# Values that say nothing, such as a host's number, may be shown.
_SHORTEST_SECRET: Final = 8


class Cookies:
    """The cookies of one session."""

    def __init__(self, url: str) -> None:
        """Start without one, for the server at an address."""
        self._url = URL(url)
        self._rest2 = URL(f"{url}/REST/2.0/")
        # Without `unsafe`, there are no cookies for a host without a name.
        self._jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)

    def take(self, answer: Response) -> None:
        """Take those of an answer in place of what they were before."""
        # Older releases of aiohttp stumble over cookies that are to last for ever.
        with suppress(OverflowError):
            self._jar.update_cookies(answer.cookies, self._url)

    def header(self) -> dict[str, str]:
        """Return the header that brings those which are meant for REST2."""
        cookies = self._jar.filter_cookies(self._rest2).values()
        value = "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in cookies)
        return {"Cookie": value} if value else {}

    def secrets(self) -> set[str]:
        """Return what no text may show."""
        return {
            cookie.value
            for cookie in self._jar
            if len(cookie.value) >= _SHORTEST_SECRET
        }
