"""Errors of the client for Request Tracker."""

from typing import ClassVar


class RTError(Exception):
    """Base class of all errors of this package.

    The message is RT's own, or the client's where RT sent none. It never contains the
    token. `unconfirmed` is true if RT may have carried out the request nevertheless:
    before a change is sent again, RT has to be searched for it.
    """

    is_transient: ClassVar[bool] = False
    """Whether the same request may succeed later."""

    def __init__(self, message: str = "", *, unconfirmed: bool = False) -> None:
        """Keep the message and whether the request may have been carried out."""
        super().__init__(message)
        self.unconfirmed = unconfirmed

    @property
    def brief(self) -> str:
        """Return the error's class and message, untranslated."""
        return f"{type(self).__name__}: {self}".removesuffix(": ")


class CannotConnect(RTError):
    """No connection to the server could be made."""

    is_transient = True


class HostNotFound(CannotConnect):
    """The host name could not be resolved."""


class ConnectionLost(CannotConnect):
    """The connection was lost before the response was complete."""


class RTTimeout(RTError):
    """The server did not accept the connection or respond in time."""

    is_transient = True


class UnderWay(RTTimeout):
    """RT may still carry out an unconfirmed request: it cannot be sent again yet."""


class TLSError(RTError):
    """The server's certificate is not trusted, or the TLS handshake failed."""

    is_transient = True


class InvalidAuth(RTError):
    """RT refuses the token."""

    is_transient = True


class Forbidden(RTError):
    """The account lacks a right; `right` is RT's name of the most likely one."""

    def __init__(self, right: str, message: str = "") -> None:
        """Keep the name of the missing right."""
        super().__init__(message)
        self.right = right


class NotFound(RTError):
    """The ticket or queue does not exist in RT."""


class Rejected(RTError):
    """RT rejects the request; the message is the reason."""


class NotChanged(Rejected):
    """RT reported success but did not make the change; the message is the reason."""


class TooLarge(Rejected):
    """RT, or a proxy in front of it, does not accept a request of this size."""


class ServerError(RTError):
    """RT, or a proxy in front of it, failed.

    `retry_after` is the number of seconds that the server asks to wait, or None.
    """

    is_transient = True

    def __init__(
        self,
        message: str = "",
        *,
        unconfirmed: bool = False,
        retry_after: float | None = None,
    ) -> None:
        """Keep how many seconds to wait."""
        super().__init__(message, unconfirmed=unconfirmed)
        self.retry_after = retry_after


class WebServerFailed(ServerError):
    """The web server in front of RT failed with an HTML page, which RT never sends."""


class NotStored(ServerError):
    """RT confirmed a change that it did not store."""


class NotRT(RTError):
    """The response is not one of RT's REST2."""

    is_transient = True


class AnswerTooLarge(NotRT):
    """The response exceeds the client's limits; a smaller page may not."""


class Unsearchable(RTError):
    """RT cannot store a value completely, or cannot find it again.

    `reason` is one of the class's constants.
    """

    EMPTY: ClassVar = "empty"
    TOO_LONG: ClassVar = "too_long"
    CONTROL_CHARACTER: ClassVar = "control_character"
    RESERVED: ClassVar = "reserved"
    QUOTE_AND_BACKSLASH: ClassVar = "quote_and_backslash"
    TWO_APOSTROPHES: ClassVar = "two_apostrophes"

    def __init__(self, reason: str, what: str = "") -> None:
        """Keep the reason and what the value is, such as a field's name."""
        super().__init__(f"{what} {reason}".strip())
        self.reason = reason
        self.what = what
