"""What an entry keeps in files of Home Assistant's."""

from typing import Final

from homeassistant.exceptions import HomeAssistantError

# What reading such a file can raise: it may be torn, or be of another release.
UNREADABLE: Final = (
    HomeAssistantError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
