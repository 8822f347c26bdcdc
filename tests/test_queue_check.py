"""What the queue check says of the fields of a dedup key."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.ha_rt.queue_check import Problem, async_check, async_check_all
from custom_components.ha_rt.rt.client import RTClient
from tests import FACILITY
from tests.fake_rt import FakeRT


async def test_well(hass: HomeAssistant, client: RTClient, fake_rt: FakeRT) -> None:
    """Both fields are known by their numbers."""
    diagnosis = await async_check_all(client, FACILITY, "deviceid", "EVENTTYPE")
    assert (diagnosis.field_id, diagnosis.event_type_field_id) == (2, 3)
    assert diagnosis.problems == []


@pytest.mark.parametrize("field", ["", "Nothing", "DeviceId"])
async def test_no_event_types(
    hass: HomeAssistant, client: RTClient, fake_rt: FakeRT, field: str
) -> None:
    """Not everybody needs them; one field cannot hold both parts of a key."""
    diagnosis = await async_check_all(client, FACILITY, "DeviceId", field)
    assert (diagnosis.field_id, diagnosis.event_type_field_id) == (2, None)
    assert diagnosis.problems == []


async def test_neither_field(
    hass: HomeAssistant, client: RTClient, fake_rt: FakeRT
) -> None:
    """Two that are missing are not one."""
    diagnosis = await async_check(client, FACILITY, "Nothing", "Nothing")
    assert diagnosis.problems == [Problem.FIELD_MISSING]


@pytest.mark.parametrize("kind", ["Text", "HTML", "Wikitext", "Date", "IPAddress"])
async def test_field_that_keeps_no_text(
    hass: HomeAssistant, client: RTClient, fake_rt: FakeRT, kind: str
) -> None:
    """A field whose values RT rewrites cannot hold a part of a key."""
    fake_rt.types["EventType"] = kind
    diagnosis = await async_check_all(client, FACILITY, "DeviceId")
    assert diagnosis.unfit_fields == {3}
    assert diagnosis.problems == []


async def test_event_type_that_cannot_be_filled(
    hass: HomeAssistant,
    client: RTClient,
    fake_rt: FakeRT,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A right is missed on either field."""

    async def only_device(queue: int) -> set[int]:
        return {2}

    monkeypatch.setattr(client, "fillable_fields", only_device)
    diagnosis = await async_check_all(client, FACILITY, "DeviceId")
    assert diagnosis.missing_rights == ("ModifyCustomField",)
    diagnosis = await async_check_all(client, FACILITY, "DeviceId", "")
    assert diagnosis.missing_rights == ()
