"""The form of an entry's options."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import (
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
    CONF_WEB_URL,
)
from .model.settings import DEFAULTS, CommentPolicy, Duplicates
from .model.severity import Severity

# Of RT's own lifecycle; REST2 does not list a lifecycle's statuses.
_OPEN = ["new", "open", "stalled"]
_CLOSED = ["resolved", "rejected"]

PRIORITIES: Final = (
    CONF_PRIORITY_INFO,
    CONF_PRIORITY_WARNING,
    CONF_PRIORITY_CRITICAL,
)


def _number(unit: str | None = None, *, least: int = 0, most: int) -> NumberSelector:
    """Return a selector for a whole number."""
    config = NumberSelectorConfig(
        min=least, max=most, step=1, mode=NumberSelectorMode.BOX
    )
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def _statuses(options: list[str], *, multiple: bool = True) -> SelectSelector:
    """Return a selector for statuses, of whichever lifecycle."""
    return SelectSelector(
        SelectSelectorConfig(options=options, custom_value=True, multiple=multiple)
    )


def _choice(
    options: type[CommentPolicy | Severity | Duplicates], key: str
) -> SelectSelector:
    """Return a selector for one of a few words."""
    return SelectSelector(
        SelectSelectorConfig(options=[o.value for o in options], translation_key=key)
    )


_HOURS = _number("h", most=24 * 366)
_PRIORITY = _number(most=2**31 - 1)

_TOP: Final = {
    CONF_DEVICE_ID_FIELD: TextSelector(),
    CONF_EVENT_TYPE_FIELD: TextSelector(),
    CONF_SEVERITY_FIELD: TextSelector(),
    CONF_OPEN_STATUSES: _statuses(_OPEN),
    CONF_WEB_URL: TextSelector(
        TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
    ),
    CONF_USE_SESSIONS: BooleanSelector(),
    CONF_DRY_RUN: BooleanSelector(),
}
_SECTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "watching": {
        CONF_POLL_SECONDS: _number("s", least=10, most=60 * 60),
        CONF_LOOK_BACK_HOURS: _number("h", most=24 * 31),
    },
    "delivery": {
        CONF_KEEP_REPORTS: BooleanSelector(),
        CONF_DUPLICATES: _choice(Duplicates, "twins"),
    },
    "noise": {
        CONF_COMMENT_POLICY: _choice(CommentPolicy, "comment_policy"),
        CONF_THROTTLE_MINUTES: _number("min", least=1, most=60 * 24 * 31),
        CONF_MINIMUM_SEVERITY: _choice(Severity, "severity"),
    },
    "resolution": {
        CONF_RESOLVE_STATUS: _statuses(_CLOSED, multiple=False),
        CONF_REOPEN_HOURS: _HOURS,
        CONF_REOPEN_STATUS: _statuses(_OPEN, multiple=False),
        CONF_QUIET_STATUSES: _statuses(_CLOSED),
        CONF_QUIET_HOURS: _HOURS,
    },
    "priorities": dict.fromkeys(PRIORITIES, _PRIORITY),
    "content": {
        CONF_DEVICE_FACTS: BooleanSelector(),
        CONF_ATTACHMENT_MB: _number("MB", least=1, most=100),
    },
    "sla": dict.fromkeys(
        (CONF_SLA_HOURS_INFO, CONF_SLA_HOURS_WARNING, CONF_SLA_HOURS_CRITICAL), _HOURS
    ),
}
# What may be left empty, and then is.
_OPTIONAL = {
    CONF_EVENT_TYPE_FIELD: "",
    CONF_SEVERITY_FIELD: "",
    CONF_OPEN_STATUSES: list,
    CONF_QUIET_STATUSES: list,
}


def _marker(name: str) -> vol.Marker:
    """Return how an option is asked for."""
    if name in _OPTIONAL:
        return vol.Optional(name, default=_OPTIONAL[name])
    if name in DEFAULTS:
        return vol.Required(name, default=DEFAULTS[name])
    return vol.Optional(name)


OPTIONS_SCHEMA = vol.Schema(
    {_marker(name): selector for name, selector in _TOP.items()}
    | {
        vol.Required(name): section(
            vol.Schema({_marker(one): selector for one, selector in options.items()}),
            {"collapsed": True},
        )
        for name, options in _SECTIONS.items()
    }
)


def flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as they are stored, without the form's sections."""
    options = {k: v for k, v in user_input.items() if k not in _SECTIONS}
    for name in _SECTIONS:
        options |= user_input[name]
    return options


def nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options by the form's sections."""
    return {
        **{name: options[name] for name in _TOP if name in options},
        **{
            section_name: {name: options[name] for name in names if name in options}
            for section_name, names in _SECTIONS.items()
        },
    }
