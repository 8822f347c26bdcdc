"""What RT answers, for the fake RT and for a real one alike.

tests/rt/test_contract.py and tests/real_rt/test_contract.py run the same cases, so
that the fake cannot drift from what it stands for.
"""

from .case import FACILITY
from .cases import Contract, ContractBelowPath
from .pages import PageCases
from .sessions import CountSessions
from .ways import SeededRT

__all__ = [
    "FACILITY",
    "Contract",
    "ContractBelowPath",
    "CountSessions",
    "PageCases",
    "SeededRT",
]
