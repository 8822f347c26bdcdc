"""A file that is torn or none of ours is set aside and told; it stops nothing."""

from collections.abc import Iterator
from copy import deepcopy
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import Wait, create_ticket
from tests.fake_rt import FakeRT

from . import LONG, QUEUED, come_back
from .disk import Disk

WAITING = "sensor.facility_management_reports_waiting"

pytestmark = pytest.mark.usefixtures("noon")


def told(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the files that the repair issue names, if there is one."""
    issue = ir.async_get(hass).async_get_issue(
        "ha_rt", f"outbox_unreadable_{entry.entry_id}"
    )
    return (issue.translation_placeholders or {})["files"] if issue else ""


@pytest.fixture
async def written(
    hass: HomeAssistant, keeper: MockConfigEntry, disk: Disk, tmp_path: Path
) -> bytes:
    """Return a file as it is after some reports."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    log = tmp_path / "log.txt"
    log.write_text("dry")
    for device in ("s1", "s2", "s2"):
        await create_ticket(
            hass,
            device_id=device,
            event_type="leak",
            severity="warning",
            requestor="janitor@example.com",
            refers_to="7",
            attachments=[str(log), str(tmp_path / "gone.txt")],
        )
    return disk.read()


async def test_torn(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    written: bytes,
    disk: Disk,
    wait: Wait,
) -> None:
    """Wherever a file ends, Home Assistant starts, and nothing of it is thrown away."""
    for size in range(0, len(written) - 10, 50):
        await wait(seconds=1)
        torn = written[:size]
        disk.write(torn)
        await hass.config_entries.async_reload(keeper.entry_id)
        assert keeper.state is ConfigEntryState.LOADED
        assert hass.states.get(WAITING).state == "0"
        [aside] = disk.set_aside()
        assert aside.read_bytes() == torn
        assert told(hass, keeper) == aside.name
        aside.unlink()
    disk.write(written)
    await hass.config_entries.async_reload(keeper.entry_id)
    assert told(hass, keeper) == ""
    await come_back(fake_rt, wait)
    assert [len(t.comments) for t in fake_rt.tickets.values()] == [0, 1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 4096,
        b"\xff\xfe{}",
        b"[]",
        b"{}",
        b'"text"',
        b'{"version": 1, "key": "ha_rt", "data": {}}',
        b'{"source": {}, "parcels_2": []}',
        b'{"source": null, "pending_1": []}',
        b'{"source": {}, "pending_1": 5}',
        b'{"source": {}, "pending_1": [5, null, [], {}]}',
        b"[" * 200_000,
    ],
)
async def test_none_of_ours(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
    content: bytes,
) -> None:
    """It is kept under another name, until somebody has looked into it."""
    disk.write(content)
    await hass.config_entries.async_reload(keeper.entry_id)
    assert keeper.state is ConfigEntryState.LOADED
    [aside] = disk.set_aside()
    assert aside.read_bytes() == content
    assert told(hass, keeper) == aside.name
    assert await create_ticket(hass) == QUEUED
    await come_back(fake_rt, wait)
    assert len(fake_rt.tickets) == 1
    await hass.config_entries.async_reload(keeper.entry_id)
    assert told(hass, keeper) == aside.name
    aside.unlink()
    await hass.config_entries.async_reload(keeper.entry_id)
    assert told(hass, keeper) == ""


@pytest.mark.parametrize("is_folder", [False, True])
async def test_not_even_a_file(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    wait: Wait,
    is_folder: bool,
) -> None:
    """Something that cannot be read at all is set aside, too."""
    disk.replace(is_folder=is_folder)
    await hass.config_entries.async_reload(keeper.entry_id)
    assert keeper.state is ConfigEntryState.LOADED
    [aside] = disk.set_aside()
    assert told(hass, keeper) == aside.name
    assert await create_ticket(hass) == QUEUED
    await come_back(fake_rt, wait)
    assert len(fake_rt.tickets) == 1


