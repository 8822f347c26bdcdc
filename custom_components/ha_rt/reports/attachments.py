"""Files and pictures that are sent along with a report."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
import logging
import mimetypes
import os
from pathlib import Path
import re
import stat
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, split_entity_id, valid_entity_id
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.importlib import async_import_module
from homeassistant.util import dt as dt_util, slugify

from ..const import DOMAIN
from ..model.report import Attached
from ..model.text import local_text
from ..rt.models import Attachment

_LOGGER = logging.getLogger(__name__)

_PICTURE_DOMAINS = ("camera", "image")
_SECONDS = 10
_MAX_STEM = 100

_BINARY = "application/octet-stream"
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_SAFE_NAME = re.compile(r"\w[\w.-]*", re.ASCII)

# A folder on the way need not be readable; macOS has no such flag.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW
# A pipe would be waited for.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY

_NO_FILE = "no such file"


async def async_check_sources(hass: HomeAssistant, sources: Sequence[str]) -> None:
    """Refuse what can never be attached; nothing is read.

    Args:
        hass: Home Assistant.
        sources: Entity ids of cameras and images, and absolute paths of files.

    Raises:
        ServiceValidationError: A source is none of them, or Home Assistant may not
            read files there.
    """
    paths = [source for source in sources if not _is_picture(source)]
    if not paths:  # reports without files keep their order
        return
    for path in paths:
        if not _is_path(path):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="attachment_unknown",
                translation_placeholders={"source": path},
            )
    try:
        async with asyncio.timeout(_SECONDS):
            refused = await hass.async_add_executor_job(_refused, hass, paths)
    except TimeoutError:  # a network drive that is away; the report goes on without
        return
    if refused is not None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="attachment_not_allowed",
            translation_placeholders={"source": refused},
        )


async def async_attach(
    hass: HomeAssistant, sources: Sequence[str], max_bytes: int
) -> Attached:
    """Read files and take pictures; a report never fails because one is missing.

    Args:
        hass: Home Assistant.
        sources: Entity ids of cameras and images, and absolute paths of files.
        max_bytes: How large all of them together may be; what does not fit is left
            out.

    Returns:
        The files in the order of their sources, and what is missing.
    """
    sources = list(dict.fromkeys(sources))
    entity_ids = [source for source in sources if _is_picture(source)]
    pictures = await asyncio.gather(
        *(_async_picture(hass, entity_id) for entity_id in entity_ids),
        return_exceptions=True,  # whatever integration a camera is of, it may raise
    )
    taken = dict(zip(entity_ids, pictures, strict=True))
    files: list[Attachment] = []
    failures: dict[str, str] = {}
    deadline = hass.loop.time() + _SECONDS
    for source in sources:
        left = max_bytes - sum(len(file.content) for file in files)
        if source in taken:
            result = _picture(source, taken[source], left)
        else:
            result = await _async_file(hass, source, left, deadline)
        if isinstance(result, Attachment):
            name = _distinct(result.name, {file.name.lower() for file in files})
            files.append(replace(result, name=name))
        else:
            failures[source] = result
    return Attached(files=tuple(files), failures=failures)


# --- pictures ----------------------------------------------------------------


def _is_picture(source: str) -> bool:
    """Tell whether a source is the entity id of a camera or an image."""
    return valid_entity_id(source) and split_entity_id(source)[0] in _PICTURE_DOMAINS


async def _async_picture(hass: HomeAssistant, entity_id: str) -> Any:
    """Return a picture as its integration gives it, or why there is none."""
    domain = split_entity_id(entity_id)[0]
    state = hass.states.get(entity_id)
    if state is None or domain not in hass.config.components:
        return "not found"
    if state.state == STATE_UNAVAILABLE:
        return STATE_UNAVAILABLE
    # Not at the top: cameras bring large libraries, for homes that have none, too.
    module = await async_import_module(hass, f"homeassistant.components.{domain}")
    return await module.async_get_image(hass, entity_id, timeout=_SECONDS)


def _picture(entity_id: str, taken: Any, max_bytes: int) -> Attachment | str:
    """Return what an entity gave as a file, or what is wrong with it."""
    if isinstance(taken, str):
        return taken
    if isinstance(taken, BaseException):
        # Not in the ticket: it may hold the camera's address and password.
        _LOGGER.warning("%s gives no picture: %s", entity_id, taken or repr(taken))
        return "no picture"
    content_type = str(taken.content_type).partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(content_type):
        content_type = _BINARY
    # Some cameras call a JPEG image/jpg, which is no standard's name.
    extension = mimetypes.guess_extension(content_type, strict=False) or ".bin"
    time = local_text(dt_util.utcnow(), "%Y-%m-%dT%H-%M-%S").replace(" ", "_")
    return _sized(
        Attachment(
            name=f"{entity_id}_{time}{extension}",
            content_type=content_type,
            content=bytes(taken.content),
        ),
        max_bytes,
    )


# --- files -------------------------------------------------------------------


def _is_path(source: str) -> bool:
    """Tell whether a source is the whole path of something that a disk can hold."""
    try:
        return Path(source).is_absolute() and b"\0" not in os.fsencode(source)
    except UnicodeEncodeError:  # a half of a character
        return False


def _refused(hass: HomeAssistant, paths: Sequence[str]) -> str | None:
    """Return the first path that is in no folder which the user opened."""
    allowed = hass.config.is_allowed_path
    return next((path for path in paths if not allowed(path)), None)


async def _async_file(
    hass: HomeAssistant, source: str, max_bytes: int, deadline: float
) -> Attachment | str:
    """Return a file, or why it cannot be had."""
    try:
        async with asyncio.timeout_at(deadline):
            return await hass.async_add_executor_job(_file, hass, source, max_bytes)
    except TimeoutError:
        return "no answer"


def _file(hass: HomeAssistant, source: str, max_bytes: int) -> Attachment | str:
    """Read a file, or return why it cannot be read."""
    try:
        path = Path(source).resolve()
        if _refused(hass, [str(path)]):
            return "not in an allowed folder"
        if not path.is_file():
            return _NO_FILE
        with os.fdopen(_open(path), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return _NO_FILE
            content = file.read(max_bytes + 1)
    except OSError as err:
        return str(err.strerror).lower()
    except ValueError:  # a NUL, which no name holds
        return _NO_FILE
    return _sized(
        Attachment(
            name=_safe_name(Path(source)),
            content_type=_content_type(source, content),
            content=content,
        ),
        max_bytes,
    )


def _open(path: Path) -> int:
    """Open a path that holds no link, and still holds none.

    It was resolved and checked; whoever puts a link into its place meanwhile, also
    into that of a folder, gets nothing opened.
    """
    *folders, name = path.parts
    descriptor = os.open(folders[0], _FOLDER)
    for part, flags in (*((folder, _FOLDER) for folder in folders[1:]), (name, _FILE)):
        above = descriptor
        try:
            descriptor = os.open(part, flags, dir_fd=above)
        finally:
            os.close(above)
    return descriptor


# --- both --------------------------------------------------------------------


def _content_type(source: str, content: bytes) -> str:
    """Return the type of a file, by its name.

    RT would write a text in another encoding than UTF-8 anew.
    """
    content_type, encoding = mimetypes.guess_file_type(source)
    if encoding or not content_type:
        return _BINARY
    if content_type.startswith("text/"):
        try:
            content.decode()
        except UnicodeDecodeError:
            return _BINARY
    return content_type


def _sized(file: Attachment, max_bytes: int) -> Attachment | str:
    """Return a file if there is room for it."""
    if not file.content:  # which RT does not take
        return "empty"
    return "too large" if len(file.content) > max_bytes else file


def _safe_name(path: Path) -> str:
    """Return a file's name in letters that arrive as they are."""
    if (
        _SAFE_NAME.fullmatch(path.name)
        and len(path.name) <= _MAX_STEM
        and path.name != "0"
    ):
        return path.name
    extension = slugify(path.suffix)[:_MAX_STEM]
    name = slugify(path.stem)[:_MAX_STEM] + (f".{extension}" if extension else "")
    # Which RT takes for no name at all.
    return "file_0" if name == "0" else name


def _distinct(name: str, taken: set[str]) -> str:
    """Return a name that no other file has."""
    path = Path(name)
    number = 1
    while name.lower() in taken:
        number += 1
        name = f"{path.stem}_{number}{path.suffix}"
    return name
