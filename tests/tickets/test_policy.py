"""What becomes of a report, as a table: what was found, the options and the time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.ha_rt.model.key import Key
from custom_components.ha_rt.model.report import Message, Reason, Report
from custom_components.ha_rt.model.settings import Settings
from custom_components.ha_rt.model.severity import Severity
from custom_components.ha_rt.model.throttle import ThrottleWindow, fingerprint
from custom_components.ha_rt.rt.models import Ticket
from custom_components.ha_rt.tickets.lookup import FoundTicket
from custom_components.ha_rt.tickets.policy import (
    Comment,
    Create,
    Decision,
    Hold,
    Known,
    Reopen,
    Skip,
    decide,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
REPORT = Report(
    key=Key(device_id="sensor.leak"), subject="Leak", message=Message(text="Wet")
)
OTHER = replace(REPORT, message=Message(text="Wetter"))
RARE = replace(REPORT, is_rare=True)

OPEN = FoundTicket(ticket_id=1, ticket=Ticket(id=1, status="open"))
HIDDEN = FoundTicket(ticket_id=9, ticket=None)
ANOTHER = FoundTicket(ticket_id=2, ticket=Ticket(id=2, status="open"))

ALWAYS = {"comment_policy": "always", "throttle_minutes": 30}
THROTTLED = {"comment_policy": "throttle"}
NEVER = {"comment_policy": "never"}


def window(**said: Any) -> ThrottleWindow:
    """Return the window that a report of ten minutes ago opened."""
    ago = NOW - timedelta(minutes=10)
    values = {"sent": fingerprint(REPORT), "severity": None, **said}
    return ThrottleWindow(
        ticket_id=1, until=ago + timedelta(minutes=30), seen_open=ago, **values
    )


def closed(hours: float, status: str = "resolved") -> Ticket:
    """Return a ticket that was closed some hours ago."""
    return Ticket(id=5, status=status, resolved=NOW - timedelta(hours=hours))


def severe(severity: Severity) -> Report:
    """Return a report with a severity."""
    return replace(REPORT, severity=severity)


NEW = {"reopen_hours": 2, "quiet_statuses": ["Rejected"], "quiet_hours": 24}
LATE = window()
LATE.until = NOW
FAILED = window(failures=1)
WARNED = window(severity=Severity.WARNING)
WINDOW = window()
SKIP_OFF = Skip(reason=Reason.COMMENTS_OFF, ticket_id=1, open=OPEN)
IDENTICAL = Hold(reason=Reason.IDENTICAL, window=WINDOW)
THROTTLE = Hold(reason=Reason.THROTTLED, window=WINDOW)

# A report, what was found, the options: what becomes of it.
CASES: dict[str, tuple[Report, Known, dict[str, Any], Decision]] = {
    "nothing": (REPORT, Known(), {}, Create()),
    "open": (REPORT, Known(open=OPEN), {}, Comment(open=OPEN)),
    "open, rare": (RARE, Known(open=OPEN), {}, Comment(open=OPEN)),
    "open, comments off": (REPORT, Known(open=OPEN), NEVER, SKIP_OFF),
    "hidden": (REPORT, Known(open=HIDDEN), {}, Comment(open=HIDDEN)),
    "rare": (RARE, Known(), {}, Skip(reason=Reason.MINIMUM_OCCURRENCES)),
    "rare, closed": (RARE, Known(closed=closed(1)), NEW, Skip(reason=Reason.MINIMUM_OCCURRENCES)),
    # Throttle windows
    "identical": (REPORT, Known(open=OPEN, window=WINDOW), ALWAYS, IDENTICAL),
    "identical, hidden": (REPORT, Known(open=HIDDEN, window=WINDOW), ALWAYS, IDENTICAL),
    "identical, another ticket": (REPORT, Known(open=ANOTHER, window=WINDOW), ALWAYS, Comment(open=ANOTHER)),
    "identical, closed": (REPORT, Known(window=WINDOW), ALWAYS, Create()),
    "another text": (OTHER, Known(open=OPEN, window=WINDOW), ALWAYS, Comment(open=OPEN)),
    "throttled": (OTHER, Known(open=OPEN, window=WINDOW), THROTTLED, THROTTLE),
    "window over": (REPORT, Known(open=OPEN, window=LATE), THROTTLED, Comment(open=OPEN)),
    "window that RT did not take": (REPORT, Known(open=OPEN, window=FAILED), THROTTLED, Comment(open=OPEN)),
    "window, throttle off": (REPORT, Known(open=OPEN, window=WINDOW), {}, Comment(open=OPEN)),
    "worse": (severe(Severity.CRITICAL), Known(open=OPEN, window=WARNED), THROTTLED, Comment(open=OPEN)),
    "first severity": (severe(Severity.INFO), Known(open=OPEN, window=WINDOW), THROTTLED, Comment(open=OPEN)),
    "as bad": (severe(Severity.WARNING), Known(open=OPEN, window=WARNED), THROTTLED, Hold(reason=Reason.THROTTLED, window=WARNED)),
    # Tickets that were closed
    "closed, by default": (REPORT, Known(closed=closed(0)), {}, Create()),
    "closed just now": (REPORT, Known(closed=closed(1)), NEW, Reopen(closed=closed(1))),
    "closed long ago": (REPORT, Known(closed=closed(2)), NEW, Create()),
    "closed, no time": (REPORT, Known(closed=Ticket(id=5, status="resolved")), NEW, Create()),
    "rejected": (REPORT, Known(closed=closed(23, "rejected")), NEW, Skip(reason=Reason.QUIET, ticket_id=5)),
    "rejected, in another case": (REPORT, Known(closed=closed(1, "REJECTED")), NEW, Skip(reason=Reason.QUIET, ticket_id=5)),
    "rejected long ago": (REPORT, Known(closed=closed(24, "rejected")), NEW, Create()),
    "closed, RT's clock ahead": (REPORT, Known(closed=closed(-1)), {}, Create()),
    "rejected, RT's clock ahead": (REPORT, Known(closed=closed(-1, "rejected")), NEW | {"quiet_hours": 0}, Create()),
    "closed, comments off": (REPORT, Known(closed=closed(1)), NEW | NEVER, Reopen(closed=closed(1))),
}  # fmt: skip


@pytest.mark.parametrize(
    ("report", "known", "options", "decision"), CASES.values(), ids=CASES
)
def test_decision(
    report: Report, known: Known, options: dict[str, Any], decision: Decision
) -> None:
    """Each report has one fate."""
    assert decide(report, known, Settings.from_options(options), NOW) == decision
