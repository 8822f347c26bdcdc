"""Log in to RT's web UI with a token, and log out."""

import asyncio
from collections import deque
from http import HTTPStatus
from typing import Final

from ..auth import Authentication
from ..errors import RTError
from ..http import HttpClient, Request
from ..response import Response
from .cookies import Cookies

# The only page that privileged and unprivileged accounts may both see.
LOG_IN_PATH: Final = "/SelfService/index.html"
LOG_OUT_PATH: Final = "/NoAuth/Logout.html"
LOG_IN_SECONDS: Final = 20
LOG_OUT_SECONDS: Final = 5

_MAX_ANONYMOUS_SESSIONS: Final = 10
# The next request may have another status.
_TRANSIENT_STATUSES: Final = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class NoSession(Exception):
    """RT, or a proxy in front of it, does not support a log-in or log-out.

    The message is the reason. `is_transient` is true if a later attempt may succeed.
    """

    def __init__(self, reason: str, *, is_transient: bool = False) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.is_transient = is_transient


class LoginClient:
    """Log one account in and out."""

    def __init__(self, http: HttpClient, authentication: Authentication) -> None:
        """Keep the HTTP client and the account's token."""
        self._http = http
        self._authentication = authentication
        self._anonymous_sessions: deque[Cookies] = deque(maxlen=_MAX_ANONYMOUS_SESSIONS)
        """RT starts a session without a user when another one ends. A log-in with its
        cookies replaces it, so that such sessions do not accumulate in RT."""

    async def log_in(self) -> Cookies:
        """Start a session and return its cookies.

        Raises:
            NoSession: RT did not start a session of this account.
            RTError: RT cannot be reached, or the token has invalid characters.

        """
        cookies = (
            self._anonymous_sessions[-1]
            if self._anonymous_sessions
            else self._no_cookies()
        )
        before = cookies.header()
        token = self._authentication.token_header()
        try:
            async with asyncio.timeout(LOG_IN_SECONDS):
                response = await self._http.send(
                    Request(method="GET", path=LOG_IN_PATH), {**before, **token}
                )
        except TimeoutError:
            raise NoSession("the log-in takes too long", is_transient=True) from None
        except RTError as err:
            if not err.unconfirmed:
                raise
            raise NoSession(
                f"no answer to the log-in: {err}", is_transient=True
            ) from None
        cookies.update(response)
        if cookies in self._anonymous_sessions:
            self._anonymous_sessions.remove(cookies)
        # RT sets a new cookie on log-in. It sets none if the session was logged in.
        if response.status != HTTPStatus.OK or cookies.header() in ({}, before):
            self._anonymous_sessions.append(cookies)
            raise self._failure("log-in", response)
        self._authentication.add_cookies(cookies.secrets())
        if not self._authentication.may_be_page_of_owner(response.body):
            # The web server authenticated another user, which precedes the token.
            await self.log_out(cookies)
            raise NoSession("the log-in is that of another account")
        return cookies

    async def log_out(self, cookies: Cookies) -> None:
        """End a session, or give up if RT cannot be reached in time.

        Args:
            cookies: The cookies of the session.

        Raises:
            NoSession: RT refused to end the session.

        """
        try:
            async with asyncio.timeout(LOG_OUT_SECONDS):
                response = await self._http.send(
                    Request(method="GET", path=LOG_OUT_PATH), cookies.header()
                )
        except RTError, TimeoutError:
            return
        if response.status != HTTPStatus.OK:
            raise self._failure("log-out", response)
        self.keep_anonymous_session(response)

    def keep_anonymous_session(self, response: Response) -> None:
        """Keep the cookies of an anonymous session that a response may have started."""
        cookies = self._no_cookies()
        cookies.update(response)
        if cookies.header():
            self._anonymous_sessions.append(cookies)

    def _failure(self, step: str, response: Response) -> NoSession:
        """Return why a response does not complete the log-in or log-out."""
        if response.status == HTTPStatus.OK:
            is_secure = any(cookie["secure"] for cookie in response.cookies.values())
            if is_secure and self._http.url.startswith("http:"):
                return NoSession("RT's cookies are Secure: sessions need https")
            return NoSession(f"the {step} sets no cookie for this address")
        text = f"the {step} answers {response.status} {response.reason}"
        return NoSession(
            self._authentication.redact(text),
            is_transient=(
                response.is_login_required  # also RT's response to a locked database
                or response.status in _TRANSIENT_STATUSES
                or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            ),
        )

    def _no_cookies(self) -> Cookies:
        """Return an empty store of cookies for the server."""
        return Cookies(self._http.url)
