"""Tickets that people move, merge, close or give to another device."""

from collections.abc import Callable
import logging
import re

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY, perform, restart
from tests.real_rt.common import (
    INCIDENTS,
    SetUp,
    change_by_hand,
    contents,
    create_by_hand,
    new_device,
    report,
    set_status,
    ticket,
)

pytestmark = pytest.mark.one_server

USER = "u-full"  # ha-service is the other entry's


@pytest.fixture
def requests(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return a function that tells the methods of the requests since the last call."""
    caplog.set_level(logging.DEBUG, "custom_components.ha_rt.rt.transport")

    def told() -> str:
        methods = re.findall(r"(GET|POST|PUT) /REST/2.0/\S+: 20\d after", caplog.text)
        caplog.clear()
        return " ".join(methods)

    return told


@pytest.mark.parametrize(
    ("queue", "took"), [(INCIDENTS, "GET POST"), ("Other Queue", "GET GET POST")]
)
async def test_moved(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    requests: Callable[[], str],
    queue: str,
    took: str,
) -> None:
    """In another queue and lifecycle it is still the key's, in two requests.

    Where the queue lacks the field, its first message is looked for.
    """
    entry = await set_up("all-queues")
    device = new_device()
    first = await report(hass, device, "one")
    number = first["ticket_id"]
    change_by_hand(real_rt, number, Queue=queue)
    assert ticket(real_rt, number).queue == queue
    requests()

    for text in ("two", "three"):
        assert await report(hass, device, text) == {**first, "action": "commented"}
        assert requests() == took
    await hass.config_entries.async_reload(entry.entry_id)
    assert (await report(hass, device, "four"))["ticket_id"] == number
    assert contents(real_rt, number) == ["one", "two", "three", "four"]

    status = "closed" if queue == INCIDENTS else "resolved"
    set_status(real_rt, number, status)
    again = await report(hass, device)
    assert again["action"] == "created"
    assert ticket(real_rt, again["ticket_id"]).queue == FACILITY


async def test_reopened_elsewhere(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    requests: Callable[[], str],
) -> None:
    """RT keeps the time of a resolution: it is asked once what a status means."""
    await set_up(USER)
    device = new_device()
    number = (await report(hass, device))["ticket_id"]
    change_by_hand(real_rt, number, Queue=INCIDENTS)
    set_status(real_rt, number, "closed")
    set_status(real_rt, number, "assigned")
    requests()

    assert (await report(hass, device))["ticket_id"] == number
    assert requests() == "GET GET POST"
    assert (await report(hass, device))["ticket_id"] == number
    assert requests() == "GET POST"


async def test_merged(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, requests: Callable[[], str]
) -> None:
    """Two keys in one ticket, until it is closed; then each has its own again."""
    await set_up(USER)
    one, two = new_device(), new_device()
    source = (await report(hass, one))["ticket_id"]
    target = (await report(hass, two))["ticket_id"]
    change_by_hand(real_rt, source, MergeInto=target)
    requests()

    for device, took in 2 * ((one, "GET GET POST"), (two, "GET POST")):
        answer = await report(hass, device)
        assert (answer["action"], answer["ticket_id"]) == ("commented", target)
        assert requests() == took

    third = create_by_hand(real_rt, new_device())
    change_by_hand(real_rt, target, MergeInto=third)
    assert (await report(hass, one))["ticket_id"] == third
    assert (await report(hass, two))["ticket_id"] == third
    answer = await perform(hass, "resolve_ticket", device_id=one, text="Dry.")
    assert (answer["action"], answer["ticket_id"]) == ("resolved", third)
    assert ticket(real_rt, third).status == "resolved"

    numbers = {(await report(hass, device))["ticket_id"] for device in (one, two)}
    assert len(numbers) == 2
    assert third not in numbers


async def test_given_to_another_device(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Then it is that device's; one that lost its device is nobody's."""
    await set_up()
    one, two = new_device(), new_device()
    first = (await report(hass, one))["ticket_id"]
    change_by_hand(real_rt, first, CustomFields={"DeviceId": two})
    second = await report(hass, one)
    assert second["action"] == "created"
    assert (await report(hass, two))["ticket_id"] == first
    change_by_hand(real_rt, second["ticket_id"], CustomFields={"DeviceId": ""})
    third = await report(hass, one)
    assert third["action"] == "created"
    assert third["ticket_id"] != second["ticket_id"]
    assert len(contents(real_rt, second["ticket_id"])) == 1


async def test_moved_out_of_sight(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Where the account may neither look nor write, no report gets lost."""
    await set_up()
    device = new_device()
    number = (await report(hass, device))["ticket_id"]
    change_by_hand(real_rt, number, Queue="Büro Ümläut 設備")

    again = await report(hass, device)
    assert again["action"] == "created"
    assert await report(hass, device) == {**again, "action": "commented"}
    assert len(contents(real_rt, number)) == 1


async def test_two_entries(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Neither takes the other's ticket, wherever people move it, loaded or not."""
    facility = await set_up("ha-service")
    incidents = await set_up(USER, INCIDENTS)
    device = new_device()

    async def report_to(entry: object) -> int:
        answer = await report(hass, device, config_entry_id=entry.entry_id)
        return answer["ticket_id"]

    first = await report_to(facility)
    change_by_hand(real_rt, first, Queue=INCIDENTS)
    await hass.config_entries.async_unload(facility.entry_id)
    second = await report_to(incidents)
    assert second != first
    await hass.config_entries.async_setup(facility.entry_id)
    assert facility.state is ConfigEntryState.LOADED
    change_by_hand(real_rt, second, Queue=FACILITY)
    for _ in range(2):
        assert await report_to(facility) == first
        assert await report_to(incidents) == second

    await restart(hass, incidents, facility)
    assert await report_to(incidents) == second
    assert await report_to(facility) == first
