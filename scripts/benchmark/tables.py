"""All that was measured, for people."""

from collections.abc import Mapping
from statistics import median

from scripts.benchmark.burst import Burst
from scripts.benchmark.flapping_table import flapping_table
from scripts.benchmark.layout import Row, lines
from scripts.benchmark.open_cost import OpenCost
from scripts.benchmark.results import (
    MAX_CHANGES_REQUESTS,
    MAX_OPEN_MB,
    MAX_PASS_MS,
    MAX_POLL_REQUESTS,
    MAX_SESSION_BURST,
    MAX_SESSION_POLL,
    MAX_SESSION_REPEAT,
    MAX_STATISTICS_MB,
    MAX_THROTTLED_REQUESTS,
    Many,
    Results,
)
from scripts.benchmark.rivals import Attempts
from scripts.benchmark.rounds import Comparison, Way

SESSION_HEADER = (
    "",
    "session",
    "token",
    "ratio",
    "goal",
    "library rt",
    "rest_command",
    "requests",
)
BARE_HEADER = ("", "ours", "bare", "ratio", "goal", "requests")


def tables(results: Results) -> str:
    """Return the figures, with the goals."""
    log_ins = results.log_ins
    return "\n".join(
        (
            "In a session, and with the token in every request:",
            *lines([SESSION_HEADER, *_session_rows(results)]),
            f"Log-ins: {len(log_ins)}, {median(log_ins):.0f} ms each; one in the burst",
            "",
            "What is added to the bare requests, all with the token if not said:",
            *lines([BARE_HEADER, *_bare_rows(results)]),
            "",
            *flapping_table(results.flapping),
        )
    )


def _session_rows(results: Results) -> list[Row]:
    """Return what sessions save, beside what others take."""
    reports, rivals = results.reports, results.rivals
    burst = reports.burst
    return [
        _saved("Repeat", reports.repeat, MAX_SESSION_REPEAT, rivals.repeat),
        _saved("New ticket", reports.create, None, rivals.create),
        _saved("Poll", reports.poll, MAX_SESSION_POLL, rivals.poll),
        (
            f"{burst.size} new devices at once",
            f"{burst.seconds[Way.SESSION]:.1f} s",
            f"{burst.seconds[Way.TOKEN]:.1f} s",
            f"{burst.ratio(Way.SESSION, Way.TOKEN):.3f}",
            f"≤ {MAX_SESSION_BURST:.2f}",
            *_rivals(rivals.burst, ".1f", "s"),
            "",
        ),
    ]


def _saved(
    title: str, each: Comparison, goal: float | None, rivals: Mapping[Way, Attempts]
) -> Row:
    """Return the row of what is done with sessions and without."""
    return (
        f"{title}, median of {each.rounds}",
        f"{each.ms(Way.SESSION):.0f} ms",
        f"{each.ms(Way.TOKEN):.0f} ms",
        f"{each.ratio(Way.SESSION, Way.TOKEN):.3f}",
        f"≤ {goal:.2f}" if goal else "",
        *_rivals(rivals, ".0f", "ms"),
        _names(each),
    )


def _rivals(ways: Mapping[Way, Attempts], form: str, unit: str) -> tuple[str, str]:
    """Return the cells of what the rivals took, and of how often they failed."""

    def cell(each: Attempts) -> str:
        took = "none" if each.took is None else f"{each.took:{form}} {unit}"
        if not each.failed:
            return took
        return f"{took}, {each.failed} of {each.number} failed"

    return cell(ways[Way.LIBRARY]), cell(ways[Way.REST_COMMAND])


