"""One HTTP request to RT and what came back, judged by its status."""

import asyncio
from collections.abc import Mapping
from errno import ECONNRESET
from http import HTTPStatus
from io import BytesIO
import logging
import os
import re
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .answer import Answer
from .errors import (
    CannotConnect,
    Forbidden,
    HostNotFound,
    InvalidAuth,
    NotFound,
    NotRT,
    Rejected,
    RTError,
    RTTimeout,
    ServerError,
    TLSError,
    TooLarge,
)

_LOGGER = logging.getLogger(__name__)

# RT answers with one worker process per request and usually has few of them.
MAX_REQUESTS = 4
# RT's usual server closes a connection after one idle second. The session passed
# in has to close it earlier, for a write must not meet a closed connection.
KEEPALIVE_SECONDS = 0.5
MAX_BODY_BYTES = 8 * 1024 * 1024
# RT waits up to 30 s for a locked database before it answers.
TIMEOUT = aiohttp.ClientTimeout(total=45, connect=10)

_MAX_MESSAGE = 300
_TOKEN = re.compile(r"[\x21-\x7e]+")


class Transport:
    """The way to one RT server, for one token."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        """Bind a session to a server and a token; see RTClient."""
        self.url = url
        self._session = session
        self._token = token
        self._slots = slots or asyncio.Semaphore(MAX_REQUESTS)

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
        right: str = "",
    ) -> Answer:
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
        answer = await self._exchange(method, path, params, body)
        if _is_unauthenticated(answer):
            # A locked database is answered like a refused token. RT runs nothing
            # that it did not authenticate, so asking again doubles no write.
            probe = await self._exchange("GET", "/REST/2.0/rt", None, None)
            if _is_unauthenticated(probe):
                raise InvalidAuth(self._clean(answer.message()))
            answer = await self._exchange(method, path, params, body)
            if _is_unauthenticated(answer):
                raise ServerError("RT refused the token once and took it once")
        if error := self._error(answer, right):
            raise error
        return answer

    async def read(
        self, resource: str, right: str = "", **params: str
    ) -> Mapping[str, Any]:
        """Return a resource of REST2, which is a JSON object."""
        answer = await self.send(
            "GET", f"/REST/2.0/{resource}", params=params, right=right
        )
        data = answer.json()
        if not isinstance(data, dict):
            raise NotRT("The answer is not a JSON object")
        return data

    def _authentication(self) -> dict[str, str]:
        """Return the headers that tell RT who asks."""
        if not _TOKEN.fullmatch(self._token):
            raise InvalidAuth("The token holds characters that no token has")
        # The Referer is what RT's web pages want to see of a request that brings
        # parameters: that it comes from RT's own pages.
        return {"Authorization": f"token {self._token}", "Referer": f"{self.url}/"}

    async def _exchange(
        self, method: str, path: str, params: dict[str, str] | None, body: bytes | None
    ) -> Answer:
        """Send one request, once, and return the answer whatever it says."""
        headers = {"Accept": "application/json", **self._authentication()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        async with self._slots:
            if self._session.closed:
                raise CannotConnect("The connection was shut down")
            started = time.monotonic()
            try:
                async with self._session.request(
                    method,
                    self.url + path,
                    params=params,
                    data=None if body is None else BytesIO(body),
                    headers=headers,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                ) as response:
                    content, failure = await _read(response)
                    _LOGGER.debug(
                        "%s %s: %s after %.0f ms",
                        method,
                        path,
                        response.status,
                        (time.monotonic() - started) * 1000,
                    )
                    return Answer(
                        status=response.status,
                        reason=response.reason or "",
                        content_type=self._clean(response.content_type),
                        location=response.headers.get("Location", ""),
                        body=content,
                        failure=failure,
                    )
            except (aiohttp.ClientError, TimeoutError, OSError) as err:
                error = _connection_error(err)
        # Not inside the handler: aiohttp's errors know the request's headers.
        raise error

    def _error(self, answer: Answer, right: str) -> RTError | None:
        """Return what the answer's status means, or None for a success."""
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return None
        text = self._clean(answer.message())
        match answer.status:
            case status if status // 100 == 3:  # noqa: PLR2004
                target = self._clean(_without_query(answer.location))
                return NotRT(f"It redirects to {target}")
            case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
                return ServerError(text)  # nobody began to work on the request
            case HTTPStatus.GATEWAY_TIMEOUT:
                return RTTimeout(text, unconfirmed=True)
            case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return ServerError(text, unconfirmed=True)
            case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                return TooLarge(text)
            case _ if answer.content_type != "application/json":
                return NotRT(f"{text} ({answer.content_type})")
            case HTTPStatus.FORBIDDEN:
                return Forbidden(right, text)
            case HTTPStatus.NOT_FOUND:
                return NotFound(text)
            case _:
                return Rejected(text)

    def _clean(self, text: str) -> str:
        """Return a text from outside without the token, short and fit to be shown."""
        text = text.replace(self._token, "**REDACTED**")
        return text.encode(errors="replace").decode()[:_MAX_MESSAGE]


def _is_unauthenticated(answer: Answer) -> bool:
    """Tell whether RT did not take the request's authentication."""
    return answer.status == HTTPStatus.UNAUTHORIZED or (
        answer.status == HTTPStatus.FOUND and answer.body.strip() == b"Login required"
    )


async def _read(response: aiohttp.ClientResponse) -> tuple[bytes, RTError | None]:
    """Return the body and, if it is not whole, why.

    An answer's status and headers count even when its body is cut.
    """
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                response.close()
                return b"", NotRT(f"The answer is over {MAX_BODY_BYTES} bytes")
    except (aiohttp.ClientError, TimeoutError, OSError) as err:
        return bytes(body), _connection_error(err)
    return bytes(body), None


def _connection_error(err: Exception) -> RTError:
    """Return what an error of the connection means."""
    match err:
        case aiohttp.ClientConnectorCertificateError():
            return TLSError(getattr(err.certificate_error, "verify_message", str(err)))
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return TLSError(str(err))
        case aiohttp.ClientConnectorDNSError():
            return HostNotFound(err.host)
        case aiohttp.ClientConnectorError():
            cause = err.os_error
            number = cause.errno or (
                ECONNRESET if isinstance(cause, ConnectionResetError) else 0
            )
            reason = os.strerror(number) if number else type(cause).__name__
            return CannotConnect(f"{err.host} port {err.port}: {reason}")
        case aiohttp.ConnectionTimeoutError():
            return RTTimeout(f"No connection within {TIMEOUT.connect} s")
        case TimeoutError():
            return RTTimeout(f"No answer within {TIMEOUT.total} s", unconfirmed=True)
        case aiohttp.ClientResponseError():
            return NotRT("The answer is not HTTP", unconfirmed=True)
        case _:
            return CannotConnect(
                f"The connection broke ({type(err).__name__})", unconfirmed=True
            )


def _without_query(location: str) -> str:
    """Return an address without its query, which may hold secrets."""
    try:
        return urlsplit(location)._replace(query="", fragment="").geturl()
    except ValueError:
        return "no proper address"
