"""The form of an entry's options."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .model.settings import OPTIONS, Choice, Number, Option, Statuses, Switch, Text


def _selector(option: Option) -> Selector[Any]:
    """Return what the form asks for an option with."""
    match option.asks_for:
        case Switch():
            return BooleanSelector()
        case Text(is_url=True):
            return TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
            )
        case Text():
            return TextSelector()
        case Number(least=least, most=most, unit=unit):
            config = NumberSelectorConfig(
                min=least, max=most, step=1, mode=NumberSelectorMode.BOX
            )
            if unit:
                config["unit_of_measurement"] = unit
            return NumberSelector(config)
        case Choice(of=words, translation_key=key):
            return SelectSelector(
                SelectSelectorConfig(
                    options=[word.value for word in words], translation_key=key
                )
            )
        case Statuses(suggested=suggested, multiple=multiple):
            return SelectSelector(
                SelectSelectorConfig(
                    options=list(suggested), custom_value=True, multiple=multiple
                )
            )


def _marker(option: Option) -> vol.Marker:
    """Return whether and how an option has to be given."""
    if option.may_be_empty:
        is_text = isinstance(option.asks_for, Text)
        return vol.Optional(option.name, default="" if is_text else list)
    if option.default is None:
        return vol.Optional(option.name)
    return vol.Required(option.name, default=option.default)


_SECTIONS: Final[dict[str, list[Option]]] = {
    name: list(options) for name, options in groupby(OPTIONS, lambda one: one.section)
}
_TOP: Final = _SECTIONS.pop("")


def _schema(options: list[Option]) -> vol.Schema:
    """Return the schema of some options."""
    return vol.Schema({_marker(option): _selector(option) for option in options})


OPTIONS_SCHEMA: Final = _schema(_TOP).extend(
    {
        vol.Required(name): section(_schema(options), {"collapsed": True})
        for name, options in _SECTIONS.items()
    }
)


def flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as they are stored, without the form's sections."""
    options = {k: v for k, v in user_input.items() if k not in _SECTIONS}
    for name in _SECTIONS:
        options |= user_input[name]
    return options


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options by the form's sections."""

    def given(options: list[Option]) -> dict[str, Any]:
        return {one.name: values[one.name] for one in options if one.name in values}

    sections = {name: given(options) for name, options in _SECTIONS.items()}
    return {**given(_TOP), **sections}
