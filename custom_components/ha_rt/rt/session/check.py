"""What an answer says of the session that its request brought."""

from enum import Enum, auto
from http import HTTPStatus

from ..answer import Response
from ..errors import RTError
from ..http import PROBE, HttpClient, Request
from .cookies import Cookies


class SessionCheck(Enum):
    """How a session fared."""

    TAKEN = auto()
    REFUSED = auto()
    """The session is not taken, and RT has not run the request."""
    LOST = auto()
    """The session is not taken any more, but RT may have run the request."""
    NOT_HERE = auto()
    """The session is taken, but somebody does not let this request pass with it."""
    CROSS_SITE = auto()
    """RT lets no change pass with a session from this address, and has not run it."""


async def check_session(
    http: HttpClient,
    cookies: Cookies,
    request: Request,
    answer: Response,
    *,
    is_proven: bool,
) -> SessionCheck:
    """Tell what an answer says of the session.

    Args:
        http: The way to the server, to ask again where the answer is not clear.
        cookies: The session's.
        request: What was asked with it.
        answer: The answer to that.
        is_proven: Whether the session was taken before.

    Raises:
        RTError: No answer to what was asked again.

    """
    if answer.asks_to_log_in:
        return SessionCheck.REFUSED
    if answer.is_cross_site:
        return SessionCheck.CROSS_SITE
    may_be_refused = _may_be_refused(request, answer)
    if not may_be_refused and (is_proven or _is_fine(answer)):
        return SessionCheck.TAKEN
    # Is it about the session, or about the request?
    failed = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    may_have_run = failed and request.method != "GET"
    try:
        probe = await http.send(PROBE, cookies.header())
    except RTError:
        if may_have_run:
            return SessionCheck.LOST
        raise
    if _is_fine(probe):
        passes_by_token = may_be_refused and not answer.is_page and not failed
        return SessionCheck.NOT_HERE if passes_by_token else SessionCheck.TAKEN
    if is_proven and not _may_be_refused(PROBE, probe):
        return SessionCheck.TAKEN  # for all that is known
    return SessionCheck.LOST if may_have_run else SessionCheck.REFUSED


def _is_fine(answer: Response) -> bool:
    """Tell whether REST2 did as it was told."""
    return answer.is_json and answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}


def _may_be_refused(request: Request, answer: Response) -> bool:
    """Tell whether an answer may come from who does not take the session.

    That is a proxy, or an RT that has lost its sessions.
    """
    if not request.is_rest2:
        return False
    if answer.status == HTTPStatus.UNAUTHORIZED or answer.status // 100 == 3:  # noqa: PLR2004
        return True
    if answer.is_page:
        return answer.status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN}
    return (answer.status, answer.content_type) == (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "text/plain",
    )
