"""Constants of the Service Management integration."""

from typing import Final

from homeassistant.exceptions import HomeAssistantError

DOMAIN: Final = "ha_rt"

CONF_ATTACHMENT_MB: Final = "attachment_mb"
CONF_COMMENT_POLICY: Final = "comment_policy"
CONF_DEVICE_FACTS: Final = "device_facts"
CONF_DEVICE_ID_FIELD: Final = "device_id_field"
CONF_DRY_RUN: Final = "dry_run"
CONF_EVENT_TYPE_FIELD: Final = "event_type_field"
CONF_KEEP_REPORTS: Final = "keep_reports"
CONF_LOOK_BACK_HOURS: Final = "look_back_hours"
CONF_MINIMUM_SEVERITY: Final = "minimum_severity"
CONF_OPEN_STATUSES: Final = "open_statuses"
CONF_POLL_SECONDS: Final = "poll_seconds"
CONF_PRIORITY_CRITICAL: Final = "priority_critical"
CONF_PRIORITY_INFO: Final = "priority_info"
CONF_PRIORITY_WARNING: Final = "priority_warning"
CONF_QUEUE: Final = "queue"
CONF_QUIET_HOURS: Final = "quiet_hours"
CONF_QUIET_STATUSES: Final = "quiet_statuses"
CONF_REOPEN_HOURS: Final = "reopen_hours"
CONF_REOPEN_STATUS: Final = "reopen_status"
CONF_RESOLVE_STATUS: Final = "resolve_status"
CONF_SEVERITY_FIELD: Final = "severity_field"
CONF_SLA_HOURS_CRITICAL: Final = "sla_hours_critical"
CONF_SLA_HOURS_INFO: Final = "sla_hours_info"
CONF_SLA_HOURS_WARNING: Final = "sla_hours_warning"
CONF_THROTTLE_MINUTES: Final = "throttle_minutes"
CONF_DUPLICATES: Final = "twins"
CONF_USE_SESSIONS: Final = "use_sessions"
CONF_WEB_URL: Final = "web_url"

DEFAULT_DEVICE_ID_FIELD: Final = "DeviceId"
DEFAULT_EVENT_TYPE_FIELD: Final = "EventType"

MINIMUM_RT_VERSION: Final = (5, 0, 3)

# What reading one of an entry's files can raise: it may be torn, or of another release.
UNREADABLE: Final = (
    HomeAssistantError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
