"""Fixtures of the tests of this folder."""

from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.ha_rt.tickets import exactly_once
from tests.fake_rt import FakeRT
from tests.faults.certificates import Authority
from tests.faults.fake_house import FakeHouse
from tests.faults.house import ignore_broken_connections


@pytest.fixture
async def house(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> FakeHouse:
    """Return a house with a folder of its own, which does not look long."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.05, 0.1))
    monkeypatch.setattr(hass.config, "config_dir", str(tmp_path))
    (tmp_path / ".storage").mkdir()
    ignore_broken_connections(hass)
    return FakeHouse(
        hass=hass, rt=fake_rt, patch=monkeypatch, authority=Authority(tmp_path)
    )
