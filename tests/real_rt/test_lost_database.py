"""RT loses its database while it works on a request, as in a restart or a fail-over of the database.

A file cannot be lost like that; see test_locked_database for what its twin is with SQLite.
"""

import os
from random import uniform

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.ha_rt.tickets import exactly_once
from scripts.live.rt import RTServer
from tests.real_rt.common import (
    SetUp,
    contents,
    create_by_hand,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.faults import is_search, is_write
from tests.real_rt.known_faults import ON
from tests.real_rt.losing import Losing
from tests.real_rt.relay import relay

pytestmark = pytest.mark.skipif(
    ON.database == "sqlite", reason="A file cannot be lost during a request"
)

# What RT reads or writes meanwhile, each at another moment.
TABLES = (
    *("Queues", "CustomFields", "Tickets", "Groups", "CachedGroupMembers"),
    *("Transactions", "Attachments", "ObjectCustomFieldValues", "Scrips"),
)

# How often to cut at any moment; the table says where a few are sure to be met.
CUTS = int(os.environ.get("CUTS", "5"))


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look soon for what was lost."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.1))


async def reported(hass: HomeAssistant, device_id: str, text: str) -> bool:
    """Report, and return whether that was told to be done."""
    try:
        await report(hass, device_id, text)
    except HomeAssistantError:
        return False
    return True


async def test_create(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """What is told to be created is in RT, once."""
    losing = Losing(real_rt, is_write)
    missing = []
    async with relay(real_rt, losing) as url:
        await set_up("u-full", url=url)
        for table in TABLES:
            device_id = new_device()
            losing.table = table
            done = await reported(hass, device_id, "It drips.")
            if done and len(tickets_of(real_rt, device_id)) != 1:
                missing.append(table)
    assert missing == []


@pytest.mark.parametrize("what", ["create", "search"])
async def test_at_any_moment(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, what: str
) -> None:
    """There is one ticket at the most, and one where the report is told to be done."""
    losing = Losing(real_rt, is_write if what == "create" else is_search)
    wrong = []
    async with relay(real_rt, losing) as url:
        await set_up("u-full", url=url)
        for _ in range(CUTS):
            device_id = new_device()
            if what == "search":
                create_by_hand(real_rt, device_id)
            losing.seconds = seconds = uniform(0.02, 0.3)  # noqa: S311 - not a secret
            done = await reported(hass, device_id, "It drips.")
            number = len(tickets_of(real_rt, device_id))
            if number > 1 or (done and not number):
                wrong.append((seconds, done, number))
    assert wrong == []


async def test_comment(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """What is told to be commented is in RT, once."""
    losing = Losing(real_rt, is_write)
    missing = []
    async with relay(real_rt, losing) as url:
        await set_up("u-full", url=url)
        device_id = new_device()
        number = (await report(hass, device_id))["ticket_id"]
        for table in TABLES:
            losing.table = table
            done = await reported(hass, device_id, f"Lost at {table}.")
            stored = contents(real_rt, number).count(f"Lost at {table}.")
            if done and stored != 1:
                missing.append(table)
    assert missing == []


async def test_search(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """A ticket that is open is found, or the report fails: no second one is created."""
    losing = Losing(real_rt, is_search)
    doubled = []
    async with relay(real_rt, losing) as url:
        await set_up("u-full", url=url)
        for table in TABLES:
            device_id = new_device()
            create_by_hand(real_rt, device_id)
            losing.table = table
            await reported(hass, device_id, "It drips.")
            if len(tickets_of(real_rt, device_id)) != 1:
                doubled.append(table)
    assert doubled == []
