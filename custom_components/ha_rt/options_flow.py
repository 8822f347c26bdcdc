"""Options of an entry."""

import asyncio
from typing import Any, Final

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)

from .connection import async_connect
from .const import (
    CONF_DEVICE_ID_FIELD,
    CONF_EVENT_TYPE_FIELD,
    CONF_OPEN_STATUSES,
    CONF_QUEUE,
    CONF_QUIET_STATUSES,
    CONF_REOPEN_STATUS,
    CONF_RESOLVE_STATUS,
    CONF_SEVERITY_FIELD,
    CONF_WEB_URL,
)
from .errors import error_key
from .model.settings import DEFAULTS
from .model.severity import Severity
from .model.text import escape_links
from .options_form import OPTIONS_SCHEMA, flat, nested
from .queue_check import Problem, async_check_all
from .rt.errors import RTError, RTTimeout
from .rt.url import normalise_url

# So long is somebody left to look at the form.
_SECONDS: Final = 10

_FIELDS = (CONF_DEVICE_ID_FIELD, CONF_EVENT_TYPE_FIELD, CONF_SEVERITY_FIELD)
_STATUSES = (CONF_OPEN_STATUSES, CONF_QUIET_STATUSES)


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
        options = {**self._defaults(), **self.config_entry.options}
        if user_input is not None:
            options = flat(user_input)
            errors = await self._async_check(options)
            if not errors:
                return self.async_create_entry(data=self._without_default(options))
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS_SCHEMA, nested(options)
            ),
            errors=errors,
            description_placeholders={
                "queue": escape_links(self.config_entry.data[CONF_QUEUE]),
                "field": options[CONF_DEVICE_ID_FIELD],
                "event_type_field": options[CONF_EVENT_TYPE_FIELD],
                "severity_field": options[CONF_SEVERITY_FIELD],
                "message": self._message,
            },
        )

    def _defaults(self) -> dict[str, Any]:
        """Return what holds without options; an event type only where RT has one."""
        entry = self.config_entry
        defaults = dict(DEFAULTS)
        if (
            entry.state is ConfigEntryState.LOADED
            and entry.runtime_data.context.fields.event_type is None
        ):
            defaults[CONF_EVENT_TYPE_FIELD] = ""
        return defaults

    def _without_default(self, options: dict[str, Any]) -> dict[str, Any]:
        """Leave the event type out where RT has none yet and nobody decided on it."""
        name = CONF_EVENT_TYPE_FIELD
        is_chosen = options.get(name) or self._defaults()[name]
        if name in self.config_entry.options or is_chosen:
            return options
        return {key: value for key, value in options.items() if key != name}

    async def _async_check(self, options: dict[str, Any]) -> dict[str, str]:
        """Tidy the options up and return the errors by field."""
        if CONF_WEB_URL in options:
            try:
                options[CONF_WEB_URL] = normalise_url(options[CONF_WEB_URL])
            except ValueError:
                return {CONF_WEB_URL: "invalid_url"}
        for name in _STATUSES:
            stripped = [status.strip() for status in options[name]]
            options[name] = [status for status in stripped if status]
        for name in (*_FIELDS, CONF_RESOLVE_STATUS, CONF_REOPEN_STATUS):
            options[name] = options[name].strip()
        if not (options[CONF_RESOLVE_STATUS] and options[CONF_REOPEN_STATUS]):
            return {"base": "status_empty"}
        priorities = [options[f"priority_{severity}"] for severity in Severity]
        if priorities != sorted(priorities):
            return {"base": "priorities_order"}
        used = [options[name].casefold() for name in _FIELDS]
        for place, name in enumerate(_FIELDS):
            if used[place] and used[place] in used[:place]:
                return {name: "field_used_twice"}
        return await self._async_ask_rt(options)

    async def _async_ask_rt(self, options: dict[str, Any]) -> dict[str, str]:
        """Return what RT does not have, by field."""
        data = self.config_entry.data
        async with async_connect(self.hass, data, options) as client:
            device, event_type, severity = (options[name] for name in _FIELDS)
            try:
                async with asyncio.timeout(_SECONDS):
                    check = await async_check_all(
                        client, data[CONF_QUEUE], device, event_type
                    )
            except TimeoutError:
                return self._unchecked(
                    options, RTTimeout(f"No answer within {_SECONDS} s")
                )
            except RTError as err:
                return self._unchecked(options, err)
        queue = check.queue
        if not queue:
            return {"base": Problem.QUEUE_NOT_FOUND}
        errors: dict[str, str] = {}
        if check.field_id is None:
            errors[CONF_DEVICE_ID_FIELD] = Problem.FIELD_MISSING
        if check.field_id in check.unfit_fields:
            errors[CONF_DEVICE_ID_FIELD] = "field_unfit"
        if event_type and check.event_type_field_id in check.unfit_fields:
            errors[CONF_EVENT_TYPE_FIELD] = "field_unfit"
        if event_type and check.event_type_field_id is None:
            errors[CONF_EVENT_TYPE_FIELD] = "event_type_field_missing"
        if severity and queue.custom_field(severity) is None:
            errors[CONF_SEVERITY_FIELD] = "severity_field_missing"
        return errors

    def _unchecked(self, options: dict[str, Any], err: RTError) -> dict[str, str]:
        """Return the error where RT cannot be asked about names that it has to know."""
        known = {**self._defaults(), **self.config_entry.options}
        if err.is_transient and all(options[name] == known[name] for name in _FIELDS):
            if CONF_EVENT_TYPE_FIELD not in self.config_entry.options:
                del options[CONF_EVENT_TYPE_FIELD]  # RT may have none
            return {}
        self._message = str(err)
        return {"base": error_key(err)}
