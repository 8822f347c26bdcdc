"""Accounts and queues: what the client asks RT for, and what it makes of the answers."""

from collections.abc import Callable
import json
from typing import Any

import aiohttp
import pytest

from custom_components.ha_rt.rt import http
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import (
    CannotConnect,
    InvalidAuth,
    NotFound,
    NotRT,
    RTError,
    RTTimeout,
)
from custom_components.ha_rt.rt.models import Queue, User
from tests import FACILITY
from tests.fake_rt import NEWER, FakeRT, faults


def shown(data: Any) -> faults.Fault:
    """Answer with JSON."""
    return faults.answer(200, json.dumps(data))


# --- The server and the account -------------------------------------------


async def test_version(client: RTClient, fake_rt: FakeRT) -> None:
    """RT tells its version."""
    fake_rt.version = "5.0.9"
    assert await client.version() == "5.0.9"


async def test_user(client: RTClient, fake_rt: FakeRT) -> None:
    """The token tells whose it is."""
    assert await client.user() == User(id=14, name="ha-service", privileged=True)
    fake_rt.accounts[0].privileged = False
    user = await client.user()
    assert user is not None
    assert not user.privileged


@pytest.mark.parametrize("token", ["abc", "1-14", "1-x-abc", "1-14-xyz", "14-abc"])
async def test_user_of_another_token(
    session: aiohttp.ClientSession, fake_rt: FakeRT, token: str
) -> None:
    """A token of another form tells nothing, and nobody is asked."""
    assert (
        await RTClient(session, fake_rt.url, token, use_sessions=False).user() is None
    )
    assert fake_rt.requests == []


@pytest.mark.parametrize("status", [403, 404])
async def test_user_not_told(client: RTClient, fake_rt: FakeRT, status: int) -> None:
    """RT need not tell whose token it is."""
    fake_rt.fail("GET", "/user/14$", faults.message(status, "No"), 2)
    assert await client.user() is None


async def test_login(client: RTClient, fake_rt: FakeRT) -> None:
    """Logins are told by number, to privileged accounts."""
    alice = fake_rt.add_account("alice")
    assert await client.login(alice.id) == "alice"
    assert await client.login(6) == "Nobody"
    assert await client.login(999) == "999"
    fake_rt.accounts[0].privileged = False
    assert await client.login(alice.id) == str(alice.id)


# --- Queues ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (FACILITY, 3),
        ("facility MANAGEMENT", 3),
        ("3", 3),
        ("IT/Support", 10),
        ("it/support", 10),
        ("Büro & Hof? #1 100%", 11),
        ("%2F", 12),
    ],
)
async def test_queue(client: RTClient, fake_rt: FakeRT, name: str, number: int) -> None:
    """A queue is found whatever its name is."""
    fake_rt.add_queue("IT/Support", number=10)
    fake_rt.add_queue("Büro & Hof? #1 100%", number=11)
    fake_rt.add_queue("%2F", number=12)
    assert (await client.queue(name)).id == number


async def test_letters(client: RTClient, fake_rt: FakeRT) -> None:
    """PostgreSQL knows no other letters than ASCII in an address."""
    fake_rt.add_queue("Büro", number=10)
    fake_rt.fail("GET", "/queue/B", faults.message(404, "Not Found"), times=None)
    assert (await client.queue("büro")).name == "Büro"


async def test_letters_that_a_search_does_not_find(
    client: RTClient, fake_rt: FakeRT
) -> None:
    """PostgreSQL and RT do not agree on the small form of some."""
    fake_rt.add_queue("İstanbul", number=10)
    nothing = shown({"items": [], "count": 0})
    fake_rt.fail("POST", "/queues", nothing, times=None)
    assert (await client.queue("İstanbul")).id == 10
    with pytest.raises(NotFound):
        await client.queue("Ístanbul")


