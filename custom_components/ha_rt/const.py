"""Constants of the Service Management integration."""

from typing import Final

DOMAIN: Final = "ha_rt"

CONF_DEVICE_ID_FIELD: Final = "device_id_field"
CONF_OPEN_STATUSES: Final = "open_statuses"
CONF_QUEUE: Final = "queue"
CONF_WEB_URL: Final = "web_url"

DEFAULT_DEVICE_ID_FIELD: Final = "DeviceId"

MINIMUM_RT_VERSION: Final = (5, 0, 3)
