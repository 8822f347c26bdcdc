"""What people see of the outbox, and what they can do about it."""

import asyncio
from pathlib import Path

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests import Load, Wait, create_ticket, perform
from tests.fake_rt import FakeRT, faults
from tests.test_diagnostics import read

from . import LONG, QUEUED, come_back
from .disk import Disk

WAITING = "sensor.facility_management_reports_waiting"

pytestmark = pytest.mark.usefixtures("noon")


async def test_flush(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry
) -> None:
    """It fails while RT is away, and else delivers all at once."""
    for number in range(3):
        await create_ticket(hass, device_id=f"s{number}")
    with pytest.raises(HomeAssistantError) as caught:
        await perform(hass, "flush_outbox")
    assert caught.value.translation_key == "cannot_connect"
    await fake_rt.start()
    answer = await perform(hass, "flush_outbox")
    assert answer == {"delivered": 3, "waiting": 0, "refused": 0}
    assert len(fake_rt.tickets) == 3
    answer = await perform(hass, "flush_outbox")
    assert answer == {"delivered": 0, "waiting": 0, "refused": 0}


async def test_flush_while_others_come(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry
) -> None:
    """It answers what was delivered, and not how many fewer wait."""
    for text in ("One", "Two"):
        await create_ticket(hass, device_id="s1", text=text)
    await fake_rt.start()
    release = asyncio.Event()
    fake_rt.fail("POST", "/ticket$", faults.held(release))
    flush = asyncio.create_task(perform(hass, "flush_outbox"))
    await fake_rt.until(lambda: bool(fake_rt.sent("POST", "/ticket$")))
    for number in range(2, 5):
        assert await create_ticket(hass, device_id=f"s{number}") == QUEUED
    release.set()
    assert await flush == {"delivered": 2, "waiting": 3, "refused": 0}


async def test_clear(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    disk: Disk,
    tmp_path: Path,
    wait: Wait,
) -> None:
    """It drops what waits only if the caller knows how much that is."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    log = tmp_path / "log.txt"
    log.write_text("dry")
    for device in ("s1", "s2", "s1"):
        await create_ticket(hass, device_id=device, attachments=str(log))
    for wrong in (0, 2, 4):
        with pytest.raises(ServiceValidationError) as caught:
            await perform(hass, "clear_outbox", count=wrong)
        assert caught.value.translation_key == "outbox_count"
        assert caught.value.translation_placeholders == {
            "count": "3",
            "given": str(wrong),
        }
    assert len(disk.files()) == 3
    assert await perform(hass, "clear_outbox", count=3) == {"cleared": 3}
    assert hass.states.get(WAITING).state == "0"
    assert disk.files() == []
    assert b"s1" not in disk.read()
    await come_back(fake_rt, wait)
    assert fake_rt.tickets == {}
    assert await perform(hass, "clear_outbox", count=0) == {"cleared": 0}


async def test_who_dropped_what(
    hass: HomeAssistant,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    keeper: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log tells; who may not drop anything does not."""

    async def clear(count: int, user: MockUser) -> None:
        await hass.services.async_call(
            "ha_rt",
            "clear_outbox",
            {"count": count},
            blocking=True,
            context=Context(user_id=user.id),
        )

    for device in ("s1", "s2", "s1"):
        await create_ticket(hass, device_id=device)
    with pytest.raises(Unauthorized):
        await clear(3, hass_read_only_user)
    assert hass.states.get(WAITING).state == "3"
    assert "drops" not in caplog.text
    hass_admin_user.name = "Ada"
    await clear(3, hass_admin_user)
    assert "User Ada drops 3 reports that RT did not get: s1 (2); s2 (1)" in caplog.text
    await create_ticket(hass)
    await perform(hass, "clear_outbox", count=1)
    assert "An automation drops 1 reports" in caplog.text
    caplog.clear()
    await clear(0, hass_admin_user)
    assert "drops" not in caplog.text


async def test_as_if_nothing_had_been(
    hass: HomeAssistant, fake_rt: FakeRT, keeper: MockConfigEntry, wait: Wait
) -> None:
    """After RT was away and all was dropped, a failure over one key is that key's."""
    await create_ticket(hass)
    await wait(**LONG)
    await perform(hass, "clear_outbox", count=1)
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.answer(500))
    answers = [await create_ticket(hass, device_id=f"s{number}") for number in (1, 2)]
    assert [answer["action"] for answer in answers] == ["queued", "created"]


async def test_the_sensor(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """It counts what is held back and what waits, and is there when RT is not."""
    await load(keep_reports=True, comment_policy="throttle")
    await create_ticket(hass)
    await create_ticket(hass, text="Held back.")
    assert hass.states.get(WAITING).state == "1"
    await fake_rt.stop()
    for text in ("One", "Two"):
        await create_ticket(hass, device_id="sensor.other", text=text)
    assert hass.states.get(WAITING).state == "3"
    await come_back(fake_rt, wait)
    assert hass.states.get(WAITING).state == "1"
    await wait(minutes=30)
    assert hass.states.get(WAITING).state == "0"


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    fake_rt: FakeRT,
    keeper: MockConfigEntry,
    tmp_path: Path,
    wait: Wait,
) -> None:
    """They tell how much waits and why, and not what."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    log = tmp_path / "log.txt"
    log.write_text("dry")
    await create_ticket(hass, device_id="s1", text="Secret", attachments=str(log))
    await create_ticket(hass, device_id="s1", text="Secret, too")
    await create_ticket(hass, device_id="s2", text="Secret")
    diagnostics = await read(hass, hass_client, keeper)
    assert "Secret" not in str(diagnostics)
    assert diagnostics["outbox"]["waiting"] == 3
    assert diagnostics["outbox"]["refused"] == []
    assert diagnostics["outbox"]["file_bytes"] == 3
    assert diagnostics["outbox"]["set_aside"] == []
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.message(400, "Bad"), 2)
    await wait(**LONG)
    diagnostics = await read(hass, hass_client, keeper)
    assert diagnostics["outbox"]["waiting"] == 0
    assert len(diagnostics["outbox"]["refused"]) == 1
    kinds = [
        one["error"] for one in diagnostics["recent_errors"] if one["what"] == "outbox"
    ]
    assert kinds == ["CannotConnect", "Rejected"]
