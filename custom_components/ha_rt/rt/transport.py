"""One request to RT, in the name of an account, judged by its answer's status."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
import time
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from .answer import Response
from .auth import Authentication
from .errors import (
    CannotConnect,
    Forbidden,
    InvalidAuth,
    NotFound,
    NotRT,
    Rejected,
    RTError,
    RTTimeout,
    ServerError,
    TooLarge,
    WebServerFailed,
)
from .http import PROBE, HttpClient, Request
from .session.pool import Sessions

# RT answers with one worker process per request and usually has few of them.
MAX_REQUESTS: Final = 4
# After 30 s RT no longer waits for a locked database and goes on as if it was empty.
LOCK_SECONDS: Final = 29


class Transport:
    """The way to one RT server, for one token."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        slots: asyncio.Semaphore | None = None,
        *,
        use_sessions: bool = True,
    ) -> None:
        """Bind a session to a server and a token; see RTClient."""
        self._authentication = Authentication(token)
        self._http = HttpClient(session, url, self._authentication.clean)
        self._slots = slots or asyncio.Semaphore(MAX_REQUESTS)
        self._silent = 0
        """How many requests timed out since the last answer."""
        self._outage: RTError | None = None
        self._outage_noticed = 0.0
        """When, by the monotonic clock."""
        self.sessions = (
            Sessions(self._http, self._authentication, self._slots)
            if use_sessions
            else None
        )

    def clean(self, text: str) -> str:
        """Return a text of RT's without secrets, short and fit to be shown."""
        return self._authentication.clean(text)

    @property
    def token_owner(self) -> int | None:
        """Return the number of the token's account, if the token tells."""
        return self._authentication.owner

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
        right: str = "",
    ) -> Response:
        """Send a request and return its successful answer.

        Args:
            method: GET, POST or PUT.
            path: Below the server's address, with a leading slash.
            params: The query.
            body: JSON.
            right: The right that RT most likely misses when it forbids this.

        Raises:
            RTError: See the errors of this package.

        """
        request = Request(method=method, path=path, params=params, body=body)
        came = time.monotonic()
        async with self._slots:
            self._check_outage(came)
            try:
                answer = await self._answer(request)
                if _may_be_broken(request, answer):
                    answer = await self._answer(request)
            except RTError as err:
                self._note_outage(err)
                if method == "GET":
                    err.unconfirmed = False
                raise
            self._silent = 0
        refused = answer.status // 100 == 4  # noqa: PLR2004
        if answer.seconds >= LOCK_SECONDS and (method == "GET" or refused):
            raise ServerError("It waited for its database, and may not have read it")
        if error := self._error(answer, right):
            if method == "GET":
                error.unconfirmed = False
            raise error
        return answer

    async def read(
        self, resource: str, right: str = "", **params: str
    ) -> Mapping[str, Any]:
        """Return a resource of REST2, which is a JSON object."""
        answer = await self.send(
            "GET", f"/REST/2.0/{resource}", params=params, right=right
        )
        data = await answer.json()
        if not isinstance(data, dict):
            raise NotRT("The answer is not a JSON object")
        self._http.learn_referer(data)
        return data

    def _check_outage(self, came: float) -> None:
        """Fail like the others if the server was away while a request waited.

        Else many of them would wait for it, a few at a time, one after the other.
        """
        if self._outage and came < self._outage_noticed:
            raise type(self._outage)(str(self._outage))

    def _note_outage(self, err: RTError) -> None:
        """Note whether the server is away, for the requests that wait."""
        if not isinstance(err, CannotConnect | RTTimeout):
            return
        if err.unconfirmed:
            # One request may be slow; when no worker answers, none is left.
            self._silent += isinstance(err, RTTimeout)
            if self._silent < MAX_REQUESTS:
                return
        self._outage = err
        self._outage_noticed = time.monotonic()

    async def _answer(self, request: Request) -> Response:
        """Return RT's answer, by a session if RT takes one."""
        if not self.sessions:
            return await self._answer_to_token(request)
        answer = await self.sessions.send(request)
        if answer is None:
            answer = await self._answer_to_token(request)
            error = self._error(answer, "")
            if answer.is_json and not isinstance(error, RTTimeout | ServerError):
                self.sessions.give_up()
        return answer

    async def _answer_to_token(self, request: Request) -> Response:
        """Return RT's answer to a request that brings the token."""
        token = self._authentication.token()
        answer = await self._http.send(request, token)
        if _is_unauthenticated(answer):
            # A locked database is answered like a refused token. RT runs nothing
            # that it did not authenticate, so asking again doubles no write.
            probe = await self._http.send(PROBE, token)
            if _is_unauthenticated(probe):
                raise InvalidAuth(self._authentication.clean(answer.message()))
            answer = await self._http.send(request, token)
            if _is_unauthenticated(answer):
                raise ServerError("RT refused the token once and took it once")
        return answer

    def _error(self, answer: Response, right: str) -> RTError | None:
        """Return what the answer's status means, or None for a success."""
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return None
        text = self._authentication.clean(answer.message())
        match answer.status:
            case status if status // 100 == 3:  # noqa: PLR2004
                target = self._authentication.clean(_without_query(answer.location))
                return NotRT(f"It redirects to {target}")
            case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
                # Nobody began to work on the request.
                return ServerError(text, retry_after=answer.seconds_to_wait())
            case HTTPStatus.GATEWAY_TIMEOUT:
                return RTTimeout(text, unconfirmed=True)
            case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                is_plain = status == HTTPStatus.INTERNAL_SERVER_ERROR
                kind = WebServerFailed if is_plain and answer.is_page else ServerError
                return kind(text, unconfirmed=True)
            case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                return TooLarge(text)
            case _ if not answer.is_json:
                return NotRT(f"{text} ({answer.content_type})")
            case HTTPStatus.FORBIDDEN:
                return Forbidden(right, text)
            case HTTPStatus.NOT_FOUND:
                return NotFound(text)
            case _:
                return Rejected(text)


def _is_unauthenticated(answer: Response) -> bool:
    """Tell whether RT did not take the request's token."""
    return answer.status == HTTPStatus.UNAUTHORIZED or answer.asks_to_log_in


def _may_be_broken(request: Request, answer: Response) -> bool:
    """Tell whether RT may refuse because its database broke, so that it may be asked again."""
    refused = answer.is_json and answer.status in {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
    }
    return refused and not request.is_message and answer.seconds < LOCK_SECONDS


def _without_query(location: str) -> str:
    """Return an address without its query, which may hold secrets."""
    try:
        return urlsplit(location)._replace(query="", fragment="").geturl()
    except ValueError:
        return "no proper address"
