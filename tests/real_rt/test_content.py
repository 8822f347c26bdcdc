"""What create_ticket and its repeats leave in RT, beside key and text."""

from base64 import b64decode
import json
from pathlib import Path
from typing import Any

from homeassistant.components.camera import Image
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.ha_rt.const import CONF_SEVERITY_FIELD
from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.real_rt.common import (
    Journal,
    SetUp,
    by_hand,
    change_by_hand,
    contents,
    create_by_hand,
    new_device,
    read_by_hand,
    report,
    ticket,
)

HTML = "text/html"
JPEG = b"\xff\xd8\xff\x00\x80 picture"


def fields(shown: dict[str, Any]) -> dict[str, list[str]]:
    """Return the values that a ticket has in its custom fields."""
    return {f["name"]: f["values"] for f in shown["CustomFields"] if f["values"]}


def people(shown: dict[str, Any], role: str) -> set[str]:
    """Return the logins in a role."""
    return {one["id"] for one in shown[role]}


def links(shown: dict[str, Any]) -> set[str]:
    """Return what a ticket refers to."""
    return {
        str(one.get("id") or one["_url"])
        for one in shown["_hyperlinks"]
        if one["ref"] == "refers-to"
    }


def files(rt: RTServer, ticket_id: int) -> list[tuple[str, str, bytes]]:
    """Return name, type and content of the files of a ticket, as RT stores them."""
    found = rt.database.rows(
        "SELECT Filename, ContentType, Attachments.id FROM Attachments"
        " JOIN Transactions ON Transactions.id = TransactionId"
        " WHERE ObjectType = 'RT::Ticket' AND ObjectId = ? AND Filename <> ''"
        " ORDER BY Attachments.id",
        ticket_id,
    )
    return [(name, kind, _content(rt, number)) for name, kind, number in found]


def _content(rt: RTServer, number: int) -> bytes:
    """Return the content of a file as RT hands it out."""
    _, text = by_hand(rt, "GET", f"/REST/2.0/attachment/{number}")
    return b64decode(json.loads(text)["Content"])


