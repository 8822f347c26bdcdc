"""A fake Request Tracker for tests: an HTTP server that answers as RT 5.0.3 does.

tests/contract holds what it promises; the same cases run against a real RT.
"""

from . import faults
from .account import ALL_RIGHTS, Account, FakeQueue
from .messages import File
from .people import Person
from .sent import Sent
from .server import NEWER, FakeRT
from .sessions import LOG_IN, LOG_OUT
from .ticket import FakeAttachment, FakeTicket, FakeTransaction

__all__ = [
    "ALL_RIGHTS",
    "LOG_IN",
    "LOG_OUT",
    "NEWER",
    "Account",
    "FakeAttachment",
    "FakeQueue",
    "FakeRT",
    "FakeTicket",
    "FakeTransaction",
    "File",
    "Person",
    "Sent",
    "faults",
]
