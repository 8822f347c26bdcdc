"""The ways that tickets go: RT's own, and the one of scripts/rt/RT_SiteConfig.pm."""

from dataclasses import dataclass
from typing import NamedTuple


class Action(NamedTuple):
    """What RT's web UI offers for a ticket."""

    before: str
    """A status, or "*" for all."""
    after: str
    label: str
    update: str = ""
    """Respond, Comment, or nothing for a change without a text."""


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The statuses of a queue's tickets."""

    initial: tuple[str, ...]
    active: tuple[str, ...]
    inactive: tuple[str, ...]
    on_create: tuple[str, ...]
    """The statuses a new ticket may have."""
    refused: frozenset[tuple[str, str]]
    """The changes that are not allowed."""
    moved: dict[str, str]
    """What a status becomes in a queue of the other lifecycle."""
    actions: tuple[Action, ...]

    @property
    def statuses(self) -> tuple[str, ...]:
        """All statuses."""
        return self.initial + self.active + self.inactive

    def answered(self, status: str) -> str:
        """Return what becomes of a status when somebody answers."""
        return status if status in self.active else self.active[0]


_DEFAULT = ("new", "open", "stalled", "resolved", "rejected", "deleted")

LIFECYCLES = {
    "default": Lifecycle(
        initial=("new",),
        active=("open", "stalled"),
        inactive=("resolved", "rejected", "deleted"),
        on_create=("new", "open", "resolved"),
        refused=frozenset((status, status) for status in _DEFAULT),
        moved={
            "new": "open",
            "open": "in_progress",
            "stalled": "assigned",
            "resolved": "closed",
            "rejected": "false_positive",
            "deleted": "closed",
        },
        actions=(
            Action("new", "open", "Open It", "Respond"),
            Action("new", "resolved", "Resolve", "Comment"),
            Action("new", "rejected", "Reject", "Respond"),
            Action("open", "stalled", "Stall", "Comment"),
            Action("open", "resolved", "Resolve", "Comment"),
            Action("open", "rejected", "Reject", "Respond"),
            Action("stalled", "open", "Open It"),
            Action("resolved", "open", "Re-open", "Comment"),
            Action("rejected", "open", "Re-open", "Comment"),
        ),
    ),
    "incident": Lifecycle(
        initial=("open",),
        active=("assigned", "in_progress"),
        inactive=("closed", "false_positive"),
        on_create=("open", "assigned", "in_progress", "closed", "false_positive"),
        refused=frozenset({("false_positive", "closed")}),
        moved={
            "open": "new",
            "assigned": "open",
            "in_progress": "open",
            "closed": "resolved",
            "false_positive": "rejected",
        },
        actions=(
            Action("*", "assigned", "Assign"),
            Action("*", "in_progress", "Start work"),
            Action("*", "closed", "Close", "Comment"),
            Action("*", "false_positive", "False alarm", "Comment"),
        ),
    ),
}

INACTIVE_STATUSES = frozenset(
    status for lifecycle in LIFECYCLES.values() for status in lifecycle.inactive
)
