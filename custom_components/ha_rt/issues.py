"""Repair issues: what only a person can put right."""

from typing import Any, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.loader import async_get_loaded_integration
from yarl import URL

from .connection import async_is_public
from .const import CONF_QUEUE, DOMAIN
from .delivery.outbox import Outbox
from .model.key import Key
from .model.report import Outcome
from .model.settings import Settings
from .model.text import escape_links, escape_markdown
from .queue_check import KnownQueue, Problem, QueueCheck, Unfit, async_check
from .rt.client import RTClient
from .tickets.context import QueueContext

_AMBIGUOUS_FIELDS: Final = "ambiguous_fields"
_LOST_KEY: Final = "lost_key"
_OUTBOX_UNREADABLE: Final = "outbox_unreadable"
_PUBLIC_HTTP: Final = "public_http"
_REPORTS_REFUSED: Final = "reports_refused"

# More would make nobody wiser.
_MAX_NAMED: Final = 5

# Placeholders that are not in titles, and were made for descriptions.
_MARKDOWN: Final = {"device_id", "reports"}

# Where the README says more.
_SECTIONS: Final = {
    _AMBIGUOUS_FIELDS: "what-rt-needs",
    _LOST_KEY: "troubleshooting",
    _OUTBOX_UNREADABLE: "when-rt-cannot-be-reached",
    _PUBLIC_HTTP: "configuration",
    _REPORTS_REFUSED: "when-rt-cannot-be-reached",
    **{problem.value: "what-rt-needs" for problem in Problem},
}


async def async_check_queue(
    hass: HomeAssistant, entry: ConfigEntry, client: RTClient, settings: Settings
) -> QueueCheck:
    """Check the queue in one request, and create issues for what is wrong.

    Raises:
        Unfit: Something is.
        RTError: The server does not answer, or refuses the token.

    """
    check = await async_check(
        client,
        entry.data[CONF_QUEUE],
        settings.device_id_field,
        settings.event_type_field,
        await KnownQueue(hass, entry.entry_id).async_load(entry.data),
    )
    queue, field = entry.data[CONF_QUEUE], settings.device_id_field
    rights = ", ".join(check.missing_rights)
    for problem in Problem:
        if problem in check.problems:
            _create_issue(
                hass,
                entry,
                problem,
                {
                    "entry": entry.title,
                    "field": field,
                    "queue": queue,
                    "rights": rights,
                },
            )
        else:
            _delete_issue(hass, entry, problem)
    _update_ambiguous_fields_issue(hass, entry, settings, check)
    if check.problems:
        raise Unfit(check.problems[0], queue=queue, field=field, rights=rights)
    return check


@callback
def _update_ambiguous_fields_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    settings: Settings,
    check: QueueCheck,
) -> None:
    """Say which of the entry's custom fields share their name, if any do."""
    queue = check.queue
    ambiguous = {
        name: numbers
        for name in (
            settings.device_id_field,
            settings.event_type_field,
            settings.severity_field,
        )
        if queue and len(numbers := queue.custom_fields_of(name)) > 1
    }
    if not ambiguous:
        _delete_issue(hass, entry, _AMBIGUOUS_FIELDS)
        return
    _create_issue(
        hass,
        entry,
        _AMBIGUOUS_FIELDS,
        {
            "entry": entry.title,
            "queue": entry.data[CONF_QUEUE],
            "fields": ", ".join(ambiguous),
            "used": ", ".join(f"#{numbers[0]}" for numbers in ambiguous.values()),
        },
        severity=ir.IssueSeverity.WARNING,
    )


