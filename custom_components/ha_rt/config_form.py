"""The forms of the config flow."""

from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import CONF_DEVICE_ID_FIELD, CONF_QUEUE, DEFAULT_DEVICE_ID_FIELD

_TOKEN = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)


def _server_schema(token: vol.Marker) -> vol.Schema:
    """Return the form that asks for the server."""
    return vol.Schema(
        {
            vol.Required(CONF_URL): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
            ),
            token: _TOKEN,
            vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
        }
    )


SERVER_SCHEMA = _server_schema(vol.Required(CONF_TOKEN))
RECONFIGURE_SCHEMA = _server_schema(vol.Optional(CONF_TOKEN))
REAUTH_SCHEMA = vol.Schema({vol.Required(CONF_TOKEN): _TOKEN})


def queue_schema(queues: list[str]) -> vol.Schema:
    """Return the form that offers these queues."""
    return vol.Schema(
        {
            vol.Required(CONF_QUEUE): SelectSelector(
                SelectSelectorConfig(options=queues, custom_value=True, sort=True)
            ),
            vol.Required(
                CONF_DEVICE_ID_FIELD, default=DEFAULT_DEVICE_ID_FIELD
            ): TextSelector(),
        }
    )