def _bare_rows(results: Results) -> list[Row]:
    """Return what the actions add to their requests, and what the rest takes."""
    reports, setup = results.reports, results.setup
    requests = results.throttled.requests
    session = (Way.SESSION, Way.BARE_SESSION)
    return [
        _compared("Repeat", reports.repeat, "≤ 1.10"),
        _compared("Repeat in a session", reports.repeat, "", *session),
        _compared("New ticket", reports.create, "≤ 1.10"),
        _compared("New ticket in a session", reports.create, "", *session),
        *_burst_rows(reports.burst),
        ("Import and set-up", f"{setup.ms:.0f} ms", "", "", "< 100 ms", ""),
        ("Memory for it", f"{setup.mb:.1f} MB", "", "", "< 5 MB", ""),
        _compared("Resolution", reports.resolve, "≤ 1.10"),
        _compared(
            "Poll in a session beside GET /rt",
            reports.poll,
            f"≤ {MAX_POLL_REQUESTS} request",
            *session,
        ),
        (
            f"Repeat held back, worst of {len(requests)}",
            *("", "", ""),
            f"≤ {MAX_THROTTLED_REQUESTS}",
            f"{results.throttled.most}: {requests.count(0)} of them sent none",
        ),
        *_many_rows(results.many),
    ]


def _burst_rows(burst: Burst) -> list[Row]:
    """Return the rows of many devices at once."""
    hold = burst.hold
    return [
        (
            f"{burst.size} new devices at once",
            f"{burst.seconds[Way.TOKEN]:.1f} s",
            f"{burst.seconds[Way.BARE]:.1f} s",
            f"{burst.ratio(Way.TOKEN, Way.BARE):.3f}",
            "≤ 1.15",
            f"{burst.lost} lost, {burst.doubled} doubled, in a session or not",
        ),
        (
            "Longest hold of the event loop then",
            f"{hold.wall_ms:.1f} ms",
            *("", ""),
            "≤ 20 ms",
            f"by {hold.what}; at most {hold.cpu_ms:.1f} ms of it computing",
        ),
    ]


def _many_rows(many: Many) -> list[Row]:
    """Return the rows of the actions on many tickets."""
    cost = many.statistics
    title = f"Statistics over {many.counted} tickets"
    return [
        _compared(f"Search for {many.found} tickets", many.search, "≤ 1.15"),
        (
            f"Poll after {many.changes} changes",
            *("", "", ""),
            f"≤ {MAX_CHANGES_REQUESTS} requests",
            f"{many.changes_requests}",
        ),
        (title, f"{cost.seconds:.1f} s", *("", "", ""), f"{cost.requests}"),
        (
            "Most memory for them",
            f"{cost.mb:.1f} MB",
            *("", ""),
            f"< {MAX_STATISTICS_MB} MB",
            "",
        ),
        *_open_rows(many.open),
    ]


def _open_rows(cost: OpenCost) -> list[Row]:
    """Return the rows of an entry with many open tickets."""
    goal = f"< {MAX_PASS_MS} ms"
    rows = [
        (f"Set-up with {cost.tickets} open tickets", f"{cost.load_s:.1f} s", "", ""),
        (
            "Until all their custom fields are known",
            f"{cost.all_s:.1f} s",
            "",
            f"{cost.requests} in all",
        ),
        ("Memory for them", f"{cost.mb:.1f} MB", f"< {MAX_OPEN_MB} MB", ""),
        ("Showing that one changed", f"{cost.pass_ms:.1f} ms", goal, ""),
        ("The same in a browser's list", f"{cost.watched_pass_ms:.1f} ms", goal, ""),
    ]
    return [
        (title, figure, "", "", goal, requests)
        for title, figure, goal, requests in rows
    ]


def _compared(
    title: str,
    each: Comparison,
    goal: str,
    ours: Way = Way.TOKEN,
    bare: Way = Way.BARE,
) -> Row:
    """Return the row of an action and its bare requests."""
    return (
        f"{title}, median of {each.rounds}",
        f"{each.ms(ours):.0f} ms",
        f"{each.ms(bare):.0f} ms",
        f"{each.ratio(ours, bare):.3f}",
        goal,
        f"{each.per_action:g}: {_names(each)}",
    )


def _names(each: Comparison) -> str:
    """Return what requests an action sends, those that repeat only once."""
    names = list(map(str, each.requests))
    alike = len(names) > 1 and len(set(names)) == 1
    return f"{names[0]}, page by page" if alike else ", ".join(names)
