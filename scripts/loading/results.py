"""What the load did, for people, and what is below the goals."""

from collections.abc import Sequence
from dataclasses import dataclass
import textwrap
from typing import Any

from custom_components.ha_rt.rt.transport import MAX_REQUESTS
from scripts.benchmark.layout import lines
from scripts.loading.books import Tally

MAX_STALL_MS = 50
MAX_GROWTH_MB = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """What was measured while reports came in."""

    title: str
    tally: Tally
    sending_s: float
    drained_s: float
    """Until all were answered and shown."""
    requests: int
    most_at_once: list[str]
    """Requests that RT worked on, when it were most."""
    turns: list[dict[str, Any]]
    """The longest of the event loop, the longest first; see loop_watch."""
    stall_ms: float
    """How long the longest took, in which the event loop did nothing else."""
    cpu_ms: float
    """The most that one of them computed."""
    resident_mb: float
    """In the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """All of it."""

    tickets: int
    """In the queue, before."""
    open: int
    """Tickets of the queue, in the end."""
    listed: int
    """Those that the browser shows."""
    phases: Sequence[Phase]

    @property
    def growth_mb(self) -> float:
        """Return how much memory the last phase added."""
        return self.phases[-1].resident_mb - self.phases[0].resident_mb

    def missed(self) -> list[str]:
        """Return which goals are missed."""
        tallies = [phase.tally for phase in self.phases]
        wrong = {
            "calls were not answered": any(one.unanswered for one in tallies),
            "callers were told of errors": any(one.errors for one in tallies),
            "reports were lost": any(one.lost for one in tallies),
            "reports or tickets were doubled": any(one.doubled for one in tallies),
            "RT got too many requests at once": any(
                len(phase.most_at_once) > MAX_REQUESTS for phase in self.phases
            ),
            "the event loop stalled": any(
                phase.stall_ms > MAX_STALL_MS for phase in self.phases
            ),
            "the list does not show what is open": self.listed != self.open,
            "memory grew": self.growth_mb > MAX_GROWTH_MB,
        }
        return [what for what, is_so in wrong.items() if is_so]

    def table(self) -> str:
        """Return the figures, with the goals."""
        columns = [_column(phase) for phase in self.phases]
        goals = (
            *("", "", "", ""),
            *("0", "0", "0", "0"),
            "",
            f"≤ {MAX_REQUESTS}",
            f"≤ {MAX_STALL_MS} ms",
            *("", ""),
        )
        return "\n".join(
            (
                f"Tickets in the queue before: {self.tickets}",
                f"Open in the end: {self.open}; in the browser's list: {self.listed}",
                *lines(list(zip(_TITLES, *columns, goals, strict=True))),
                f"Memory since the first: {self.growth_mb:+.1f} MB, ≤ {MAX_GROWTH_MB} MB",
                *(note for phase in self.phases for note in _notes(phase)),
            )
        )


_TITLES = (
    "",
    "Sent within",
    "All answered and shown after",
    "Longest until an answer",
    "Calls without an answer",
    "Calls answered with an error",
    "Reports lost",
    "Reports or tickets doubled",
    "Requests to RT",
    "Most of them at once",
    "Longest turn of the event loop",
    "Most that one turn computed",
    "Memory at the end",
)


def _column(phase: Phase) -> tuple[str, ...]:
    """Return the figures of a phase."""
    tally = phase.tally
    return (
        phase.title,
        f"{phase.sending_s:.1f} s",
        f"{phase.drained_s:.1f} s",
        f"{tally.longest_s:.1f} s",
        f"{tally.unanswered}",
        f"{len(tally.errors)}",
        f"{tally.lost}",
        f"{tally.doubled}",
        f"{phase.requests}",
        f"{len(phase.most_at_once)}",
        f"{phase.stall_ms:.1f} ms",
        f"{phase.cpu_ms:.1f} ms",
        f"{phase.resident_mb:.1f} MB",
    )


def _notes(phase: Phase) -> list[str]:
    """Return what to know of what is not as it should be."""
    notes = [f"{phase.title}: {error}" for error in sorted(set(phase.tally.errors))]
    if len(phase.most_at_once) > MAX_REQUESTS:
        notes += (f"{phase.title}: at once, {one}" for one in phase.most_at_once)
    for turn in phase.turns:
        if turn["wall_ms"] > MAX_STALL_MS:
            notes.append(
                f"{phase.title}: a turn of {turn['wall_ms']:.1f} ms, of which it"
                f" computed {turn['cpu_ms']:.1f} ms and collected garbage"
                f" {turn['gc_ms']:.1f} ms; {turn['ours']} of {turn['looked']} looks"
                " saw ha_rt"
            )
            notes += (
                f"  seen {times} times:\n{textwrap.indent(stack, '    ')}"
                for stack, times in turn["looks"].items()
            )
    return notes
