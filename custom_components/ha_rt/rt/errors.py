"""What can go wrong when talking to Request Tracker."""

from typing import ClassVar


class RTError(Exception):
    """Base of all errors of this package.

    The text is RT's own message, or ours where RT sent none. It never holds the
    token. `unconfirmed` is true when RT may have carried out the request all the
    same, so that whoever writes has to look before writing again.
    """

    is_passing: ClassVar[bool] = False
    """Whether the same may succeed later."""

    def __init__(self, message: str = "", *, unconfirmed: bool = False) -> None:
        """Keep RT's message and whether the request may have been carried out."""
        super().__init__(message)
        self.unconfirmed = unconfirmed

    @property
    def brief(self) -> str:
        """Return the error in a few words, in no language of people's."""
        return f"{type(self).__name__}: {self}".removesuffix(": ")


class CannotConnect(RTError):
    """No connection to the server."""

    is_passing = True


class HostNotFound(CannotConnect):
    """The server's name has no address."""


class ConnectionLost(CannotConnect):
    """The connection broke before the answer was complete."""


class RTTimeout(RTError):
    """The server did not connect or answer in time."""

    is_passing = True


class UnderWay(RTTimeout):
    """RT may yet do what it did not confirm, so that it cannot be sent again now."""


class TLSError(RTError):
    """The server's certificate is not trusted, or TLS could not be agreed on."""

    is_passing = True


class InvalidAuth(RTError):
    """RT refuses the token, until it is given another one."""

    is_passing = True


class Forbidden(RTError):
    """The account lacks a right; `right` is RT's name of the likeliest one."""

    def __init__(self, right: str, message: str = "") -> None:
        """Keep the name of the right that is needed."""
        super().__init__(message)
        self.right = right


class NotFound(RTError):
    """RT has no such ticket or queue."""


class Rejected(RTError):
    """RT does not accept the request; the message says why."""


class NotChanged(Rejected):
    """RT answered a change as always, and did not make it; the message says why."""


class TooLarge(Rejected):
    """RT, or a proxy before it, does not take a request of this size."""


class ServerError(RTError):
    """RT, or a proxy before it, failed.

    `retry_after` is how many seconds it asks to be left alone, if it does.
    """

    is_passing = True

    def __init__(
        self,
        message: str = "",
        *,
        unconfirmed: bool = False,
        retry_after: float | None = None,
    ) -> None:
        """Keep how long to wait."""
        super().__init__(message, unconfirmed=unconfirmed)
        self.retry_after = retry_after


class WebServerFailed(ServerError):
    """The web server before RT failed, with a page: RT itself answers no such one."""


class NotStored(ServerError):
    """RT confirmed what it does not have."""


class NotRT(RTError):
    """Something answers, but not as RT's REST2 does."""

    is_passing = True


class AnswerTooLarge(NotRT):
    """The answer holds more than is taken at once; less can be asked for."""


class Unsearchable(RTError):
    """A value that RT cannot store whole or cannot find again.

    `reason` is one of the class's constants.
    """

    EMPTY: ClassVar = "empty"
    TOO_LONG: ClassVar = "too_long"
    CONTROL_CHARACTER: ClassVar = "control_character"
    RESERVED: ClassVar = "reserved"
    QUOTE_AND_BACKSLASH: ClassVar = "quote_and_backslash"
    TWO_APOSTROPHES: ClassVar = "two_apostrophes"

    def __init__(self, reason: str, what: str = "") -> None:
        """Keep the reason, and what the value was for."""
        super().__init__(f"{what} {reason}".strip())
        self.reason = reason
        self.what = what
