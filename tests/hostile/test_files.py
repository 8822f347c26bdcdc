"""Attachments that lead where nothing is to be read."""

import os
from pathlib import Path
import socket

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.ha_rt.reports import attachments
from custom_components.ha_rt.reports.attachments import (
    async_attach,
    async_check_sources,
)
from tests.hostile import NASTY_TEXTS

LARGE = 1_000_000
SECRET = b"the contents of secrets.yaml"


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant may read, beside one that it may not."""
    for name in ("allowed", "allowed-not", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret").write_bytes(SECRET)
    (tmp_path / "allowed" / "secret").unlink()
    hass.config.allowlist_external_dirs = {str(tmp_path / "allowed")}
    return tmp_path / "allowed"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is read, by its place on the disk when it is opened."""
    read: list[str] = []
    open_ = attachments._open  # noqa: SLF001 - the only place where files are opened

    def note(path: Path) -> int:
        descriptor = open_(path)
        read.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        return descriptor

    monkeypatch.setattr(attachments, "_open", note)
    return read


async def attach(hass: HomeAssistant, source: str) -> list[bytes]:
    """Return what is attached, as an action does it; nothing that is refused."""
    try:
        await async_check_sources(hass, [source])
    except ServiceValidationError:
        pass
    else:
        # Whatever took its place since.
        await async_check_sources(hass, [source])
    return [file.content for file in (await async_attach(hass, [source], LARGE)).files]


@pytest.mark.parametrize(
    "way",
    [
        "{allowed}/../other/secret",
        "{allowed}/./../other/./secret",
        "{allowed}/x/../../other/secret",
        "{allowed}/%2e%2e/other/secret",
        "{allowed}/..%2fother%2fsecret",
        "{allowed}/..\\other\\secret",
        "{allowed}-not/secret",
        "{allowed}//../allowed-not/secret",
        "/{allowed}/../other/secret",
        "{allowed}/link",
        "{allowed}/link-to-link",
        "{allowed}/folder/secret",
        "{allowed}/folder/../other/secret",
        "{allowed}/up/other/secret",
        "{allowed}/dangling",
        "{allowed}/proc/self/root{other}/secret",
        "/proc/self/cwd/../../../../../../{other}/secret",
        "/dev/stdin",
        "/etc/passwd",
        "~/.ssh/id_rsa",
        "file://{other}/secret",
    ],
)
async def test_no_way_out(
    hass: HomeAssistant, folder: Path, read: list[str], way: str
) -> None:
    """No way leads out of the allowed folder."""
    other = folder.parent / "other"
    (folder / "link").symlink_to(other / "secret")
    (folder / "link-to-link").symlink_to(folder / "link")
    (folder / "folder").symlink_to(other)
    (folder / "up").symlink_to("..")
    (folder / "proc").symlink_to("/proc")
    (folder / "dangling").symlink_to(other / "not-yet")
    source = way.format(allowed=folder, other=other)
    assert await attach(hass, source) == []
    (other / "not-yet").write_bytes(SECRET)
    assert await attach(hass, source) == []
    assert read == []


@pytest.mark.parametrize("name", ["zero", "full", "tty", "random"])
async def test_devices(hass: HomeAssistant, read: list[str], name: str) -> None:
    """A device is not read, even where somebody opened its folder."""
    hass.config.allowlist_external_dirs = {"/dev"}
    assert await attach(hass, f"/dev/{name}") == []
    assert read == []


async def test_device_by_link(hass: HomeAssistant, folder: Path) -> None:
    """Nor is it by a link, which leads out of the folder besides."""
    (folder / "zero.jpg").symlink_to("/dev/zero")
    assert await attach(hass, f"{folder}/zero.jpg") == []


async def test_socket(
    hass: HomeAssistant,
    folder: Path,
    read: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A socket is no file."""
    monkeypatch.chdir(folder)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert await attach(hass, f"{folder}/socket") == []
    assert read == []


async def test_file_that_grows(
    hass: HomeAssistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was small when it was looked at is not read without end."""
    (folder / "log").write_bytes(b"small")
    fstat = os.fstat

    def grow(descriptor: int) -> os.stat_result:
        result = fstat(descriptor)
        os.truncate(folder / "log", 1 << 40)
        return result

    monkeypatch.setattr(attachments.os, "fstat", grow)
    attached = await async_attach(hass, [f"{folder}/log"], LARGE)
    assert attached.failures == {f"{folder}/log": "too large"}


@pytest.mark.parametrize("text", NASTY_TEXTS, ids=lambda text: repr(text[:20]))
async def test_odd_paths(
    hass: HomeAssistant, folder: Path, read: list[str], text: str
) -> None:
    """A path that no file system takes is refused, or its file is missing."""
    for source in (text, f"{folder}/{text}", f"{folder}/{text}/x", f"/{text}"):
        assert await attach(hass, source) == []
    assert read == []


@pytest.mark.parametrize(
    "name",
    ['a"b', "a\nb", "a\r\nX: y", "ü💧", "\u202etxt.exe", " ", "-rf", "a;b", "\x01"],
)
async def test_odd_names(hass: HomeAssistant, folder: Path, name: str) -> None:
    """A file with an odd name is sent under a tame one."""
    (folder / f"{name}.jpg").write_bytes(b"picture")
    (file,) = (await async_attach(hass, [f"{folder}/{name}.jpg"], LARGE)).files
    assert file.name.isascii()
    assert file.name.isprintable()
    assert not set(file.name) & set("\"'\\/;:<>|&$ \r\n")
    assert file.name.endswith("jpg")
