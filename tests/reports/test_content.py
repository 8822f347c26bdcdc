"""What create_ticket writes into a ticket, beside its key and its text."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from tests import DEVICE, FACILITY, change_options, create_ticket, methods, perform
from tests.fake_rt import FakeRT, FakeTicket, faults

HTML = "text/html"


@pytest.fixture(autouse=True)
def _fields_and_people(fake_rt: FakeRT) -> None:
    """Add custom fields to the queue, and people."""
    fake_rt.add_field("Building", FACILITY)
    fake_rt.add_field("Floor", FACILITY, choices=["Cellar", "Roof"])
    fake_rt.add_field("Tags", FACILITY, multiple=True)
    fake_rt.add_field("Elsewhere", "General")
    fake_rt.add_account("alice", {*fake_rt.rights, "OwnTicket"})
    fake_rt.add_account("bob")


async def created(
    hass: HomeAssistant, fake_rt: FakeRT, **data: Any
) -> tuple[FakeTicket, dict[str, Any]]:
    """Report for the first time; return the ticket and the response."""
    answer = await create_ticket(hass, **data)
    assert answer["action"] == "created"
    return fake_rt.tickets[answer["ticket_id"]], answer


# --- priority ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "priority"),
    [
        ({}, 0),
        ({"severity": "info"}, 0),
        ({"severity": "warning"}, 50),
        ({"severity": "critical"}, 100),
        ({"priority": 7}, 7),
        ({"priority": "7"}, 7),
        ({"severity": "critical", "priority": 7}, 7),
        ({"severity": "critical", "priority": 0}, 0),
    ],
)
async def test_priority(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    data: dict[str, Any],
    priority: int,
) -> None:
    """It is the one that was asked for, or the severity's."""
    ticket, answer = await created(hass, fake_rt, **data)
    assert ticket.priority == priority
    assert "not_stored" not in answer


async def test_priority_that_rt_changes(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A rule of RT may set another one; the answer says that it did."""

    async def rule(request: Any, work: faults.Work) -> Any:
        fake_rt.tickets[1].priority = 3
        return await work()

    fake_rt.fail("GET", r"/ticket/1$", rule)
    _, answer = await created(hass, fake_rt, priority=7)
    assert answer["not_stored"] == ["priority"]


@pytest.mark.parametrize(
    "data",
    [
        {"severity": "high"},
        {"priority": -1},
        {"priority": 2**31},
        {"priority": "high"},
        {"content_type": "text/markdown"},
        {"custom_fields": ["Building"]},
        {"refers_to": ["word"]},
        {"refers_to": ["ftp://files.example"]},
        {"refers_to": ["https://one.example two"]},
    ],
)
async def test_refused(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    """What RT would drop or mistake is refused before anything is sent."""
    with pytest.raises((vol.Invalid, vol.MultipleInvalid)):
        await create_ticket(hass, **data)
    assert fake_rt.requests == []


# --- custom fields ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"Building": "North"}, {"Building": "North"}),
        ({"building": "North"}, {"Building": "North"}),
        ({"Building": 7, "Floor": "roof"}, {"Building": "7", "Floor": "Roof"}),
        ({"Building": True}, {"Building": "true"}),
        ({"Building": None}, {}),
        ({"Building": ""}, {}),
        ({"Tags": ["a", "b", "a"]}, {"Tags": ["a", "b"]}),
        ({"Tags": "a"}, {"Tags": ["a"]}),
        ({"Tags": []}, {}),
    ],
)
async def test_custom_fields(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    given: dict[str, Any],
    stored: dict[str, Any],
) -> None:
    """Values are stored by the fields' names; several in fields that take them."""
    ticket, answer = await created(hass, fake_rt, custom_fields=given)
    assert ticket.custom_fields == {"DeviceId": DEVICE, **stored}
    assert "not_stored" not in answer
    assert methods(fake_rt) == "GET GET POST GET"


@pytest.mark.parametrize("name", ["Bulding", "Elsewhere", "", 5])
async def test_unknown_custom_field(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, name: Any
) -> None:
    """All names that do not apply are named, before anything is sent."""
    with pytest.raises(ServiceValidationError) as error:
        await create_ticket(
            hass, custom_fields={name: "x", "Building": "North", "Nothing": "y"}
        )
    assert error.value.translation_key == "unknown_custom_fields"
    assert error.value.translation_placeholders == {
        "fields": f"{name}, Nothing",
        "queue": FACILITY,
    }
    assert fake_rt.requests == []


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"Floor": "Attic", "Building": "North"}, ["Floor"]),
        ({"Building": ["North", "South"]}, ["Building"]),
    ],
)
async def test_value_that_rt_drops(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    given: dict[str, Any],
    missing: list[str],
) -> None:
    """The ticket is there all the same, and the answer says what is not in it."""
    _, answer = await created(hass, fake_rt, custom_fields=given)
    assert answer["not_stored"] == missing


