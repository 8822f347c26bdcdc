"""All that was measured: for people, for other programs, and what is below the goals."""

from dataclasses import dataclass
from statistics import median

from scripts.benchmark.burst import Burst
from scripts.benchmark.rounds import Comparison
from scripts.benchmark.setup_cost import SetupCost
from scripts.benchmark.statistics_cost import StatisticsCost
from scripts.benchmark.throttle import Throttled

# Of a single action, at the most.
MAX_RESOLVE_REQUESTS = 3
MAX_THROTTLED_REQUESTS = 1
MAX_STATISTICS_MB = 64

type Row = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reports:
    """The actions on the ticket of a device."""

    repeat: Comparison
    create: Comparison
    burst: Burst
    resolve: Comparison
    library_ms: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Many:
    """The actions on many tickets."""

    search: Comparison
    found: int
    """Tickets of one search."""
    statistics: StatisticsCost
    counted: int
    """Tickets in the statistics."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """All that was measured."""

    setup: SetupCost
    reports: Reports
    throttled: Throttled
    many: Many

    def summary(self) -> dict[str, float]:
        """Return the figures for other programs."""
        reports, many = self.reports, self.many
        return {
            "repeat_ratio": round(reports.repeat.ratio, 3),
            "repeat_requests": reports.repeat.per_action,
            "create_ratio": round(reports.create.ratio, 3),
            "create_requests": reports.create.per_action,
            "burst_ratio": round(reports.burst.ratio, 3),
            "burst_lost": reports.burst.lost,
            "burst_doubled": reports.burst.doubled,
            "loop_hold_ms": round(reports.burst.hold.wall_ms, 1),
            "loop_hold_cpu_ms": round(reports.burst.hold.cpu_ms, 1),
            "setup_ms": round(self.setup.ms, 1),
            "setup_mb": round(self.setup.mb, 2),
            "resolve_ratio": round(reports.resolve.ratio, 3),
            "resolve_requests": reports.resolve.per_action,
            "throttled_requests_max": self.throttled.most,
            "search_ratio": round(many.search.ratio, 3),
            "search_requests": many.search.per_action,
            "search_tickets": many.found,
            "statistics_mb": round(many.statistics.mb, 1),
            "statistics_s": round(many.statistics.seconds, 1),
            "statistics_requests": many.statistics.requests,
            "statistics_tickets": many.counted,
        }

    def missed(self) -> list[str]:
        """Return which goals are missed that no busy machine excuses."""
        wrong = {
            "reports were lost": self.reports.burst.lost,
            "tickets were doubled": self.reports.burst.doubled,
            "resolve_ticket sends too many requests": (
                self.reports.resolve.per_action > MAX_RESOLVE_REQUESTS
            ),
            "a repeat that is held back sends too many requests": (
                self.throttled.most > MAX_THROTTLED_REQUESTS
            ),
            "get_statistics takes too much memory": (
                self.many.statistics.mb >= MAX_STATISTICS_MB
            ),
        }
        return [what for what, is_so in wrong.items() if is_so]

    def table(self) -> str:
        """Return the figures for people."""
        rows = [("", "ours", "bare", "ratio", "goal", "requests"), *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if number in {0, 5} else cell.rjust(width)
                for number, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join(lines)

    def _rows(self) -> list[Row]:
        """Return the figures in rows, with the goals."""
        reports, requests = self.reports, self.throttled.requests
        rows = [
            _compared("Repeat", reports.repeat, "1.10"),
            _compared("New ticket", reports.create, "1.10"),
            *_burst_rows(reports.burst),
            ("Import and set-up", f"{self.setup.ms:.0f} ms", "", "", "< 100 ms", ""),
            ("Memory for it", f"{self.setup.mb:.1f} MB", "", "", "< 5 MB", ""),
            _compared("Resolution", reports.resolve, "1.10"),
            (
                f"Repeat held back, worst of {len(requests)}",
                *("", "", ""),
                f"≤ {MAX_THROTTLED_REQUESTS}",
                f"{self.throttled.most}: {requests.count(0)} of them sent none",
            ),
            *_many_rows(self.many),
        ]
        if reports.library_ms:
            ratio = reports.library_ms / median(reports.repeat.bare)
            library = (f"{reports.library_ms:.0f} ms", "", f"{ratio:.3f}", "", "")
            rows.append(("Repeat with the library rt", *library))
        return rows


def _burst_rows(burst: Burst) -> list[Row]:
    """Return the rows of many devices at once."""
    hold = burst.hold
    return [
        (
            f"{burst.size} new devices at once",
            f"{burst.ours_s:.1f} s",
            f"{burst.bare_s:.1f} s",
            f"{burst.ratio:.3f}",
            "≤ 1.15",
            f"{burst.lost} lost, {burst.doubled} doubled",
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
        _compared(f"Search for {many.found} tickets", many.search, "1.15"),
        (title, f"{cost.seconds:.1f} s", *("", "", ""), f"{cost.requests}"),
        (
            "Most memory for them",
            f"{cost.mb:.1f} MB",
            *("", ""),
            f"< {MAX_STATISTICS_MB} MB",
            "",
        ),
    ]


def _compared(title: str, each: Comparison, goal: str) -> Row:
    """Return the row of an action and its bare requests."""
    return (
        f"{title}, median of {len(each.ours)}",
        f"{median(each.ours):.0f} ms",
        f"{median(each.bare):.0f} ms",
        f"{each.ratio:.3f}",
        f"≤ {goal}",
        f"{each.per_action:g}: {_names(each)}",
    )


def _names(each: Comparison) -> str:
    """Return what requests an action sends, those that repeat only once."""
    names = list(map(str, each.requests))
    alike = len(names) > 1 and len(set(names)) == 1
    return f"{names[0]}, page by page" if alike else ", ".join(names)
