"""What create_ticket leaves in RT."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.ha_rt.const import CONF_OPEN_STATUSES, DOMAIN
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    INCIDENTS,
    Journal,
    SetUp,
    contents,
    create_by_hand,
    new_device,
    report,
    set_status,
    ticket,
    tickets_of,
)

pytestmark = pytest.mark.one_server

WIDE = "Öl läuft aus · 設備故障 · Утечка · 💧"


async def test_ticket_and_comment(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """All that was told is in the ticket, and the answer leads there."""
    await set_up()
    device_id = new_device()

    first = await report(hass, device_id, "It drips.", "Water leak")
    second = await report(hass, device_id, "It pours.", "Water leak again")

    ticket_id = first["ticket_id"]
    assert isinstance(ticket_id, int)
    assert first == {
        "ticket_id": ticket_id,
        "ticket_url": f"{real_rt.url}/Ticket/Display.html?id={ticket_id}",
        "action": "created",
    }
    assert second == {**first, "action": "commented"}
    kept = real_rt.read_ticket(ticket_id)
    assert kept["subject"] == "Water leak"
    assert kept["queue"] == FACILITY
    assert kept["status"] == "new"
    assert kept["creator"] == "ha-service"
    assert kept["owner"] == "Nobody"
    assert kept["requestors"] == []
    assert kept["custom_fields"] == {"DeviceId": [device_id]}
    assert [
        (transaction["type"], transaction["content"])
        for transaction in kept["transactions"]
    ] == [("Create", "It drips."), ("Comment", "It pours.")]


async def test_without_a_response(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A caller need not want the response."""
    await set_up()
    device_id = new_device()

    await hass.services.async_call(
        DOMAIN,
        "create_ticket",
        {"device_id": device_id, "subject": "Water leak", "text": "It drips."},
        blocking=True,
    )

    assert len(tickets_of(real_rt, device_id)) == 1


# --- at the same time -----------------------------------------------------


