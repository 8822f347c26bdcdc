"""RT drops or truncates what is larger than it is set to keep, and answers as if it had not."""

from collections.abc import Iterator
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from scripts.live.rt import RTServer
from tests import perform
from tests.real_rt.common import SetUp, new_device, report
from tests.real_rt.conftest import serve

LONG = "It pours. " * 10_000


@pytest.fixture(
    scope="module", params=["DropLongAttachments", "TruncateLongAttachments"]
)
def small_rt(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RTServer]:
    """Run a server that keeps a little of each text and file."""
    yield from serve(
        tmp_path_factory.mktemp("small-rt"),
        f"Set($MaxAttachmentSize, 50_000); Set(${request.param}, 1);",
    )


@pytest.mark.parametrize("user", ["u-full", "no-ShowTicketComments"])
async def test_named(
    hass: HomeAssistant, set_up: SetUp, small_rt: RTServer, tmp_path: Path, user: str
) -> None:
    """The answer of each action names what is not there as it was sent."""
    (tmp_path / "pump.log").write_bytes(b"x" * 100_000)
    (tmp_path / "small.log").write_bytes(b"x")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    both = [str(tmp_path / "pump.log"), str(tmp_path / "small.log")]
    await set_up(user, rt=small_rt)
    device = new_device()
    created = await report(hass, device, LONG, attachments=both)
    commented = await report(hass, device, LONG, attachments=both)
    assert [created["action"], commented["action"]] == ["created", "commented"]
    assert created["not_stored"] == commented["not_stored"] == ["text", "pump.log"]
    replied = await perform(
        hass, "add_comment", device_id=device, text="See.", attachments=both, reply=True
    )
    assert replied["not_stored"] == ["pump.log"]
    resolved = await perform(
        hass, "resolve_ticket", device_id=device, text=LONG, attachments=both[1:]
    )
    assert resolved["not_stored"] == ["text"]
