"""Options of an entry."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .connection import async_client, async_open_session
from .const import (
    CONF_DEVICE_ID_FIELD,
    CONF_OPEN_STATUSES,
    CONF_QUEUE,
    CONF_WEB_URL,
    DEFAULT_DEVICE_ID_FIELD,
)
from .doctor import Problem, async_examine
from .errors import error_key
from .rt.errors import RTError
from .rt.url import normalise_url

# Of RT's own lifecycle; REST2 does not list a lifecycle's statuses.
_DEFAULT_LIFECYCLE = ["new", "open", "stalled"]

OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(
            CONF_DEVICE_ID_FIELD, default=DEFAULT_DEVICE_ID_FIELD
        ): TextSelector(),
        vol.Optional(CONF_OPEN_STATUSES, default=list): SelectSelector(
            SelectSelectorConfig(
                options=_DEFAULT_LIFECYCLE, custom_value=True, multiple=True
            )
        ),
        vol.Optional(CONF_WEB_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
        ),
    }
)


class HaRtOptionsFlow(OptionsFlowWithReload):
    """Change how an entry works."""

    def __init__(self) -> None:
        """Start without a message of RT's."""
        self._message = ""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options, and see whether RT agrees."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options = {**user_input}
            errors = await self._async_check(options)
            if not errors:
                return self.async_create_entry(data=options)
        suggested = user_input or self.config_entry.options
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, suggested),
            errors=errors,
            description_placeholders={
                "queue": self.config_entry.data[CONF_QUEUE],
                "field": suggested.get(CONF_DEVICE_ID_FIELD, ""),
                "message": self._message,
            },
        )

    async def _async_check(self, options: dict[str, Any]) -> dict[str, str]:
        """Tidy the options up and return the errors by field."""
        if CONF_WEB_URL in options:
            try:
                options[CONF_WEB_URL] = normalise_url(options[CONF_WEB_URL])
            except ValueError:
                return {CONF_WEB_URL: "invalid_url"}
        statuses = [status.strip() for status in options[CONF_OPEN_STATUSES]]
        options[CONF_OPEN_STATUSES] = [status for status in statuses if status]
        field = options[CONF_DEVICE_ID_FIELD] = options[CONF_DEVICE_ID_FIELD].strip()
        data = self.config_entry.data
        async with async_open_session(
            self.hass, verify_ssl=data[CONF_VERIFY_SSL]
        ) as session:
            client = async_client(self.hass, session, data)
            try:
                diagnosis = await async_examine(client, data[CONF_QUEUE], field)
            except RTError as err:
                self._message = str(err)
                return {"base": error_key(err)}
        if Problem.FIELD_MISSING in diagnosis.problems:
            return {CONF_DEVICE_ID_FIELD: Problem.FIELD_MISSING}
        return {}
