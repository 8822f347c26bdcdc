"""The options of an entry, with their defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Self

from ..const import DEFAULT_DEVICE_ID_FIELD, DEFAULT_EVENT_TYPE_FIELD
from .severity import Severity


class CommentPolicy(StrEnum):
    """Which repeats become comments."""

    ALWAYS = "always"
    THROTTLE = "throttle"
    NEVER = "never"


class Duplicates(StrEnum):
    """What becomes of a second open ticket that somebody made for a key meanwhile."""

    KEEP = "keep"
    LINK = "link"
    MERGE = "merge"


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """On or off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A line of text."""

    is_url: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A whole number."""

    least: int = 0
    most: int
    unit: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of a few words."""

    of: type[StrEnum]
    translation_key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Statuses:
    """Statuses of any lifecycle; REST2 does not list those of one."""

    suggested: Sequence[str]
    multiple: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """An option of an entry. Settings.from_options says how it is read."""

    name: str
    """As it is stored, and named in the translations."""
    asks_for: Switch | Text | Number | Choice | Statuses
    default: Any = None
    """What holds where the option was never saved; None if it may be absent."""
    section: str = ""
    """The section of the form; empty for those that stand above all sections."""
    may_be_empty: bool = False


_OPEN: Final = ("new", "open", "stalled")
_CLOSED: Final = ("resolved", "rejected")
_HOURS: Final = Number(most=24 * 366, unit="h")
_PRIORITY: Final = Number(most=2**31 - 1)

# fmt: off
OPTIONS: Final = (
    Option(name="device_id_field", asks_for=Text(), default=DEFAULT_DEVICE_ID_FIELD),
    Option(name="event_type_field", asks_for=Text(), default=DEFAULT_EVENT_TYPE_FIELD, may_be_empty=True),
    Option(name="severity_field", asks_for=Text(), default="", may_be_empty=True),
    Option(name="open_statuses", asks_for=Statuses(suggested=_OPEN), default=(), may_be_empty=True),
    Option(name="web_url", asks_for=Text(is_url=True)),
    Option(name="use_sessions", asks_for=Switch(), default=True),
    Option(name="dry_run", asks_for=Switch(), default=False),
    Option(name="poll_seconds", section="watching", asks_for=Number(least=10, most=60 * 60, unit="s"), default=60),
    Option(name="look_back_hours", section="watching", asks_for=Number(most=24 * 31, unit="h"), default=24),
    Option(name="keep_reports", section="delivery", asks_for=Switch(), default=False),
    Option(name="twins", section="delivery", asks_for=Choice(of=Duplicates, translation_key="twins"), default=Duplicates.KEEP.value),
    Option(name="comment_policy", section="noise", asks_for=Choice(of=CommentPolicy, translation_key="comment_policy"), default=CommentPolicy.ALWAYS.value),
    Option(name="throttle_minutes", section="noise", asks_for=Number(least=1, most=60 * 24 * 31, unit="min")),
    Option(name="minimum_severity", section="noise", asks_for=Choice(of=Severity, translation_key="severity"), default=Severity.INFO.value),
    Option(name="resolve_status", section="resolution", asks_for=Statuses(suggested=_CLOSED, multiple=False), default="resolved"),
    Option(name="reopen_hours", section="resolution", asks_for=_HOURS, default=0),
    Option(name="reopen_status", section="resolution", asks_for=Statuses(suggested=_OPEN, multiple=False), default="open"),
    Option(name="quiet_statuses", section="resolution", asks_for=Statuses(suggested=_CLOSED), default=(), may_be_empty=True),
    Option(name="quiet_hours", section="resolution", asks_for=_HOURS, default=24),
    Option(name="priority_info", section="priorities", asks_for=_PRIORITY, default=0),
    Option(name="priority_warning", section="priorities", asks_for=_PRIORITY, default=50),
    Option(name="priority_critical", section="priorities", asks_for=_PRIORITY, default=100),
    Option(name="device_facts", section="content", asks_for=Switch(), default=True),
    Option(name="attachment_mb", section="content", asks_for=Number(least=1, most=100, unit="MB"), default=10),
    Option(name="sla_hours_info", section="sla", asks_for=_HOURS, default=0),
    Option(name="sla_hours_warning", section="sla", asks_for=_HOURS, default=0),
    Option(name="sla_hours_critical", section="sla", asks_for=_HOURS, default=0),
)
# fmt: on

# What holds where an option was never saved.
DEFAULTS: Final[Mapping[str, Any]] = {
    option.name: option.default for option in OPTIONS if option.default is not None
}

# Between two comments, where the option is left empty and the policy needs it.
DEFAULT_THROTTLE_MINUTES: Final = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The options of an entry, but for those of its connection."""

    attachment_bytes: int
    comment_policy: CommentPolicy
    device_facts: bool
    device_id_field: str
    dry_run: bool
    event_type_field: str
    """Empty if event types are not used."""
    keep_reports: bool
    """Whether reports wait while RT cannot be reached."""
    look_back: timedelta
    """How old an event may be that is announced after a restart."""
    minimum_severity: Severity
    open_statuses: Sequence[str]
    """Empty for all that RT counts as initial or active."""
    poll_interval: timedelta
    priorities: Mapping[Severity, int]
    quiet_for: timedelta
    quiet_statuses: Sequence[str]
    """In lower case."""
    reopen_status: str
    reopen_within: timedelta
    """Zero if a closed ticket stays closed."""
    resolve_status: str
    severity_field: str
    """Empty if the severity is only a priority."""
    sla: Mapping[Severity, timedelta]
    """Within what time a ticket without a due date is to be resolved; absent: none."""
    throttle: timedelta
    """Zero if nothing is held back."""
    duplicates: Duplicates

    @property
    def keep_closed(self) -> timedelta:
        """Return how long a closed ticket still matters for its key."""
        return max(
            self.reopen_within, self.quiet_for if self.quiet_statuses else timedelta()
        )

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read an entry's options."""
        values = {**DEFAULTS, **options}
        policy = CommentPolicy(values["comment_policy"])
        minutes = values.get(
            "throttle_minutes",
            DEFAULT_THROTTLE_MINUTES if policy is CommentPolicy.THROTTLE else 0,
        )
        if policy is CommentPolicy.NEVER:
            minutes = 0
        return cls(
            attachment_bytes=int(values["attachment_mb"] * 1024 * 1024),
            comment_policy=policy,
            device_facts=values["device_facts"],
            device_id_field=values["device_id_field"],
            dry_run=values["dry_run"],
            event_type_field=values["event_type_field"],
            keep_reports=values["keep_reports"],
            look_back=timedelta(hours=values["look_back_hours"]),
            minimum_severity=Severity(values["minimum_severity"]),
            open_statuses=values["open_statuses"],
            poll_interval=timedelta(seconds=values["poll_seconds"]),
            priorities={s: int(values[f"priority_{s}"]) for s in Severity},
            quiet_for=timedelta(hours=values["quiet_hours"]),
            quiet_statuses=[s.casefold() for s in values["quiet_statuses"]],
            reopen_status=values["reopen_status"],
            reopen_within=timedelta(hours=values["reopen_hours"]),
            resolve_status=values["resolve_status"],
            severity_field=values["severity_field"],
            sla={
                s: timedelta(hours=hours)
                for s in Severity
                if (hours := values[f"sla_hours_{s}"])
            },
            throttle=timedelta(minutes=minutes),
            duplicates=Duplicates(values["twins"]),
        )
