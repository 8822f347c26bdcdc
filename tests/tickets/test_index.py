"""What is remembered of tickets: on disk, bounded, and for several entries."""

from typing import Any

from aiohttp import web
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from custom_components.ha_rt.tickets import index
from tests import (
    DEVICE,
    FACILITY,
    Wait,
    create_ticket,
    methods,
    restart,
    setup_integration,
)
from tests.fake_rt import FakeRT, FakeTicket, faults

PUMPS = "Pumps"


@pytest.fixture(autouse=True)
def _queue(fake_rt: FakeRT) -> None:
    """Add a second queue."""
    fake_rt.add_queue(PUMPS)


@pytest.fixture
async def other(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return a loaded entry for the second queue."""
    other = MockConfigEntry(domain=DOMAIN, data={**entry.data, CONF_QUEUE: PUMPS})
    await setup_integration(hass, other)
    return other


async def report(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, device: str = DEVICE
) -> FakeTicket:
    """Report to an entry and return the ticket that was used."""
    answer = await create_ticket(hass, device_id=device, config_entry_id=entry.entry_id)
    return fake_rt.tickets[answer["ticket_id"]]


async def test_key_that_rt_makes_another_one(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """The ticket is that of its own device all the same, and not of the other one."""

    async def as_number(request: web.Request, work: faults.Work) -> web.StreamResponse:
        response = await work()
        fake_rt.tickets[1].custom_fields["DeviceId"] = "7"
        return response

    fake_rt.fail("POST", "/ticket$", as_number)
    mine = await report(hass, fake_rt, entry, "007")
    assert await report(hass, fake_rt, entry, "007") is mine
    assert await report(hass, fake_rt, entry, "7") is not mine
    assert await report(hass, fake_rt, entry, "007") is mine


# --- two entries on one server -----------------------------------------------


async def test_the_same_device(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, other: MockConfigEntry
) -> None:
    """Each has its ticket, also when people move both to one queue, or swap them."""
    first = await report(hass, fake_rt, entry)
    second = await report(hass, fake_rt, other)
    assert (first.queue, second.queue) == (FACILITY, PUMPS)
    alice = fake_rt.person("alice")
    for ticket, queue in ((first, PUMPS), (second, FACILITY), (first, FACILITY)):
        alice.move(ticket, queue)
        assert await report(hass, fake_rt, entry) is first
        assert await report(hass, fake_rt, other) is second


async def test_moved_to_the_other_queue(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, other: MockConfigEntry
) -> None:
    """It stays its entry's; the entry whose queue it came to creates its own."""
    first = await report(hass, fake_rt, entry)
    fake_rt.person("alice").move(first, PUMPS)
    second = await report(hass, fake_rt, other)
    assert second is not first
    assert second.queue == PUMPS
    assert await report(hass, fake_rt, entry) is first
    assert await report(hass, fake_rt, other) is second


async def test_entry_that_is_not_loaded(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, other: MockConfigEntry
) -> None:
    """Its tickets are still its own."""
    first = await report(hass, fake_rt, entry)
    fake_rt.person("alice").move(first, PUMPS)
    await hass.config_entries.async_unload(entry.entry_id)
    assert await report(hass, fake_rt, other) is not first


async def test_restart_without_the_other_entry(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, other: MockConfigEntry
) -> None:
    """They are after a restart, too, in which one entry is set up first or alone."""
    first = await report(hass, fake_rt, entry)
    fake_rt.person("alice").move(first, PUMPS)
    fake_rt.fail(
        "GET", f"/queue/{FACILITY.split(maxsplit=1)[0]}", faults.html(502), times=None
    )
    await restart(hass, other, entry)
    assert await report(hass, fake_rt, other) is not first
    fake_rt.heal()
    await hass.config_entries.async_reload(entry.entry_id)
    assert await report(hass, fake_rt, entry) is first


async def test_while_the_other_entry_is_reloaded(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, other: MockConfigEntry
) -> None:
    """A reload of one entry lets the other take nothing."""
    first = await report(hass, fake_rt, entry)
    fake_rt.person("alice").move(first, PUMPS)
    reloading = hass.async_create_task(hass.config_entries.async_reload(entry.entry_id))
    taken = [await report(hass, fake_rt, other) for _ in range(3)]
    assert await reloading
    assert first not in taken
    assert await report(hass, fake_rt, entry) is first


async def test_removed_entry(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    other: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """What nobody claims any more is there for the others; the file is gone."""
    first = await report(hass, fake_rt, entry)
    fake_rt.person("alice").move(first, PUMPS)
    await hass.config_entries.async_remove(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage
    assert await report(hass, fake_rt, other) is first


async def test_same_number_on_another_server(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Numbers of one server say nothing about those of another."""
    await report(hass, fake_rt, entry)
    async with FakeRT() as other_rt:
        ticket = other_rt.add_ticket(DEVICE)
        data = {**entry.data, CONF_URL: other_rt.url, "token": other_rt.token}
        other = MockConfigEntry(domain=DOMAIN, data=data)
        await setup_integration(hass, other)
        assert await report(hass, other_rt, other) is ticket
        assert ticket.id == 1
        await hass.config_entries.async_unload(other.entry_id)


async def test_merged_across_queues(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, other: MockConfigEntry
) -> None:
    """People who merge the tickets of two entries mean one for both."""
    first = await report(hass, fake_rt, entry)
    second = await report(hass, fake_rt, other)
    fake_rt.person("alice").merge(first, second)
    for one in (entry, other, entry):
        assert await report(hass, fake_rt, one) is second


# --- the file ------------------------------------------------------------------


async def test_restart(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A moved ticket is found after a restart."""
    first = await report(hass, fake_rt, entry)
    fake_rt.person("alice").move(first, PUMPS)
    await restart(hass, entry)
    fake_rt.requests.clear()
    assert await report(hass, fake_rt, entry) is first
    assert methods(fake_rt) == "GET POST"


async def test_merged_and_restarted(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A merged one, too."""
    first = await report(hass, fake_rt, entry)
    second = fake_rt.add_ticket("another")
    fake_rt.person("alice").merge(first, second)
    assert await report(hass, fake_rt, entry) is second
    await restart(hass, entry)
    assert await report(hass, fake_rt, entry) is second


async def test_another_queue(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """What was remembered for another queue is forgotten."""
    first = await report(hass, fake_rt, entry)
    before = dict(entry.data)
    for data in ({**before, CONF_QUEUE: PUMPS}, before):
        hass.config_entries.async_update_entry(entry, data=data)
        await hass.config_entries.async_reload(entry.entry_id)
        assert (await report(hass, fake_rt, entry)).queue == data[CONF_QUEUE]
    fake_rt.person("alice").move(first, PUMPS)
    assert await report(hass, fake_rt, entry) is first


async def test_another_server(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """What was remembered for another server is forgotten."""
    await report(hass, fake_rt, entry)
    async with FakeRT() as other_rt:
        other_rt.token = fake_rt.token
        other_rt.add_ticket("something else")
        data = {**entry.data, CONF_URL: other_rt.url}
        hass.config_entries.async_update_entry(entry, data=data)
        await hass.config_entries.async_reload(entry.entry_id)
        assert (await report(hass, other_rt, entry)).id == 2
        await hass.config_entries.async_unload(entry.entry_id)


async def test_bound(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number that was not used for longest goes first; its ticket is found again."""
    monkeypatch.setattr(index, "_MAX_TICKETS", 3)
    devices = [f"sensor.{number}" for number in range(4)]
    tickets = {}
    for device in [*devices[:3], devices[0], devices[3]]:
        tickets[device] = await report(hass, fake_rt, entry, device)
    await hass.config_entries.async_unload(entry.entry_id)
    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]["tickets"]
    assert list(stored) == [devices[2], devices[0], devices[3]]
    await hass.config_entries.async_setup(entry.entry_id)
    for device, ticket in tickets.items():
        assert await report(hass, fake_rt, entry, device) is ticket


async def test_saved_seldom(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    wait: Wait,
) -> None:
    """Repeats of a known ticket do not write the file."""
    await report(hass, fake_rt, entry)
    await wait(seconds=10)
    del hass_storage[f"{DOMAIN}.{entry.entry_id}"]
    await report(hass, fake_rt, entry)
    await wait(seconds=10)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage


@pytest.mark.parametrize(
    "stored",
    [
        {"version": 2, "minor_version": 1, "data": {}},
        {"version": 1, "minor_version": 1, "data": []},
        {"version": 1, "minor_version": 1, "data": {"tickets": {DEVICE: 1}}},
        {"version": 1, "minor_version": 1, "data": {"url": "", "tickets": None}},
        {
            "version": 1,
            "minor_version": 1,
            "data": {"url": "", "queue": 3, "fields": None, "tickets": {}},
        },
    ],
)
async def test_odd_file(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    stored: dict[str, Any],
) -> None:
    """A file from elsewhere or of a newer version stops nothing."""
    key = f"{DOMAIN}.{config_entry.entry_id}"
    hass_storage[key] = {"key": key, **stored}
    await setup_integration(hass, config_entry)
    assert (await create_ticket(hass))["action"] == "created"
    assert (await create_ticket(hass))["action"] == "commented"


@pytest.mark.parametrize(
    "number", [1, "1", None, {}, {"ticket_id": 1.5, "marker": "", "had_key": True}]
)
async def test_odd_number(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    number: Any,
) -> None:
    """What is no number of a ticket is not asked for."""
    key = f"{DOMAIN}.{config_entry.entry_id}"
    tickets = {DEVICE: number, "other": {"ticket_id": 7, "marker": "", "had_key": True}}
    data = {"url": fake_rt.url, "queue": 3, "fields": [], "tickets": tickets}
    hass_storage[key] = {"key": key, "version": 1, "minor_version": 1, "data": data}
    fake_rt.add_ticket(None, status="resolved")
    await setup_integration(hass, config_entry)
    fake_rt.requests.clear()
    assert (await create_ticket(hass))["action"] == "created"
    assert methods(fake_rt) == "GET GET POST GET"
