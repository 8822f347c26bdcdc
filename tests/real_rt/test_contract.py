"""RT keeps the contract that the fake RT keeps; see tests/contract."""

import pytest

from scripts.live.rt import RTServer
from tests.contract import Contract, ContractBelowPath, CountSessions
from tests.real_rt.known_faults import ON


@pytest.fixture
def count_sessions(server: RTServer) -> CountSessions:
    """Return a function that counts RT's sessions."""
    return lambda: len(server.database.sessions())


class TestRealRT(Contract):
    """A real RT."""

    closes_soon = ON.web == "starman"

    @pytest.fixture
    def server(self, real_rt: RTServer) -> RTServer:
        """Return the server that the tests of this folder share."""
        return real_rt


class TestRealRTBelowPath(ContractBelowPath):
    """A real RT below a path."""

    @pytest.fixture
    def server(self, real_rt_below_path: RTServer) -> RTServer:
        """Return the server that is mounted at a path."""
        return real_rt_below_path
