"""Reports that do nothing: too few of them, or not severe enough."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.tickets import policy
from tests import create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults

THREE = {"min_occurrences": 3, "within": "00:10:00"}
TOO_FEW = {
    "ticket_id": None,
    "ticket_url": None,
    "action": "skipped",
    "reason": "min_occurrences",
}

pytestmark = pytest.mark.usefixtures("noon")


async def test_third_report(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Nothing is asked of RT until the third report, which creates the ticket."""
    assert await create_ticket(hass, **THREE) == TOO_FEW
    assert await create_ticket(hass, **THREE) == TOO_FEW
    assert fake_rt.requests == []
    assert (await create_ticket(hass, **THREE))["action"] == "created"
    assert len(fake_rt.requests) == 4
    # With an open ticket, each one counts.
    assert (await create_ticket(hass, **THREE))["action"] == "commented"


async def test_each_key_is_counted(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Reports of other devices and events do not add up."""
    for key in ({}, {"device_id": "pump"}, {"event_type": "battery"}) * 2:
        assert await create_ticket(hass, **THREE, **key) == TOO_FEW


async def test_too_slow(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Only reports of the last minutes count."""
    for _ in range(5):
        assert await create_ticket(hass, **THREE) == TOO_FEW
        freezer.tick(timedelta(minutes=5))
    freezer.tick(timedelta(minutes=-1))
    assert (await create_ticket(hass, **THREE))["action"] == "created"


async def test_reload(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A reload does not forget what came before."""
    await create_ticket(hass, **THREE)
    await create_ticket(hass, **THREE)
    await hass.config_entries.async_reload(entry.entry_id)
    assert (await create_ticket(hass, **THREE))["action"] == "created"


@pytest.mark.parametrize("by_person", [False, True])
async def test_after_resolution(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, by_person: bool
) -> None:
    """What was reported to the ticket before does not count for the next one."""
    for _ in range(6):
        await create_ticket(hass, **THREE)
    assert len(fake_rt.tickets[1].comments) == 3
    if by_person:
        fake_rt.person("alice").resolve(fake_rt.tickets[1])
    else:
        await hass.services.async_call(
            "ha_rt", "resolve_ticket", {"device_id": "binary_sensor.leak"}
        )
        await hass.async_block_till_done()
    assert fake_rt.tickets[1].status == "resolved"
    assert await create_ticket(hass, **THREE) == TOO_FEW
    assert await create_ticket(hass, **THREE) == TOO_FEW
    assert (await create_ticket(hass, **THREE))["ticket_id"] == 2


async def test_held_back_reports_do_not_count(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Nor do those that were held back for the ticket."""
    await setup_integration(hass, config_entry, comment_policy="throttle")
    for _ in range(6):
        await create_ticket(hass, **THREE)
    assert fake_rt.tickets[1].comments == []
    await hass.services.async_call(
        "ha_rt", "resolve_ticket", {"device_id": "binary_sensor.leak"}, blocking=True
    )
    assert await create_ticket(hass, **THREE) == TOO_FEW


async def test_creation_fails(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """What RT did not take is created by the next report."""
    for _ in range(2):
        await create_ticket(hass, **THREE)
    fake_rt.fail("POST", "ticket$", faults.message(403, "No permission"), 2)
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass, **THREE)
    assert (await create_ticket(hass, **THREE))["action"] == "created"


async def test_forced(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A ticket beside an open one needs as many reports."""
    await create_ticket(hass)
    for _ in range(2):
        answer = await create_ticket(hass, force_create=True, **THREE)
        assert answer["reason"] == "min_occurrences"
    answer = await create_ticket(hass, force_create=True, **THREE)
    assert (answer["action"], answer["ticket_id"]) == ("created", 2)


async def test_bound(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that were counted longest ago are dropped, when there are many."""
    monkeypatch.setattr(policy, "_MAX_COUNTED", 2)
    two = {"min_occurrences": 2}
    for device_id in ("a", "b", "c"):
        await create_ticket(hass, device_id=device_id, **two)
    assert (await create_ticket(hass, device_id="c", **two))["action"] == "created"
    assert (await create_ticket(hass, device_id="a", **two))["action"] == "skipped"


@pytest.mark.parametrize(
    ("minimum", "severity", "action"),
    [
        ("info", "info", "created"),
        ("warning", "info", "skipped"),
        ("warning", "warning", "created"),
        ("critical", "warning", "skipped"),
        ("critical", "critical", "created"),
        ("critical", None, "created"),
    ],
)
async def test_minimum_severity(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    minimum: str,
    severity: str | None,
    action: str,
) -> None:
    """What is less severe than the entry wants asks nothing of RT."""
    await setup_integration(hass, config_entry, minimum_severity=minimum)
    fake_rt.requests.clear()
    answer = await create_ticket(hass, **({"severity": severity} if severity else {}))
    assert answer["action"] == action
    if action == "skipped":
        assert answer["reason"] == "minimum_severity"
        assert fake_rt.requests == []


async def test_minimum_severity_does_not_count(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """What is not severe enough is no occurrence, and no comment."""
    await setup_integration(hass, config_entry, minimum_severity="warning")
    for _ in range(3):
        await create_ticket(hass, severity="info", **THREE)
    assert await create_ticket(hass, severity="critical", **THREE) == TOO_FEW
    await create_ticket(hass)
    await create_ticket(hass, severity="info")
    assert fake_rt.tickets[1].comments == []
