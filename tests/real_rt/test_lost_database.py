"""RT loses its database while it works on a request, as in a restart or a fail-over of the database."""

from collections.abc import Iterator

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.ha_rt import lost
from custom_components.ha_rt.rt import transport
from scripts.live.rt import RTServer
from tests.real_rt.common import (
    SetUp,
    contents,
    create_by_hand,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.conftest import IMPATIENT, serve
from tests.real_rt.faults import is_search, is_write
from tests.real_rt.known_faults import ON
from tests.real_rt.losing import Losing
from tests.real_rt.relay import relay


@pytest.fixture(scope="module")
def fragile_rt(
    real_rt: RTServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RTServer]:
    """Return a server that notices soon that its database is away."""
    if ON.database == "sqlite":
        yield from serve(tmp_path_factory.mktemp("fragile-rt"), IMPATIENT)
    else:
        yield real_rt


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look soon for what was lost, and believe no answer that took RT's patience."""
    monkeypatch.setattr(lost, "LOOKS", (0, 0.1))
    monkeypatch.setattr(transport, "LOCK_SECONDS", 0.25)


def moments(last: float) -> Iterator[float]:
    """Yield moments of a request, in seconds: later and later, again and again."""
    # A lock lasts until RT has answered, a lost connection is soon replaced.
    for _ in range(1 if ON.database == "sqlite" else 3):
        for number in range(1, 25):
            yield last * number / 24


async def reported(hass: HomeAssistant, device_id: str, text: str) -> bool:
    """Report, and return whether that was told to be done."""
    try:
        await report(hass, device_id, text)
    except HomeAssistantError:
        return False
    return True


async def test_create(hass: HomeAssistant, set_up: SetUp, fragile_rt: RTServer) -> None:
    """What is told to be created is in RT, once."""
    losing = Losing(fragile_rt, is_write)
    async with relay(fragile_rt, losing) as url:
        await set_up("u-full", rt=fragile_rt, url=url)
        for after in moments(0.15):
            device_id = new_device()
            losing.after = after
            if await reported(hass, device_id, "It drips."):
                assert len(tickets_of(fragile_rt, device_id)) == 1


async def test_comment(
    hass: HomeAssistant, set_up: SetUp, fragile_rt: RTServer
) -> None:
    """What is told to be commented is in RT, once."""
    losing = Losing(fragile_rt, is_write)
    async with relay(fragile_rt, losing) as url:
        await set_up("u-full", rt=fragile_rt, url=url)
        device_id = new_device()
        number = (await report(hass, device_id))["ticket_id"]
        for attempt, after in enumerate(moments(0.06)):
            losing.after = after
            text = f"Comment {attempt}."
            if await reported(hass, device_id, text):
                assert contents(fragile_rt, number).count(text) == 1


async def test_search(hass: HomeAssistant, set_up: SetUp, fragile_rt: RTServer) -> None:
    """A ticket that is open is found, or the report fails: no second one is created."""
    losing = Losing(fragile_rt, is_search)
    async with relay(fragile_rt, losing) as url:
        await set_up("u-full", rt=fragile_rt, url=url)
        for after in moments(0.05):
            device_id = new_device()
            create_by_hand(fragile_rt, device_id)
            losing.after = after
            await reported(hass, device_id, "It drips.")
            assert len(tickets_of(fragile_rt, device_id)) == 1
