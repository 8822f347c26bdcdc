"""Looking at tickets: one, several, and by RT's own query language."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest

from custom_components.ha_rt.const import CONF_SEVERITY_FIELD
from custom_components.ha_rt.queries import search as searching
from scripts.live.rt import RTServer
from tests import FACILITY, perform, search
from tests.real_rt.common import (
    INCIDENTS,
    SetUp,
    change_by_hand,
    create_by_hand,
    new_device,
    say_by_hand,
    set_status,
    without,
)

LIVE_ELSEWHERE = """
my $user = RT::User->new($system);
$user->Load($ARGV[0]);
$user->SetTimezone($ARGV[1]);
"""


def time(text: str) -> datetime:
    """Read a time that says its time zone."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo
    return moment


# --- One ticket -----------------------------------------------------------


async def test_get_ticket(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """All that RT knows of a ticket is told."""
    await set_up("ha-service", **{CONF_SEVERITY_FIELD: "Severity"})
    device_id = new_device()
    other = create_by_hand(real_rt, new_device())
    before = dt_util.utcnow().replace(microsecond=0)
    ticket_id = create_by_hand(
        real_rt,
        device_id,
        Subject="Wasser ü 設備",
        Priority=7,
        Requestor=["care@example.test", "alice"],
        RefersTo=["https://example.test/wiki", other],
        Due="2100-01-01 00:00:00",
        CustomFields={
            "DeviceId": device_id,
            "EventType": "leak",
            "Tags": ["a", "b"],
            "Severity": "high",
        },
    )
    fresh = await perform(hass, "get_ticket", device_id=device_id, event_type="leak")
    assert fresh["first_response"] is fresh["first_response_minutes"] is None
    assert (fresh["owner"], fresh["is_open"], fresh["resolved"]) == (None, True, None)
    assert not fresh["overdue"]
    say_by_hand(real_rt, ticket_id, "correspond", "alice")
    change_by_hand(real_rt, ticket_id, Owner="alice")
    set_status(real_rt, ticket_id, "resolved")

    ticket = await perform(hass, "get_ticket", ticket_id=ticket_id)

    assert set(ticket.pop("refers_to")) == {
        "https://example.test/wiki",
        str(other),
    }
    assert sorted(ticket["custom_fields"].pop("Tags")) == ["a", "b"]
    times = ("created", "first_response", "started", "resolved", "updated")
    moments = [time(ticket.pop(name)) for name in times]
    assert moments == sorted(moments)
    assert before <= moments[0] <= moments[-1] <= dt_util.utcnow()
    assert sorted(ticket.pop("requestors")) == ["alice", "care@example.test"]
    assert ticket == {
        "ticket_id": ticket_id,
        "ticket_url": f"{real_rt.url}/Ticket/Display.html?id={ticket_id}",
        "subject": "Wasser ü 設備",
        "status": "resolved",
        "is_open": False,
        "queue": FACILITY,
        "owner": "alice",
        "priority": 7,
        "severity": "info",
        "device_id": device_id,
        "event_type": "leak",
        "due": "2100-01-01T00:00:00+00:00",
        "first_response_minutes": 0,
        "resolution_minutes": 0,
        "overdue": False,
        "custom_fields": {
            "DeviceId": device_id,
            "DeviceNotes": None,
            "DeviceType": None,
            "DupName": None,
            "EventType": "leak",
            "GlobalCF": None,
            'Odd {x} "y" Name': None,
            "Severity": "high",
        },
    }
    set_status(real_rt, ticket_id, "open")
    reopened = await perform(hass, "get_ticket", ticket_id=ticket_id)
    assert reopened["is_open"]
    assert reopened["resolved"] is reopened["resolution_minutes"] is None


async def test_history(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """What happened is told in order, with names instead of numbers."""
    await set_up("u-full")
    ticket_id = create_by_hand(real_rt, new_device())
    change_by_hand(real_rt, ticket_id, "alice", Owner="alice")
    change_by_hand(real_rt, ticket_id, "alice", Owner="Nobody")
    change_by_hand(real_rt, ticket_id, "alice", CustomFields={"Tags": ["wet"]})
    say_by_hand(real_rt, ticket_id, "comment", "owner1")
    say_by_hand(real_rt, ticket_id, "correspond", "owner1")
    change_by_hand(real_rt, ticket_id, "alice", Queue=INCIDENTS)
    ticket = await perform(hass, "get_ticket", ticket_id=ticket_id, history=True)
    assert (ticket["queue"], ticket["status"]) == (INCIDENTS, "in_progress")
    history = ticket["history"]
    queues = real_rt.queues
    tags = real_rt.custom_fields["Tags"]
    numbers = [one["transaction_id"] for one in history]
    assert numbers == sorted(numbers)
    assert all(time(one["created"]) for one in history)
    assert [
        (one["type"], one["creator"], one["field"], one["old"], one["new"])
        for one in history
        if one["type"] != "EmailRecord"
    ] == [
        ("Create", "root", None, None, None),
        ("Set", "alice", "Owner", "Nobody", "alice"),
        ("Set", "alice", "Owner", "alice", "Nobody"),
        # Not a field of the queue where the ticket is now.
        ("CustomField", "alice", f"custom field {tags}", None, "wet"),
        ("Comment", "owner1", None, None, None),
        ("Correspond", "owner1", None, None, None),
        ("Status", "RT_System", "Status", "new", "open"),
        ("Set", "alice", "Queue", str(queues[FACILITY]), str(queues[INCIDENTS])),
        ("Status", "RT_System", "Status", "open", "in_progress"),
    ]


async def test_merged(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """A merged ticket is the one that it was merged into, with its own times."""
    await set_up("u-full")
    merged, target = (create_by_hand(real_rt, new_device()) for _ in range(2))
    say_by_hand(real_rt, merged, "correspond", "alice")
    change_by_hand(real_rt, merged, MergeInto=target)
    ticket = await perform(hass, "get_ticket", ticket_id=merged)
    assert ticket["ticket_id"] == target
    assert ticket["first_response"] is None
    assert merged not in await search(hass, limit=500)


@pytest.mark.parametrize(
    ("ticket_id", "right", "key"),
    [(2**31 - 1, None, "not_found"), (None, "ShowTicket", "missing_right")],
)
async def test_no_ticket(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    ticket_id: int | None,
    right: str | None,
    key: str,
) -> None:
    """A wrong number is told from a missing right."""
    await set_up("u-full")
    ticket_id = ticket_id or create_by_hand(real_rt, new_device())
    with (
        without(real_rt, "u-full", *([right] if right else [])),
        pytest.raises(HomeAssistantError) as error,
    ):
        await perform(hass, "get_ticket", ticket_id=ticket_id)
    assert error.value.translation_key == key


async def test_queue_not_seen(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Without SeeQueue there is a number instead of a name, but for the own queue."""
    await set_up("u-full")
    own = create_by_hand(real_rt, new_device())
    other = create_by_hand(real_rt, new_device(), INCIDENTS)
    with (
        without(real_rt, "u-full", "SeeQueue"),
        without(real_rt, "u-full", "SeeQueue", queue=INCIDENTS),
    ):
        queues = [
            (await perform(hass, "get_ticket", ticket_id=number))["queue"]
            for number in (own, other)
        ]
    assert queues == [FACILITY, str(real_rt.queues[INCIDENTS])]


# --- Several tickets ------------------------------------------------------


async def test_search(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """Each condition finds what it says, alone and with others."""
    await set_up("ha-service")
    device_id, word = new_device("Search"), new_device("zebra")

    def create(device: str = device_id, subject: str = word, **more: Any) -> int:
        fields = {"DeviceId": device, **more.pop("fields", {})}
        return create_by_hand(
            real_rt, device, Subject=subject, CustomFields=fields, **more
        )

    plain = create()
    typed = create(fields={"EventType": word})
    upper = create(device_id.upper())
    owned = create(Owner="alice")
    stalled = create()
    set_status(real_rt, stalled, "stalled")
    closed = create(subject=f'A "{word}" \\ here')
    set_status(real_rt, closed, "rejected")
    create_by_hand(real_rt, device_id, INCIDENTS, Subject=word)
    every = [closed, stalled, owned, upper, typed, plain]

    for arguments, expected in (
        ({"text": word}, every),
        ({"text": word.upper(), "limit": 2}, every[:2]),
        ({"text": f'"{word}" \\'}, [closed]),
        ({"device_id": device_id}, [closed, stalled, owned, typed, plain]),
        ({"device_id": device_id.upper()}, [upper]),
        ({"device_id": device_id, "event_type": word}, [typed]),
        ({"event_type": word}, [typed]),
        ({"device_id": device_id, "state": "open"}, [stalled, owned, typed, plain]),
        ({"device_id": device_id, "state": "closed"}, [closed]),
        (
            {"device_id": device_id, "status": ["Stalled", "rejected"]},
            [closed, stalled],
        ),
        ({"text": word, "status": "bogus"}, []),
        ({"text": word, "owner": "ALICE"}, [owned]),
        (
            {"text": word, "owner": "Nobody", "state": "open"},
            [stalled, upper, typed, plain],
        ),
        ({"text": word, "created_since": "01:00:00"}, every),
        ({"text": word, "created_since": {"days": 400}}, every),
        ({"text": word, "created_since": dt_util.utcnow() + timedelta(hours=2)}, []),
    ):
        assert await search(hass, **arguments) == expected, arguments


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
async def test_created_since(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, zone: str
) -> None:
    """An age is exact whatever the account's time zone is."""
    await set_up("u-full")
    real_rt.perl(LIVE_ELSEWHERE, "u-full", zone)
    device_id = new_device()
    create_by_hand(real_rt, device_id)
    (first,) = (await perform(hass, "search_tickets", device_id=device_id))["tickets"]
    try:
        for seconds, count in ((0, 1), (1, 0)):
            since = time(first["created"]) + timedelta(seconds=seconds)
            for given in (since, dt_util.as_local(since).isoformat()):
                searched = await search(hass, device_id=device_id, created_since=given)
                assert len(searched) == count
    finally:
        real_rt.perl(LIVE_ELSEWHERE, "u-full", "")


async def test_pages(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many tickets are read page by page, and no more than asked for."""
    monkeypatch.setattr(searching, "PAGE_SIZE", 2)
    await set_up("ha-service")
    device_id = new_device()
    numbers = [create_by_hand(real_rt, device_id) for _ in range(5)][::-1]
    for limit in (5000, 5, 4, 3, 1):
        assert await search(hass, device_id=device_id, limit=limit) == numbers[:limit]


# --- The caller's own query -----------------------------------------------


async def test_query(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """RT's own language reaches all queues that the account sees."""
    await set_up("u-full")
    word = new_device("query")
    own = create_by_hand(real_rt, new_device(), Subject=word, Priority=60)
    other = create_by_hand(real_rt, new_device(), INCIDENTS, Subject=word, Priority=90)
    create_by_hand(real_rt, new_device(), Subject=word, Priority=10)
    create_by_hand(real_rt, new_device(), "General", Subject=word, Priority=90)
    query = f"Subject LIKE '{word}' AND ( Priority > 50 OR id = 0 )"
    answer = await perform(hass, "search_tickets", query=query)
    assert [(t["ticket_id"], t["queue"], t["severity"]) for t in answer["tickets"]] == [
        (other, INCIDENTS, "warning"),
        (own, FACILITY, "warning"),
    ]
    assert await search(hass, query=query, limit=1) == [other]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("Bogus = 1", "Unknown field: Bogus"),
        ("Status in (new)", "Wrong query, expecting a OPERATOR"),
        ("Status =", "Incomplete query"),
    ],
)
async def test_query_refused(
    hass: HomeAssistant, set_up: SetUp, query: str, message: str
) -> None:
    """What RT does not understand, it says."""
    await set_up("u-full")
    with pytest.raises(ServiceValidationError) as error:
        await search(hass, query=query)
    said = error.value.translation_placeholders["message"]
    assert message in said
    assert "/lib/RT/" not in said


async def test_rights_lost(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Tickets whose device RT does not show are not taken for none."""
    await set_up("u-full")
    device_id = new_device()
    create_by_hand(real_rt, device_id)
    with without(real_rt, "u-full", "SeeCustomField"):
        with pytest.raises(HomeAssistantError) as error:
            await search(hass, device_id=device_id)
        assert error.value.translation_placeholders["right"] == "SeeCustomField"
