"""All that was measured: for other programs, and what is below the goals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from scripts.benchmark.burst import Burst
from scripts.benchmark.flapping import Flapping
from scripts.benchmark.open_cost import OpenCost
from scripts.benchmark.rivals import RivalTimes
from scripts.benchmark.rounds import Comparison, Way
from scripts.benchmark.setup_cost import SetupCost
from scripts.benchmark.statistics_cost import StatisticsCost
from scripts.benchmark.throttle import Throttled

# Of a single action, at the most.
MAX_RESOLVE_REQUESTS = 3
MAX_THROTTLED_REQUESTS = 1
MAX_STATISTICS_MB = 64
# Of what follows the queue.
MAX_POLL_REQUESTS = 1
MAX_CHANGES_REQUESTS = 3
MAX_OPEN_MB = 20
MAX_PASS_MS = 20
# Of what the same takes with the token in every request, at the most.
MAX_SESSION_REPEAT = 0.30
MAX_SESSION_POLL = 0.10
MAX_SESSION_BURST = 0.35


@dataclass(frozen=True, kw_only=True, slots=True)
class Reports:
    """The actions on the ticket of a device, and the poll."""

    repeat: Comparison
    create: Comparison
    poll: Comparison
    burst: Burst
    resolve: Comparison


@dataclass(frozen=True, kw_only=True, slots=True)
class Many:
    """The actions on many tickets."""

    search: Comparison
    found: int
    """Tickets of one search."""
    changes: int
    """Tickets that others changed."""
    changes_requests: int
    """Of the poll after that."""
    statistics: StatisticsCost
    counted: int
    """Tickets in the statistics."""
    open: OpenCost


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """All that was measured."""

    setup: SetupCost
    reports: Reports
    rivals: RivalTimes
    flapping: Sequence[Mapping[Way, Flapping]]
    """Of few devices, and of many."""
    log_ins: list[float]
    """Those of the entry with sessions, in milliseconds."""
    throttled: Throttled
    many: Many

    def summary(self) -> dict[str, float | None]:
        """Return the figures for other programs."""
        reports, many = self.reports, self.many
        repeat, create, burst = reports.repeat, reports.create, reports.burst
        poll = reports.poll
        return {
            "session_repeat_ratio": _round(repeat.ratio(Way.SESSION, Way.TOKEN)),
            "session_create_ratio": _round(create.ratio(Way.SESSION, Way.TOKEN)),
            "session_poll_ratio": _round(poll.ratio(Way.SESSION, Way.TOKEN)),
            "session_burst_ratio": _round(burst.ratio(Way.SESSION, Way.TOKEN)),
            "log_ins": len(self.log_ins),
            "log_in_ms": round(median(self.log_ins), 1),
            "repeat_ratio": _round(repeat.ratio(Way.TOKEN, Way.BARE)),
            "repeat_in_session_ratio": _round(
                repeat.ratio(Way.SESSION, Way.BARE_SESSION)
            ),
            "repeat_requests": repeat.per_action,
            "create_ratio": _round(create.ratio(Way.TOKEN, Way.BARE)),
            "create_in_session_ratio": _round(
                create.ratio(Way.SESSION, Way.BARE_SESSION)
            ),
            "create_requests": create.per_action,
            "poll_over_version_ratio": _round(
                poll.ratio(Way.SESSION, Way.BARE_SESSION)
            ),
            "poll_requests": poll.per_action,
            "burst_ratio": _round(burst.ratio(Way.TOKEN, Way.BARE)),
            "burst_lost": burst.lost,
            "burst_doubled": burst.doubled,
            "loop_hold_ms": round(burst.hold.wall_ms, 1),
            "loop_hold_cpu_ms": round(burst.hold.cpu_ms, 1),
            **self.rivals.summary(),
            **{
                f"{way.replace('-', '_')}_{each.devices}_flapping_{name}": round(
                    figure, 2
                )
                for ways in self.flapping
                for way, each in ways.items()
                for name, figure in each.figures().items()
            },
            "setup_ms": round(self.setup.ms, 1),
            "setup_mb": round(self.setup.mb, 2),
            "resolve_ratio": _round(reports.resolve.ratio(Way.TOKEN, Way.BARE)),
            "resolve_requests": reports.resolve.per_action,
            "throttled_requests_max": self.throttled.most,
            "search_ratio": _round(many.search.ratio(Way.TOKEN, Way.BARE)),
            "search_requests": many.search.per_action,
            "search_tickets": many.found,
            "statistics_mb": round(many.statistics.mb, 1),
            "statistics_s": round(many.statistics.seconds, 1),
            "statistics_requests": many.statistics.requests,
            "statistics_tickets": many.counted,
            "changes_requests": many.changes_requests,
            "changes": many.changes,
            "open_tickets": many.open.tickets,
            "open_load_s": round(many.open.load_s, 1),
            "open_all_s": round(many.open.all_s, 1),
            "open_requests": many.open.requests,
            "open_mb": round(many.open.mb, 1),
            "update_pass_ms": round(many.open.pass_ms, 1),
            "watched_update_pass_ms": round(many.open.watched_pass_ms, 1),
        }

    def behind(self) -> list[str]:
        """Return in what others are better when sensors flap."""
        return [
            f"{way} is better in {name} when {other.devices} sensors flap"
            for ways in self.flapping
            for way, other in ways.items()
            for name in ways[Way.SESSION].is_behind(other)
        ]

    def faults(self) -> list[str]:
        """Return what is wrong that no busy machine excuses."""
        reports = self.reports
        wrong = {
            "reports were lost": reports.burst.lost,
            "tickets were doubled": (
                reports.burst.doubled
                + sum(ways[Way.SESSION].doubled for ways in self.flapping)
            ),
            "resolve_ticket sends too many requests": (
                reports.resolve.per_action > MAX_RESOLVE_REQUESTS
            ),
            "a repeat that is held back sends too many requests": (
                self.throttled.most > MAX_THROTTLED_REQUESTS
            ),
            "a poll with nothing new sends too many requests": (
                reports.poll.per_action > MAX_POLL_REQUESTS
            ),
            "a poll after many changes sends too many requests": (
                self.many.changes_requests > MAX_CHANGES_REQUESTS
            ),
        }
        return [what for what, is_so in wrong.items() if is_so]

    def missed(self) -> list[str]:
        """Return which goals are missed, if the machine had nothing else to do."""
        reports, many = self.reports, self.many
        wrong = {
            "get_statistics takes too much memory": (
                many.statistics.mb >= MAX_STATISTICS_MB
            ),
            "open tickets take too much memory": many.open.mb >= MAX_OPEN_MB,
            "to show that a ticket changed takes too long": (
                many.open.watched_pass_ms >= MAX_PASS_MS
            ),
            "a repeat in a session takes too long": (
                reports.repeat.ratio(Way.SESSION, Way.TOKEN) > MAX_SESSION_REPEAT
            ),
            "a poll in a session takes too long": (
                reports.poll.ratio(Way.SESSION, Way.TOKEN) > MAX_SESSION_POLL
            ),
            "a burst in a session takes too long": (
                reports.burst.ratio(Way.SESSION, Way.TOKEN) > MAX_SESSION_BURST
            ),
        }
        return [what for what, is_so in wrong.items() if is_so] + self.behind()


def _round(ratio: float) -> float:
    """Return a ratio as it is told."""
    return round(ratio, 3)
