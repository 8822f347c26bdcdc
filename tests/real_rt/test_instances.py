"""Several Home Assistants that report into one queue and do not know of each other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.model.settings import Duplicates
from scripts.live.rt import RTServer
from tests import FACILITY, setup_integration
from tests.real_rt.common import (
    contents,
    custom_fields,
    new_device,
    report,
    ticket,
    tickets_of,
)
from tests.real_rt.relay import Forward, Handle, relay

pytestmark = pytest.mark.one_server

ACCOUNT = "u-full"  # may merge, too

type Instances = Callable[..., Awaitable[list[HomeAssistant]]]
"""Runs some, with the options of their entries; they reach RT at `url`."""


@pytest.fixture
async def instances(
    real_rt: RTServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instances]:
    """Return a function that runs Home Assistants."""
    async with AsyncExitStack() as stack:

        async def run(
            number: int, url: str = real_rt.url, **options: object
        ) -> list[HomeAssistant]:
            return [
                await stack.enter_async_context(
                    _instance(real_rt, url, tmp_path_factory.mktemp("home"), options)
                )
                for _ in range(number)
            ]

        yield run


@asynccontextmanager
async def _instance(
    rt: RTServer, url: str, folder: Path, options: dict[str, object]
) -> AsyncIterator[HomeAssistant]:
    """Run one Home Assistant with an entry."""
    token = rt.tokens[ACCOUNT]
    entry = MockConfigEntry(
        domain=DOMAIN,
        data={"url": url, "token": token, "verify_ssl": True, "queue": FACILITY},
        options=options,
    )
    async with async_test_home_assistant(config_dir=str(folder)) as hass:
        hass.data.pop(DATA_CUSTOM_COMPONENTS)
        frame.async_setup(hass)
        await setup_integration(hass, entry)
        assert entry.state is ConfigEntryState.LOADED
        try:
            yield hass
        finally:
            await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_stop(force=True)


def nobody_creates_before_all_have_looked(number: int) -> Handle:
    """Return what lets requests wait that create a ticket, until all want to."""
    all_have_looked = asyncio.Barrier(number)

    async def handle(request: bytes, forward: Forward) -> bytes:
        if request.startswith(b"POST /REST/2.0/ticket "):
            await all_have_looked.wait()
        return await forward()

    return handle


async def report_at_once(
    homes: list[HomeAssistant], device_id: str
) -> list[dict[str, object]]:
    """Report the same device by each, with a text of its own."""
    return await asyncio.gather(
        *(
            report(home, device_id, f"It drips, says {number}.")
            for number, home in enumerate(homes)
        )
    )


def everybody_said(number: int) -> list[str]:
    """Return the texts of as many reports, in alphabetical order."""
    return sorted(f"It drips, says {each}." for each in range(number))


def refers_to(rt: RTServer, ticket_id: int) -> list[int]:
    """Return the tickets that a ticket refers to."""
    links = rt.database.rows(
        "SELECT LocalTarget FROM Links WHERE LocalBase = ? AND Type = 'RefersTo'",
        ticket_id,
    )
    return [target for (target,) in links]


def effective(rt: RTServer, ticket_id: int) -> int:
    """Return the ticket that a ticket was merged into, or itself."""
    ((into,),) = rt.database.rows(
        "SELECT EffectiveId FROM Tickets WHERE id = ?", ticket_id
    )
    return int(into)


async def test_keys_of_their_own(instances: Instances, real_rt: RTServer) -> None:
    """Ten report all at once and again; none comments on what another one made."""
    homes = await instances(10)
    # RT finds keys in upper and lower case alike.
    names = [new_device("Pump") for _ in range(5)]
    devices = [name for name in names for _ in range(2)]
    devices = [name.lower() if n % 2 else name for n, name in enumerate(devices)]

    first = await asyncio.gather(
        *(
            report(home, each, f"By {each}")
            for home, each in zip(homes, devices, strict=True)
        )
    )
    second = await asyncio.gather(
        *(
            report(home, each, f"Again, {each}")
            for home, each in zip(homes, devices, strict=True)
        )
    )

    assert {answer["action"] for answer in first} == {"created"}
    assert second == [{**answer, "action": "commented"} for answer in first]
    made = {answer["ticket_id"] for answer in first}
    assert len(made) == 10
    assert {each for device in devices for each in tickets_of(real_rt, device)} == made
    for device, answer in zip(devices, first, strict=True):
        ticket_id = answer["ticket_id"]
        assert custom_fields(real_rt, ticket_id) == {"DeviceId": device}
        assert contents(real_rt, ticket_id) == [f"By {device}", f"Again, {device}"]


async def test_key_that_they_share(instances: Instances, real_rt: RTServer) -> None:
    """A device that ten report is one device, whoever is first."""
    first, *others = await instances(10)
    device_id = new_device()

    created = await report(first, device_id, "It drips, says the first.")
    answers = await report_at_once(others, device_id)

    assert answers == [{**created, "action": "commented"}] * 9
    assert tickets_of(real_rt, device_id) == [created["ticket_id"]]
    _, *kept = contents(real_rt, created["ticket_id"])
    assert sorted(kept) == everybody_said(9)


async def test_twins_are_kept(
    instances: Instances, real_rt: RTServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Each goes on with the ticket it made; who made none takes the oldest."""
    async with relay(real_rt, nobody_creates_before_all_have_looked(2)) as url:
        *makers, third = await instances(3, url)
        device_id = new_device()

        made = await report_at_once(makers, device_id)
        again = await report_at_once(makers, device_id)
        taken = await report(third, device_id)

    assert again == [{**answer, "action": "commented"} for answer in made]
    both = tickets_of(real_rt, device_id)
    assert sorted(answer["ticket_id"] for answer in made) == both
    assert [ticket(real_rt, each).status for each in both] == ["new", "new"]
    assert [refers_to(real_rt, each) for each in both] == [[], []]
    assert (taken["ticket_id"], taken["action"]) == (both[0], "commented")
    assert f"#{both[0]}, #{both[1]}" in caplog.text


