"""Send one HTTP request to RT and read the response."""

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
from .response import Response

_LOGGER = logging.getLogger(__name__)

# RT's usual server closes a connection after one idle second. The client has to
# close it first, or a change could be sent on a closed connection.
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
    """An HTTP request to RT."""

    method: str
    """GET, POST or PUT."""
    path: str
    """Path below the server's URL, with a leading slash."""
    params: Mapping[str, str] | None = None
    """Query string."""
    body: bytes | None = None
    """JSON."""

    @property
    def is_rest2(self) -> bool:
        """Return whether the request is for REST2, not for a page of the web UI."""
        return self.path.startswith("/REST/2.0/")

    @property
    def is_message(self) -> bool:
        """Return whether it adds a message: RT may refuse it after storing a part."""
        return self.path.endswith(("/comment", "/correspond"))


# The cheapest request that RT answers for every authenticated account.
PROBE: Final = Request(method="GET", path="/REST/2.0/rt")


class HttpClient:
    """Send HTTP requests to one RT server."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, redact: Callable[[str], str]
    ) -> None:
        """Bind an HTTP session to a server.

        Args:
            session: See QueueClient.
            url: See QueueClient.
            redact: Return the text of a response header without secrets.

        """
        self.url = url
        self._referer = f"{url}/"
        """RT's web UI refuses parameters unless the request comes from its own
        pages."""
        self._session = session
        self._redact = redact

    def learn_referer(self, record: Mapping[str, Any]) -> None:
        """Learn RT's own URL, for the Referer header, from a record of REST2.

        Behind a proxy it differs from the URL that requests are sent to, and RT's web
        UI accepts only its own. Nothing is ever sent there.

        Args:
            record: The JSON of a record.

        """
        links = record.get("_hyperlinks")
        for link in links if isinstance(links, list) else ():
            # People may have set the other links, to any address.
            if isinstance(link, dict) and link.get("ref") == "self":
                if origin := _ORIGIN.match(str(link.get("_url"))):
                    self._referer = origin[0]
                return

    async def send(
        self, request: Request, authentication: Mapping[str, str]
    ) -> Response:
        """Send a request once and return the response, whatever its status.

        Args:
            request: The request.
            authentication: The Authorization or the Cookie header.

        Raises:
            RTError: There is no response. If `unconfirmed` is set, RT may have
                received the request.

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
            ) as http_response:
                body, body_error = await _read_body(http_response)
                seconds = time.monotonic() - started
                _LOGGER.debug(
                    "%s %s: %s after %.0f ms",
                    request.method,
                    request.path,
                    http_response.status,
                    seconds * 1000,
                )
                return Response(
                    status=http_response.status,
                    reason=http_response.reason or "",
                    content_type=self._redact(http_response.content_type),
                    location=http_response.headers.get("Location", ""),
                    retry_after=http_response.headers.get("Retry-After", ""),
                    cookies=http_response.cookies,
                    body=body,
                    body_error=body_error,
                    seconds=seconds,
                )
        except (aiohttp.ClientError, CookieError, TimeoutError, OSError) as err:
            error = _connection_error(err)
        # Outside the handler, or the error's context would hold the request's headers.
        raise error


async def _read_body(
    http_response: aiohttp.ClientResponse,
) -> tuple[bytes, RTError | None]:
    """Return the body and, if it is incomplete, the reason.

    The status and the headers of a response count even if its body is incomplete.
    """
    body = bytearray()
    try:
        async for chunk in http_response.content.iter_any():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                http_response.close()
                too_large = f"The answer is over {MAX_BODY_BYTES} bytes"
                return b"", AnswerTooLarge(too_large)
    except (aiohttp.ClientError, TimeoutError, OSError) as err:
        return bytes(body), _connection_error(err)
    return bytes(body), None


def _connection_error(err: Exception) -> RTError:
    """Return the error of this package for an error of the connection."""
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