async def test_ten_reports_of_one_device_at_once(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """One ticket, and each of the others is a comment."""
    await set_up()
    device_id = new_device()
    texts = [f"Report {number}" for number in range(10)]

    answers = await asyncio.gather(*(report(hass, device_id, text) for text in texts))

    (ticket_id,) = tickets_of(real_rt, device_id)
    assert {answer["ticket_id"] for answer in answers} == {ticket_id}
    assert sorted(answer["action"] for answer in answers) == [
        *["commented"] * 9,
        "created",
    ]
    kept = contents(real_rt, ticket_id)
    assert sorted(kept) == texts
    created = next(
        n for n, answer in enumerate(answers) if answer["action"] == "created"
    )
    assert kept[0] == texts[created]


async def test_ten_devices_at_once(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A ticket each."""
    await set_up()
    devices = [new_device() for _ in range(10)]

    answers = await asyncio.gather(*(report(hass, device_id) for device_id in devices))

    assert {answer["action"] for answer in answers} == {"created"}
    for device_id, answer in zip(devices, answers, strict=True):
        assert tickets_of(real_rt, device_id) == [answer["ticket_id"]]


async def test_two_queues(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The entries of one RT do not take each other's tickets."""
    facility = await set_up("u-full", FACILITY)
    incidents = await set_up("u-full", INCIDENTS)
    device_id = new_device()

    with pytest.raises(ServiceValidationError) as raised:
        await report(hass, device_id)
    answers = [
        await report(hass, device_id, config_entry_id=entry.entry_id)
        for entry in (facility, incidents, facility, incidents)
    ]

    assert raised.value.translation_key == "several_entries"
    assert [answer["action"] for answer in answers] == [
        *["created"] * 2,
        *["commented"] * 2,
    ]
    assert [ticket(real_rt, answer["ticket_id"]).queue for answer in answers] == [
        *[FACILITY, INCIDENTS] * 2
    ]


# --- which ticket is open -------------------------------------------------


@pytest.mark.parametrize(
    ("queue", "status", "action"),
    [
        (FACILITY, "open", "commented"),
        (FACILITY, "stalled", "commented"),
        (FACILITY, "resolved", "created"),
        (FACILITY, "rejected", "created"),
        (FACILITY, "deleted", "created"),
        (INCIDENTS, "assigned", "commented"),
        (INCIDENTS, "in_progress", "commented"),
        (INCIDENTS, "closed", "created"),
        (INCIDENTS, "false_positive", "created"),
    ],
)
async def test_status(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    queue: str,
    status: str,
    action: str,
) -> None:
    """What people did to a ticket decides whether it is still open."""
    await set_up(queue=queue)
    device_id = new_device()
    first = await report(hass, device_id)
    set_status(real_rt, first["ticket_id"], status)

    second = await report(hass, device_id)

    assert second["action"] == action
    assert (second["ticket_id"] == first["ticket_id"]) == (action == "commented")
    assert ticket(real_rt, first["ticket_id"]).status == status


@pytest.mark.parametrize(
    ("statuses", "status", "action"),
    [
        (["new", "open"], "stalled", "created"),
        (["New", "OPEN"], "open", "commented"),
        (["new", "resolved"], "resolved", "commented"),
        (["new", "in_progress"], "open", "created"),
    ],
)
async def test_status_options(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    statuses: list[str],
    status: str,
    action: str,
) -> None:
    """The options say which statuses count as open."""
    await set_up(**{CONF_OPEN_STATUSES: statuses})
    device_id = new_device()
    first = await report(hass, device_id)
    set_status(real_rt, first["ticket_id"], status)

    assert (await report(hass, device_id))["action"] == action


async def test_several_open_tickets(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The oldest is the device's, and a warning names the others."""
    await set_up()
    device_id = new_device()
    closed, oldest, middle, newest = [
        create_by_hand(real_rt, device_id) for _ in range(4)
    ]
    set_status(real_rt, closed, "resolved")
    journal = Journal(real_rt)

    assert (await report(hass, device_id))["ticket_id"] == oldest

    assert journal.written() == [(oldest, "Comment")]
    (warning,) = [r.message for r in caplog.records if device_id in r.message]
    assert f"#{oldest}, #{middle}, #{newest}" in warning
    assert f"#{closed}" not in warning


async def test_force_create(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A new ticket beside the open one, which the next report comments on."""
    await set_up()
    device_id = new_device()

    first = await report(hass, device_id)
    forced = await report(hass, device_id, force_create=True)
    third = await report(hass, device_id)

    assert [first["action"], forced["action"], third["action"]] == [
        *("created", "created", "commented")
    ]
    assert tickets_of(real_rt, device_id) == [first["ticket_id"], forced["ticket_id"]]
    assert third["ticket_id"] == first["ticket_id"]


async def test_merged_ticket(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """RT keeps the key of a merged ticket in the one it was merged into."""
    await set_up()
    device_id = new_device()
    first = await report(hass, device_id)
    target = create_by_hand(real_rt, device_id)
    real_rt.perl(
        "my $t = RT::Ticket->new($system); $t->Load($ARGV[0]);"
        " my ($ok, $message) = $t->MergeInto($ARGV[1]); $ok or die $message",
        first["ticket_id"],
        target,
    )

    second = await report(hass, device_id)

    assert (second["ticket_id"], second["action"]) == (target, "commented")


# --- texts ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0", "0\n"),
        ("", "Water leak"),
        (" \n ", "Water leak"),
        ("  two spaces first", "  two spaces first"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("-- \nlooks like a signature", "-- \nlooks like a signature"),
        ("> looks like a quote", "> looks like a quote"),
        ("<b>no HTML</b> &amp; <script>", "<b>no HTML</b> &amp; <script>"),
        (WIDE, WIDE),
        ("Größe", "Größe"),
        ("ü" * 100_000, "ü" * 100_000),  # 200 kB
    ],
    ids=[
        *("zero", "empty", "blank", "indented", "lines", "signature", "quote", "HTML"),
        *("wide", "Latin-1", "200 kB"),
    ],
)
async def test_text(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, text: str, kept: str
) -> None:
    """A text is kept as it is, in the ticket and in a comment; a blank one says what."""
    await set_up()
    device_id = new_device()

    ticket_id = (await report(hass, device_id, text))["ticket_id"]
    await report(hass, device_id, text)

    assert contents(real_rt, ticket_id) == [kept, kept]


@pytest.mark.parametrize(
    ("subject", "kept", "text"),
    [
        ("0", "0", "It drips."),
        (WIDE, WIDE, "It drips."),
        ("\"Leak\" \\ 'x' & <b>", "\"Leak\" \\ 'x' & <b>", "It drips."),
        ("  Leak ", "Leak", "It drips."),
        ("x" * 200, "x" * 200, "It drips."),
        ("ü" * 100, "ü" * 100, "It drips."),
        ("ü" * 101, "ü" * 98 + "…", "ü" * 101 + "\n\nIt drips."),
        ("x" * 201, "x" * 197 + "…", "x" * 201 + "\n\nIt drips."),
        ("設" * 300, "設" * 65 + "…", "設" * 300 + "\n\nIt drips."),
        ("Leak\nin the\r\nkitchen", "Leak in the kitchen", None),
    ],
    ids=[
        *("zero", "wide", "quotes", "spaces", "200 bytes", "200 bytes of umlauts"),
        *("202 bytes of umlauts", "201 bytes", "900 bytes of CJK", "lines"),
    ],
)
async def test_subject(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    subject: str,
    kept: str,
    text: str | None,
) -> None:
    """What RT would cut from a subject is in the text."""
    await set_up()

    ticket_id = (await report(hass, new_device(), subject=subject))["ticket_id"]

    assert ticket(real_rt, ticket_id).subject == kept
    (content,) = contents(real_rt, ticket_id)
    if text is None:
        assert content.splitlines() == [*subject.splitlines(), "", "It drips."]
    else:
        assert content == text


@pytest.mark.parametrize("subject", ["", "  ", "\n"])
async def test_subject_is_needed(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, subject: str
) -> None:
    """A ticket without a title helps nobody."""
    await set_up()
    journal = Journal(real_rt)

    with pytest.raises(ServiceValidationError) as raised:
        await report(hass, new_device(), subject=subject)

    assert raised.value.translation_key == "subject_empty"
    assert journal.written() == []


@pytest.mark.parametrize(
    "queue", ["Büro Ümläut 設備", "IT/Support", "Ops \"A\" 'B' \\C"]
)
async def test_queue_names(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, queue: str
) -> None:
    """A queue's name may hold anything."""
    await set_up("all-queues", queue)
    device_id = new_device()

    first = await report(hass, device_id)
    second = await report(hass, device_id)

    assert second == {**first, "action": "commented"}
    assert ticket(real_rt, first["ticket_id"]).queue == queue
