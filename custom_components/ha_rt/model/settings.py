"""The options of an entry, with their defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Self

from ..const import (
    CONF_ATTACHMENT_MB,
    CONF_COMMENT_POLICY,
    CONF_DEVICE_FACTS,
    CONF_DEVICE_ID_FIELD,
    CONF_DRY_RUN,
    CONF_DUPLICATES,
    CONF_EVENT_TYPE_FIELD,
    CONF_KEEP_REPORTS,
    CONF_LOOK_BACK_HOURS,
    CONF_MINIMUM_SEVERITY,
    CONF_OPEN_STATUSES,
    CONF_POLL_SECONDS,
    CONF_PRIORITY_CRITICAL,
    CONF_PRIORITY_INFO,
    CONF_PRIORITY_WARNING,
    CONF_QUIET_HOURS,
    CONF_QUIET_STATUSES,
    CONF_REOPEN_HOURS,
    CONF_REOPEN_STATUS,
    CONF_RESOLVE_STATUS,
    CONF_SEVERITY_FIELD,
    CONF_SLA_HOURS_CRITICAL,
    CONF_SLA_HOURS_INFO,
    CONF_SLA_HOURS_WARNING,
    CONF_THROTTLE_MINUTES,
    CONF_USE_SESSIONS,
    DEFAULT_DEVICE_ID_FIELD,
    DEFAULT_EVENT_TYPE_FIELD,
)
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


# What the options form suggests, and what holds where it was never saved.
DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_ATTACHMENT_MB: 10,
    CONF_COMMENT_POLICY: CommentPolicy.ALWAYS.value,
    CONF_DEVICE_FACTS: True,
    CONF_DEVICE_ID_FIELD: DEFAULT_DEVICE_ID_FIELD,
    CONF_DRY_RUN: False,
    CONF_EVENT_TYPE_FIELD: DEFAULT_EVENT_TYPE_FIELD,
    CONF_KEEP_REPORTS: False,
    CONF_LOOK_BACK_HOURS: 24,
    CONF_MINIMUM_SEVERITY: Severity.INFO.value,
    CONF_OPEN_STATUSES: (),
    CONF_POLL_SECONDS: 60,
    CONF_PRIORITY_CRITICAL: 100,
    CONF_PRIORITY_INFO: 0,
    CONF_PRIORITY_WARNING: 50,
    CONF_QUIET_HOURS: 24,
    CONF_QUIET_STATUSES: (),
    CONF_REOPEN_HOURS: 0,
    CONF_REOPEN_STATUS: "open",
    CONF_RESOLVE_STATUS: "resolved",
    CONF_SEVERITY_FIELD: "",
    CONF_SLA_HOURS_CRITICAL: 0,
    CONF_SLA_HOURS_INFO: 0,
    CONF_SLA_HOURS_WARNING: 0,
    CONF_DUPLICATES: Duplicates.KEEP.value,
    CONF_USE_SESSIONS: True,
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
        policy = CommentPolicy(values[CONF_COMMENT_POLICY])
        minutes = values.get(
            CONF_THROTTLE_MINUTES,
            DEFAULT_THROTTLE_MINUTES if policy is CommentPolicy.THROTTLE else 0,
        )
        if policy is CommentPolicy.NEVER:
            minutes = 0
        sla = {
            Severity.INFO: values[CONF_SLA_HOURS_INFO],
            Severity.WARNING: values[CONF_SLA_HOURS_WARNING],
            Severity.CRITICAL: values[CONF_SLA_HOURS_CRITICAL],
        }
        return cls(
            attachment_bytes=int(values[CONF_ATTACHMENT_MB] * 1024 * 1024),
            comment_policy=policy,
            device_facts=values[CONF_DEVICE_FACTS],
            device_id_field=values[CONF_DEVICE_ID_FIELD],
            dry_run=values[CONF_DRY_RUN],
            event_type_field=values[CONF_EVENT_TYPE_FIELD],
            keep_reports=values[CONF_KEEP_REPORTS],
            look_back=timedelta(hours=values[CONF_LOOK_BACK_HOURS]),
            minimum_severity=Severity(values[CONF_MINIMUM_SEVERITY]),
            open_statuses=values[CONF_OPEN_STATUSES],
            poll_interval=timedelta(seconds=values[CONF_POLL_SECONDS]),
            priorities={
                Severity.INFO: int(values[CONF_PRIORITY_INFO]),
                Severity.WARNING: int(values[CONF_PRIORITY_WARNING]),
                Severity.CRITICAL: int(values[CONF_PRIORITY_CRITICAL]),
            },
            quiet_for=timedelta(hours=values[CONF_QUIET_HOURS]),
            quiet_statuses=[s.casefold() for s in values[CONF_QUIET_STATUSES]],
            reopen_status=values[CONF_REOPEN_STATUS],
            reopen_within=timedelta(hours=values[CONF_REOPEN_HOURS]),
            resolve_status=values[CONF_RESOLVE_STATUS],
            severity_field=values[CONF_SEVERITY_FIELD],
            sla={s: timedelta(hours=hours) for s, hours in sla.items() if hours},
            throttle=timedelta(minutes=minutes),
            duplicates=Duplicates(values[CONF_DUPLICATES]),
        )
