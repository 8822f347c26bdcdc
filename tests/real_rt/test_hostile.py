"""Any text in a query finds what it is meant for, or is refused before RT sees it."""

import asyncio
from collections.abc import Awaitable, Iterable
from itertools import batched
from typing import Any
from unicodedata import combining, normalize

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
import pytest

from custom_components.ha_rt.rt import ticketsql
from custom_components.ha_rt.rt.errors import RTError, Unsearchable
from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.real_rt.common import (
    ClientFor,
    Journal,
    SetUp,
    create_by_hand,
    new_device,
    report,
)
from tests.real_rt.hostile_texts import KNOWN, TEXTS
from tests.real_rt.known_faults import ON, is_changed

# What RT took for something else, or for all, in a field that is no custom field.
SEARCHED = (
    *("\0", "a\0b", "\ud800", "CF.{DeviceId}", "cf.x", "CF.", "__CurrentUser__", "%"),
    *('"', "'", "\\", "'\\", '" OR id > 0 OR "" = "', "NULL", "0", "-5", "", "💧"),
)

# They stand for several statuses.
_MAGIC = {"__active__", "__inactive__"}


def _plain(text: str) -> str:
    """Return a text in lower case and without accents."""
    return "".join(
        one for one in normalize("NFKD", text.casefold()) if not combining(one)
    )


def _is_pattern(text: str) -> bool:
    """Tell whether a text finds more: RT's wildcards, or what is looked for by one."""
    return bool({"%", "_"} & set(text)) or {"'", "\\"} <= set(text)


def some[T](strategy: st.SearchStrategy[T], number: int) -> list[T]:
    """Return examples, the same every time: RT is asked for many at once."""
    found: list[T] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: T) -> None:
        found.append(example)

    collect()
    return found


async def side_by_side[T](work: Iterable[Awaitable[T]]) -> list[T]:
    """Do it, some at the same time."""
    done: list[T] = []
    for few in batched(work, 8, strict=False):
        done += await asyncio.gather(*few)
    return done


def is_searchable(*parts: str | None) -> bool:
    """Tell whether all parts of a key can be found again."""
    try:
        for part in parts:
            if part is not None:
                ticketsql.check_value(part)
    except Unsearchable:
        return False
    return True


async def test_values(client_for: ClientFor, real_rt: RTServer) -> None:
    """A value finds the ticket that holds it, and others only by upper and lower case."""
    client = client_for("ha-service")
    tags = real_rt.custom_fields["Tags"]
    texts = list(dict.fromkeys([*KNOWN, *some(TEXTS, 40)]))
    values = [text for text in texts if is_searchable(text) and not is_changed(text)]
    refused = [text for text in texts if not is_searchable(text)]
    # Of look-alikes, which are neighbours, each is in another ticket.
    holding = {
        create_by_hand(real_rt, "", CustomFields={str(tags): few}): few
        for few in (values[start::12] for start in range(12))
    }
    here = ticketsql.queue_is(real_rt.queues[FACILITY])

    async def find(text: str) -> dict[int, set[str]]:
        condition = ticketsql.custom_field_is(tags, text)
        found = await client.search(ticketsql.all_of(here, condition))
        return {one.id: set(one.custom_fields[tags]) for one in found}

    found = await side_by_side(find(text) for text in values)

    for text, tickets in zip(values, found, strict=True):
        exact = {number for number, known in tickets.items() if text in known}
        assert exact == {n for n, known in holding.items() if text in known}, text
        if ON.database == "mariadb":
            continue  # accents and blanks at the end are the same to it, too
        for number in tickets:
            folded = {known.casefold() for known in holding[number]}
            assert text.casefold() in folded, text
    for text in refused:
        with pytest.raises(Unsearchable):
            ticketsql.custom_field_is(tags, text)


