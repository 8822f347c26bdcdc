"""A real Request Tracker, and ways to it for the tests of this folder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.http import KEEPALIVE_SECONDS
from scripts.live.process import ServerError
from scripts.live.rt import RTError, RTServer
from tests import FACILITY, setup_integration
from tests.real_rt.common import ClientFor, SetUp, notify
from tests.real_rt.known_faults import ON, expect_failures

# perl: the database handle's own patience is 30 seconds.
IMPATIENT = """
require DBI;
my $connect = \\&DBI::connect;
no warnings 'redefine';
*DBI::connect = sub {
    my $handle = &$connect;
    $handle->sqlite_busy_timeout(300) if $handle;
    return $handle;
};
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect what is known to fail on the RT that is tested on."""
    expect_failures(items)


@pytest.fixture(scope="module", autouse=True)
def _network_for_modules() -> None:
    """Let fixtures of modules reach 127.0.0.1 and, because of the plugin, nothing else."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def _network(socket_enabled: None) -> None:
    """Let the tests do so."""


def serve(folder: Path, settings: str = "", **options: object) -> Iterator[RTServer]:
    """Run a server, perhaps with settings of its own, for a fixture to yield from."""
    # A session's fixtures are set up before those that open the network.
    pytest_socket.enable_socket()
    if settings:
        file = folder / "none" / "settings.pm"
        file.parent.mkdir()
        file.write_text(f"{settings}\n1;\n", encoding="utf-8")
    server = RTServer(folder, **options)
    try:
        server.start()
        notify(server, wanted=False)
        yield server
    except (RTError, ServerError) as err:
        pytest.fail(str(err), pytrace=False)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def real_rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run the server that the tests share: each works with devices of its own."""
    yield from serve(tmp_path_factory.mktemp("rt"))


@pytest.fixture(scope="module", autouse=True)
def _few_open_tickets(_network_for_modules: None, real_rt: RTServer) -> None:
    """Begin with an empty queue, for an entry reads all that is open in it."""
    real_rt.database.change("UPDATE Tickets SET Status = 'deleted'")


@pytest.fixture(scope="session")
def real_rt_below_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a server whose pages and REST2 lie below a path."""
    yield from serve(tmp_path_factory.mktemp("rt-below-path"), web_path="/rt")


@pytest.fixture(scope="module")
def impatient_rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a server that does not wait 30 seconds for a locked database."""
    if ON.database != "sqlite":
        pytest.skip("A database server does not lock all of its data")
    yield from serve(tmp_path_factory.mktemp("impatient-rt"), IMPATIENT)


@pytest.fixture
def notifications(real_rt: RTServer) -> Iterator[None]:
    """Let RT mail people what happens."""
    notify(real_rt, wanted=True)
    yield
    notify(real_rt, wanted=False)


@pytest.fixture
def no_sessions(real_rt: RTServer) -> None:
    """Begin without any session of earlier tests."""
    real_rt.database.forget_sessions()


@pytest.fixture
async def client_for(real_rt: RTServer) -> AsyncIterator[ClientFor]:
    """Return a function that makes a client for a user."""
    clients = []
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:

        def make(user: str, url: str = real_rt.url) -> RTClient:
            clients.append(RTClient(session, url, real_rt.tokens[user]))
            return clients[-1]

        yield make
        for client in clients:
            await client.close()


@pytest.fixture
async def entries(hass: HomeAssistant) -> AsyncIterator[None]:
    """Unload at the end what a test has set up."""
    yield
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def set_up(hass: HomeAssistant, real_rt: RTServer, entries: None) -> SetUp:
    """Return a function that sets an entry up."""

    async def make(
        user: str = "ha-service",
        queue: str = FACILITY,
        *,
        rt: RTServer = real_rt,
        url: str | None = None,
        token: str | None = None,
        **options: object,
    ) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            data={
                CONF_URL: url or rt.url,
                CONF_TOKEN: token or rt.tokens[user],
                CONF_VERIFY_SSL: True,
                CONF_QUEUE: queue,
            },
            options=options,
        )
        await setup_integration(hass, entry)
        return entry

    return make
