"""The fake RT keeps the contract that a real RT keeps; see tests/contract."""

from types import SimpleNamespace

import pytest

from tests.contract import (
    FACILITY,
    Contract,
    ContractBelowPath,
    CountSessions,
    PageCases,
    SeededRT,
)
from tests.fake_rt import ALL_RIGHTS, NEWER, FakeRT, faults

WORKED_IN = (FACILITY, "Incidents")
READ_ONLY = {"SeeQueue", "ShowTicket", "SeeCustomField"}
REPORTING = {*READ_ONLY, "CreateTicket", "CommentOnTicket", "ModifyCustomField"}
RIGHTS = {
    **dict.fromkeys(
        ("u-full", "unpriv", "lang-de", "lang-ru", "in-berlin"), ALL_RIGHTS
    ),
    **dict.fromkeys(("alice", "owner1"), ALL_RIGHTS | {"OwnTicket"}),
    **dict.fromkeys(("revoked", "disabled1"), ALL_RIGHTS),
    "ha-service": REPORTING,
    "readonly": READ_ONLY,
    "no-rights": frozenset(),
    "no-cfrights": ALL_RIGHTS - {"SeeCustomField", "ModifyCustomField"},
    "only-initialcf": ALL_RIGHTS - {"ModifyCustomField"} | {"SetInitialCustomField"},
    **{f"no-{right}": ALL_RIGHTS - {right} for right in ALL_RIGHTS},
}


def seed(fake_rt: FakeRT) -> SeededRT:
    """Give the fake RT what the seed of the real one holds."""
    fake_rt.add_queue("Disabled Queue", disabled=True)
    fake_rt.add_queue("Incidents", lifecycle="incident")
    fake_rt.add_queue("Other Queue", fields=())
    fake_rt.queues["Incidents"].fields = ["DeviceId"]
    fake_rt.add_field("Severity", FACILITY, choices=("low", "medium", "high"))
    fake_rt.add_field("Tags", FACILITY, multiple=True)
    fake_rt.add_field("UnappliedCF")
    for name in ("IT/Support", "Büro Ümläut 設備", "Ops \"A\" 'B' \\C"):
        fake_rt.add_queue(name)
    root = fake_rt.accounts[0]
    root.name, root.rights = "root", {*ALL_RIGHTS, "DeleteTicket"}
    for name, rights in RIGHTS.items():
        fake_rt.add_account(name, rights, queues=WORKED_IN)
    fake_rt.add_account("all-queues")
    accounts = {account.name: account for account in fake_rt.accounts}
    accounts["unpriv"].privileged = False
    accounts["in-berlin"].zone = "Europe/Berlin"
    accounts["lang-de"].comments_garbled = faults.latin_1_body
    accounts["lang-ru"].comments_garbled = faults.empty_body
    for name in ("revoked", "disabled1"):
        fake_rt.accounts.remove(accounts[name])
    return SimpleNamespace(
        url=fake_rt.url,
        cookie_name=fake_rt.cookie_name,
        version=fake_rt.version,
        tokens={name: account.token for name, account in accounts.items()},
        users={name: account.id for name, account in accounts.items()},
        queues={name: queue.id for name, queue in fake_rt.queues.items()},
        custom_fields=fake_rt.fields,
    )


@pytest.fixture
def count_sessions(fake_rt: FakeRT) -> CountSessions:
    """Return a function that counts the fake RT's sessions."""
    return lambda: len(fake_rt.sessions)


class TestFakeRT(Contract):
    """The fake RT."""

    @pytest.fixture
    def server(self, fake_rt: FakeRT) -> SeededRT:
        """Return the fake RT."""
        return seed(fake_rt)


class TestNewerFakeRT(PageCases):
    """The fake RT as a newer release."""

    @pytest.fixture
    def server(self, fake_rt: FakeRT) -> SeededRT:
        """Return the fake RT, as what newer releases do differently is tested with."""
        fake_rt.version = NEWER
        return seed(fake_rt)


class TestFakeRTBelowPath(ContractBelowPath):
    """The fake RT below a path."""

    @pytest.fixture
    def server(self, fake_rt: FakeRT) -> SeededRT:
        """Return the fake RT, mounted at a path."""
        fake_rt.sub_path = "/rt"
        return seed(fake_rt)
