"""Files and pictures that are sent along with a report."""

import asyncio
from collections.abc import Callable
import os
from pathlib import Path
import sys
import threading
from types import ModuleType
from typing import Any, override
from unittest.mock import Mock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.image import ImageEntity
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import setup_test_component_platform

from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.reports import attachments
from custom_components.ha_rt.reports.attachments import (
    async_attach,
    async_check_sources,
)
from custom_components.ha_rt.rt.models import Attachment

JPEG = b"\xff\xd8\xff\xe0 a picture"
LARGE = 1_000_000
KITCHEN = "camera.kitchen"

type Taker = Callable[[], Any]


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant may read; the one above it may not be."""
    folder = tmp_path.resolve() / "allowed"
    folder.mkdir()
    hass.config.allowlist_external_dirs = {str(folder)}
    return folder


@pytest.fixture
def secret(tmp_path: Path, folder: Path) -> Path:
    """Return a file that Home Assistant may not read, beside the folder."""
    other = tmp_path.resolve() / "other"
    other.mkdir()
    (other / "plan.txt").write_bytes(b"secret")
    return other / "plan.txt"


async def add_cameras(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, **cameras: Taker
) -> None:
    """Set up cameras by what their taking of a picture does."""
    library = ModuleType("turbojpeg")
    vars(library)["TurboJPEG"] = Mock()
    monkeypatch.setitem(sys.modules, "turbojpeg", library)
    from homeassistant.components import camera  # noqa: PLC0415 - wants the library

    class TestCamera(camera.Camera):
        def __init__(self, name: str, take: Taker) -> None:
            super().__init__()
            self._attr_name = name
            self._take = take

        @override
        async def async_camera_image(
            self, width: int | None = None, height: int | None = None
        ) -> bytes | None:
            result = self._take()
            return await result if asyncio.iscoroutine(result) else result

    entities = [TestCamera(name, take) for name, take in cameras.items()]
    setup_test_component_platform(hass, "camera", entities)
    config = {"camera": {"platform": "test"}}
    assert await async_setup_component(hass, "camera", config)
    await hass.async_block_till_done()


def names(attached: attachments.Attached) -> list[str]:
    """Return the names of the files."""
    return [file.name for file in attached.files]


# --- what is refused ---------------------------------------------------------


async def test_good_sources(hass: HomeAssistant, folder: Path) -> None:
    """Whether they can be had at this moment does not matter."""
    await async_check_sources(
        hass, [KITCHEN, "image.map", str(folder / "missing.txt"), str(folder)]
    )


@pytest.mark.parametrize(
    "source", ["sensor.leak", "leak.txt", "../leak.txt", "camera.", "", "/a/\0"]
)
async def test_unknown_sources(hass: HomeAssistant, source: str) -> None:
    """What is neither a picture's entity nor a whole path is refused."""
    with pytest.raises(ServiceValidationError) as error:
        await async_check_sources(hass, [KITCHEN, source])
    assert error.value.translation_domain == DOMAIN
    assert error.value.translation_key == "attachment_unknown"
    assert error.value.translation_placeholders == {"source": source}


@pytest.mark.parametrize(
    "source",
    ["../other/plan.txt", "link.txt", "folder/plan.txt", "../other/missing.txt"],
)
async def test_not_allowed(
    hass: HomeAssistant, folder: Path, secret: Path, source: str
) -> None:
    """No detour leads out of the allowed folders."""
    (folder / "link.txt").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    source = f"{folder}/{source}"
    with pytest.raises(ServiceValidationError) as error:
        await async_check_sources(hass, [str(folder / "x"), source])
    assert error.value.translation_key == "attachment_not_allowed"
    assert error.value.translation_placeholders == {"source": source}

    attached = await async_attach(hass, [source], LARGE)
    assert not attached.files
    assert attached.failures == {source: "not in an allowed folder"}


# --- files -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sent_as", "content_type"),
    [
        ("report.pdf", "report.pdf", "application/pdf"),
        ("Report 2026.PDF", "report_2026.pdf", "application/pdf"),
        ("Küche.jpg", "kuche.jpg", "image/jpeg"),
        ("設備.txt", "she_bei.txt", "application/octet-stream"),
        ('a";\r\nX: y.csv', "a_x_y.csv", "application/octet-stream"),
        ("noext", "noext", "application/octet-stream"),
        (".env", "env", "application/octet-stream"),
        ("log.txt.gz", "log.txt.gz", "application/octet-stream"),
        ("x.unheardof", "x.unheardof", "application/octet-stream"),
        ("0", "file_0", "application/octet-stream"),
        (".0", "file_0", "application/octet-stream"),
        (f"{'a' * 200}.pdf", f"{'a' * 100}.pdf", "application/pdf"),
    ],
)
async def test_files(
    hass: HomeAssistant, folder: Path, name: str, sent_as: str, content_type: str
) -> None:
    """A file arrives whole, under a name that RT does not mangle."""
    content = bytes(range(256)) * 1000
    (folder / name).write_bytes(content)
    attached = await async_attach(hass, [str(folder / name)], LARGE)
    assert attached.files == (
        Attachment(name=sent_as, content_type=content_type, content=content),
    )
    assert attached.failures == {}


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [("utf-8", "text/plain"), ("latin-1", "application/octet-stream")],
)
async def test_text(
    hass: HomeAssistant, folder: Path, encoding: str, content_type: str
) -> None:
    """RT would write a text in another encoding anew."""
    (folder / "x.txt").write_text("Tür", encoding)
    attached = await async_attach(hass, [str(folder / "x.txt")], LARGE)
    assert [file.content_type for file in attached.files] == [content_type]


