"""RT's sessions: a log-in every few minutes instead of one with every request.

RT takes a token in place of a password (RT::Authen::Token), and its REST2 takes the
cookie of its web UI (https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html). It hashes
the token of each request that brings one, which takes longer than most requests; a
cookie it only looks up.
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
import logging
from typing import Final

from ..answer import Response
from ..auth import Authentication
from ..errors import RTError
from ..http import HttpClient, Request
from .check import SessionCheck, check_session
from .cookies import Cookies
from .login import LOG_OUT_SECONDS, Login, NoSession

_LOGGER = logging.getLogger(__name__)

# While a session lasts, RT does not ask for the token again: one that was revoked is
# out when the session ends. With the last requests under way, that is within ten
# minutes.
LIFETIME: Final = 8 * 60
# After that, sessions are tried again on a server that did not take them.
LOOK_AGAIN: Final = 24 * 60 * 60

_CROSS_SITE: Final = (
    "RT's check for cross-site requests does not know the address they come from, "
    "see WebBaseURL and ReferrerWhitelist in RT's settings"
)


@dataclass(eq=False, kw_only=True, slots=True)
class _Session:
    """One log-in."""

    cookies: Cookies
    users: int = 0
    """How many requests are under way with it."""
    is_proven: bool = False
    """Whether RT has answered to it."""
    is_for_reading: bool = False
    """Whether RT takes changes by it for those of another site."""


class Sessions:
    """The sessions of one account on one RT server: one at a time."""

    def __init__(
        self,
        http: HttpClient,
        authentication: Authentication,
        slots: asyncio.Semaphore,
    ) -> None:
        """Take the way to the server and what RT is to know the account by.

        Args:
            http: The way to the server.
            authentication: Brings the token.
            slots: How many requests may be under way. Who sends one has a slot; what
                is sent beside them takes one of its own.

        """
        self._http = http
        self._slots = slots
        self._login = Login(http, authentication)
        self._current: _Session | None = None
        self._over: set[_Session] = set()
        """To be ended, once nobody uses them."""
        self._log_in_task: asyncio.Task[_Session | RTError | None] | None = None
        self._log_out_tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        """Ends the current session, or the time without."""
        self._queue_error: NoSession | None = None
        """Why RT took no session at last."""
        self._off_because = ""
        self._cross_site = False
        """Whether a change by a session was taken for one of another site's."""
        self._said = False
        self._closed = False

    @property
    def state(self) -> str:
        """Return whether sessions are used and, if not, why."""
        if self._off_because:
            return f"off: {self._off_because}"
        return f"on, but not for changes: {_CROSS_SITE}" if self._cross_site else "on"

    async def send(self, request: Request) -> Response | None:
        """Send a request with a session, with a new one if RT does not take it.

        Returns:
            RT's answer, or None if RT takes no session: it has not run the request
            then.

        Raises:
            RTError: No answer. If its `unconfirmed` is set, RT may have got the
                request.

        """
        for _ in range(2):
            session = await self._get()
            if session is None or (session.is_for_reading and request.method != "GET"):
                return None
            session.users += 1
            try:
                answer = await self._http.send(request, session.cookies.header())
                check = await check_session(
                    self._http,
                    session.cookies,
                    request,
                    answer,
                    is_proven=session.is_proven,
                )
                if check in {SessionCheck.REFUSED, SessionCheck.LOST}:
                    self._forget(session, answer)
                elif check is SessionCheck.CROSS_SITE:
                    session.is_for_reading = self._cross_site = True
                else:
                    session.is_proven = True
                    self._cross_site &= request.method == "GET"
            finally:
                session.users -= 1
                self._release(session)
            if check in {SessionCheck.TAKEN, SessionCheck.LOST}:
                return answer
            if check in {SessionCheck.NOT_HERE, SessionCheck.CROSS_SITE}:
                return None
        return None

    def give_up(self) -> None:
        """Do without sessions for a while: RT takes the token, and takes no session."""
        if self._off_because or self._closed or not self._queue_error:
            return
        self._expire()  # what another request may have got meanwhile
        self._off_because = str(self._queue_error)
        self._start_timer(
            LIFETIME if self._queue_error.is_passing else LOOK_AGAIN, self._look_again
        )
        if not self._said:
            _LOGGER.info(
                "%s takes no sessions, so that every request brings the token: %s",
                self._http.url,
                self._off_because,
            )
        self._said = True

    async def close(self) -> None:
        """End the session in RT, unless that takes RT too long."""
        self._closed = True
        # What takes longer ends with the connections.
        with suppress(TimeoutError):
            async with asyncio.timeout(LOG_OUT_SECONDS):
                if self._log_in_task:
                    await asyncio.wait([self._log_in_task])
                self._expire()
                for session in tuple(self._over):
                    self._log_out(session)
                if self._log_out_tasks:
                    await asyncio.wait(self._log_out_tasks)
        if self._timer:
            self._timer.cancel()

    async def _get(self) -> _Session | None:
        """Return the current session, or a new one if RT gives one."""
        if self._current or self._off_because or self._closed:
            return self._current
        if not self._log_in_task:
            self._log_in_task = asyncio.create_task(self._log_in())
        # Others wait for it too, and RT has to be told of a session that nobody wants.
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
            self._queue_error = err
            return None
        finally:
            self._log_in_task = None
        self._queue_error = None
        session = _Session(cookies=cookies)
        if self._off_because:
            self._log_out(session)
            return None
        self._current = session
        self._start_timer(LIFETIME, self._expire)
        return session

    def _forget(self, session: _Session, answer: Response) -> None:
        """Leave a session that was not taken."""
        self._queue_error = NoSession("REST 2 does not take the cookie of the log-in")
        self._login.keep_anonymous(answer)
        if session is not self._current:
            return
        if answer.asks_to_log_in:
            self._current = None
        else:
            self._expire()  # it was not RT that refused it, which may know it

    def _expire(self) -> None:
        """End the current session once the requests under way are done."""
        if session := self._current:
            self._current = None
            self._over.add(session)
            self._release(session)

    def _release(self, session: _Session) -> None:
        """End a session that is to be ended, if it is used no more."""
        if session in self._over and not session.users:
            self._log_out(session)

    def _log_out(self, session: _Session) -> None:
        """End a session in RT, meanwhile."""
        self._over.discard(session)
        task = asyncio.create_task(self._end(session))
        self._log_out_tasks.add(task)
        task.add_done_callback(self._log_out_tasks.discard)

    async def _end(self, session: _Session) -> None:
        """End a session in RT."""
        try:
            # At the end, RT has to hear of it soon.
            async with nullcontext() if self._closed else self._slots:
                await self._login.log_out(session.cookies)
        except NoSession as err:
            if not err.is_passing:
                # Who cannot log out is not to log in again and again.
                self._queue_error = err
                self.give_up()

    def _look_again(self) -> None:
        """Try sessions again."""
        self._queue_error = None
        self._off_because = ""

    def _start_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back after a time, instead of what was to be called."""
        if self._timer:
            self._timer.cancel()
        if not self._closed:
            self._timer = asyncio.get_running_loop().call_later(seconds, callback)
