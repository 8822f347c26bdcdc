"""A report through the action, as an automation makes it."""

from typing import cast

from homeassistant.core import HomeAssistant

from scripts.benchmark.core import BenchmarkError, act

SUBJECT = "Water in the kitchen"
TEXT = "The leak sensor under the sink reported water. It is wet there. " * 5
RECOVERY = "The leak sensor under the sink reports that it is dry again. " * 5


async def report(hass: HomeAssistant, key: str, expected: str) -> int:
    """Report a problem of a device, and return the ticket."""
    response = await act(
        hass,
        "create_ticket",
        {"device_id": key, "subject": SUBJECT, "text": TEXT},
    )
    return _ticket(key, response, expected)


async def resolve(hass: HomeAssistant, key: str) -> int:
    """Report that a device recovered, and return the ticket."""
    response = await act(hass, "resolve_ticket", {"device_id": key, "text": RECOVERY})
    return _ticket(key, response, "resolved")


def _ticket(key: str, response: dict[str, object], expected: str) -> int:
    """Return the ticket of a response that is as expected."""
    if response["action"] != expected:
        raise BenchmarkError(f"{key}: {response} where {expected} was expected")
    return cast("int", response["ticket_id"])