@pytest.mark.parametrize("number", [2, 5])
async def test_twins_are_linked(
    instances: Instances,
    real_rt: RTServer,
    caplog: pytest.LogCaptureFixture,
    number: int,
) -> None:
    """The younger refer to the oldest, where further reports go."""
    async with relay(real_rt, nobody_creates_before_all_have_looked(number)) as url:
        homes = await instances(number, url, twins=Duplicates.LINK.value)
        device_id = new_device()

        made = await report_at_once(homes, device_id)
        again = await report_at_once(homes, device_id)

    assert "could not be joined" not in caplog.text
    oldest, *younger = tickets_of(real_rt, device_id)
    assert sorted(answer["ticket_id"] for answer in made) == [oldest, *younger]
    assert {answer["action"] for answer in made} == {"created"}
    assert refers_to(real_rt, oldest) == []
    assert [refers_to(real_rt, each) for each in younger] == [[oldest]] * len(younger)
    assert {ticket(real_rt, each).status for each in younger} == {"new"}
    assert {(answer["ticket_id"], answer["action"]) for answer in again} == {
        (oldest, "commented")
    }
    _, *kept = contents(real_rt, oldest)
    assert sorted(kept) == everybody_said(number)


@pytest.mark.parametrize("number", [2, 5])
async def test_twins_are_merged(
    instances: Instances,
    real_rt: RTServer,
    caplog: pytest.LogCaptureFixture,
    number: int,
) -> None:
    """One ticket holds what all said, once, and gets further reports."""
    async with relay(real_rt, nobody_creates_before_all_have_looked(number)) as url:
        homes = await instances(number, url, twins=Duplicates.MERGE.value)
        device_id = new_device()

        made = await report_at_once(homes, device_id)
        again = await report_at_once(homes, device_id)

    assert "could not be joined" not in caplog.text
    oldest = min(answer["ticket_id"] for answer in again)
    assert {answer["action"] for answer in made} == {"created"}
    assert {(answer["ticket_id"], answer["action"]) for answer in again} == {
        (oldest, "commented")
    }
    everywhere = tickets_of(real_rt, device_id)
    assert len(everywhere) == number
    assert {effective(real_rt, each) for each in everywhere} == {oldest}
    kept = [text for each in everywhere for text in contents(real_rt, each)]
    assert sorted(kept) == sorted(everybody_said(number) * 2)
