"""Tell from a response whether RT accepted the session of the request."""

from enum import Enum, auto
from http import HTTPStatus

from ..errors import RTError
from ..http import PROBE, HttpClient, Request
from ..response import Response
from .cookies import Cookies


class SessionCheck(Enum):
    """Whether a session was accepted, and whether RT may have run the request."""

    ACCEPTED = auto()
    REFUSED = auto()
    """The session is not accepted, and RT has not run the request."""
    LOST = auto()
    """The session is no longer accepted, but RT may have run the request."""
    BLOCKED = auto()
    """The session is accepted, but a proxy does not pass this request with a cookie."""
    CROSS_SITE = auto()
    """RT refused the request as cross-site request forgery, and has not run it."""


async def check_session(
    http: HttpClient,
    cookies: Cookies,
    request: Request,
    response: Response,
    *,
    is_proven: bool,
) -> SessionCheck:
    """Return whether a session was accepted, with a further request if in doubt.

    Args:
        http: Sends the further request.
        cookies: The cookies of the session.
        request: A request that was sent with the session.
        response: The response to it.
        is_proven: Whether the session was accepted before.

    Raises:
        RTError: The further request failed, and RT has not run the first one.

    """
    if response.is_login_required:
        return SessionCheck.REFUSED
    if response.is_cross_site:
        return SessionCheck.CROSS_SITE
    may_be_refused = _may_be_refused(request, response)
    if not may_be_refused and (is_proven or _is_success(response)):
        return SessionCheck.ACCEPTED
    # The session may be refused, or this request only.
    failed = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    may_have_run = failed and request.method != "GET"
    try:
        probe = await http.send(PROBE, cookies.header())
    except RTError:
        if may_have_run:
            return SessionCheck.LOST
        raise
    if _is_success(probe):
        is_blocked = may_be_refused and not response.is_html and not failed
        return SessionCheck.BLOCKED if is_blocked else SessionCheck.ACCEPTED
    if is_proven and not _may_be_refused(PROBE, probe):
        return SessionCheck.ACCEPTED  # the probe failed for another reason
    return SessionCheck.LOST if may_have_run else SessionCheck.REFUSED


def _is_success(response: Response) -> bool:
    """Return whether it is a successful response of REST2."""
    return response.is_json and response.status in {HTTPStatus.OK, HTTPStatus.CREATED}


def _may_be_refused(request: Request, response: Response) -> bool:
    """Return whether a response may mean that the session is not accepted.

    It then comes from a proxy, or from an RT that has lost its sessions.
    """
    if not request.is_rest2:
        return False
    is_redirect = response.status // 100 == 3  # noqa: PLR2004
    if is_redirect or response.status == HTTPStatus.UNAUTHORIZED:
        return True
    if response.is_html:
        return response.status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN}
    return (response.status, response.content_type) == (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "text/plain",
    )