async def test_not_on_repeats(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A repeat changes nothing in the ticket but its severity."""
    ticket, _ = await created(hass, fake_rt)
    answer = await create_ticket(
        hass,
        subject="Other",
        custom_fields={"Building": "North"},
        owner="alice",
        requestor="carol@example.com",
        cc="dave@example.com",
        priority=99,
    )
    assert answer["action"] == "commented"
    assert (ticket.subject, ticket.owner, ticket.priority) == ("Leak", "Nobody", 0)
    assert (ticket.requestors, ticket.cc) == ([], [])
    assert ticket.custom_fields == {"DeviceId": DEVICE}


# --- people ----------------------------------------------------------------------


async def test_people(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Requestors and Cc by address or login, one or several; the owner by login."""
    ticket, answer = await created(
        hass,
        fake_rt,
        requestor=["carol@example.com", "bob"],
        cc="dave@example.com",
        owner="Alice",
    )
    assert ticket.requestors == ["carol@example.com", "bob"]
    assert ticket.cc == ["dave@example.com"]
    assert ticket.owner == "alice"
    assert "not_stored" not in answer


@pytest.mark.parametrize("blank", ["", " ", [], [""], ["", " "]])
async def test_nobody(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, blank: Any
) -> None:
    """A template that has nothing to say does no harm."""
    ticket, answer = await created(
        hass,
        fake_rt,
        requestor=blank,
        cc=blank,
        refers_to=blank,
        attachments=blank,
        owner=blank if isinstance(blank, str) else "",
        severity="" if isinstance(blank, str) else None,
        priority="" if isinstance(blank, str) else None,
    )
    assert "not_stored" not in answer
    assert (ticket.requestors, ticket.cc, ticket.refers_to) == ([], [], [])
    [body] = [request.json for request in fake_rt.sent("POST", "/ticket$")]
    assert not body.keys() & {"Requestor", "Cc", "Owner", "RefersTo", "Attachments"}


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        ({"owner": "bob"}, ["owner"]),
        ({"owner": "stranger"}, ["owner"]),
        ({"owner": "nobody"}, None),
        ({"requestor": ["stranger", "bob"]}, ["requestor: stranger"]),
        ({"cc": "stranger"}, ["cc: stranger"]),
        ({"cc": "stranger", "requestor": "s2"}, ["requestor: s2", "cc: stranger"]),
        ({"cc": "a@x.test;b@x.test"}, ["cc: b@x.test"]),
        ({"cc": ["a@x.test; b@x.test", "bob", "s3, s3"]}, ["cc: b@x.test", "cc: s3"]),
        ({"cc": "a@x.test b@x.test"}, ["cc: a@x.test", "cc: b@x.test"]),
        ({"cc": "group: Nobody's, bob"}, ["cc: group:Nobody's"]),
        ({"requestor": "Carol <carol@example.com>"}, None),
        ({"requestor": '"Doe, Carol" <carol@example.com>'}, None),
        ({"requestor": "a@x.test, b@x.test"}, None),
        ({"cc": ["BOB", "bob", "C@X.test", "c@x.TEST"]}, None),
        ({"cc": ["alice", "Alice@Example.test"], "owner": "ALICE"}, None),
        (
            {"cc": "alice@example.test", "requestor": "stranger"},
            ["requestor: stranger"],
        ),
    ],
)
async def test_people_that_rt_drops(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    data: dict[str, Any],
    missing: list[str] | None,
) -> None:
    """Who may not own tickets, and whom RT does not know, is said in the answer.

    Nobody else is, by whatever name a person was given.
    """
    _, answer = await created(hass, fake_rt, **data)
    assert answer.get("not_stored") == missing


@pytest.mark.parametrize(
    ("cc", "requests"),
    [
        (["alice", "carol@example.com"], "GET GET POST GET"),
        (["alice", "alice@example.test"], "GET GET POST GET GET"),
        (["stranger"], "GET GET POST GET"),
    ],
)
async def test_addresses_are_asked_for(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    cc: list[str],
    requests: str,
) -> None:
    """That is one request, and only if somebody may be there by another name."""
    await created(hass, fake_rt, cc=cc)
    assert methods(fake_rt) == requests


