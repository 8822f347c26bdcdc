"""Fixtures of all tests."""

from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import ssl
import sys
from types import ModuleType
from typing import Any

from aiohttp import ClientTimeout
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.ha_rt.connection import async_connect
from custom_components.ha_rt.const import CONF_DEVICE_ID_FIELD, CONF_QUEUE, DOMAIN
from custom_components.ha_rt.rt import http
from custom_components.ha_rt.rt.client import RTClient

# Imported before the test plugin's own folder of custom components shadows it.
from custom_components.ha_rt.tickets import exactly_once

pytest.register_assert_rewrite("tests.contract")

from tests import (  # noqa: E402
    CAMERA,
    FACILITY,
    NOW,
    Load,
    Wait,
    connection_data,
    create_ticket,
    setup_integration,
)
from tests.fake_rt import FakeRT, FakeTicket, Person, faults  # noqa: E402


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find this integration, in the tests that have one."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def short_timeout(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Do not wait long for an answer that a fault holds back; others may take longer."""
    parameters = (
        request.node.callspec.params if hasattr(request.node, "callspec") else {}
    )
    if parameters.get("fault") in {None, *faults.SLOW}:
        monkeypatch.setattr(http, "TIMEOUT", ClientTimeout(total=0.2))


@pytest.fixture(autouse=True)
def _quick_looks(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look for what the fake RT did not confirm without pauses: it is quick."""
    if "fake_rt" in request.fixturenames:
        monkeypatch.setattr(exactly_once, "LOOKS", (0, 0))


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Give each test a folder of its own, for reports wait in real files."""
    folder = tmp_path / "config"
    (folder / ".storage").mkdir(parents=True)
    return str(folder)


@pytest.fixture
async def fake_rt(socket_enabled: None) -> AsyncGenerator[FakeRT]:
    """Return a running fake RT whose account may do all."""
    async with FakeRT() as fake:
        yield fake


@pytest.fixture
async def client(hass: HomeAssistant, fake_rt: FakeRT) -> AsyncGenerator[RTClient]:
    """Return a client of the fake RT, connected as a config entry is."""
    async with async_connect(hass, connection_data(fake_rt), {}) as client:
        yield client


@pytest.fixture
def config_entry(fake_rt: FakeRT) -> MockConfigEntry:
    """Return a config entry for a queue of the fake RT."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Service Management (Facility Management)",
        data={**connection_data(fake_rt), CONF_QUEUE: FACILITY},
        options={CONF_DEVICE_ID_FIELD: "DeviceId"},
    )


@pytest.fixture
async def entry(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> MockConfigEntry:
    """Return the entry, loaded; what it sent while setting up is forgotten."""
    await setup_integration(hass, config_entry)
    fake_rt.requests.clear()
    return config_entry


@pytest.fixture
def load(hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry) -> Load:
    """Return a function that loads the entry, for tests that count requests."""

    async def set_up(**options: Any) -> None:
        await setup_integration(hass, config_entry, **options)
        assert config_entry.state is ConfigEntryState.LOADED
        fake_rt.requests.clear()

    return set_up


@pytest.fixture
async def ticket(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> FakeTicket:
    """Return the open ticket of the device; what was sent for it is forgotten."""
    answer = await create_ticket(hass)
    fake_rt.requests.clear()
    return fake_rt.tickets[answer["ticket_id"]]


@pytest.fixture
def alice(fake_rt: FakeRT) -> Person:
    """Return somebody who works on tickets."""
    return fake_rt.person("alice")


@pytest.fixture
def stopped_clock(freezer: FrozenDateTimeFactory) -> None:
    """Stop the clock, for RT and for Home Assistant."""
    freezer.move_to(NOW)


@pytest.fixture
async def noon(
    hass: HomeAssistant, hass_storage: dict[str, Any], freezer: FrozenDateTimeFactory
) -> None:
    """Start at noon, with an empty storage."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-11-21T12:00:00+00:00")


@pytest.fixture
def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Wait:
    """Return a function that lets time pass, and what is due then happen.

    That is in this Home Assistant, unless another one is given.
    """

    async def pass_time(home: HomeAssistant = hass, **time: float) -> None:
        freezer.tick(timedelta(**time))
        async_fire_time_changed(home)
        await home.async_block_till_done(wait_background_tasks=True)

    return pass_time


@pytest.fixture
async def self_signed_rt(
    hass: HomeAssistant, fake_rt: FakeRT, tmp_path: Path
) -> FakeRT:
    """Return a fake RT with a certificate that nobody trusts."""
    report = hass.loop.get_exception_handler()

    def report_others(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        # The server's side of a client that turns away from its certificate.
        if report and not isinstance(context.get("exception"), OSError):
            report(loop, context)

    hass.loop.set_exception_handler(report_others)
    await fake_rt.stop()
    fake_rt.ssl_context = _self_signed(tmp_path / "server.pem")
    await fake_rt.start()
    return fake_rt


def _self_signed(file: Path) -> ssl.SSLContext:
    """Make a certificate and return a TLS context with it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture
def folder_of_files(hass: HomeAssistant, tmp_path: Path) -> None:
    """Let files be read from one folder."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}


@pytest.fixture
def log(tmp_path: Path) -> str:
    """Return the path of a file."""
    path = tmp_path / "pump.txt"
    path.write_text("dry")
    return str(path)


@pytest.fixture
def camera(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what a camera gives next: pictures or errors."""
    given: list[Any] = []
    library = ModuleType("turbojpeg")
    vars(library)["TurboJPEG"] = object
    monkeypatch.setitem(sys.modules, "turbojpeg", library)
    from homeassistant.components.camera import Image  # noqa: PLC0415 - wants the library

    async def take(hass: HomeAssistant, entity_id: str, **more: Any) -> Any:
        answer = given.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Image("image/jpeg", answer)

    monkeypatch.setattr("homeassistant.components.camera.async_get_image", take)
    hass.config.components.add("camera")
    hass.states.async_set(CAMERA, "idle")
    return given