async def async_check_address(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say if the token crosses the internet, where others can read it."""
    url = URL(entry.data[CONF_URL])
    if url.scheme == "http" and await async_is_public(hass, url.raw_host or ""):
        _create_issue(
            hass,
            entry,
            _PUBLIC_HTTP,
            {"entry": entry.title, "url": entry.data[CONF_URL]},
            severity=ir.IssueSeverity.WARNING,
        )
    else:
        _delete_issue(hass, entry, _PUBLIC_HTTP)


@callback
def async_update_lost_key_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    context: QueueContext,
    key: Key,
    outcome: Outcome,
) -> None:
    """Say which right to grant, or that all is well again, after a create."""
    if outcome.lost_key_rights is None or outcome.ticket_id is None:
        return
    if not outcome.lost_key_rights:
        _delete_issue(hass, entry, _LOST_KEY)
        return
    fields = [context.settings.device_id_field]
    if key.event_type is not None:
        fields.append(context.settings.event_type_field)
    _create_issue(
        hass,
        entry,
        _LOST_KEY,
        {
            "device_id": escape_markdown(key.label()),
            "field": ", ".join(fields),
            "queue": entry.data[CONF_QUEUE],
            "rights": ", ".join(outcome.lost_key_rights),
            "ticket": str(outcome.ticket_id),
            "ticket_url": context.ticket_url(outcome.ticket_id),
        },
        data=_source(entry),
    )


@callback
def async_update_outbox_issues(
    hass: HomeAssistant, entry: ConfigEntry, outbox: Outbox
) -> None:
    """Say what RT refused of the outbox and what could not be read of it, if anything."""
    if refused := outbox.refused:
        named = [
            f"- {escape_markdown(pending.key.label())}: {escape_markdown(pending.refusal)}"
            for pending in refused[:_MAX_NAMED]
        ]
        if len(refused) > _MAX_NAMED:
            named.append("- …")
        _create_issue(
            hass,
            entry,
            _REPORTS_REFUSED,
            {
                "entry": entry.title,
                "count": str(sum(pending.count for pending in refused)),
                "reports": "\n".join(named),
            },
        )
    else:
        _delete_issue(hass, entry, _REPORTS_REFUSED)
    if outbox.set_aside:
        _create_issue(
            hass,
            entry,
            _OUTBOX_UNREADABLE,
            {"entry": entry.title, "files": ", ".join(outbox.set_aside)},
        )
    else:
        _delete_issue(hass, entry, _OUTBOX_UNREADABLE)


@callback
def async_tie_issues(hass: HomeAssistant) -> None:
    """Let issues go with their entries: unloaded, disabled or removed.

    What is not seen again by itself comes back with the entry.
    """
    lost: dict[str, ir.IssueEntry] = {}

    @callback
    def changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != DOMAIN:
            return
        if change is ConfigEntryChange.REMOVED:
            lost.pop(entry.entry_id, None)
        elif entry.state is ConfigEntryState.NOT_LOADED:
            issues = ir.async_get(hass)
            if issue := issues.async_get_issue(DOMAIN, _issue_id(entry, _LOST_KEY)):
                lost[entry.entry_id] = issue
            async_delete_issues(hass, entry)
        elif entry.state is ConfigEntryState.SETUP_IN_PROGRESS:
            issue = lost.pop(entry.entry_id, None)
            # The queue may be another one now.
            if issue and issue.data == _source(entry):
                shown = issue.translation_placeholders or {}
                _show_issue(hass, entry, _LOST_KEY, shown, data=issue.data)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the entry's issues."""
    for key in _SECTIONS:
        _delete_issue(hass, entry, key)


@callback
def _create_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    key: str,
    placeholders: dict[str, str],
    *,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
    data: dict[str, Any] | None = None,
) -> None:
    """Create one of the entry's issues, or bring it up to date; see _show_issue."""
    # Work may end when the entry is gone.
    if entry.state is ConfigEntryState.NOT_LOADED:
        return
    shown = {
        name: value if name in _MARKDOWN else escape_links(value)
        for name, value in placeholders.items()
    }
    _show_issue(hass, entry, key, shown, severity=severity, data=data)


@callback
def _show_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    key: str,
    placeholders: dict[str, str],
    *,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
    data: dict[str, Any] | None,
) -> None:
    """Show an issue with placeholders that are fit for Markdown.

    With data, it is not seen again by itself, and outlasts a restart.
    """
    readme = async_get_loaded_integration(hass, DOMAIN).documentation
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, key),
        is_fixable=False,
        data=data,
        is_persistent=data is not None,
        learn_more_url=f"{readme}#{_SECTIONS[key]}",
        severity=severity,
        translation_key=key,
        translation_placeholders=placeholders,
    )


@callback
def _delete_issue(hass: HomeAssistant, entry: ConfigEntry, key: str) -> None:
    """Delete one of the entry's issues, if it is there."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, key))


def _issue_id(entry: ConfigEntry, key: str) -> str:
    """Return what one of the entry's issues is called."""
    return f"{key}_{entry.entry_id}"


def _source(entry: ConfigEntry) -> dict[str, Any]:
    """Return which queue an entry is about."""
    return {name: entry.data[name] for name in (CONF_URL, CONF_QUEUE)}
