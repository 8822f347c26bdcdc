"""An outbox that is full takes nothing more, and drops nothing."""

import asyncio
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.delivery import outbox
from tests import Wait, create_ticket
from tests.fake_rt import FakeRT

from . import QUEUED, come_back
from .disk import Disk


async def is_refused(hass: HomeAssistant, **data: Any) -> bool:
    """Report, and tell whether there is no room for it."""
    try:
        answer = await create_ticket(hass, **data)
    except HomeAssistantError as err:
        return err.translation_key == "outbox_full"
    assert answer == QUEUED
    return False


def told(fake_rt: FakeRT) -> dict[str, list[str]]:
    """Return the texts that RT got, by the device."""
    return {
        str(ticket.custom_fields["DeviceId"]): [
            ticket.content.partition("\n")[0],
            *(one.partition("\n")[2] for one in ticket.comments),
        ]
        for ticket in fake_rt.tickets.values()
    }


async def test_by_count(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So many keys can wait; their repeats still can."""
    monkeypatch.setattr(outbox, "MAX_PENDING", 3)
    for number in range(3):
        assert not await is_refused(hass, device_id=f"s{number}", text="One")
    assert await is_refused(hass, device_id="s3")
    assert not await is_refused(hass, device_id="s1", text="Two")
    await come_back(fake_rt, wait)
    assert told(fake_rt) == {"s0": ["One"], "s1": ["One", "Two"], "s2": ["One"]}
    assert (await create_ticket(hass, device_id="s3"))["action"] == "created"


async def test_by_text(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file stays small; a repeat that says nothing new has room for long."""
    monkeypatch.setattr(outbox, "MAX_TEXT_BYTES", 6000)
    text = "x" * 2000
    for number in range(2):
        assert not await is_refused(hass, device_id=f"s{number}", text=text)
    assert await is_refused(hass, device_id="s2", text=text)
    assert await is_refused(hass, device_id="s1", text="y" * 2000)
    assert not await is_refused(hass, device_id="s1", text="Short.")
    for _ in range(20):
        assert not await is_refused(hass, device_id="s1", text="Short.")
    assert len(disk.read()) < 6200
    await come_back(fake_rt, wait)
    assert told(fake_rt) == {"s0": [text], "s1": [text, "Short."]}


@pytest.mark.parametrize("at_once", [False, True])
async def test_by_files(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    tmp_path: Path,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
    at_once: bool,
) -> None:
    """Files do not fill the disk, and a report is not kept without its own."""
    monkeypatch.setattr(outbox, "MAX_FILE_BYTES", 2500)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(b"x" * 1000)
    reports = [
        is_refused(hass, device_id=f"s{number}", attachments=str(picture))
        for number in range(4)
    ]
    refused = await asyncio.gather(*reports) if at_once else [await r for r in reports]
    assert sum(refused) == 2
    assert len(disk.files()) == 2
    assert not await is_refused(hass, device_id="s4")
    await come_back(fake_rt, wait)
    assert len(fake_rt.tickets) == 3
    assert [len(t.attachments) for t in fake_rt.tickets.values()] == [1, 1, 0]