@pytest.mark.parametrize("name", ["IT/Support", "Büro"])
async def test_disabled(client: RTClient, fake_rt: FakeRT, name: str) -> None:
    """It is told that a queue is disabled, and not that there is none."""
    fake_rt.add_queue(name, disabled=True)
    assert not (await client.queue(name)).enabled


async def test_queue_read(client: RTClient, fake_rt: FakeRT) -> None:
    """All that RT tells of a queue is read."""
    assert await client.queue(FACILITY) == Queue(
        id=3,
        name=FACILITY,
        lifecycle="default",
        enabled=True,
        may_create=True,
        custom_fields={"DeviceId": 2, "EventType": 3},
    )
    fake_rt.queues[FACILITY].disabled = True
    fake_rt.queues[FACILITY].lifecycle = "incident"
    fake_rt.rights -= {"CreateTicket", "SeeCustomField"}
    assert await client.queue(FACILITY) == Queue(
        id=3,
        name=FACILITY,
        lifecycle="incident",
        enabled=False,
        may_create=False,
        custom_fields={},
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("DeviceId", 2), ("deviceid", 2), ("DEVICEID", 2), ("Device", None), ("2", None)],
)
async def test_custom_field(
    client: RTClient, fake_rt: FakeRT, name: str, expected: int | None
) -> None:
    """A custom field is found by its name, in any case."""
    assert (await client.queue(FACILITY)).custom_field(name) == expected


@pytest.mark.parametrize("name", ["Nowhere", "No/where", "999", " Facility Management"])
async def test_no_queue(client: RTClient, fake_rt: FakeRT, name: str) -> None:
    """A queue that does not exist."""
    with pytest.raises(NotFound):
        await client.queue(name)


async def test_queue_not_seen(client: RTClient, fake_rt: FakeRT) -> None:
    """A queue that the account may not see looks like none; RT's word is kept."""
    fake_rt.rights -= {"SeeQueue"}
    with pytest.raises(NotFound, match=r"^Forbidden$"):
        await client.queue(FACILITY)


async def test_queues(client: RTClient, fake_rt: FakeRT) -> None:
    """All pages are read, though RT does not tell how many there are."""
    names = {f"Queue {number:03}" for number in range(250)}
    for name in sorted(names):
        fake_rt.add_queue(name)
    fake_rt.accounts[0].queues = names - {f"Queue {n:03}" for n in range(0, 200, 3)}
    assert await client.queues() == sorted(fake_rt.accounts[0].queues)


@pytest.mark.parametrize("version", ["5.0.3", NEWER])
async def test_all_queues(client: RTClient, fake_rt: FakeRT, version: str) -> None:
    """Each queue is named once, though newer releases show the last page again."""
    fake_rt.version = version
    for number in range(100 - len(fake_rt.queues)):
        fake_rt.add_queue(f"Queue {number:03}")
    assert sorted(await client.queues()) == sorted(fake_rt.queues)
    assert len(fake_rt.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [{}, [], {"items": None}, {"items": {}}, {"items": ["x"]}, {"items": [{}]}],
)
async def test_odd_queues(client: RTClient, fake_rt: FakeRT, answer: Any) -> None:
    """What is no list of queues is not taken for one."""
    fake_rt.fail("GET", "/queues/all", shown(answer))
    with pytest.raises(NotRT):
        await client.queues()


# --- RT's web pages -------------------------------------------------------


async def test_queues_with_right(client: RTClient, fake_rt: FakeRT) -> None:
    """The web UI tells on which queues the account has a right."""
    fake_rt.add_queue("IT")
    fake_rt.accounts[0].queues = {FACILITY, "IT"}
    assert await client.queues_with_right("ShowTicket") == [FACILITY, "IT"]
    assert await client.queues_with_right("ShowTicket", "IT") == ["IT"]
    assert await client.queues_with_right("ShowTicket", "General") == []
    fake_rt.rights -= {"ShowTicket"}
    assert await client.queues_with_right("ShowTicket") == []
    assert await client.queues_with_right("CreateTicket") == [FACILITY, "IT"]


