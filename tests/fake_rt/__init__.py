"""A fake Request Tracker for tests: an HTTP server that answers as RT 5.0.3 does.

tests/contract.py holds what it promises; the same cases run against a real RT.
"""

from . import faults
from .data import ALL_RIGHTS, Account, FakeQueue, FakeTicket
from .server import FakeRT, Sent

__all__ = [
    "ALL_RIGHTS",
    "Account",
    "FakeQueue",
    "FakeRT",
    "FakeTicket",
    "Sent",
    "faults",
]
