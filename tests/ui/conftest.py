"""A real Home Assistant, a real Request Tracker, and a browser before them."""

from collections.abc import Iterator

import pytest
import pytest_socket

from scripts.live.browser import ROOT, Browser
from scripts.live.flows import Flows
from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.pages import DevicePage, ToDoList, Tools
from scripts.live.rt import RTServer
from tests import FACILITY

LOGS = ROOT / ".dev" / "logs"


@pytest.fixture(scope="package", autouse=True)
def _network_for_package() -> None:
    """Let fixtures of the package reach 127.0.0.1 and, because of the plugin, nothing else."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def _network(socket_enabled: None) -> None:
    """Let the tests do so."""


@pytest.fixture(scope="package", autouse=True)
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a Request Tracker."""
    with RTServer(tmp_path_factory.mktemp("rt")) as server:
        yield server


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHomeAssistant]:
    """Run a Home Assistant."""
    with LiveHomeAssistant(tmp_path_factory.mktemp("home-assistant")) as server:
        yield server


@pytest.fixture(scope="package", autouse=True)
def browser(home: LiveHomeAssistant) -> Iterator[Browser]:
    """Open a browser in which the owner is logged in to Home Assistant."""
    with Browser(LOGS) as browser:
        browser.pages(Flows, home.url).log_in()
        yield browser


@pytest.fixture(scope="package")
def flows(browser: Browser, home: LiveHomeAssistant) -> Flows:
    """Return the dialogs of integrations."""
    return browser.pages(Flows, home.url)


@pytest.fixture(scope="package")
def tools(browser: Browser, home: LiveHomeAssistant) -> Tools:
    """Return the place where actions are tried."""
    return browser.pages(Tools, home.url)


@pytest.fixture(scope="package")
def device(browser: Browser, home: LiveHomeAssistant) -> DevicePage:
    """Return the page of a device."""
    return browser.pages(DevicePage, home.url)


@pytest.fixture(scope="package")
def todo(browser: Browser, home: LiveHomeAssistant) -> ToDoList:
    """Return the page of to-do lists."""
    return browser.pages(ToDoList, home.url)


@pytest.fixture(autouse=True)
def _no_entry(home: LiveHomeAssistant) -> Iterator[None]:
    """Leave no entry to the next test."""
    yield
    for entry in home.ws("config_entries/get", domain="ha_rt"):
        home.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")


def add_entry(home: LiveHomeAssistant, rt: RTServer, token: str) -> None:
    """Add an entry past the frontend."""
    step = home.config_flow(
        "ha_rt",
        {"url": rt.url, "token": token, "verify_ssl": True},
        {"queue": FACILITY, "device_id_field": "DeviceId"},
    )
    assert step["type"] == "create_entry"
