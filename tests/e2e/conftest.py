"""A real Home Assistant and a real Request Tracker, connected as a person would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket

from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.process import ServerError
from scripts.live.rt import RTError, RTServer


@pytest.fixture(scope="module", autouse=True)
def _network_for_modules() -> None:
    """Let fixtures of modules reach 127.0.0.1 and, because of the plugin, nothing else."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def _network(socket_enabled: None) -> None:
    """Let the tests do so."""


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a Request Tracker."""
    yield from _run(RTServer(tmp_path_factory.mktemp("rt")))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHomeAssistant]:
    """Run a Home Assistant that logs everything."""
    folder: Path = tmp_path_factory.mktemp("home-assistant")
    for running in _run(LiveHomeAssistant(folder)):
        running.action("logger.set_default_level", {"level": "debug"})
        yield running


def _run[S: (RTServer, LiveHomeAssistant)](server: S) -> Iterator[S]:
    """Start a server and stop it in the end."""
    try:
        server.start()
    except (RTError, ServerError) as err:
        pytest.fail(str(err), pytrace=False)
    yield server
    server.stop()