async def test_distinct_names(hass: HomeAssistant, folder: Path) -> None:
    """Files of one name are told apart; one file is sent once."""
    sources = []
    for below in ("a", "b", "c"):
        (folder / below).mkdir()
        (folder / below / "x.txt").write_text(below)
        sources.append(str(folder / below / "x.txt"))
    (folder / "X.TXT").write_text("d")
    sources.append(str(folder / "X.TXT"))
    attached = await async_attach(hass, [*sources, sources[0]], LARGE)
    assert names(attached) == ["x.txt", "x_2.txt", "x_3.txt", "X_4.TXT"]
    assert [file.content for file in attached.files] == [b"a", b"b", b"c", b"d"]


async def test_link_within(hass: HomeAssistant, folder: Path) -> None:
    """A link to an allowed file is as good as the file."""
    (folder / "2026-11-21.txt").write_text("log")
    (folder / "latest.txt").symlink_to(folder / "2026-11-21.txt")
    attached = await async_attach(hass, [str(folder / "latest.txt")], LARGE)
    assert names(attached) == ["latest.txt"]
    assert attached.files[0].content == b"log"


async def test_what_is_no_file(hass: HomeAssistant, folder: Path) -> None:
    """A pipe without a writer, a folder, nothing at all: said, not waited for."""
    os.mkfifo(folder / "pipe")
    (folder / "empty").touch()
    (folder / "good").write_text("good")
    (folder / "loop").symlink_to(folder / "loop")
    attached = await async_attach(
        hass,
        [
            *(f"{folder}/{name}" for name in ("pipe", "empty", "missing", "good")),
            *(str(folder), f"{folder}/nul\0", f"{folder}/loop"),
        ],
        LARGE,
    )
    assert names(attached) == ["good"]
    assert attached.failures == {
        f"{folder}/pipe": "no such file",
        f"{folder}/empty": "empty",
        f"{folder}/missing": "no such file",
        str(folder): "no such file",
        f"{folder}/nul\0": "no such file",
        f"{folder}/loop": "no such file",
    }


async def test_unreadable(
    hass: HomeAssistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that another account owns is told in the system's words."""
    (folder / "private").write_text("private")
    monkeypatch.setattr(
        attachments.os,
        "open",
        Mock(side_effect=PermissionError(13, "Permission denied")),
    )
    attached = await async_attach(hass, [str(folder / "private")], LARGE)
    assert attached.failures == {str(folder / "private"): "permission denied"}


async def test_size(hass: HomeAssistant, folder: Path) -> None:
    """All that fits is sent, and no more of it than that."""
    for name, size in (("a", 60), ("b", 41), ("c", 40), ("d", 1)):
        (folder / name).write_bytes(bytes(size))
    sources = [f"{folder}/{name}" for name in "abcd"]
    attached = await async_attach(hass, sources, 100)
    assert names(attached) == ["a", "c"]
    assert attached.failures == {sources[1]: "too large", sources[3]: "too large"}


async def test_huge_file(hass: HomeAssistant, folder: Path) -> None:
    """Of a file larger than the memory, no more than the bound is read."""
    (folder / "sparse").touch()
    os.truncate(folder / "sparse", 1 << 40)
    source = str(folder / "sparse")
    attached = await async_attach(hass, [source], 100)
    assert attached.failures == {source: "too large"}


@pytest.mark.parametrize("swapped", ["x/plan.txt", "x"])
async def test_swap_after_the_check(
    hass: HomeAssistant,
    folder: Path,
    secret: Path,
    monkeypatch: pytest.MonkeyPatch,
    swapped: str,
) -> None:
    """A link that takes the place of what was checked leads nowhere."""
    (folder / "x").mkdir()
    (folder / "x" / "plan.txt").write_text("public")
    allowed = hass.config.is_allowed_path

    def check_then_swap(path: str) -> bool:
        result = allowed(path)
        (folder / swapped).rename(folder / "away")
        target = secret if swapped.endswith(".txt") else secret.parent
        (folder / swapped).symlink_to(target)
        return result

    monkeypatch.setattr(hass.config, "is_allowed_path", check_then_swap)
    source = str(folder / "x" / "plan.txt")
    attached = await async_attach(hass, [source], LARGE)
    assert not attached.files
    assert source in attached.failures


async def test_pipe_after_the_check(
    hass: HomeAssistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that takes the place of what was checked is not waited for."""
    monkeypatch.setattr(attachments.Path, "is_file", lambda _: True)
    os.mkfifo(folder / "pipe")
    attached = await async_attach(hass, [str(folder / "pipe")], LARGE)
    assert attached.failures == {str(folder / "pipe"): "no such file"}


async def test_network_drive_is_away(
    hass: HomeAssistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report does not wait for a folder that does not answer."""
    monkeypatch.setattr(attachments, "_SECONDS", 0.05)
    back = threading.Event()
    monkeypatch.setattr(hass.config, "is_allowed_path", lambda _: back.wait(30))
    source = str(folder / "x.txt")
    try:
        await async_check_sources(hass, [source])
        attached = await async_attach(hass, [source], LARGE)
    finally:
        back.set()
    assert attached.failures == {source: "no answer"}


# --- pictures ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ("2026-11-21T09:02:03", "2026-11-21T10-02-03"),
        ("2026-10-25T00:30:00", "2026-10-25T02-30-00_CEST"),
        ("2026-10-25T01:30:00", "2026-10-25T02-30-00_CET"),
    ],
)
async def test_snapshot(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
    taken: str,
    name: str,
) -> None:
    """A camera's picture is named after it and the local time, which is there once."""
    await add_cameras(hass, monkeypatch, kitchen=lambda: JPEG)
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(f"{taken}+00:00")
    assert await async_attach(hass, [KITCHEN], LARGE) == attachments.Attached(
        files=(
            Attachment(
                name=f"camera.kitchen_{name}.jpg",
                content_type="image/jpeg",
                content=JPEG,
            ),
        ),
        failures={},
    )


