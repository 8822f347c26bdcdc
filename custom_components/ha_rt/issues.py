"""Repair issues: what only a person can put right, in RT."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_QUEUE, DOMAIN
from .data import HaRtConfigEntry, HaRtData
from .keys import Key
from .report import Outcome


def _lost_key_issue_id(entry: HaRtConfigEntry) -> str:
    """Return the id of an entry's issue about keys that RT does not keep."""
    return f"lost_key_{entry.entry_id}"


@callback
def async_update_lost_key_issue(
    hass: HomeAssistant,
    entry: HaRtConfigEntry,
    data: HaRtData,
    key: Key,
    outcome: Outcome,
) -> None:
    """Say which right to grant, or that all is well again, after a create."""
    if outcome.lost_key_rights is None or outcome.ticket_id is None:
        return
    if not outcome.lost_key_rights:
        async_delete_issues(hass, entry)
        return
    fields = [data.settings.device_id_field]
    if key.event_type is not None:
        fields.append(data.settings.event_type_field)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _lost_key_issue_id(entry),
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="lost_key",
        translation_placeholders={
            "device_id": key.label(),
            "field": ", ".join(fields),
            "queue": entry.data[CONF_QUEUE],
            "rights": ", ".join(outcome.lost_key_rights),
            "ticket": str(outcome.ticket_id),
            "ticket_url": data.ticket_url(outcome.ticket_id),
        },
    )


@callback
def async_delete_issues(hass: HomeAssistant, entry: HaRtConfigEntry) -> None:
    """Delete the entry's issues."""
    ir.async_delete_issue(hass, DOMAIN, _lost_key_issue_id(entry))
