"""What RT makes of the queries, and why some values are refused."""

import pytest

from custom_components.ha_rt.rt import ticketsql
from custom_components.ha_rt.rt.errors import Rejected, Unsearchable
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import ClientFor, create_by_hand, new_device, set_status


@pytest.mark.parametrize(
    "value",
    [
        *('a"b', "a'b", "a\\b", "a\\\\", 'a\\"b', "a(b)c", "{}", "設備", " a "),
        *('" OR id > 0 OR "" = "', "' OR id > 0 OR 'a' = '"),
    ],
)
async def test_finds_exactly(
    client_for: ClientFor, real_rt: RTServer, value: str
) -> None:
    """A value finds its ticket and no other."""
    client = client_for("ha-service")
    number = real_rt.custom_fields["DeviceId"]
    here = ticketsql.queue_is(real_rt.queues[FACILITY])
    device_id = f"{value}{new_device()}{value}"
    ticket_id = create_by_hand(real_rt, device_id)

    is_it = ticketsql.custom_field_is(number, device_id)
    (found,) = await client.search(ticketsql.all_of(here, is_it))
    assert (found.id, found.custom_fields[number]) == (ticket_id, [device_id])
    assert await client.search(is_it.replace("device", "other")) == []


async def test_ignores_case(client_for: ClientFor, real_rt: RTServer) -> None:
    """RT finds look-alikes: whoever asks has to compare."""
    device_id = new_device("Pump")
    ticket_id = create_by_hand(real_rt, device_id)
    query = ticketsql.custom_field_is(
        real_rt.custom_fields["DeviceId"], device_id.upper()
    )

    assert [t.id for t in await client_for("ha-service").search(query)] == [ticket_id]


@pytest.mark.parametrize(
    "device_id", ["x" * 256, "ü" * 128, "cf.{DeviceId}"], ids=["long", "wide", "column"]
)
async def test_refuses_what_finds_other_tickets(
    client_for: ClientFor, real_rt: RTServer, device_id: str
) -> None:
    """Without the check, these values would find tickets of other devices."""
    client = client_for("ha-service")
    bystander = create_by_hand(real_rt, new_device("bystander"))
    mine = create_by_hand(real_rt, device_id)
    query = ticketsql.all_of(
        ticketsql.id_is(bystander),
        f'"CF.{{DeviceId}}" = {ticketsql.quote(device_id)}',
    )

    with pytest.raises(Unsearchable):
        ticketsql.custom_field_is(real_rt.custom_fields["DeviceId"], device_id)
    assert bystander in [t.id for t in await client.search(query)]
    set_status(real_rt, mine, "deleted")


@pytest.mark.parametrize("device_id", ["__CurrentUser__", "__CurrentUserName__"])
async def test_refuses_what_finds_nothing(
    client_for: ClientFor, real_rt: RTServer, device_id: str
) -> None:
    """Without the check, these values would make a ticket with every report."""
    ticket_id = create_by_hand(real_rt, device_id)
    query = f'"CF.{{DeviceId}}" = {ticketsql.quote(device_id)}'

    with pytest.raises(Unsearchable):
        ticketsql.custom_field_is(real_rt.custom_fields["DeviceId"], device_id)
    assert await client_for("ha-service").search(query) == []
    set_status(real_rt, ticket_id, "deleted")


@pytest.mark.parametrize(
    ("queue", "status", "is_open"),
    [
        (FACILITY, "new", True),
        (FACILITY, "open", True),
        (FACILITY, "stalled", True),
        (FACILITY, "resolved", False),
        (FACILITY, "rejected", False),
        ("Incidents", "open", True),
        ("Incidents", "assigned", True),
        ("Incidents", "in_progress", True),
        ("Incidents", "closed", False),
        ("Incidents", "false_positive", False),
    ],
)
async def test_statuses(
    client_for: ClientFor, real_rt: RTServer, queue: str, status: str, *, is_open: bool
) -> None:
    """Unless told otherwise, open is what the queue's lifecycle calls so."""
    client = client_for("ha-service")
    ticket_id = create_by_hand(real_rt, new_device(), queue=queue)
    if status not in ("new", "open") or queue == FACILITY:
        set_status(real_rt, ticket_id, status)
    it = ticketsql.id_is(ticket_id)

    for statuses, expected in (
        ([], is_open),
        ([status], True),
        (["bogus", status.upper()], True),
        (['a"b', "it's"], False),
    ):
        query = ticketsql.all_of(it, ticketsql.status_in(statuses))
        assert bool(await client.search(query)) is expected


async def test_has_no_in(client_for: ClientFor) -> None:
    """This is why the statuses are joined by OR."""
    with pytest.raises(Rejected):
        await client_for("ha-service").search("Status IN ('new', 'open')")
