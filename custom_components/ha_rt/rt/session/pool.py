"""Send requests with a session, so that RT checks the token every few minutes only.

RT accepts a token in place of a password (RT::Authen::Token), and its REST2 accepts the
cookie of its web UI (https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html). It hashes
the token of each request, which takes longer than most requests; a cookie it only looks
up.
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
import logging
from typing import Final

from ..auth import Authentication
from ..errors import RTError
from ..http import HttpClient, Request
from ..response import Response
from .check import SessionCheck, check_session
from .cookies import Cookies
from .login import LOG_OUT_SECONDS, LoginClient, NoSession

_LOGGER = logging.getLogger(__name__)

# In seconds. RT does not check the token during a session: a revoked one stays valid
# until the session and its last requests end, which is within ten minutes.
LIFETIME: Final = 8 * 60
# Seconds until sessions are tried again on a server that did not accept them.
RETRY_DELAY: Final = 24 * 60 * 60

_CROSS_SITE: Final = (
    "RT's check for cross-site requests does not know the address they come from, "
    "see WebBaseURL and ReferrerWhitelist in RT's settings"
)


@dataclass(eq=False, kw_only=True, slots=True)
class _Session:
    """A session that RT started."""

    cookies: Cookies
    requests: int = 0
    """Number of pending requests with this session."""
    is_proven: bool = False
    """Whether RT has accepted it in a request."""
    is_read_only: bool = False
    """Whether RT refuses changes with it as cross-site request forgery."""


class Sessions:
    """The sessions of one account on one RT server, of which one is current."""

    def __init__(
        self,
        http: HttpClient,
        authentication: Authentication,
        slots: asyncio.Semaphore,
    ) -> None:
        """Keep what is needed to send requests and to log in.

        Args:
            http: Sends the requests.
            authentication: The account's token.
            slots: Bounds the number of simultaneous requests. The caller of `send`
                holds one; a log-out in the background acquires its own.

        """
        self._http = http
        self._slots = slots
        self._login = LoginClient(http, authentication)
        self._current: _Session | None = None
        self._expired: set[_Session] = set()
        """Sessions to log out when their last request is done."""
        self._log_in_task: asyncio.Task[_Session | RTError | None] | None = None
        self._log_out_tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        """Ends the current session, or the period without sessions."""
        self._failure: NoSession | None = None
        """Why RT did not accept the last session, or None if it did."""
        self._off_reason = ""
        """Why sessions are turned off, or an empty string."""
        self._cross_site = False
        """Whether RT refused the last change as cross-site request forgery."""
        self._is_logged = False
        """Whether the log has the message that sessions are off."""
        self._closed = False

    @property
    def state(self) -> str:
        """Return "on", or "off" and the reason, for diagnostics."""
        if self._off_reason:
            return f"off: {self._off_reason}"
        return f"on, but not for changes: {_CROSS_SITE}" if self._cross_site else "on"

    async def send(self, request: Request) -> Response | None:
        """Send a request with the session, or with a new one if RT refuses it.

        Args:
            request: The request.

        Returns:
            The response, or None if RT accepts no session: it has not run the request
            then.

        Raises:
            RTError: There is no response. If `unconfirmed` is set, RT may have
                received the request.

        """
        for _ in range(2):
            session = await self._get()
            if session is None or (session.is_read_only and request.method != "GET"):
                return None
            session.requests += 1
            try:
                response = await self._http.send(request, session.cookies.header())
                check = await check_session(
                    self._http,
                    session.cookies,
                    request,
                    response,
                    is_proven=session.is_proven,
                )
                if check in {SessionCheck.REFUSED, SessionCheck.LOST}:
                    self._discard(session, response)
                elif check is SessionCheck.CROSS_SITE:
                    session.is_read_only = self._cross_site = True
                else:
                    session.is_proven = True
                    self._cross_site &= request.method == "GET"
            finally:
                session.requests -= 1
                self._release(session)
            if check in {SessionCheck.ACCEPTED, SessionCheck.LOST}:
                return response
            if check in {SessionCheck.BLOCKED, SessionCheck.CROSS_SITE}:
                return None
        return None

    def turn_off(self) -> None:
        """Use no sessions for a while, if the last log-in, session or log-out failed.

        The caller has seen that RT accepts the token.
        """
        if self._off_reason or self._closed or not self._failure:
            return
        self._expire()  # another request may have started a session meanwhile
        self._off_reason = str(self._failure)
        self._start_timer(
            LIFETIME if self._failure.is_transient else RETRY_DELAY, self._turn_on
        )
        if not self._is_logged:
            _LOGGER.info(
                "%s takes no sessions, so that every request brings the token: %s",
                self._http.url,
                self._off_reason,
            )
        self._is_logged = True

    async def close(self) -> None:
        """Log out of RT, or give up after LOG_OUT_SECONDS."""
        self._closed = True
        # Requests that take longer end when the caller closes the connections.
        with suppress(TimeoutError):
            async with asyncio.timeout(LOG_OUT_SECONDS):
                if self._log_in_task:
                    await asyncio.wait([self._log_in_task])
                self._expire()
                for session in tuple(self._expired):
                    self._log_out(session)
                if self._log_out_tasks:
                    await asyncio.wait(self._log_out_tasks)
        if self._timer:
            self._timer.cancel()

    async def _get(self) -> _Session | None:
        """Return the current session or a new one, or None if RT starts none."""
        if self._current or self._off_reason or self._closed:
            return self._current
        if not self._log_in_task:
            self._log_in_task = asyncio.create_task(self._log_in())
        # Other requests wait for the task, too, and a cancelled log-in would leave a
        # session in RT.
        outcome = await asyncio.shield(self._log_in_task)
        if isinstance(outcome, RTError):
            raise outcome
        return outcome

    async def _log_in(self) -> _Session | RTError | None:
        """Return a new session, an error if RT cannot be reached, or None."""
        try:
            cookies = await self._login.log_in()
        except RTError as err:
            return err
        except NoSession as err:
            self._failure = err
            return None
        finally:
            self._log_in_task = None
        self._failure = None
        session = _Session(cookies=cookies)
        if self._off_reason:
            self._log_out(session)
            return None
        self._current = session
        self._start_timer(LIFETIME, self._expire)
        return session

    def _discard(self, session: _Session, response: Response) -> None:
        """Stop using a session that was refused."""
        self._failure = NoSession("REST 2 does not take the cookie of the log-in")
        self._login.keep_anonymous_session(response)
        if session is not self._current:
            return
        if response.is_login_required:
            self._current = None
        else:
            self._expire()  # a proxy refused it, and RT may still know it

    def _expire(self) -> None:
        """Stop using the current session, and log out after its last request."""
        if session := self._current:
            self._current = None
            self._expired.add(session)
            self._release(session)

    def _release(self, session: _Session) -> None:
        """Log out of an expired session if it has no pending request."""
        if session in self._expired and not session.requests:
            self._log_out(session)

    def _log_out(self, session: _Session) -> None:
        """Log out of a session in the background."""
        self._expired.discard(session)
        task = asyncio.create_task(self._async_log_out(session))
        self._log_out_tasks.add(task)
        task.add_done_callback(self._log_out_tasks.discard)

    async def _async_log_out(self, session: _Session) -> None:
        """Log out of a session, and turn sessions off if RT refuses that."""
        try:
            # On close, time is short: do not wait for a slot.
            async with nullcontext() if self._closed else self._slots:
                await self._login.log_out(session.cookies)
        except NoSession as err:
            if not err.is_transient:
                # Each further log-in would leave a session in RT.
                self._failure = err
                self.turn_off()

    def _turn_on(self) -> None:
        """Use sessions again."""
        self._failure = None
        self._off_reason = ""

    def _start_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        """Schedule a callback in place of the scheduled one."""
        if self._timer:
            self._timer.cancel()
        if not self._closed:
            self._timer = asyncio.get_running_loop().call_later(seconds, callback)
