"""Cookies that RT gave, for the address that gave them."""

from typing import Final

import aiohttp
from yarl import URL

from .answer import Answer

# Values that say nothing, such as a host's number, may be shown.
_SHORTEST_SECRET: Final = 8


class Cookies:
    """The cookies of one answer."""

    def __init__(self, answer: Answer, url: str) -> None:
        """Take them from an answer of a server that is reached at an address."""
        self._rest2 = URL(f"{url}/REST/2.0/")
        # Without `unsafe`, there are no cookies for a host without a name.
        self._jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
        self._jar.update_cookies(answer.cookies, URL(url))

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
