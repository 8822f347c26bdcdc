"""One HTTP request to RT and what came back, whatever it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from errno import ECONNRESET
from http.cookies import CookieError
from io import BytesIO
import logging
import os
import re
import ssl
import time
from typing import Any, Final

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError, DecompressSizeError

from .answer import Response
from .errors import (
    AnswerTooLarge,
    CannotConnect,
    ConnectionLost,
    HostNotFound,
    NotRT,
    RTError,
    RTTimeout,
    TLSError,
)

_LOGGER = logging.getLogger(__name__)

# RT's usual server closes a connection after one idle second. The session passed
# in has to close it earlier, for a write must not meet a closed connection.
KEEPALIVE_SECONDS = 0.5
MAX_BODY_BYTES = 4 * 1024 * 1024
# RT waits up to 30 s for a locked database before it answers.
TIMEOUT = aiohttp.ClientTimeout(total=45, connect=10)

_ORIGIN = re.compile(
    r"https?://([\w.-]{1,253}|\[[\da-f:.]{2,45}\])(:\d{1,5})?/",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is asked of RT."""

    method: str
    """GET, POST or PUT."""
    path: str
    """Below the server's address, with a leading slash."""
    params: Mapping[str, str] | None = None
    body: bytes | None = None
    """JSON."""

    @property
    def is_rest2(self) -> bool:
        """Return whether REST2 is asked, and not a page of the web UI."""
        return self.path.startswith("/REST/2.0/")

    @property
    def is_message(self) -> bool:
        """Return whether it is one that RT may refuse when it has stored a part of it."""
        return self.path.endswith(("/comment", "/correspond"))


# What RT answers to everybody that it knows, and the cheapest.
PROBE: Final = Request(method="GET", path="/REST/2.0/rt")


class HttpClient:
    """The way to one RT server."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, clean: Callable[[str], str]
    ) -> None:
        """Bind a session to a server; see RTClient.

        Args:
            session: The connections.
            url: The server's address.
            clean: Returns a text of RT's headers without what is secret.

        """
        self.url = url
        self._referer = f"{url}/"
        """What RT's web pages want to see of a request that brings parameters: that
        it comes from RT's own pages."""
        self._session = session
        self._clean = clean

    def learn_referer(self, record: Mapping[str, Any]) -> None:
        """Take RT's own address from what RT tells of a record.

        It is not ours where a proxy stands between, and RT's web pages only know
        their own. Nothing is ever sent there.
        """
        links = record.get("_hyperlinks")
        for link in links if isinstance(links, list) else ():
            # Others may be people's, and lead anywhere.
            if isinstance(link, dict) and link.get("ref") == "self":
                if origin := _ORIGIN.match(str(link.get("_url"))):
                    self._referer = origin[0]
                return

    async def send(
        self, request: Request, authentication: Mapping[str, str]
    ) -> Response:
        """Send a request, once, and return the answer whatever its status.

        Args:
            request: What is asked.
            authentication: The headers that tell RT who asks.

        Raises:
            RTError: No answer. If its `unconfirmed` is set, RT may have got the
                request.

        """
        headers = {
            "Accept": "application/json",
            "Referer": self._referer,
            **authentication,
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if self._session.closed:
            raise CannotConnect("The connection was shut down")
        started = time.monotonic()
        try:
            async with self._session.request(
                request.method,
                self.url + request.path,
                params=request.params,
                data=None if request.body is None else BytesIO(request.body),
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                content, failure = await _read(response)
                seconds = time.monotonic() - started
                _LOGGER.debug(
                    "%s %s: %s after %.0f ms",
                    request.method,
                    request.path,
                    response.status,
                    seconds * 1000,
                )
                return Response(
                    status=response.status,
                    reason=response.reason or "",
                    content_type=self._clean(response.content_type),
                    location=response.headers.get("Location", ""),
                    retry_after=response.headers.get("Retry-After", ""),
                    cookies=response.cookies,
                    body=content,
                    failure=failure,
                    seconds=seconds,
                )
        except (aiohttp.ClientError, CookieError, TimeoutError, OSError) as err:
            error = _connection_error(err)
        # Not inside the handler: aiohttp's errors know the request's headers.
        raise error


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
                too_large = f"The answer is over {MAX_BODY_BYTES} bytes"
                return b"", AnswerTooLarge(too_large)
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
        case aiohttp.ClientPayloadError() if isinstance(
            err.__cause__, ContentEncodingError | DecompressSizeError
        ):
            return NotRT("The answer cannot be unpacked", unconfirmed=True)
        case aiohttp.ClientResponseError() | CookieError():
            return NotRT("The answer is not HTTP", unconfirmed=True)
        case _:
            return ConnectionLost(
                f"The connection broke ({type(err).__name__})", unconfirmed=True
            )
