"""The form of an entry's options, filled in as people do it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.data_entry_flow import section
import voluptuous as vol

from custom_components.ha_rt.options_form import OPTIONS_SCHEMA

SECTIONS = {
    str(marker): {str(one) for one in selector.schema.schema}
    for marker, selector in OPTIONS_SCHEMA.schema.items()
    if isinstance(selector, section)
}
"""The names of the options in each section."""


def suggested(schema: vol.Schema) -> dict[str, Any]:
    """Return what a form holds when it opens, as a browser sends it."""
    values: dict[str, Any] = {}
    for marker, selector in schema.schema.items():
        if isinstance(selector, section):
            values[str(marker)] = suggested(selector.schema)
        elif "suggested_value" in (marker.description or {}):
            value = marker.description["suggested_value"]
            values[str(marker)] = list(value) if isinstance(value, tuple) else value
    return values


def filled(form: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """Fill a form in; None empties its field."""
    answers = suggested(form["data_schema"])
    for name, value in values.items():
        place = next(
            (answers[s] for s, names in SECTIONS.items() if name in names), answers
        )
        if value is None:
            del place[name]
        else:
            place[name] = value
    return answers