async def test_all_at_once(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Everything that can be given is in the ticket."""
    await set_up("u-full")
    device = new_device()
    other = create_by_hand(real_rt, new_device())

    answer = await report(
        hass,
        device,
        severity="warning",
        custom_fields={"tags": ["a", "ü"], "Severity": "HIGH", "DeviceNotes": "x\ny"},
        requestor=["carol@example.test", "alice"],
        cc="dave@example.test",
        owner="Alice",
        refers_to=[f"#{other}", "https://wiki.example.test/a?b=c&d"],
    )

    assert answer["action"] == "created"
    assert "not_stored" not in answer
    shown = read_by_hand(real_rt, answer["ticket_id"])
    assert shown["Priority"] == "50"
    assert fields(shown) == {
        "DeviceId": [device],
        "Tags": ["a", "ü"],
        "Severity": ["high"],
        "DeviceNotes": ["x\ny"],
    }
    assert people(shown, "Requestor") == {"carol@example.test", "alice"}
    assert people(shown, "Cc") == {"dave@example.test"}
    assert shown["Owner"]["id"] == "alice"
    assert links(shown) == {str(other), "https://wiki.example.test/a?b=c&d"}


async def test_what_rt_drops(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The ticket is there, and the answer says what is not in it."""
    await set_up("ha-service")
    other = create_by_hand(real_rt, new_device())

    answer = await report(
        hass,
        new_device(),
        custom_fields={"Severity": "terrible", "GlobalCF": "kept"},
        requestor="nobody-knows-me",
        cc=["alice", "alice@example.test", "a@example.test;b@example.test"],
        owner="readonly",
        priority=7,
        refers_to=[other, "https://wiki.example.test"],
    )

    assert answer["action"] == "created"
    assert sorted(answer["not_stored"]) == [
        "Severity",
        "cc: b@example.test",
        "owner",
        "refers_to",
        "requestor: nobody-knows-me",
    ]
    shown = read_by_hand(real_rt, answer["ticket_id"])
    assert fields(shown)["GlobalCF"] == ["kept"]
    assert people(shown, "Cc") == {"alice", "a@example.test"}
    assert (shown["Priority"], shown["Owner"]["id"]) == ("7", "Nobody")
    assert links(shown) == {"https://wiki.example.test"}


@pytest.mark.parametrize("name", ["Tgas", "UnappliedCF", "DeviceId", "eventtype"])
async def test_unknown_field(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, name: str
) -> None:
    """Nothing is written."""
    await set_up()
    journal = Journal(real_rt)
    with pytest.raises(ServiceValidationError):
        await report(hass, new_device(), custom_fields={name: "x", "Tags": "y"})
    assert journal.written() == []


@pytest.mark.parametrize("option", ["", "DeviceType", "Severity"])
async def test_severity(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, option: str
) -> None:
    """Raised by repeats and never lowered; also where RT's list lacks the words."""
    await set_up("u-full", **{CONF_SEVERITY_FIELD: option})
    device = new_device()
    answers = []

    async def after(severity: str) -> tuple[str, list[str]]:
        answers.append(await report(hass, device, severity=severity))
        shown = read_by_hand(real_rt, answers[0]["ticket_id"])
        return shown["Priority"], fields(shown).get(option, [])

    def seen(priority: str, word: str) -> tuple[str, list[str]]:
        return priority, [word] if option == "DeviceType" else []

    assert await after("info") == seen("0", "info")
    assert await after("critical") == seen("100", "critical")
    assert await after("warning") == seen("100", "critical")
    assert await after("info") == seen("100", "critical")
    dropped = [one.get("not_stored") for one in answers]
    if option == "Severity":
        # From then on, the priority tells.
        assert dropped == [["Severity"], None, None, None]
    else:
        assert dropped == [None] * 4
    # What people raise stays.
    change_by_hand(real_rt, answers[0]["ticket_id"], Priority=500)
    assert (await after("critical"))[0] == "500"


async def test_severity_without_the_right(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The comment is kept, and the answer says what RT refused."""
    await set_up("no-ModifyTicket", **{CONF_SEVERITY_FIELD: "DeviceType"})
    device = new_device()
    first = await report(hass, device, severity="info")
    second = await report(hass, device, "Worse", severity="critical")
    assert second == {**first, "action": "commented", "not_stored": ["priority"]}
    assert contents(real_rt, first["ticket_id"])[-1] == "Worse"
    shown = read_by_hand(real_rt, first["ticket_id"])
    # RT asks for another right for custom fields.
    assert (shown["Priority"], fields(shown)["DeviceType"]) == ("0", ["critical"])


async def test_html(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """It is stored as HTML, with what is added made so."""
    await set_up()
    device = new_device()
    answer = await report(
        hass, device, "<b>Öl</b>", "a < b\nc", content_type=HTML, owner="nobody"
    )
    await report(
        hass, device, "<i>漏水</i>", content_type=HTML, refers_to="https://a.test/?b&c"
    )
    assert contents(real_rt, answer["ticket_id"]) == [
        "<p>a &lt; b<br>c</p>\n<b>Öl</b>",
        "<i>漏水</i>\n<p>Refers to: https://a.test/?b&amp;c</p>",
    ]
    assert ticket(real_rt, answer["ticket_id"]).subject == "a < b c"
    kinds = real_rt.database.rows(
        "SELECT DISTINCT ContentType FROM Attachments JOIN Transactions"
        " ON Transactions.id = TransactionId WHERE ObjectId = ? AND ObjectType ="
        " 'RT::Ticket' AND Type IN ('Create', 'Comment')",
        answer["ticket_id"],
    )
    assert kinds == [(HTML,)]


async def test_device_facts(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A new ticket ends with what Home Assistant knows."""
    await set_up()
    entity_id = f"binary_sensor.{new_device().replace('-', '_')}"
    hass.states.async_set(entity_id, "on", {"friendly_name": "Leck Küche"})
    answer = await report(hass, entity_id)
    await report(hass, entity_id, "Again")
    first, second = contents(real_rt, answer["ticket_id"])
    text, _, block = first.partition("\n\n")
    assert (text, second) == ("It drips.", "Again")
    assert block.startswith("Name: Leck Küche\nState: on since 20")


async def test_attachments(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Files and snapshots arrive whole, with each kind of message."""

    async def take(hass: HomeAssistant, entity_id: str, **more: Any) -> Image:
        return Image("image/jpeg", JPEG)

    monkeypatch.setattr("homeassistant.components.camera.async_get_image", take)
    hass.config.components.add("camera")
    hass.states.async_set("camera.kitchen", "idle")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / "Tür.txt").write_text("dry", encoding="utf-8")
    sources = [str(tmp_path / "Tür.txt"), "camera.kitchen", str(tmp_path / "none")]
    await set_up("u-full")
    device = new_device()

    first = await report(hass, device, attachments=sources)
    await report(hass, device, attachments=sources[:1])
    target = {"device_id": device, "attachments": sources[1]}
    await perform(hass, "add_comment", text="See", reply=True, **target)
    await perform(hass, "resolve_ticket", **target)

    number = first["ticket_id"]
    assert first["not_stored"] == [sources[2]]
    [said] = [
        one for one in contents(real_rt, number) if "none could not" in (one or "")
    ]
    assert said.endswith("none could not be attached: no such file")
    assert ticket(real_rt, number) == ("Water leak", "resolved", FACILITY)
    text = ("tur.txt", "text/plain", b"dry")
    kept = files(real_rt, number)
    assert [kept[0], kept[2]] == [text, text]
    assert [one[1:] for one in (kept[1], *kept[3:])] == [("image/jpeg", JPEG)] * 3
    assert all(one[0].startswith("camera.kitchen_") for one in (kept[1], *kept[3:]))
