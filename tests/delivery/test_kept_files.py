"""Files and pictures wait with their reports."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import CAMERA, Load, Wait, create_ticket
from tests.fake_rt import FakeRT, FakeTicket, faults

from . import LONG, QUEUED, come_back
from .disk import Disk

pytestmark = pytest.mark.usefixtures("noon", "folder_of_files")


def write(path: str, text: str | None) -> None:
    """Change a file, or delete it."""
    if text is None:
        Path(path).unlink()
    else:
        Path(path).write_text(text)


def files(ticket: FakeTicket) -> list[tuple[str, bytes]]:
    """Return the names and contents of a ticket's files."""
    return [(one.name, one.content) for one in ticket.attachments]


async def test_as_they_were(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    log: str,
    camera: list[Any],
    wait: Wait,
) -> None:
    """RT gets what there was at the time of the report, and the folder is empty then."""
    camera += [b"one", b"two", b"never"]
    assert await create_ticket(hass, attachments=[log, CAMERA]) == QUEUED
    write(log, "wet")
    assert await create_ticket(hass, attachments=[log, CAMERA]) == QUEUED
    write(log, None)
    assert disk.modes() == (0o700, {0o600})
    await hass.config_entries.async_reload(keeper.entry_id)
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    names, contents = zip(*files(ticket), strict=True)
    assert contents == (b"dry", b"one", b"wet", b"two")
    assert names[0] == names[2] == "pump.txt"
    assert names[1].startswith(f"{CAMERA}_")
    assert disk.files() == []
    assert len(camera) == 1


async def test_what_could_not_be_had(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    tmp_path: Path,
    wait: Wait,
) -> None:
    """The ticket says so, as if RT had been there."""
    gone = str(tmp_path / "gone.txt")
    for text in ("One", "Two"):
        assert await create_ticket(hass, text=text, attachments=gone) == QUEUED
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    sorry = f"{gone} could not be attached: no such file"
    assert sorry in ticket.content
    [comment] = ticket.comments
    assert comment == f"12:00:\nTwo\n\n{sorry}"


async def test_lost_on_disk(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    log: str,
    wait: Wait,
) -> None:
    """The report comes without it, and says so."""
    await create_ticket(hass, attachments=log)
    disk.lose_files()
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert "pump.txt could not be attached: it could not be kept" in ticket.content
    assert files(ticket) == []


async def test_too_large_for_rt(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    log: str,
    wait: Wait,
) -> None:
    """The report comes without it, and says so."""
    await create_ticket(hass, attachments=log)
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.answer(413))
    await wait(**LONG)
    [ticket] = fake_rt.tickets.values()
    assert "pump.txt could not be attached: too large for RT" in ticket.content
    assert disk.files() == []


async def test_of_many_repeats(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    load: Load,
    disk: Disk,
    log: str,
    camera: list[Any],
    wait: Wait,
) -> None:
    """One comment takes no more than any other; the newest are kept."""
    await load(keep_reports=True, attachment_mb=1)
    await fake_rt.stop()
    camera += [bytes([number]) * 400_000 for number in range(5)]
    await create_ticket(hass)
    for _ in range(5):
        assert await create_ticket(hass, attachments=CAMERA) == QUEUED
    assert disk.size() == 800_000
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert [content[0] for _, content in files(ticket)] == [3, 4]
    [comment] = ticket.comments
    assert "Older files could not be attached: no room for them while" in comment
    assert disk.files() == []


async def test_left_by_a_stop(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    log: str,
) -> None:
    """What no report needs is gone after the next start, and nothing else."""
    await create_ticket(hass, attachments=log)
    [kept] = disk.files()
    disk.add_file()
    await hass.config_entries.async_reload(keeper.entry_id)
    assert disk.files() == [kept]


async def test_left_for_ever(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    log: str,
    wait: Wait,
) -> None:
    """What cannot be deleted stops neither a start nor a report."""
    await create_ticket(hass, attachments=log)
    disk.add_file()
    with patch.object(Path, "unlink", side_effect=PermissionError):
        await hass.config_entries.async_reload(keeper.entry_id)
    assert len(disk.files()) == 2
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert files(ticket) == [("pump.txt", b"dry")]
