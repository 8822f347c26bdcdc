"""Config flow of the Service Management integration."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol
from yarl import URL

from .connection import async_connect
from .const import (
    CONF_DEVICE_ID_FIELD,
    CONF_QUEUE,
    DEFAULT_DEVICE_ID_FIELD,
    DOMAIN,
    MINIMUM_RT_VERSION,
)
from .errors import error_key
from .model.text import escape_links
from .options_flow import HaRtOptionsFlow
from .queue_check import Problem, QueueCheck, async_check_all
from .rt.errors import InvalidAuth, NotFound, NotRT, RTError
from .rt.parse import version_numbers
from .rt.url import possible_urls
from .runtime import HaRtConfigEntry

# RT shows a new token in quotation marks.
_QUOTES_AND_BLANKS = " \t\r\n\"'"


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


class HaRtConfigFlow(ConfigFlow, domain=DOMAIN):
    """Connect to a queue of an RT server."""

    VERSION = 1

    def __init__(self) -> None:
        """Start without a server."""
        self._server: dict[str, Any] = {}
        self._placeholders: dict[str, str] = {}
        self._queues: list[str] = []

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: HaRtConfigEntry) -> HaRtOptionsFlow:
        """Return the options flow."""
        return HaRtOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the server."""
        return await self._async_step_server("user", SERVER_SCHEMA, {}, user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another server or token; without a token, keep the old one."""
        return await self._async_step_server(
            "reconfigure",
            RECONFIGURE_SCHEMA,
            self._get_reconfigure_entry().data,
            user_input,
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Say that RT refused the token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another token."""
        return await self._async_step_server(
            "reauth_confirm", REAUTH_SCHEMA, self._get_reauth_entry().data, user_input
        )

    async def _async_step_server(
        self,
        step_id: str,
        schema: vol.Schema,
        known: Mapping[str, Any],
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Ask for what is needed to talk to RT, and try it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            found = await self._async_try_server(known, user_input)
            # Not all of the forms have all of the fields.
            errors = {
                field if field in schema.schema else "base": error
                for field, error in found.items()
            }
            if not errors and self.source == SOURCE_REAUTH:
                return self.async_update_reload_and_abort(
                    self._get_reauth_entry(), data_updates=self._server
                )
            if not errors:
                return await self.async_step_queue()
        suggested = {**known, **(user_input or {})}
        suggested.pop(CONF_TOKEN, None)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={
                "url": str(known.get(CONF_URL, "")),
                "queue": escape_links(str(known.get(CONF_QUEUE, ""))),
                "minimum": ".".join(map(str, MINIMUM_RT_VERSION)),
                **self._placeholders,
            },
        )

    async def _async_try_server(
        self, known: Mapping[str, Any], user_input: dict[str, Any]
    ) -> dict[str, str]:
        """Talk to a server; return the errors by field, or keep what is known now."""
        data = {**known, **user_input}
        try:
            urls = possible_urls(data[CONF_URL])
        except ValueError:
            return {CONF_URL: "invalid_url"}
        token = user_input.get(CONF_TOKEN, "").strip(_QUOTES_AND_BLANKS)
        if not token and known:
            # A token goes only to the server that it was given for.
            if URL(urls[0]).origin() != URL(known[CONF_URL]).origin():
                return {CONF_TOKEN: "token_needed"}
            token = known[CONF_TOKEN]
        failures: list[RTError] = []
        for url in urls if CONF_URL in user_input else urls[:1]:
            server = {
                CONF_URL: url,
                CONF_TOKEN: token,
                CONF_VERIFY_SSL: data[CONF_VERIFY_SSL],
            }
            try:
                return await self._async_ask_server(server)
            except RTError as err:
                failures.append(err)
                if not isinstance(err, InvalidAuth | NotFound | NotRT):
                    break  # as it would at any other path
        refusals = (one for one in failures if isinstance(one, InvalidAuth))
        failure = next(refusals, failures[0])
        self._placeholders = {"message": str(failure), "version": ""}
        field = CONF_TOKEN if isinstance(failure, InvalidAuth) else CONF_URL
        return {field: error_key(failure)}

    async def _async_ask_server(self, server: dict[str, Any]) -> dict[str, str]:
        """Keep what RT tells of itself; return the errors by field.

        Raises:
            RTError: It tells nothing.

        """
        async with async_connect(self.hass, server, self._options()) as client:
            version = await client.version()
            self._placeholders = {"version": escape_links(version)}
            if version_numbers(version) < MINIMUM_RT_VERSION:
                return {CONF_URL: "too_old"}
            user = await client.user()
            if self.source != SOURCE_REAUTH:
                queues = await client.queues_with_right("CreateTicket")
                self._queues = await client.queues() if queues is None else queues
        self._server = server
        self._placeholders["account"] = escape_links(user.name) if user else "?"
        return {}

    async def async_step_queue(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the queue, and check it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                check = await self._async_check_all(user_input)
            except RTError as err:
                self._placeholders["message"] = str(err)
                errors["base"] = error_key(err)
            else:
                if check.queue:
                    self._async_abort_entries_match(
                        {
                            CONF_URL: self._server[CONF_URL],
                            CONF_QUEUE: check.queue.name,
                        }
                    )
                errors = _errors(check)
                if not errors and check.queue:
                    return self._finish(check.queue.name, user_input)
                self._placeholders["rights"] = ", ".join(check.missing_rights)
        suggested = user_input or self._suggested_queue()
        return self.async_show_form(
            step_id="queue",
            data_schema=self.add_suggested_values_to_schema(
                queue_schema(self._queues), suggested
            ),
            errors=errors,
            description_placeholders={
                "message": "",
                "rights": "",
                "queue": suggested.get(CONF_QUEUE, ""),
                "field": suggested.get(CONF_DEVICE_ID_FIELD, DEFAULT_DEVICE_ID_FIELD),
                **self._placeholders,
            },
        )

    def _options(self) -> Mapping[str, Any]:
        """Return the options of the entry that this is about, if there is one yet."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry().options
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_entry().options
        return {}

    def _suggested_queue(self) -> dict[str, Any]:
        """Return what the queue form shows at first."""
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            return {CONF_QUEUE: entry.data[CONF_QUEUE], **entry.options}
        if len(self._queues) == 1:
            return {CONF_QUEUE: self._queues[0]}
        # Without it, the frontend would choose the first of several.
        return {CONF_QUEUE: ""}

    async def _async_check_all(self, user_input: dict[str, Any]) -> QueueCheck:
        """Check the chosen queue."""
        async with async_connect(self.hass, self._server, self._options()) as client:
            return await async_check_all(
                client,
                user_input[CONF_QUEUE].strip(),
                user_input[CONF_DEVICE_ID_FIELD].strip(),
            )

    def _finish(self, queue: str, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Create the entry, or change the one that is being reconfigured."""
        data = {**self._server, CONF_QUEUE: queue}
        options = {CONF_DEVICE_ID_FIELD: user_input[CONF_DEVICE_ID_FIELD].strip()}
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            same = queue == entry.data[CONF_QUEUE]
            return self.async_update_reload_and_abort(
                entry,
                title=entry.title if same else _title(queue),
                data=data,
                options={**entry.options, **options},
            )
        return self.async_create_entry(title=_title(queue), data=data, options=options)


def _title(queue: str) -> str:
    """Return the first title of an entry, which people may change."""
    return f"Service Management ({queue})"


def _errors(check: QueueCheck) -> dict[str, str]:
    """Return the problems found by the field of the form that shows them."""
    errors: dict[str, str] = {}
    for problem in check.problems:
        field = CONF_DEVICE_ID_FIELD if problem is Problem.FIELD_MISSING else CONF_QUEUE
        errors.setdefault(field, problem.value)
    if check.field_id in check.unfit_fields:
        errors[CONF_DEVICE_ID_FIELD] = "field_unfit"
    return errors
