"""What happened is announced once, whatever becomes of Home Assistant and of RT."""

import asyncio

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from tests import Wait, restart
from tests.fake_rt import FakeRT, Person, faults
from tests.watch import EVENTS, Watcher

MANY = 150


def begin_to_poll(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the time of a poll pass, and not what it takes."""
    freezer.tick(61)
    async_fire_time_changed(hass)


async def some_heard(watching: Watcher) -> None:
    """Wait until a few events are announced; there are more."""
    while len(watching.heard) < 5:  # noqa: ASYNC110 - states are no asyncio.Event
        await asyncio.sleep(0)


@pytest.mark.parametrize("helper", [True, False], ids=["told", "silent"])
async def test_rt_shows_nothing_for_a_while(
    fake_rt: FakeRT, watching: Watcher, alice: Person, helper: bool
) -> None:
    """What is shown again is old, and what happened meanwhile is new."""
    ticket = alice.create()
    for _ in range(3):
        alice.comment(ticket, "On my way")
    await watching.poll()
    if not helper:
        # RT tells no rights, so that nothing tells this from an empty queue.
        fake_rt.fail("GET", "^/Helpers/", faults.html(403), times=None)
    rights = fake_rt.rights
    fake_rt.rights = rights - {"ShowTicket"}
    await watching.poll(hours=1)
    alice.reply(ticket, "Done")
    assert await watching.poll(hours=1) == []
    fake_rt.rights = rights

    heard = await watching.poll(hours=1)
    heard += await watching.poll()

    assert [one.split()[0] for one in heard] == ["replied", "status_changed"]


async def test_reload_in_the_middle(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    fake_rt: FakeRT,
    watching: Watcher,
    alice: Person,
    wait: Wait,
) -> None:
    """What was not announced before a reload is announced after it."""
    ticket = alice.create()
    await watching.poll()
    watching.heard.clear()
    numbers = []
    for _ in range(MANY):
        alice.comment(ticket, "On my way")
        numbers.append(fake_rt.transactions)
    begin_to_poll(hass, freezer)
    await some_heard(watching)
    alice.comment(ticket, "Done")
    numbers.append(fake_rt.transactions)
    begin_to_poll(hass, freezer)
    assert len(watching.heard) < MANY
    await restart(hass, watching.entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait(minutes=2)

    assert [one["transaction_id"] for one in watching.heard] == numbers


async def test_stop_in_the_middle(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    watching: Watcher,
    alice: Person,
) -> None:
    """What was not announced before a stop is announced after the next start."""
    ticket = alice.create()
    await watching.poll()
    watching.heard.clear()
    for _ in range(MANY):
        alice.comment(ticket, "On my way")
    begin_to_poll(hass, freezer)
    await some_heard(watching)
    hass.set_state(CoreState.stopping)
    await hass.async_block_till_done(wait_background_tasks=True)
    before = [one["transaction_id"] for one in watching.heard]
    assert len(before) < MANY
    hass.set_state(CoreState.running)
    await watching.start()

    heard = before + [one["transaction_id"] for one in watching.heard]
    assert len(heard) == MANY
    assert heard == sorted(set(heard))


async def test_disabled_meanwhile(
    entity_registry: er.EntityRegistry, watching: Watcher, alice: Person
) -> None:
    """What happens while the entity is disabled is not kept for later."""
    entity_registry.async_update_entity(
        EVENTS, disabled_by=er.RegistryEntryDisabler.USER
    )
    alice.create()
    await watching.poll()
    entity_registry.async_update_entity(EVENTS, disabled_by=None)
    assert await watching.start() == []
    alice.create()
    assert await watching.poll() == ["created 2 by alice"]
