"""What RT's database has of the reports, past REST and past ha_rt."""

from collections.abc import Iterable
from dataclasses import dataclass

from scripts.benchmark.database import open_tickets, stored_texts
from scripts.live.rt import RTServer
from scripts.loading.reports import Report


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What became of the reports."""

    reports: int
    unanswered: int
    errors: list[str]
    """What callers were told instead of an answer."""
    lost: int
    """Reports of which nobody was told that RT does not have them."""
    doubled: int
    """Reports that RT has more than once, and tickets beyond one per device."""
    longest_s: float
    """Until an answer."""


def tally(rt: RTServer, reports: Iterable[Report]) -> Tally:
    """Compare what was reported with what RT has."""
    reports = list(reports)
    texts, tickets = stored_texts(rt, "Load report "), open_tickets(rt, "load-")
    keys = {report.key for report in reports}
    return Tally(
        reports=len(reports),
        unanswered=sum(not one.action and not one.error for one in reports),
        errors=[one.error for one in reports if one.error],
        lost=sum(not texts[one.text] for one in reports if not one.error),
        doubled=sum(max(texts[one.text] - 1, 0) for one in reports)
        + sum(max(tickets[key] - 1, 0) for key in keys),
        longest_s=max(one.seconds for one in reports),
    )
