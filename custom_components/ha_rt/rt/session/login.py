"""Logging in to RT's web UI with a token, and out again."""

import asyncio
from collections import deque
from http import HTTPStatus
from typing import Final

from ..answer import Response
from ..auth import Authentication
from ..errors import RTError
from ..http import HttpClient, Request
from .cookies import Cookies

# The one page that every account may see, privileged or not.
LOG_IN: Final = "/SelfService/index.html"
LOG_OUT: Final = "/NoAuth/Logout.html"
LOG_IN_SECONDS: Final = 20
LOG_OUT_SECONDS: Final = 5

_MAX_ANONYMOUS: Final = 10
# Answers that say nothing of what the next one will be.
_PASSING: Final = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class NoSession(Exception):
    """RT, or a proxy before it, does not do as a log-in or a log-out needs it.

    The text says why. `is_passing` tells that it may do so the next time.
    """

    def __init__(self, reason: str, *, is_passing: bool = False) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.is_passing = is_passing


class Login:
    """Logs one account in and out."""

    def __init__(self, http: HttpClient, authentication: Authentication) -> None:
        """Take the way to the server and what RT is to know the account by."""
        self._http = http
        self._authentication = authentication
        self._anonymous: deque[Cookies] = deque(maxlen=_MAX_ANONYMOUS)
        """Of sessions of nobody, which RT begins when others end. A log-in takes the
        place of one."""

    async def log_in(self) -> Cookies:
        """Begin a session and return its cookies.

        Raises:
            NoSession: RT gave none.
            RTError: RT cannot be reached, or the token cannot be one.

        """
        cookies = self._anonymous[-1] if self._anonymous else self._no_cookies()
        before = cookies.header()
        token = self._authentication.token()
        try:
            async with asyncio.timeout(LOG_IN_SECONDS):
                answer = await self._http.send(
                    Request(method="GET", path=LOG_IN), {**before, **token}
                )
        except TimeoutError:
            raise NoSession("the log-in takes too long", is_passing=True) from None
        except RTError as err:
            if not err.unconfirmed:
                raise
            raise NoSession(
                f"no answer to the log-in: {err}", is_passing=True
            ) from None
        cookies.take(answer)
        if cookies in self._anonymous:
            self._anonymous.remove(cookies)
        # RT gives another cookie to who logs in, and with an open session none anew.
        if answer.status != HTTPStatus.OK or cookies.header() in ({}, before):
            self._anonymous.append(cookies)
            raise self._failure("log-in", answer)
        self._authentication.hide(cookies.secrets())
        if not self._authentication.may_be_page_of_owner(answer.body):
            # A web server that knows who asks by other means goes before the token.
            await self.log_out(cookies)
            raise NoSession("the log-in is that of another account")
        return cookies

    async def log_out(self, cookies: Cookies) -> None:
        """End a session, unless RT takes too long.

        Raises:
            NoSession: RT does not let it end.

        """
        try:
            async with asyncio.timeout(LOG_OUT_SECONDS):
                answer = await self._http.send(
                    Request(method="GET", path=LOG_OUT), cookies.header()
                )
        except RTError, TimeoutError:
            return
        if answer.status != HTTPStatus.OK:
            raise self._failure("log-out", answer)
        self.keep_anonymous(answer)

    def keep_anonymous(self, answer: Response) -> None:
        """Remember the session of nobody that an answer may have begun."""
        cookies = self._no_cookies()
        cookies.take(answer)
        if cookies.header():
            self._anonymous.append(cookies)

    def _failure(self, what: str, answer: Response) -> NoSession:
        """Return what is wrong with an answer."""
        if answer.status == HTTPStatus.OK:
            is_secure = any(cookie["secure"] for cookie in answer.cookies.values())
            if is_secure and self._http.url.startswith("http:"):
                return NoSession("RT's cookies are Secure: sessions need https")
            return NoSession(f"the {what} sets no cookie for this address")
        text = f"the {what} answers {answer.status} {answer.reason}"
        return NoSession(
            self._authentication.clean(text),
            is_passing=(
                answer.asks_to_log_in  # a locked database is answered so
                or answer.status in _PASSING
                or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            ),
        )

    def _no_cookies(self) -> Cookies:
        """Return what the first log-in brings."""
        return Cookies(self._http.url)
