"""What becomes of a report whose key had a ticket that was closed a while ago."""

from enum import Enum, auto
import logging

from homeassistant.util import dt as dt_util

from ..model.settings import Settings
from ..rt.models import Ticket

_LOGGER = logging.getLogger(__name__)


class Choice(Enum):
    """What may be done with the report."""

    NEW = auto()
    """Create a new ticket."""
    REOPEN = auto()
    QUIET = auto()
    """Nothing: a person said that there is no problem."""


def choose(settings: Settings, closed: Ticket | None) -> Choice:
    """Return what the options say.

    Args:
        settings: The options.
        closed: The key's ticket that was closed last.

    """
    if not closed or not closed.resolved:
        return Choice.NEW
    age = dt_util.utcnow() - closed.resolved
    if closed.status.casefold() in settings.quiet_statuses:
        return Choice.QUIET if age < settings.quiet_for else Choice.NEW
    return Choice.REOPEN if age < settings.reopen_within else Choice.NEW
