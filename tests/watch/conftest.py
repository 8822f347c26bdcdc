"""Fixtures of the tests that follow a queue."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import NOW, Wait
from tests.fake_rt import FakeRT
from tests.watch import Watcher


@pytest.fixture
def watcher(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> Watcher:
    """Return who follows the queue as soon as the entry is set up."""
    freezer.move_to(NOW)
    return Watcher(hass, fake_rt, config_entry, wait)


@pytest.fixture
async def watching(watcher: Watcher) -> Watcher:
    """Return who follows the queue already."""
    await watcher.set_up()
    return watcher
