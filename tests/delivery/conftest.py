"""Fixtures of the tests of what waits for RT."""

from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import setup_integration
from tests.fake_rt import FakeRT

from .disk import Disk


@pytest.fixture
async def keeper(
    hass: HomeAssistant, noon: None, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> MockConfigEntry:
    """Return an entry that keeps reports, loaded; RT has gone away since."""
    await setup_integration(hass, config_entry, keep_reports=True)
    fake_rt.requests.clear()
    await fake_rt.stop()
    return config_entry


@pytest.fixture
def disk(hass_config_dir: str, config_entry: MockConfigEntry) -> Disk:
    """Return what the entry's outbox has on disk."""
    name = f"ha_rt.{config_entry.entry_id}.outbox"
    return Disk(Path(hass_config_dir, ".storage", name))
