"""RT's errors in words for people: which text of the translations tells which."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .model.custom_fields import UnfitValue
from .queue_check import Unfit
from .rt.errors import (
    CannotConnect,
    Forbidden,
    HostNotFound,
    InvalidAuth,
    NotChanged,
    NotFound,
    NotRT,
    Rejected,
    RTError,
    RTTimeout,
    ServerError,
    TLSError,
    Unsearchable,
)

# A subclass stands before its base.
_KEYS: dict[type[RTError], str] = {
    HostNotFound: "host_not_found",
    CannotConnect: "cannot_connect",
    Forbidden: "missing_right",
    InvalidAuth: "invalid_auth",
    NotFound: "not_found",
    NotChanged: "not_changed",
    NotRT: "not_rt",
    Rejected: "rejected",
    RTTimeout: "timeout",
    ServerError: "server_error",
    TLSError: "tls_error",
}


@contextmanager
def errors_translated(
    hass: HomeAssistant, entry: ConfigEntry, what: str
) -> Iterator[None]:
    """Raise what RT or the network did in words for people; ask for a new token.

    Args:
        hass: Home Assistant.
        entry: The entry, which is loaded.
        what: What is done, for the diagnostics.

    """
    # When the work ends, the entry may have been unloaded.
    recent_errors = entry.runtime_data.coordinator.recent_errors
    try:
        yield
    except RTError as err:
        recent_errors.add(what, err)
        if isinstance(err, InvalidAuth):
            entry.async_start_reauth(hass)
        raise translated(err) from err


def translated(
    err: RTError, kind: type[HomeAssistantError] = HomeAssistantError
) -> HomeAssistantError:
    """Return the error of Home Assistant for what RT or the network did."""
    if isinstance(err, Unsearchable):
        return ServiceValidationError(
            translation_domain=DOMAIN, translation_key=f"{err.what}_{err.reason}"
        )
    if isinstance(err, UnfitValue):
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unfit_custom_fields",
            translation_placeholders={"fields": str(err)},
        )
    if isinstance(err, Unfit):
        return kind(
            translation_domain=DOMAIN,
            translation_key=err.problem,
            translation_placeholders={
                "queue": err.queue,
                "field": err.field,
                "rights": err.rights,
            },
        )
    return kind(
        translation_domain=DOMAIN,
        translation_key=error_key(err),
        translation_placeholders={
            "message": str(err),
            "right": err.right if isinstance(err, Forbidden) else "",
        },
    )


def error_key(err: RTError) -> str:
    """Return the key of an error's text, in exceptions as in the forms."""
    if isinstance(err, Forbidden) and not err.right:
        return "rejected"
    return next(key for kind, key in _KEYS.items() if isinstance(err, kind))
