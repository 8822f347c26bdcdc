"""A report through the action, as an automation makes it."""

from typing import cast

from homeassistant.core import HomeAssistant

from scripts.benchmark.core import BenchmarkError

SUBJECT = "Water in the kitchen"
TEXT = "The leak sensor under the sink reported water. It is wet there. " * 5


async def report(hass: HomeAssistant, key: str, expected: str) -> int:
    """Report a problem of a device, and return the ticket."""
    response = await hass.services.async_call(
        "ha_rt",
        "create_ticket",
        {"device_id": key, "subject": SUBJECT, "text": TEXT},
        blocking=True,
        return_response=True,
    )
    if not response or response["action"] != expected:
        raise BenchmarkError(f"{key}: {response} where {expected} was expected")
    return cast("int", response["ticket_id"])
