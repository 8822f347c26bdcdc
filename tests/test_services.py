"""The action create_ticket."""

import asyncio
import time
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.ha_rt import shielded
from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from custom_components.ha_rt.tickets import exactly_once, locks
from tests import DEVICE, change_options, create_ticket, methods, setup_integration
from tests.fake_rt import FakeRT, faults


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not look long for a ticket that RT may have created."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.1, 0.4))


def keys(error: pytest.ExceptionInfo[HomeAssistantError]) -> tuple[str, str]:
    """Return domain and key of an error's translation."""
    return str(error.value.translation_domain), str(error.value.translation_key)


async def test_first_report(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """The first report creates a ticket, when this RT has said twice that there is none."""
    response = await create_ticket(hass)
    assert response == {
        "ticket_id": 1,
        "ticket_url": f"{fake_rt.url}/Ticket/Display.html?id=1",
        "action": "created",
    }
    ticket = fake_rt.tickets[1]
    assert ticket.queue == "Facility Management"
    assert ticket.subject == "Leak"
    assert ticket.content == "Water under the sink"
    assert ticket.custom_fields == {"DeviceId": DEVICE}
    assert methods(fake_rt) == "GET GET POST GET"


async def test_repeat(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A repeat comments on the open ticket, in two requests."""
    await create_ticket(hass)
    fake_rt.requests.clear()
    response = await create_ticket(hass, subject="Again", text="More water")
    assert response["action"] == "commented"
    assert response["ticket_id"] == 1
    assert fake_rt.tickets[1].comments == ["More water"]
    assert len(fake_rt.tickets) == 1
    assert methods(fake_rt) == "GET POST"


async def test_without_response(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Automations that want no response need not take one."""
    await hass.services.async_call(
        DOMAIN,
        "create_ticket",
        {"device_id": DEVICE, "subject": "Leak", "text": "Water"},
        blocking=True,
    )
    assert len(fake_rt.tickets) == 1


async def test_force_create_and_no_look_back(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A ticket beside the open one does not take its place."""
    await create_ticket(hass)
    fake_rt.fail("GET", "/ticket/2$", faults.html(502))
    assert (await create_ticket(hass, force_create=True))["ticket_id"] == 2
    assert (await create_ticket(hass))["ticket_id"] == 1


async def test_force_create(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A ticket beside an open one can be asked for."""
    await create_ticket(hass)
    response = await create_ticket(hass, force_create=True)
    assert response["action"] == "created"
    assert response["ticket_id"] == 2


async def test_several_open_tickets(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The oldest is used, and a warning names the others."""
    for _ in range(3):
        fake_rt.add_ticket(DEVICE)
    assert (await create_ticket(hass))["ticket_id"] == 1
    assert fake_rt.tickets[1].comments == ["Water under the sink"]
    assert f"several open tickets for {DEVICE}: #1, #2, #3" in caplog.text


@pytest.mark.parametrize(
    "look_alike",
    [
        {"device_id": DEVICE.upper()},
        {"device_id": f"{DEVICE} "},
        {"device_id": DEVICE, "queue": "Pumps"},
        {"device_id": DEVICE, "status": "resolved"},
        {"device_id": None, "custom_fields": {"EventType": DEVICE}},
    ],
)
async def test_look_alikes(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    look_alike: dict[str, Any],
) -> None:
    """A ticket that is not exactly the device's is never touched."""
    fake_rt.add_queue("Pumps")
    other = fake_rt.add_ticket(**look_alike)
    response = await create_ticket(hass)
    assert response["action"] == "created"
    assert other.comments == []


@pytest.mark.parametrize(
    "device_id",
    ['a"b', "a'b", "a\\b", '" OR Queue = "General', "%", "漏水 🚱", "ü" * 127],
)
async def test_any_device_id(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, device_id: str
) -> None:
    """Every device id that RT can find is found again."""
    fake_rt.add_ticket("other")
    first = await create_ticket(hass, device_id=device_id)
    second = await create_ticket(hass, device_id=device_id)
    assert (first["action"], second["action"]) == ("created", "commented")
    assert first["ticket_id"] == second["ticket_id"]


async def test_same_second(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Ten reports at once make one ticket with nine comments."""
    responses = await asyncio.gather(
        *(create_ticket(hass, text=f"Report {number}") for number in range(10))
    )
    assert sorted(response["action"] for response in responses) == [
        *["commented"] * 9,
        "created",
    ]
    ticket = fake_rt.tickets.pop(1)
    assert fake_rt.tickets == {}
    assert sorted([ticket.content, *ticket.comments]) == [
        f"Report {number}" for number in range(10)
    ]


async def test_many_devices(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Different devices do not wait for each other, but RT is not flooded."""
    fake_rt.fail("*", "", faults.slow(before=0.01), times=None)
    await asyncio.gather(
        *(create_ticket(hass, device_id=f"sensor.{number}") for number in range(40))
    )
    assert len(fake_rt.tickets) == 40
    assert fake_rt.max_parallel == 4
    assert fake_rt.connections <= 8


async def test_slots_are_the_servers(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Two entries for one server share its bound."""
    fake_rt.add_queue("Pumps")
    other = MockConfigEntry(domain=DOMAIN, data={**entry.data, CONF_QUEUE: "Pumps"})
    await setup_integration(hass, other)
    fake_rt.fail("*", "", faults.slow(before=0.01), times=None)
    await asyncio.gather(
        *(
            create_ticket(
                hass, device_id=f"sensor.{number}", config_entry_id=one.entry_id
            )
            for number in range(10)
            for one in (entry, other)
        )
    )
    assert len(fake_rt.tickets) == 20
    assert fake_rt.max_parallel == 4


@pytest.mark.parametrize(
    ("subject", "kept", "content"),
    [
        ("Leak", "Leak", "Text"),
        ("  Leak  ", "Leak", "Text"),
        (
            "Leak\nin the\r\nkitchen",
            "Leak in the kitchen",
            "Leak\nin the\r\nkitchen\n\nText",
        ),
        ("x" * 200, "x" * 200, "Text"),
        ("ü" * 100, "ü" * 100, "Text"),
        ("ü" * 101, "ü" * 98 + "…", "ü" * 101 + "\n\nText"),
    ],
)
async def test_subject(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    subject: str,
    kept: str,
    content: str,
) -> None:
    """What RT would cut off a subject is kept in the text."""
    await create_ticket(hass, subject=subject, text="Text")
    assert fake_rt.tickets[1].subject == kept
    assert fake_rt.tickets[1].content == content


@pytest.mark.parametrize("text", ["", " \n "])
async def test_blank_text(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, text: str
) -> None:
    """A blank text, which RT would store as nothing, gives way to the subject."""
    await create_ticket(hass, text=text)
    await create_ticket(hass, text=text)
    assert fake_rt.tickets[1].content == "Leak"
    assert fake_rt.tickets[1].comments == ["Leak"]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"device_id": ""}, "device_id_empty"),
        ({"device_id": " \t "}, "device_id_empty"),
        ({"device_id": "a" * 256}, "device_id_too_long"),
        ({"device_id": "ü" * 128}, "device_id_too_long"),
        ({"device_id": "a\nb"}, "device_id_control_character"),
        ({"device_id": "a\0b"}, "device_id_control_character"),
        ({"device_id": "cf.{DeviceId}"}, "device_id_reserved"),
        ({"device_id": "CF.1234"}, "device_id_reserved"),
        ({"device_id": "__CurrentUser__"}, "device_id_reserved"),
        ({"device_id": "it's c:\\x"}, "device_id_quote_and_backslash"),
        ({"device_id": "a\uffffb"}, "device_id_control_character"),
        ({"device_id": "a\ud83db"}, "device_id_control_character"),
        ({"device_id": "a''b"}, "device_id_two_apostrophes"),
        ({"subject": ""}, "subject_empty"),
        ({"subject": " \n "}, "subject_empty"),
    ],
)
@pytest.mark.parametrize("force_create", [True, False])
async def test_bad_input(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    data: dict[str, str],
    key: str,
    force_create: bool,
) -> None:
    """What RT cannot take is refused with a reason, before RT is asked anything."""
    with pytest.raises(ServiceValidationError) as error:
        await create_ticket(hass, **data, force_create=force_create)
    assert keys(error) == (DOMAIN, key)
    assert fake_rt.requests == []


@pytest.mark.parametrize("missing", ["device_id", "subject", "text"])
async def test_required(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, missing: str
) -> None:
    """Three fields have to be given."""
    with pytest.raises((vol.Invalid, vol.MultipleInvalid)):
        await create_ticket(hass, **{missing: None})
    assert fake_rt.requests == []


async def test_which_entry(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """With several entries, a call has to say which one it means."""
    fake_rt.add_queue("Pumps")
    other = MockConfigEntry(domain=DOMAIN, data={**entry.data, CONF_QUEUE: "Pumps"})
    await setup_integration(hass, other)
    with pytest.raises(ServiceValidationError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "several_entries")
    await create_ticket(hass, config_entry_id=other.entry_id)
    await create_ticket(hass, config_entry_id=entry.entry_id)
    assert [t.queue for t in fake_rt.tickets.values()] == [
        "Pumps",
        "Facility Management",
    ]
    await hass.config_entries.async_set_disabled_by(
        other.entry_id, ConfigEntryDisabler.USER
    )
    assert (await create_ticket(hass))["ticket_id"] == 2


async def test_unusable_entry(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """An unknown, an unloaded and no entry are told apart."""
    with pytest.raises(ServiceValidationError) as error:
        await create_ticket(hass, config_entry_id="nothing")
    assert error.value.translation_key == "service_config_entry_not_found"
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await create_ticket(hass)
    assert error.value.translation_key == "service_config_entry_not_loaded"
    await hass.config_entries.async_remove(entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "no_entry")
    assert fake_rt.writes == []


@pytest.mark.parametrize(
    ("fault", "key", "message"),
    [
        (faults.reset_before, "cannot_connect", "connection broke"),
        (faults.slow(before=1), "timeout", "No answer within"),
        (faults.message(400, "Bad query"), "rejected", "Bad query"),
        (faults.message(403, "Go away"), "missing_right", "Go away"),
        (faults.message(404, "Not Found"), "not_found", "Not Found"),
        (faults.message(429, "Slow down"), "server_error", "Slow down"),
        (faults.message(500, "Oops"), "server_error", "Oops"),
        (faults.html(503), "server_error", "503"),
        (faults.html(), "not_rt", "text/html"),
        (faults.redirect("https://elsewhere.example/x?y"), "not_rt", "elsewhere"),
        (faults.cut_body, "cannot_connect", "connection broke"),
        (faults.answer(200, "[1]"), "not_rt", "not a JSON object"),
        (faults.answer(200, '{"items": 1, "total": 1}'), "not_rt", "list"),
        (faults.answer(200, '{"items": [{}], "total": 1}'), "not_rt", "ticket"),
        (faults.answer(200, '{"items": [], "total": "x"}'), "not_rt", "total"),
        (faults.answer(200, '{"items": [], "total": 1}'), "server_error", "counted"),
    ],
)
@pytest.mark.usefixtures("short_timeout")
async def test_faults_of_the_search(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    fault: faults.Fault,
    key: str,
    message: str,
) -> None:
    """Without knowing of an open ticket, nothing is written; RT's words are kept."""
    fake_rt.fail("GET", "/tickets", fault, times=None)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert not isinstance(error.value, ServiceValidationError)
    assert keys(error) == (DOMAIN, key)
    assert message in str(error.value)
    assert fake_rt.writes == []
    fake_rt.heal()
    assert (await create_ticket(hass))["action"] == "created"


async def test_server_down(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """The caller is told, and the next report works when RT is back."""
    await fake_rt.stop()
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "cannot_connect")
    await fake_rt.start()
    assert (await create_ticket(hass))["action"] == "created"


async def test_refused_token(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A token that RT refuses twice asks for a new one, when the session is over."""
    fake_rt.token = "1-14-fedcba9876543210"
    assert (await create_ticket(hass))["action"] == "created"
    fake_rt.end_sessions()
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "invalid_auth")
    await hass.async_block_till_done()
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_busy_database(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A locked database answers 401 as well: the report is sent again, once."""
    fake_rt.fail("POST", "/ticket", faults.unauthorized)
    await create_ticket(hass)
    fake_rt.fail("POST", "/comment", faults.unauthorized)
    await create_ticket(hass)
    assert len(fake_rt.tickets) == 1
    assert len(fake_rt.tickets[1].comments) == 1
    fake_rt.fail("POST", "/comment", faults.unauthorized, times=None)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "server_error")
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.parametrize(
    ("missing", "repeat", "right"),
    [
        ({"CreateTicket"}, False, "CreateTicket"),
        ({"CommentOnTicket", "ModifyTicket"}, True, "CommentOnTicket"),
        ({"SeeCustomField"}, True, "SeeCustomField"),
    ],
)
async def test_missing_right(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    missing: set[str],
    repeat: bool,
    right: str,
) -> None:
    """The right that is missing is named, and no second ticket is created."""
    if repeat:
        fake_rt.add_ticket(DEVICE)
    before = len(fake_rt.tickets)
    fake_rt.rights -= missing
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "missing_right")
    assert right in str(error.value)
    assert len(fake_rt.tickets) == before


@pytest.mark.parametrize(
    ("missing", "rights"),
    [
        ({"ModifyCustomField"}, "SeeCustomField, ModifyCustomField"),
        ({"SeeCustomField"}, "SeeCustomField, ModifyCustomField"),
    ],
)
async def test_lost_key(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    missing: set[str],
    rights: str,
) -> None:
    """A ticket that RT cannot find again is remembered, and the right is named."""
    granted = set(fake_rt.rights)
    fake_rt.rights -= missing
    first = await create_ticket(hass)
    assert first["action"] == "created"
    issue = issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["rights"] == rights
    assert issue.translation_placeholders["ticket"] == "1"
    assert issue.translation_placeholders["device_id"] == DEVICE
    assert issue.translation_placeholders["ticket_url"] == first["ticket_url"]

    assert (await create_ticket(hass))["ticket_id"] == 1
    await hass.config_entries.async_reload(entry.entry_id)
    if config_entry_loaded := missing != {"SeeCustomField"}:
        assert (await create_ticket(hass))["ticket_id"] == 1
    assert len(fake_rt.tickets) == 1
    assert len(fake_rt.tickets[1].comments) == 1 + config_entry_loaded

    fake_rt.rights = granted
    await hass.config_entries.async_reload(entry.entry_id)
    assert (await create_ticket(hass))["ticket_id"] == 1


async def test_ticket_not_shown(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Nothing is written to what RT does not show, nor created again, and the right is named."""
    fake_rt.rights -= {"ShowTicket"}
    assert (await create_ticket(hass))["action"] == "created"
    issue = issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["rights"] == "ShowTicket"
    with pytest.raises(HomeAssistantError, match="ShowTicket"):
        await create_ticket(hass)
    assert fake_rt.tickets[1].comments == []

    fake_rt.rights |= {"ShowTicket"}
    assert (await create_ticket(hass))["action"] == "commented"
    assert len(fake_rt.tickets) == 1
    await create_ticket(hass, device_id="another")
    assert not issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")


async def test_remembered_ticket_resolved(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A remembered ticket is the device's only as long as it is open."""
    fake_rt.rights -= {"ModifyCustomField"}
    await create_ticket(hass)
    fake_rt.person("alice").resolve(fake_rt.tickets[1])
    assert (await create_ticket(hass))["ticket_id"] == 2
    del fake_rt.tickets[2]
    assert (await create_ticket(hass))["action"] == "created"


@pytest.mark.parametrize(
    "fault", [faults.html(502), faults.reset_before, faults.message(404, "Not Found")]
)
async def test_read_back_fails(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    fault: faults.Fault,
) -> None:
    """A ticket that RT confirmed is a success; nothing is said of its key."""
    fake_rt.fail("GET", r"/ticket/\d+", fault, times=2)
    assert (await create_ticket(hass))["action"] == "created"
    assert len(issue_registry.issues) == 0
    fake_rt.heal()
    assert (await create_ticket(hass))["ticket_id"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.reset_after,
        faults.hang_up,
        faults.reset_during(0.2),
        faults.slow(after=1),
        faults.slow(before=0.4),
        faults.garble(b"", content_type="text/html"),
        faults.cut_body,
        faults.empty_body,
    ],
)
@pytest.mark.usefixtures("short_timeout")
async def test_lost_answer_to_create(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    fault: faults.Fault,
) -> None:
    """A ticket whose creation was not confirmed is found, not created again."""
    fake_rt.fail("POST", "/ticket$", fault)
    response = await create_ticket(hass)
    assert response["action"] == "created"
    assert response["ticket_id"] == 1
    assert len(fake_rt.tickets) == 1


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_proxy_error_after_create(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, status: int
) -> None:
    """A proxy may fail when RT has done the work."""

    async def fault(request: Any, shielded: faults.Work) -> Any:
        await shielded()
        return await faults.html(status)(request, shielded)

    fake_rt.fail("POST", "/ticket$", fault)
    assert (await create_ticket(hass))["ticket_id"] == 1
    assert len(fake_rt.tickets) == 1


async def test_request_lost_before_create(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A request that RT never saw is sent again, once it is sure."""
    fake_rt.fail("POST", "/ticket$", faults.reset_before)
    assert (await create_ticket(hass))["action"] == "created"
    assert len(fake_rt.tickets) == 1
    assert len(fake_rt.writes) == 2


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (faults.slow(before=0.9), "timeout"),
        (faults.html(500), "server_error"),
        (faults.message(503, "Busy"), "server_error"),
        (faults.message(400, "No"), "rejected"),
        (faults.html(), "not_rt"),
        (faults.answer(201, "{}"), "not_rt"),
    ],
)
@pytest.mark.usefixtures("short_timeout")
async def test_create_fails(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    fault: faults.Fault,
    key: str,
) -> None:
    """What RT did not confirm is no success, and is not tried blindly again."""
    fake_rt.fail("POST", "/ticket$", fault, times=None)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, key)
    assert len(fake_rt.writes) == (2 if key == "rejected" else 1)


async def test_lost_answer_and_server_gone(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """If looking for the ticket fails as well, the first error is raised."""
    fake_rt.fail("POST", "/ticket$", faults.html(502))
    fake_rt.fail(
        "GET", "/tickets", faults.in_turn(None, None, *[faults.html(503)] * 9), None
    )
    with pytest.raises(HomeAssistantError, match="502"):
        await create_ticket(hass)
    assert fake_rt.tickets == {}


async def test_forced_create_is_not_repeated(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A forced ticket is told from the key's other ones by its marker."""
    await create_ticket(hass)
    fake_rt.fail("POST", "/ticket$", faults.reset_after)
    response = await create_ticket(hass, force_create=True)
    assert (response["action"], response["ticket_id"]) == ("created", 2)
    assert len(fake_rt.tickets) == 2


@pytest.mark.parametrize("fault", [faults.latin_1_body, faults.empty_body])
async def test_comment_with_broken_answer(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, fault: faults.Fault
) -> None:
    """A comment counts as stored by status and header, whatever the body."""
    await create_ticket(hass)
    fake_rt.fail("POST", "/comment", fault)
    assert (await create_ticket(hass))["action"] == "commented"
    assert len(fake_rt.tickets[1].comments) == 1


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (faults.html(502), "server_error"),
        (faults.html(), "not_rt"),
        (faults.message(400, "Zugriff verweigert"), "missing_right"),
    ],
)
@pytest.mark.usefixtures("short_timeout")
async def test_comment_fails(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    fault: faults.Fault,
    key: str,
) -> None:
    """A comment that RT does not have is no success, and is not sent twice."""
    await create_ticket(hass)
    fake_rt.fail("POST", "/comment", fault)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, key)
    assert len(fake_rt.sent("POST", "/comment")) == 1


def slow_at(begun: asyncio.Event, seconds: float = 0.2) -> faults.Fault:
    """Return a fault that says when it begins, and lets RT work after a while."""

    async def fault(request: Any, shielded: faults.Work) -> Any:
        begun.set()
        await asyncio.sleep(seconds)
        return await shielded()

    return fault


async def test_unload_during_reports(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Reports that have begun are finished before an entry is unloaded."""
    begun = asyncio.Event()
    fake_rt.fail("GET", "/tickets", slow_at(begun), times=None)
    reports = [
        hass.async_create_task(create_ticket(hass, device_id=f"sensor.{number}"))
        for number in range(6)
    ]
    await begun.wait()
    await hass.config_entries.async_unload(entry.entry_id)
    assert {(await report)["action"] for report in reports} == {"created"}
    assert len(fake_rt.tickets) == 6


async def test_unload_does_not_wait_for_ever(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A report that an unload cuts off fails; it is not lost silently."""
    monkeypatch.setattr(shielded, "_DRAIN_SECONDS", 0.1)
    begun = asyncio.Event()
    fake_rt.fail("GET", "/tickets", slow_at(begun, 0.5), times=None)
    reports = [
        hass.async_create_task(create_ticket(hass, device_id=f"sensor.{number}"))
        for number in range(6)
    ]
    await begun.wait()
    await hass.config_entries.async_unload(entry.entry_id)
    results = await asyncio.gather(*reports, return_exceptions=True)
    assert all(isinstance(result, HomeAssistantError) for result in results)
    assert fake_rt.tickets == {}


@pytest.mark.parametrize("path", ["/ticket$", "/tickets", r"/ticket/\d+$"])
async def test_cancelled_report(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, path: str
) -> None:
    """An automation that is restarted loses no report and makes no second ticket."""
    begun = asyncio.Event()
    fake_rt.fail("*", path, slow_at(begun))
    reports = [
        asyncio.create_task(create_ticket(hass, text=text)) for text in ("one", "two")
    ]
    await begun.wait()
    for report in reports:
        report.cancel()
    await asyncio.gather(*reports, return_exceptions=True)
    assert all(report.cancelled() for report in reports)
    assert (await create_ticket(hass, text="three"))["action"] == "commented"
    [ticket] = fake_rt.tickets.values()
    assert [ticket.content, *ticket.comments] == ["one", "two", "three"]


async def test_cancelled_report_is_still_looked_after(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """What only a person can put right is said, though nobody waits for the answer."""
    begun = asyncio.Event()
    fake_rt.rights -= {"ModifyCustomField"}
    fake_rt.fail("POST", "/ticket$", slow_at(begun))
    report = asyncio.create_task(create_ticket(hass))
    await begun.wait()
    report.cancel()
    await asyncio.gather(report, return_exceptions=True)
    await hass.config_entries.async_reload(entry.entry_id)
    assert issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")


async def test_cancelled_report_that_fails(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log says so in a line, for nobody waits for the answer."""
    begun = asyncio.Event()
    fake_rt.rights -= {"CreateTicket"}
    fake_rt.fail("POST", "/ticket$", slow_at(begun))
    report = asyncio.create_task(create_ticket(hass))
    await begun.wait()
    report.cancel()
    await asyncio.gather(report, return_exceptions=True)
    await hass.config_entries.async_unload(entry.entry_id)
    [told] = [one for one in caplog.records if "had begun failed" in one.message]
    assert "CreateTicket" in told.message
    assert not told.exc_info


async def test_reload_with_waiting_reports(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A reload loses no report of those that wait for their turn."""
    begun = asyncio.Event()
    fake_rt.fail("POST", "/ticket$", slow_at(begun))
    reports = [hass.async_create_task(create_ticket(hass)) for _ in range(3)]
    await begun.wait()
    await hass.config_entries.async_reload(entry.entry_id)
    actions = [(await report)["action"] for report in reports]
    assert actions == ["created", "commented", "commented"]
    assert len(fake_rt.tickets) == 1


async def test_reload_keeps_the_turn(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A report that outlives the reload is still before the next one of its key."""
    # A session that ends with the entry would keep RT from running the report.
    await change_options(hass, entry, use_sessions=False)
    monkeypatch.setattr(shielded, "_DRAIN_SECONDS", 0.05)
    begun = asyncio.Event()
    fake_rt.fail("POST", "/ticket$", slow_at(begun, 0.3))
    report = hass.async_create_task(create_ticket(hass))
    await begun.wait()
    await hass.config_entries.async_reload(entry.entry_id)
    await create_ticket(hass)
    await asyncio.gather(report, return_exceptions=True)
    assert len(fake_rt.tickets) == 1


async def test_lost_answer_and_blind(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Nothing is created again unless RT says that there is nothing."""
    fake_rt.fail("POST", "/ticket$", faults.reset_after)
    blind = faults.in_turn(None, None, *[faults.html(502)] * 3)
    fake_rt.fail("GET", "/tickets", blind, times=5)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "cannot_connect")
    assert (await create_ticket(hass))["ticket_id"] == 1
    assert len(fake_rt.tickets) == 1


@pytest.mark.usefixtures("short_timeout")
async def test_slow_create_and_the_next_report(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A report that follows a timeout waits for the ticket that RT is creating."""
    fake_rt.fail("POST", "/ticket$", faults.slow(before=1.1))
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass)
    assert keys(error) == (DOMAIN, "timeout")
    assert (await create_ticket(hass))["action"] == "commented"
    assert len(fake_rt.tickets) == 1


@pytest.mark.usefixtures("short_timeout")
async def test_create_that_never_ended(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While RT may still create a ticket, none is created beside it; later, one is."""

    async def swallow(request: Any, shielded: faults.Work) -> Any:
        await asyncio.sleep(0.5)
        return await faults.html(504)(request, shielded)

    fake_rt.fail("POST", "/ticket$", swallow)
    for _ in range(2):
        with pytest.raises(HomeAssistantError) as error:
            await create_ticket(hass)
        assert keys(error) == (DOMAIN, "timeout")
    assert len(fake_rt.writes) == 1
    monkeypatch.setattr(locks.time, "monotonic", lambda: time.perf_counter() + 1e9)
    assert (await create_ticket(hass))["action"] == "created"


async def test_look_alikes_by_the_hundred(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """However many tickets RT takes for the device's, the right one is found."""
    spellings = [f"{number:08b}" for number in range(130)]
    for spelling in spellings:
        letters = [
            letter.upper() if bit == "1" else letter
            for letter, bit in zip("abcdefgh", spelling, strict=True)
        ]
        fake_rt.add_ticket("".join(letters))
    last = fake_rt.add_ticket("ABCDEFGH")
    response = await create_ticket(hass, device_id="ABCDEFGH")
    assert response["ticket_id"] == last.id