async def test_right_on_a_queue_that_a_search_does_not_find(
    client: RTClient, fake_rt: FakeRT
) -> None:
    """With PostgreSQL, RT tells of no queue where it is asked for one with both."""
    name = "Ops's \\ side"
    fake_rt.add_queue(name)
    fake_rt.add_queue(f"{name} too")
    assert await client.queues_with_right("ShowTicket", name) == [name]
    assert [sent.query["op"] for sent in fake_rt.sent("GET", "/Queues")] == ["LIKE"]
    fake_rt.rights -= {"ShowTicket"}
    assert await client.queues_with_right("ShowTicket", name) == []


async def test_fillable_fields(client: RTClient, fake_rt: FakeRT) -> None:
    """The web UI tells which custom fields the account may fill."""
    assert await client.fillable_fields(3) == {2, 3}
    assert await client.fillable_fields(1) == set()
    fake_rt.rights -= {"ModifyCustomField"}
    assert await client.fillable_fields(3) == set()
    fake_rt.rights |= {"SetInitialCustomField"}
    assert await client.fillable_fields(3) == {2, 3}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('name="Object-RT::Ticket--CustomField-2-Value"', True),
        ('name="Object-RT::Ticket--CustomField-2-Values"', True),
        ('name="Object-RT::Ticket--CustomField:Basics-2-Value"', True),
        ('name="Object-RT::Ticket--CustomField-2-Upload"', False),
        ('name="Object-RT::Ticket--CustomField-12-Value"', False),
        ('name="Object-RT::Ticket--CustomField-22-Value"', False),
        ('name="Object-RT::Transaction--CustomField-2-Value"', False),
        ('name="Subject" value="CustomField-2-Value"', False),
    ],
)
async def test_field_in_form(
    client: RTClient, fake_rt: FakeRT, attributes: str, expected: bool
) -> None:
    """The field is known by the name of its input."""
    form = f'<select name="Queue"></select><input {attributes} />'
    fake_rt.fail("GET", "/Ticket/Create", faults.answer(200, form, "text/html"))
    assert (2 in (await client.fillable_fields(3) or ())) is expected


async def test_form_in_parts(client: RTClient, fake_rt: FakeRT) -> None:
    """RT 6 sends an empty form, and its parts one by one."""
    shell = '<div class="main-container" hx-get="/Ticket/Create.html?Queue=3"></div>'
    fake_rt.fail(
        "GET", "/Create.html", faults.answer(200, shell, "text/html"), times=None
    )
    field = '<input name="Object-RT::Ticket--CustomField{}-{}-Value" />'
    parts = {
        "CustomFieldCustomGroupings": field.format("", 2),
        "Basics": '<select name="Status"></select>' + field.format(":Basics", 3),
    }
    for part in ("CustomFieldCustomGroupings", "Basics", "People", "Dates", "Links"):
        answer = faults.answer(200, parts.get(part, ""), "text/html")
        fake_rt.fail("GET", f"/Views/Ticket/Widgets/Create/{part}$", answer, times=None)
    assert await client.fillable_fields(3) == {2, 3}
    assert {sent.query["Queue"] for sent in fake_rt.sent("GET", "Create")} == {"3"}
    fake_rt.heal()
    fake_rt.fail("GET", "/Create.html", faults.answer(200, shell, "text/html"))
    assert await client.fillable_fields(3) is None


def unprivileged(fake_rt: FakeRT) -> None:
    """Turn the account into one that sees RT's self-service only."""
    fake_rt.accounts[0].privileged = False


def answering(fault: faults.Fault) -> Callable[[FakeRT], None]:
    """Let RT's web pages answer something else."""
    return lambda fake_rt: fake_rt.fail("GET", "/(Helpers|Ticket)/", fault, times=None)


