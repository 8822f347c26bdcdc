"""The comment policies beside the throttle: always, identical ones, never."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import Wait, create_ticket, setup_integration
from tests.fake_rt import FakeRT

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.parametrize("policy", ["always", "never"])
async def test_policy_without_windows(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    policy: str,
) -> None:
    """Always sends everything; never sends nothing but new tickets."""
    await setup_integration(hass, config_entry, comment_policy=policy)
    for _ in range(3):
        answer = await create_ticket(hass)
    assert len(fake_rt.tickets[1].comments) == (2 if policy == "always" else 0)
    assert answer.get("reason") == ("comments_off" if policy == "never" else None)
    await wait(days=1)
    assert len(fake_rt.tickets[1].comments) == (2 if policy == "always" else 0)


async def test_never_with_minutes(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """The time between comments does not matter where there are none."""
    await setup_integration(
        hass, config_entry, comment_policy="never", throttle_minutes=5
    )
    for _ in range(3):
        assert (await create_ticket(hass)).get("reason") in {None, "comments_off"}
    await wait(minutes=10)
    assert fake_rt.tickets[1].comments == []


async def test_never_and_severity(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Without comments, a repeat still raises the ticket."""
    await setup_integration(hass, config_entry, comment_policy="never")
    await create_ticket(hass, severity="info")
    answer = await create_ticket(hass, severity="critical")
    assert (answer["action"], answer["reason"]) == ("skipped", "comments_off")
    assert fake_rt.tickets[1].priority == 100
    assert fake_rt.tickets[1].comments == []


async def test_identical(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """With a time, a comment like the last one is held back for so long."""
    await setup_integration(hass, config_entry, throttle_minutes=10)
    await create_ticket(hass, text="A")
    assert (await create_ticket(hass, text="A"))["reason"] == "identical"
    assert (await create_ticket(hass, text="B"))["action"] == "commented"
    assert (await create_ticket(hass, text="A"))["action"] == "commented"
    for _ in range(2):
        assert (await create_ticket(hass, text="A"))["reason"] == "identical"
    assert fake_rt.tickets[1].comments == ["B\n\n1 more report, at 12:00.", "A"]
    await wait(minutes=10)
    assert fake_rt.tickets[1].comments[2:] == [
        "A\n\n2 more reports since 12:00, last 12:00."
    ]
    await wait(minutes=11)
    assert (await create_ticket(hass, text="A"))["action"] == "commented"


@pytest.mark.parametrize(
    "other", [{"content_type": "text/html"}, {"subject": "Other", "text": ""}]
)
async def test_not_identical(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    other: dict[str, str],
) -> None:
    """Identical is what would read the same in RT."""
    await setup_integration(hass, config_entry, throttle_minutes=10)
    first = {"text": other.get("text", "A")}
    await create_ticket(hass, **first)
    assert (await create_ticket(hass, **{**first, **other}))["action"] == "commented"