async def test_cameras_that_give_nothing(
    hass: HomeAssistant,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A camera that is down costs its picture, never the others or the report."""

    def fail() -> bytes:
        raise KeyError("rtsp://me:secret@camera/")

    def cancel() -> bytes:
        raise asyncio.CancelledError

    await add_cameras(
        hass,
        monkeypatch,
        failing=fail,
        nothing=lambda: None,
        gone=lambda: JPEG,
        good=lambda: JPEG,
        cancelled=cancel,
    )
    hass.states.async_set("camera.gone", "unavailable")
    (folder / "x.txt").write_text("x")
    file = str(folder / "x.txt")
    down = ("failing", "nothing", "cancelled", "gone", "never")
    sources = [*(f"camera.{name}" for name in down), file, "camera.good"]
    attached = await async_attach(hass, sources, LARGE)
    assert attached.failures == {
        "camera.failing": "no picture",
        "camera.nothing": "no picture",
        "camera.cancelled": "no picture",
        "camera.gone": "unavailable",
        "camera.never": "not found",
    }
    assert [f.content for f in attached.files] == [b"x", JPEG]
    assert "camera.failing gives no picture: 'rtsp:" in caplog.text


async def test_slow_cameras(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures are taken side by side, and waited for as long as for one."""
    both = asyncio.Barrier(2)

    async def together() -> bytes:
        await both.wait()
        return JPEG

    async def never() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(attachments, "_SECONDS", 1)
    await add_cameras(hass, monkeypatch, a=together, b=together, slow=never)
    started = hass.loop.time()
    sources = ["camera.a", "camera.slow", "camera.b"]
    attached = await async_attach(hass, sources, LARGE)
    assert [file.content for file in attached.files] == [JPEG, JPEG]
    assert attached.failures == {"camera.slow": "no picture"}
    assert hass.loop.time() - started < 5


async def test_large_picture(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that is too large is left out."""
    await add_cameras(hass, monkeypatch, a=lambda: JPEG * 10, b=lambda: JPEG)
    attached = await async_attach(hass, ["camera.a", "camera.b"], len(JPEG) * 9)
    assert attached.failures == {"camera.a": "too large"}
    assert len(attached.files) == 1


@pytest.mark.parametrize(
    ("said", "content_type", "extension"),
    [
        ("image/png", "image/png", "png"),
        ("image/PNG; charset=binary", "image/png", "png"),
        ("image/svg+xml", "image/svg+xml", "svg"),
        ("image/jpg", "image/jpg", "jpg"),
        ("image/x\r\nEvil: 1", "application/octet-stream", "bin"),
        ("image/unheard-of", "image/unheard-of", "bin"),
    ],
)
async def test_image_entity(
    hass: HomeAssistant, said: str, content_type: str, extension: str
) -> None:
    """An image entity says what its picture is."""

    class Map(ImageEntity):
        _attr_name = "Map"
        _attr_content_type = said

        @override
        async def async_image(self) -> bytes | None:
            return b"a map"

    setup_test_component_platform(hass, "image", [Map(hass)])
    assert await async_setup_component(hass, "image", {"image": {"platform": "test"}})
    await hass.async_block_till_done()
    (file,) = (await async_attach(hass, ["image.map"], LARGE)).files
    assert file.name.startswith("image.map_20")
    assert file.name.endswith(f".{extension}")
    assert file.content_type == content_type
    assert file.content == b"a map"


async def test_no_cameras_at_all(hass: HomeAssistant) -> None:
    """A home without cameras does not load what cameras need."""
    hass.states.async_set(KITCHEN, "idle")
    attached = await async_attach(hass, [KITCHEN], LARGE)
    assert attached.failures == {KITCHEN: "not found"}