async def test_people_not_shown(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Who cannot be looked for counts as missing."""
    fault = faults.in_turn(None, None, faults.html(502))
    fake_rt.fail("GET", "/tickets", fault, times=None)
    _, answer = await created(hass, fake_rt, cc=["alice", "alice@example.test"])
    assert answer["not_stored"] == ["cc: alice@example.test"]


@pytest.mark.parametrize(
    ("action", "field", "given"),
    [
        *(("create_ticket", "cc", given) for given in ("4", 4, " 4 ", ["bob", "4"])),
        ("create_ticket", "cc", "bob, 4"),
        ("create_ticket", "cc", "Group: 4"),
        ("create_ticket", "requestor", "4"),
        ("create_ticket", "owner", " 4 "),
        ("update_ticket", "owner", "4"),
        ("search_tickets", "owner", "4"),
    ],
)
async def test_people_by_number(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    action: str,
    field: str,
    given: Any,
) -> None:
    """RT would take it for any user's, or for a group's, who all get mails then."""
    more = {
        "create_ticket": {"device_id": DEVICE, "subject": "Leak", "text": "Water"},
        "update_ticket": {"ticket_id": 1},
    }
    with pytest.raises(ServiceValidationError) as raised:
        await perform(hass, action, **more.get(action, {}), **{field: given})
    assert raised.value.translation_key == "people_by_number"
    assert raised.value.translation_placeholders == {"field": field, "numbers": "4"}
    assert fake_rt.requests == []


# --- links -----------------------------------------------------------------------


async def test_links(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """A new ticket is linked; a comment tells what it refers to."""
    other = fake_rt.add_ticket("another")
    links = [f"#{other.id}", "https://wiki.example/leaks?a=b&c"]
    ticket, answer = await created(hass, fake_rt, refers_to=links)
    assert ticket.refers_to == [str(other.id), links[1]]
    assert "not_stored" not in answer
    await create_ticket(hass, refers_to=[other.id, links[1]])
    assert ticket.comments == [
        f"Water under the sink\n\nRefers to: {other.id}, {links[1]}"
    ]


async def test_links_that_rt_drops(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """Unknown tickets, and all tickets without ModifyTicket, are not linked."""
    _, answer = await created(hass, fake_rt, refers_to=999, device_id="first")
    assert answer["not_stored"] == ["refers_to"]
    fake_rt.rights -= {"ModifyTicket"}
    ticket, answer = await created(hass, fake_rt, refers_to=[1, "https://a.example"])
    assert ticket.refers_to == ["https://a.example"]
    assert answer["not_stored"] == ["refers_to"]


# --- HTML --------------------------------------------------------------------------


async def test_html(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """HTML stays as it is, and what is added to it is made so."""
    ticket, _ = await created(
        hass,
        fake_rt,
        subject="a < b\nand more",
        text="<b>Water</b>",
        content_type=HTML,
    )
    assert ticket.content_type == HTML
    assert ticket.content == "<p>a &lt; b<br>and more</p>\n<b>Water</b>"
    await create_ticket(
        hass,
        text="<i>Again</i>",
        content_type=HTML,
        refers_to="https://a.example/?b&c",
    )
    assert ticket.comments == [
        "<i>Again</i>\n<p>Refers to: https://a.example/?b&amp;c</p>"
    ]
    assert fake_rt.sent("POST", "/comment")[-1].content_type == HTML


async def test_blank_html(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """The subject that stands in for a blank text is no HTML."""
    ticket, _ = await created(
        hass, fake_rt, subject="a < b", text=" ", content_type=HTML
    )
    assert ticket.content == "a &lt; b"


# --- what Home Assistant knows -------------------------------------------------------


@pytest.fixture
def known_device(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return an entity of a device in an area."""
    hass.config.external_url = "https://ha.example"
    area = ar.async_get(hass).async_create("Kitchen")
    owner = MockConfigEntry(domain="test")
    owner.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=owner.entry_id,
        identifiers={("test", "1")},
        manufacturer="Aqara",
        model="SJCGQ11LM",
        sw_version="1.2",
    )
    dr.async_get(hass).async_update_device(device.id, area_id=area.id)
    entity = er.async_get(hass).async_get_or_create(
        "binary_sensor", "test", "1", suggested_object_id="leak", device_id=device.id
    )
    hass.states.async_set(entity.entity_id, "on", {"friendly_name": "Leak <kitchen>"})
    return entity.entity_id


async def test_device_facts(
    hass: HomeAssistant, fake_rt: FakeRT, known_device: str
) -> None:
    """A new ticket ends with them, a comment does not."""
    ticket, _ = await created(hass, fake_rt, device_id=known_device)
    text, _, block = ticket.content.partition("\n\n")
    assert text == "Water under the sink"
    lines = block.splitlines()
    assert lines[:4] == [
        "Name: Leak <kitchen>",
        "Area: Kitchen",
        "Model: Aqara SJCGQ11LM",
        "Firmware: 1.2",
    ]
    assert lines[4].startswith("State: on since 20")
    assert lines[5:] == [f"Link: https://ha.example/history?entity_id={known_device}"]
    await create_ticket(hass, device_id=known_device)
    assert ticket.comments == ["Water under the sink"]


async def test_device_facts_in_html(
    hass: HomeAssistant, fake_rt: FakeRT, known_device: str
) -> None:
    """They are escaped, one per line."""
    ticket, _ = await created(
        hass, fake_rt, device_id=known_device, text="<b>x</b>", content_type=HTML
    )
    assert ticket.content.startswith(
        "<b>x</b>\n<p>Name: Leak &lt;kitchen&gt;<br>Area: Kitchen<br>"
    )


async def test_without_device_facts(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, known_device: str
) -> None:
    """An option turns them off."""
    await change_options(hass, entry, device_facts=False)
    ticket, _ = await created(hass, fake_rt, device_id=known_device)
    assert ticket.content == "Water under the sink"
