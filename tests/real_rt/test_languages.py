"""Accounts whose language is not English: RT's answers to them are broken in several ways."""

import asyncio
from http import HTTPStatus

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from scripts.live.rt import RTServer
from tests.real_rt.common import (
    Journal,
    SetUp,
    by_hand,
    contents,
    create_by_hand,
    new_device,
    report,
    ticket,
    tickets_of,
)

LANGUAGES = ["lang-de", "lang-ru"]


@pytest.mark.parametrize(
    ("user", "body"),
    [("lang-de", b'[\n   "Kommentar hinzugef\xfcgt"\n]\n'), ("lang-ru", b"")],
)
def test_answers_to_comments_are_broken(
    real_rt: RTServer, user: str, body: bytes
) -> None:
    """Confirm what the other tests of this module are about: not UTF-8, or nothing."""
    ticket_id = create_by_hand(real_rt, new_device())

    answer, text = by_hand(
        real_rt,
        "POST",
        f"/REST/2.0/ticket/{ticket_id}/comment",
        {"Content": "It drips.", "ContentType": "text/plain"},
        user=user,
    )

    assert answer.status == HTTPStatus.CREATED
    assert int(answer.headers["Content-Length"]) > 0
    assert text == body


@pytest.mark.parametrize("name", ["Türöffner", "設備 Утечка"])
@pytest.mark.parametrize("user", LANGUAGES)
async def test_stored_once(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str, name: str
) -> None:
    """A comment is stored although RT's answer is broken: neither an error nor sent twice."""
    await set_up(user)
    device_id = new_device(name)

    first = await report(hass, device_id, "Es tropft, Утечка 設備", "Öl läuft aus")
    second = await report(hass, device_id, "Es läuft über, Утечка 設備")

    assert first["action"] == "created"
    assert second == {**first, "action": "commented"}
    ticket_id = first["ticket_id"]
    assert tickets_of(real_rt, device_id) == [ticket_id]
    assert ticket(real_rt, ticket_id).subject == "Öl läuft aus"
    assert contents(real_rt, ticket_id) == [
        *("Es tropft, Утечка 設備", "Es läuft über, Утечка 設備")
    ]


@pytest.mark.parametrize("user", LANGUAGES)
async def test_at_once(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, user: str
) -> None:
    """RT's worker process dies of each broken answer, while others are at work."""
    await set_up(user)
    devices = [new_device() for _ in range(2)] * 3
    journal = Journal(real_rt)

    answers = await asyncio.gather(*(report(hass, device_id) for device_id in devices))

    for device_id in devices:
        assert len(tickets_of(real_rt, device_id)) == 1
    assert [answer["action"] for answer in answers].count("created") == 2
    kinds = [kind for _, kind in journal.written()]
    assert (kinds.count("Create"), kinds.count("Comment")) == (2, 4)


@pytest.mark.parametrize(
    ("user", "creating", "commenting"),
    [
        ("lang-de", "Kein Berechtigung um Tickets", "Zugriff verweigert"),
        ("lang-ru", "Нет прав для создания заявок", "Доступ запрещён"),
    ],
)
async def test_errors(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    user: str,
    creating: str,
    commenting: str,
) -> None:
    """Refusals are understood by their status, and shown in RT's own words."""
    queue = "IT/Support"
    real_rt.grant(
        *(user, queue, "SeeQueue", "ShowTicket"),
        *("CreateTicket", "SeeCustomField", "ModifyCustomField"),
    )
    await set_up(user, queue)
    known = new_device()
    await report(hass, known)
    real_rt.revoke(user, queue, "CreateTicket")
    journal = Journal(real_rt)

    for device_id, right, message in (
        (known, "CommentOnTicket", commenting),
        (new_device(), "CreateTicket", creating),
    ):
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, device_id)
        assert raised.value.translation_key == "missing_right"
        assert raised.value.translation_placeholders["right"] == right
        assert raised.value.translation_placeholders["message"].startswith(message)
    assert journal.written() == []
