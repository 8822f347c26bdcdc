"""Web servers take no requests of any size, unless they are told to."""

from collections.abc import Iterator
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from scripts.live.rt import RTServer
from tests.real_rt.common import SetUp, begin_flow, contents, new_device, report
from tests.real_rt.conftest import serve
from tests.real_rt.known_faults import ON

# What they are like by themselves: nginx takes 1 MB, mod_fcgid 128 kB.
SETTINGS = {
    "apache": "FcgidMaxRequestLen 131072",
    "nginx": "client_max_body_size 1m;",
}


@pytest.fixture(scope="module")
def narrow_rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a server behind one that has its own idea of large."""
    if ON.web not in SETTINGS:
        pytest.skip(f"{ON.web} takes requests of any size")
    yield from serve(
        tmp_path_factory.mktemp("narrow-rt"), web_settings=SETTINGS[ON.web]
    )


@pytest.mark.parametrize("size", [1_000_000, 9_000_000])
async def test_file_too_large(
    hass: HomeAssistant, set_up: SetUp, narrow_rt: RTServer, tmp_path: Path, size: int
) -> None:
    """A report goes without a file that is too large, and says so."""
    (tmp_path / "pump.log").write_bytes(b"x" * size)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    await set_up(rt=narrow_rt)
    device_id = new_device()
    for number, action in enumerate(("created", "commented"), 1):
        answer = await report(hass, device_id, attachments=str(tmp_path / "pump.log"))
        assert answer["action"] == action
        assert answer["not_stored"] == ["pump.log"]
        assert len(contents(narrow_rt, answer["ticket_id"])) == number


async def test_header_that_is_lost(hass: HomeAssistant, tmp_path: Path) -> None:
    """Apache keeps the token to itself unless it is told otherwise, which the form says."""
    if ON.web != "apache":
        pytest.skip(f"{ON.web} passes it on")
    for rt in serve(tmp_path, web_settings="SetEnvIf ^Auth ^ !HTTP_AUTHORIZATION"):
        step = await begin_flow(hass, rt.url, rt.tokens["u-full"])
    assert step["errors"] == {"token": "invalid_auth"}