async def test_it_cannot_be_set_aside(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then no report waits, and its caller is told."""
    disk.write(b"of somebody")

    def refuse(*args: object) -> None:
        raise PermissionError("Not yours")

    monkeypatch.setattr(Path, "rename", refuse)
    await hass.config_entries.async_reload(keeper.entry_id)
    assert keeper.state is ConfigEntryState.LOADED
    with pytest.raises(HomeAssistantError) as caught:
        await create_ticket(hass)
    assert caught.value.translation_key == "outbox_unwritable"
    assert disk.read() == b"of somebody"
    await fake_rt.start()
    assert (await create_ticket(hass))["action"] == "created"


async def test_one_is_bad(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    written: bytes,
    disk: Disk,
    wait: Wait,
) -> None:
    """The others are delivered, also when Home Assistant is killed before that."""
    content = json.loads(written)
    del content["pending_1"][0]["first"]["subject"]
    disk.write(json.dumps(content).encode())
    for _ in range(2):
        await wait(seconds=1)
        left = disk.read()
        await hass.config_entries.async_reload(keeper.entry_id)
        assert hass.states.get(WAITING).state == "2"
        [aside] = disk.set_aside()
        assert json.loads(aside.read_bytes()) == content
        assert told(hass, keeper) == aside.name
    assert disk.read() == left
    await come_back(fake_rt, wait)
    [ticket] = fake_rt.tickets.values()
    assert ticket.custom_fields["DeviceId"] == "s2"
    assert [one.content for one in ticket.attachments] == [b"dry"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"first": None, "backlogs": [], "key": "s9", "id": "0" * 32},
        {"id": "0" * 32},
        {"key": "s9"},
    ],
    ids=["empty", "key twice", "number twice"],
)
async def test_one_too_many(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    written: bytes,
    disk: Disk,
    wait: Wait,
    change: dict[str, Any],
) -> None:
    """What somebody has put together by hand stops nothing, and nothing is sent twice."""
    content = json.loads(written)
    content["pending_1"].append({**content["pending_1"][0], **change})
    disk.write(json.dumps(content).encode())
    await hass.config_entries.async_reload(keeper.entry_id)
    assert told(hass, keeper)
    assert hass.states.get(WAITING).state == "3"
    await come_back(fake_rt, wait)
    assert hass.states.get(WAITING).state == "0"
    assert [len(t.comments) for t in fake_rt.tickets.values()] == [0, 1]


async def test_a_path_that_leads_elsewhere(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    written: bytes,
    disk: Disk,
    tmp_path: Path,
    wait: Wait,
) -> None:
    """Nothing outside of the outbox is read, sent or deleted."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    content = json.loads(written)
    for place, path in enumerate([str(secret), "../../../secret"]):
        content["pending_1"][place]["first"]["files"][0][3] = path
    disk.write(json.dumps(content).encode())
    await hass.config_entries.async_reload(keeper.entry_id)
    assert hass.states.get(WAITING).state == "0"
    assert told(hass, keeper)
    await come_back(fake_rt, wait)
    assert fake_rt.tickets == {}
    assert secret.read_text() == "secret"


def spoilt(value: Any) -> Iterator[Any]:
    """Return variants of a JSON value, each with something else at one place."""
    for other in (None, -1, 2.5, True, "x", [], {}, ["x"], [[1, 2]], {"x": 1}):
        if other != value:
            yield other
    if isinstance(value, dict | list):
        places = list(value) if isinstance(value, dict) else range(len(value))
        for place in places:
            for variant in spoilt(value[place]):
                copy = deepcopy(value)
                copy[place] = variant
                yield copy
            copy = deepcopy(value)
            del copy[place]
            yield copy


async def test_something_is_wrong_somewhere(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    written: bytes,
    disk: Disk,
    wait: Wait,
) -> None:
    """Whatever one part of a file says, the others are delivered."""
    content = json.loads(written)
    sample, good = content["pending_1"][1], content["pending_1"][0]
    sample["first"]["files"] = sample["backlogs"][0]["files"] = []
    messages = []
    for number, variant in enumerate(spoilt(sample)):
        # Each is another key's.
        text = json.dumps(variant).replace(sample["id"], f"{number:032x}")
        messages.append(json.loads(text.replace('"s2', f'"n{number}')))
    content["pending_1"] = [*messages, good]
    disk.write(json.dumps(content).encode())
    await hass.config_entries.async_reload(keeper.entry_id)
    assert keeper.state is ConfigEntryState.LOADED
    await fake_rt.start()
    for _ in range(3):
        await wait(**LONG)
    devices = [t.custom_fields.get("DeviceId") for t in fake_rt.tickets.values()]
    assert devices.count("s1") == 1
    assert hass.states.get(WAITING).state == "0"
