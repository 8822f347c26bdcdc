"""Constants of the Service Management integration."""

from typing import Final

from homeassistant.exceptions import HomeAssistantError

DOMAIN: Final = "ha_rt"

CONF_DEVICE_ID_FIELD: Final = "device_id_field"
CONF_EVENT_TYPE_FIELD: Final = "event_type_field"
CONF_OPEN_STATUSES: Final = "open_statuses"
CONF_QUEUE: Final = "queue"
CONF_QUIET_STATUSES: Final = "quiet_statuses"
CONF_REOPEN_STATUS: Final = "reopen_status"
CONF_RESOLVE_STATUS: Final = "resolve_status"
CONF_SEVERITY_FIELD: Final = "severity_field"
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
