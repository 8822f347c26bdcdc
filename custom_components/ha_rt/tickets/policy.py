"""Decides what becomes of a report, without asking anybody."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..model.report import Reason, Report
from ..model.settings import CommentPolicy, Settings
from ..model.throttle import ThrottleWindow, fingerprint
from ..rt.models import Ticket
from .lookup import FoundTicket

# More keys than that do not have problems at the same time.
_MAX_COUNTED = 5000


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of a report's dedup key."""

    open: FoundTicket | None = None
    closed: Ticket | None = None
    """The ticket that was closed last, if none is open."""
    window: ThrottleWindow | None = None
    """The throttle window that the key's last message opened."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Skip:
    """Send nothing."""

    reason: Reason
    ticket_id: int | None = None
    open: FoundTicket | None = None
    """The open ticket, which the report may still make more severe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Hold the report back in the throttle window."""

    reason: Reason
    window: ThrottleWindow


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """Comment on the open ticket."""

    open: FoundTicket


@dataclass(frozen=True, kw_only=True, slots=True)
class Reopen:
    """Reopen the closed ticket and comment on it, or create one if RT refuses that."""

    closed: Ticket


@dataclass(frozen=True, slots=True)
class Create:
    """Create a ticket."""


type Decision = Skip | Hold | Comment | Reopen | Create


def decide(report: Report, known: Known, settings: Settings, now: datetime) -> Decision:
    """Return what becomes of a report.

    Args:
        report: The report, which was admitted.
        known: What is known of its key.
        settings: The options.
        now: The time; aware.

    """
    if found := known.open:
        window = known.window
        reason = reason_to_hold(report, window, settings, now)
        # Of a ticket that RT does not show, nobody can tell whether it is open still.
        is_its_own = window and found.ticket_id == window.ticket_id
        if window and reason and (is_its_own or not found.ticket):
            return Hold(reason=reason, window=window)
        if settings.comment_policy is CommentPolicy.NEVER:
            return Skip(
                reason=Reason.COMMENTS_OFF, ticket_id=found.ticket_id, open=found
            )
        return Comment(open=found)
    if report.is_rare:
        return Skip(reason=Reason.MINIMUM_OCCURRENCES)
    closed = known.closed
    if closed and closed.resolved:
        # Negative where RT's clock is ahead.
        age = now - closed.resolved
        if closed.status.casefold() in settings.quiet_statuses:
            if settings.quiet_for and age < settings.quiet_for:
                return Skip(reason=Reason.QUIET, ticket_id=closed.id)
        elif settings.reopen_within and age < settings.reopen_within:
            return Reopen(closed=closed)
    return Create()


def reason_to_hold(
    report: Report, window: ThrottleWindow | None, settings: Settings, now: datetime
) -> Reason | None:
    """Return why a report on an open ticket is not to be sent now, if it is not."""
    if (
        not window
        or not settings.throttle
        or window.failures
        or now >= window.until
        or window.is_outdone(report)
    ):
        return None
    if settings.comment_policy is CommentPolicy.THROTTLE:
        return Reason.THROTTLED
    if window.sent == fingerprint(report):
        return Reason.IDENTICAL
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrences:
    """Counts how often the problem of each key occurred lately."""

    _times: dict[str, deque[datetime]] = field(default_factory=dict)

    def reset(self, key: str) -> None:
        """Forget the occurrences of a key."""
        self._times.pop(key, None)

    def count(self, key: str, now: datetime, at_least: int, within: timedelta) -> int:
        """Count an occurrence, and return how many there were within some time.

        Args:
            key: The dedup key, as text.
            now: When it occurred; aware.
            at_least: How many matter; no more are kept.
            within: How long an occurrence counts.

        """
        earlier = self._times.pop(key, ())
        recent = deque((t for t in earlier if now - t < within), maxlen=at_least)
        recent.append(now)
        self._times[key] = recent
        while len(self._times) > _MAX_COUNTED:
            del self._times[next(iter(self._times))]
        return len(recent)