async def test_queues(client_for: ClientFor, real_rt: RTServer) -> None:
    """A queue is the one with this name, or there is none."""
    client = client_for("root")
    odd = ["IT/Support", "../3", "..", ".", "3", "%33", "3?x=1", "3#x", "//", "a/b"]
    texts = list(dict.fromkeys([*KNOWN[::3], *odd, *real_rt.queues, *some(TEXTS, 10)]))

    async def find(name: str) -> str:
        try:
            queue = await client.queue(name)
        except RTError:
            return ""
        by_number = name.isdecimal() and int(name) == queue.id
        return name if by_number else queue.name

    for name, found in zip(texts, await side_by_side(map(find, texts)), strict=True):
        assert found.casefold() in {"", name.casefold()}, name
        assert found or name not in real_rt.queues, name


@pytest.mark.parametrize("what", ["status", "owner", "text"])
async def test_searches(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, what: str
) -> None:
    """What is looked for in other fields finds nothing that does not have it."""
    await set_up()
    create_by_hand(real_rt, new_device(), "Incidents", Owner="root", Subject="a (b)")
    for subject in KNOWN[::5]:
        create_by_hand(real_rt, new_device(), Subject=subject.strip() or "x")
    create_by_hand(real_rt, "cf.{deviceid}", Subject="a", Owner="root")
    numbers = [str(real_rt.users[name]) for name in ("root", "ha-service")]
    texts = [*SEARCHED, *numbers, "6", "root", "ROOT", "new", *some(TEXTS, 12)]

    async def find(text: str) -> list[dict[str, Any]]:
        try:
            answer = await perform(hass, "search_tickets", limit=500, **{what: text})
        except ServiceValidationError:
            return []
        return list(answer["tickets"])

    everything = await find("")
    for text, found in zip(texts, await side_by_side(map(find, texts)), strict=True):
        assert {one["queue"] for one in found} <= {FACILITY}
        if not text.strip() or text.strip().casefold() in _MAGIC:
            continue
        wanted = text.strip().casefold()
        if what == "text":
            # Letters without accents are the same to MariaDB.
            shown = {one["ticket_id"] for one in found}
            for one in everything:
                if text.strip() in one["subject"]:
                    assert one["ticket_id"] in shown, text
                elif not _is_pattern(text) and one["ticket_id"] in shown:
                    assert _plain(wanted) in _plain(one["subject"]), text
        else:
            assert {str(one[what]).casefold() for one in found} <= {wanted}, text


async def test_keys(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """Each key has its own ticket, beside all others; or it is refused, and nothing sent."""
    texts = [text for text in (*KNOWN[::3], *some(TEXTS, 12)) if not is_changed(text)]
    types = [None, "smoke", *filter(None, some(TEXTS, 12))]
    keys = dict.fromkeys((text, types[n % len(types)]) for n, text in enumerate(texts))
    decoys = [create_by_hand(real_rt, key[0], "Incidents") for key in list(keys)[::8]]
    await set_up()

    async def say(device_id: str, event_type: str | None) -> Any:
        given = {} if event_type is None else {"event_type": event_type}
        try:
            return await report(hass, device_id, **given)
        except ServiceValidationError as err:
            return err.translation_key

    journal = Journal(real_rt)
    first = await side_by_side(say(*key) for key in keys)
    second = await side_by_side(say(*key) for key in keys)

    for key, one, other in zip(keys, first, second, strict=True):
        if is_searchable(*key):
            assert one["action"] == "created", key
            assert other == {**one, "action": "commented"}, key
        else:
            assert isinstance(one, str), key
            assert one == other
    created = sorted(one["ticket_id"] for one in first if not isinstance(one, str))
    assert len(created) == len(set(created)) > 15
    written = journal.written()
    assert sorted(n for n, what in written if what == "Create") == created
    assert sorted(n for n, what in written if what == "Comment") == created
    assert {what for _, what in written} == {"Create", "Comment"}
    assert not set(decoys) & {number for number, _ in written}