@pytest.mark.parametrize(
    "prepare",
    [
        unprivileged,
        answering(faults.html()),
        answering(faults.html(403)),
        answering(faults.html(404)),
        answering(faults.html(500)),
        answering(faults.html(502)),
        answering(faults.html(503)),
        answering(faults.redirect("/NoAuth/Login.html", 302)),
        answering(faults.message(400, "No")),
        answering(faults.message(403, "No")),
        answering(faults.message(404, "No")),
        answering(faults.answer(200, "{}")),
        answering(faults.answer(200, '["General"]')),
        answering(faults.answer(200, '[{"value": "General"}]')),
        answering(faults.answer(200, "not JSON")),
    ],
)
async def test_web_pages_not_shown(
    client: RTClient, fake_rt: FakeRT, prepare: Callable[[FakeRT], None]
) -> None:
    """A server that does not show its web pages to this account tells nothing."""
    prepare(fake_rt)
    assert await client.queues_with_right("ShowTicket") is None
    assert await client.fillable_fields(3) is None
    assert await client.queues() == [FACILITY, "General"]


@pytest.mark.parametrize(
    "address",
    [
        "https://rt.example.test",
        "http://rt.example.test:8080/rt",
        "https://127.0.0.1:1",
        "http://[2001:db8::1]:80",
    ],
)
async def test_web_pages_of_another_address(
    client: RTClient, fake_rt: FakeRT, address: str
) -> None:
    """RT's web pages are shown where RT has another address than the one we use."""
    fake_rt.web_base_url = address
    assert await client.queues_with_right("ShowTicket") is None
    await client.user()
    assert await client.queues_with_right("ShowTicket", FACILITY) == [FACILITY]
    assert await client.fillable_fields(3) == {2, 3}


async def test_web_pages_after_an_address_has_changed(
    client: RTClient, fake_rt: FakeRT
) -> None:
    """The address that RT told last is the one that counts."""
    for address in ("https://old.example.test", "https://rt.example.test"):
        fake_rt.web_base_url = address
        await client.queue(FACILITY)
        assert await client.fillable_fields(3) == {2, 3}


@pytest.mark.parametrize(
    "links",
    [
        None,
        5,
        {"ref": "self"},
        ["self"],
        [{"ref": "self"}],
        [{"ref": "self", "_url": 3}],
        [{"ref": "refers-to", "_url": "https://elsewhere.test/REST/2.0/user/6"}],
        *(
            [{"ref": "self", "_url": f"{address}/REST/2.0/user/6"}]
            for address in (
                "",
                "/rt",
                "//elsewhere.test",
                "ftp://elsewhere.test",
                "https://",
                "https://user:secret@elsewhere.test",
                "https://elsewhere.test:port",
                "https://elsewhere.test\r\nX-Other: 1",
                "https://else where.test",
                "https://büro.test",
                " https://elsewhere.test",
                f"https://{'x' * 300}.test",
            )
        ),
    ],
)
async def test_odd_address(client: RTClient, fake_rt: FakeRT, links: Any) -> None:
    """What cannot be RT's own address is not taken for it."""
    fake_rt.fail("GET", "/user/6$", shown({"Name": "Nobody", "_hyperlinks": links}))
    assert await client.login(6) == "Nobody"
    assert await client.queues_with_right("ShowTicket", FACILITY) == [FACILITY]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.reset_before, CannotConnect),
        (faults.slow(before=0.5), RTTimeout),
        (faults.unauthorized, InvalidAuth),
        (faults.cut_body, CannotConnect),
    ],
)
async def test_web_pages_and_the_network(
    client: RTClient,
    fake_rt: FakeRT,
    monkeypatch: pytest.MonkeyPatch,
    fault: faults.Fault,
    kind: type[RTError],
) -> None:
    """A server that cannot be asked is no server that does not tell."""
    monkeypatch.setattr(http, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    fake_rt.fail("GET", "", fault, times=None)
    with pytest.raises(kind):
        await client.queues_with_right("ShowTicket")
    with pytest.raises(kind):
        await client.fillable_fields(3)
