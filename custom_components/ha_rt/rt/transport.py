"""Authenticate requests to RT, and turn error responses into exceptions."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
import time
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

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
from .response import Response
from .session.pool import Sessions

# RT needs one worker process per request and usually has only a few.
MAX_REQUESTS: Final = 4
# After 30 s, RT stops waiting for a locked database and treats it as empty.
LOCK_SECONDS: Final = 29


class Transport:
    """Send requests of one account to one RT server."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        slots: asyncio.Semaphore | None = None,
        *,
        use_sessions: bool = True,
    ) -> None:
        """Bind an HTTP session to a server and a token; see QueueClient."""
        self._authentication = Authentication(token)
        self._http = HttpClient(session, url, self._authentication.redact)
        self._slots = slots or asyncio.Semaphore(MAX_REQUESTS)
        self._timeouts = 0
        """Number of requests that timed out since the last response."""
        self._outage: RTError | None = None
        self._outage_noticed = 0.0
        """Time of the last sign of the outage, of the monotonic clock."""
        self.sessions = (
            Sessions(self._http, self._authentication, self._slots)
            if use_sessions
            else None
        )

    def redact(self, text: str) -> str:
        """Return a server's text without secrets, shortened and free of surrogates."""
        return self._authentication.redact(text)

    @property
    def token_owner(self) -> int | None:
        """Return the number of the token's user, or None if the token holds none."""
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
        """Send a request and return the response if it is successful.

        Args:
            method: GET, POST or PUT.
            path: Path below the server's URL, with a leading slash.
            params: Query string.
            body: JSON.
            right: The right that the account most likely lacks if RT answers 403.

        Raises:
            RTError: One of the errors of this package. `unconfirmed` is never set for
                GET.

        """
        request = Request(method=method, path=path, params=params, body=body)
        queued_at = time.monotonic()
        async with self._slots:
            self._check_outage(queued_at)
            try:
                response = await self._send(request)
                if _may_be_database_failure(request, response):
                    response = await self._send(request)
            except RTError as err:
                self._note_outage(err)
                if method == "GET":
                    err.unconfirmed = False
                raise
            self._timeouts = 0
        refused = response.status // 100 == 4  # noqa: PLR2004
        if response.seconds >= LOCK_SECONDS and (method == "GET" or refused):
            raise ServerError("It waited for its database, and may not have read it")
        if error := self._status_error(response, right):
            if method == "GET":
                error.unconfirmed = False
            raise error
        return response

    async def read(
        self, resource: str, right: str = "", **params: str
    ) -> Mapping[str, Any]:
        """Return a resource of REST2.

        Args:
            resource: Path below /REST/2.0/.
            right: The right that the account most likely lacks if RT answers 403.
            params: Query string.

        Raises:
            NotRT: The response is not a JSON object.
            RTError: One of the errors of this package.

        """
        response = await self.send(
            "GET", f"/REST/2.0/{resource}", params=params, right=right
        )
        data = await response.json()
        if not isinstance(data, dict):
            raise NotRT("The answer is not a JSON object")
        self._http.learn_referer(data)
        return data

    def _check_outage(self, queued_at: float) -> None:
        """Raise the error of an outage that was noticed while a request was queued.

        Otherwise all queued requests would time out, a few at a time.
        """
        if self._outage and queued_at < self._outage_noticed:
            raise type(self._outage)(str(self._outage))

    def _note_outage(self, err: RTError) -> None:
        """Record an outage of the server, for the requests that are queued."""
        if not isinstance(err, CannotConnect | RTTimeout):
            return
        if err.unconfirmed:
            # A single request may be slow. If as many time out, all workers are busy.
            self._timeouts += isinstance(err, RTTimeout)
            if self._timeouts < MAX_REQUESTS:
                return
        self._outage = err
        self._outage_noticed = time.monotonic()

    async def _send(self, request: Request) -> Response:
        """Send a request with a session, or with the token if RT accepts no session."""
        if not self.sessions:
            return await self._send_with_token(request)
        response = await self.sessions.send(request)
        if response is None:
            response = await self._send_with_token(request)
            error = self._status_error(response, "")
            if response.is_json and not isinstance(error, RTTimeout | ServerError):
                self.sessions.turn_off()
        return response

    async def _send_with_token(self, request: Request) -> Response:
        """Send a request with the token; retry if RT refuses the token only once."""
        token = self._authentication.token_header()
        response = await self._http.send(request, token)
        if _is_unauthenticated(response):
            # RT responds to a locked database as to a refused token. It does not run
            # an unauthenticated request, so that sending it again is safe.
            probe = await self._http.send(PROBE, token)
            if _is_unauthenticated(probe):
                raise InvalidAuth(self._authentication.redact(response.message()))
            response = await self._http.send(request, token)
            if _is_unauthenticated(response):
                raise ServerError("RT refused the token once and took it once")
        return response

    def _status_error(self, response: Response, right: str) -> RTError | None:
        """Return the error that the status of a response means, or None."""
        if response.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return None
        text = self._authentication.redact(response.message())
        match response.status:
            case status if status // 100 == 3:  # noqa: PLR2004
                target = self._authentication.redact(_without_query(response.location))
                return NotRT(f"It redirects to {target}")
            case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
                # The server has not started to process the request.
                return ServerError(text, retry_after=response.retry_after_seconds())
            case HTTPStatus.GATEWAY_TIMEOUT:
                return RTTimeout(text, unconfirmed=True)
            case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                is_500 = status == HTTPStatus.INTERNAL_SERVER_ERROR
                error = WebServerFailed if is_500 and response.is_html else ServerError
                return error(text, unconfirmed=True)
            case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                return TooLarge(text)
            case _ if not response.is_json:
                return NotRT(f"{text} ({response.content_type})")
            case HTTPStatus.FORBIDDEN:
                return Forbidden(right, text)
            case HTTPStatus.NOT_FOUND:
                return NotFound(text)
            case _:
                return Rejected(text)


def _is_unauthenticated(response: Response) -> bool:
    """Return whether RT refused the token of the request."""
    return response.status == HTTPStatus.UNAUTHORIZED or response.is_login_required


def _may_be_database_failure(request: Request, response: Response) -> bool:
    """Return whether RT may have refused because its database failed.

    Such a request is safe to send again.
    """
    refused = response.is_json and response.status in {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
    }
    return refused and not request.is_message and response.seconds < LOCK_SECONDS


def _without_query(location: str) -> str:
    """Return a URL without its query string and fragment, which may hold secrets."""
    try:
        return urlsplit(location)._replace(query="", fragment="").geturl()
    except ValueError:
        return "no proper address"
