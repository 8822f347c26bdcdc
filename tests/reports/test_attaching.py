"""Files and snapshots that go with reports and other messages."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import CAMERA, DEVICE, create_ticket, methods, perform, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, faults

JPEG = b"\xff\xd8\xff picture"
TEXT = "Water under the sink"

pytestmark = pytest.mark.usefixtures("folder_of_files")


def files(ticket: FakeTicket) -> list[tuple[str, str, bytes]]:
    """Return name, type and content of a ticket's files."""
    return [(one.name, one.content_type, one.content) for one in ticket.attachments]


async def test_create_and_comment(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    log: str,
    camera: list[Any],
) -> None:
    """They are kept with the ticket, and with each comment anew."""
    camera += [JPEG, JPEG + b" 2"]
    for action in ("created", "commented"):
        answer = await create_ticket(hass, attachments=[log, CAMERA])
        assert answer["action"] == action
        assert "not_stored" not in answer
    ticket = fake_rt.tickets[1]
    kept = files(ticket)
    assert kept[0] == kept[2] == ("pump.txt", "text/plain", b"dry")
    assert [one[1:] for one in (kept[1], kept[3])] == [
        ("image/jpeg", JPEG),
        ("image/jpeg", JPEG + b" 2"),
    ]
    assert kept[1][0].startswith(f"{CAMERA}_")
    assert (ticket.content, ticket.comments) == (TEXT, [TEXT])
    assert methods(fake_rt) == "GET GET POST GET GET GET POST GET"


@pytest.mark.parametrize("action", ["add_comment", "reply", "resolve_ticket"])
async def test_other_actions(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, log: str, action: str
) -> None:
    """Whatever says something takes files."""
    ticket = fake_rt.add_ticket(DEVICE)
    reply = {"reply": True} if action == "reply" else {}
    await perform(
        hass,
        "add_comment" if action == "reply" else action,
        device_id=DEVICE,
        text="See the file.",
        attachments=log,
        **reply,
    )
    assert files(ticket) == [("pump.txt", "text/plain", b"dry")]


async def test_resolve_with_a_file_only(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, log: str
) -> None:
    """A file without a text is a comment."""
    ticket = fake_rt.add_ticket(DEVICE)
    await perform(hass, "resolve_ticket", device_id=DEVICE, attachments=log)
    assert ticket.status == "resolved"
    assert files(ticket) == [("pump.txt", "text/plain", b"dry")]


async def test_what_cannot_be_had(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    log: str,
    camera: list[Any],
) -> None:
    """The report is kept, and says what is missing; the answer does, too."""
    camera += [HomeAssistantError("rtsp://user:secret@10.0.0.1"), JPEG]
    missing = log.replace("pump", "none")
    first = await create_ticket(hass, attachments=[missing, CAMERA, log])
    second = await create_ticket(hass, attachments=[missing, CAMERA])
    ticket = fake_rt.tickets[1]
    assert first["action"] == "created"
    assert first["not_stored"] == [missing, CAMERA]
    assert ticket.content.split("\n\n") == [
        TEXT,
        f"{missing} could not be attached: no such file",
        f"{CAMERA} could not be attached: no picture",
    ]
    assert second["not_stored"] == [missing]
    assert "secret" not in str((ticket.content, first))
    assert [content for _, _, content in files(ticket)] == [b"dry", JPEG]


async def test_bound(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, tmp_path: Path
) -> None:
    """The option bounds all files of a message together."""
    await setup_integration(hass, config_entry, attachment_mb=1)
    paths = []
    for name, size in (("a", 700_000), ("b", 700_000), ("c", 300_000)):
        (tmp_path / name).write_bytes(b"x" * size)
        paths.append(str(tmp_path / name))
    answer = await create_ticket(hass, attachments=paths)
    assert answer["not_stored"] == [paths[1]]
    assert [name for name, _, _ in files(fake_rt.tickets[1])] == ["a", "c"]
    assert "too large" in fake_rt.tickets[1].content


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("/etc/passwd", "attachment_not_allowed"),
        ("pump.txt", "attachment_unknown"),
        ("sensor.pump", "attachment_unknown"),
    ],
)
@pytest.mark.parametrize("action", ["create_ticket", "resolve_ticket", "add_comment"])
async def test_refused(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    action: str,
    source: str,
    key: str,
) -> None:
    """What may never be sent is refused before anything is."""
    subject = {"subject": "Leak"} if action == "create_ticket" else {}
    with pytest.raises(ServiceValidationError) as error:
        await perform(
            hass, action, device_id=DEVICE, text=TEXT, attachments=source, **subject
        )
    assert error.value.translation_key == key
    assert fake_rt.requests == []


async def test_no_picture_for_nothing(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, camera: list[Any]
) -> None:
    """A picture is taken only for a message that is sent."""
    camera.append(JPEG)
    answer = await perform(hass, "resolve_ticket", device_id=DEVICE, attachments=CAMERA)
    assert answer["action"] == "none"
    fake_rt.fail("GET", "/tickets", faults.html(502))
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass, attachments=CAMERA)
    assert camera == [JPEG]


# --- an RT that keeps a part only --------------------------------------------------


async def test_shortened(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, tmp_path: Path
) -> None:
    """What RT drops of a message is named, where there is anything that it may drop."""
    fake_rt.max_attachment_size = 20_000
    (tmp_path / "pump.txt").write_bytes(b"x" * 30_000)
    log = str(tmp_path / "pump.txt")
    answer = await create_ticket(hass, attachments=log)
    assert (answer["action"], answer["not_stored"]) == ("created", ["pump.txt"])
    answer = await create_ticket(hass, text="x" * 30_000)
    assert (answer["action"], answer["not_stored"]) == ("commented", ["text"])
    answer = await perform(
        hass, "add_comment", device_id=DEVICE, text="See.", attachments=log
    )
    assert answer["not_stored"] == ["pump.txt"]
    answer = await perform(hass, "resolve_ticket", device_id=DEVICE, text="x" * 30_000)
    assert (answer["action"], answer["not_stored"]) == ("resolved", ["text"])


async def test_not_told_whether_shortened(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    log: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A message that RT has is no error."""
    fake_rt.fail("GET", "/transactions", faults.html(502), times=None)
    answer = await create_ticket(hass, attachments=log)
    assert answer["action"] == "created"
    assert "RT may not have kept all of ticket 1: " in caplog.text


# --- web servers with a bound of their own -----------------------------------------


@pytest.fixture(params=[413, 500])
def narrow(request: pytest.FixtureRequest, fake_rt: FakeRT) -> int:
    """Let a web server refuse all that is over 100 kB, and return how it does."""
    status: int = request.param

    async def bound(request: Any, work: faults.Work) -> Any:
        if int(request.headers["Content-Length"]) > 100_000:
            return await faults.html(status)(request, work)
        return await work()

    fake_rt.fail("POST", "", bound, times=None)
    return status


@pytest.mark.usefixtures("narrow")
async def test_too_large_for_the_server(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, tmp_path: Path
) -> None:
    """A report goes without what the server does not take, at once."""
    fake_rt.rights -= {"ShowTicketComments"}
    (tmp_path / "pump.txt").write_bytes(b"x" * 200_000)
    log = str(tmp_path / "pump.txt")
    said = "pump.txt could not be attached: too large for RT"
    for action in ("created", "commented"):
        answer = await create_ticket(hass, attachments=log)
        assert answer["action"] == action
        assert answer["not_stored"] == ["pump.txt"]
    ticket = fake_rt.tickets[1]
    assert ticket.content == f"{TEXT}\n\n{said}"
    assert ticket.comments == [f"{TEXT}\n\n{said}"]
    answer = await perform(
        hass, "add_comment", device_id=DEVICE, text="See.", attachments=log
    )
    assert answer["not_stored"] == ["pump.txt"]
    answer = await perform(
        hass, "resolve_ticket", device_id=DEVICE, text="Dry.", attachments=log
    )
    assert (answer["action"], answer["not_stored"]) == ("resolved", ["pump.txt"])
    assert ticket.comments[1:] == [f"See.\n\n{said}", f"Dry.\n\n{said}"]
    assert (ticket.status, files(ticket)) == ("resolved", [])
    assert fake_rt.sent("GET", "/attachments$") == []


@pytest.mark.parametrize("action", ["create_ticket", "resolve_ticket", "add_comment"])
async def test_text_too_large_for_the_server(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    narrow: int,
    action: str,
) -> None:
    """A text that the server does not take is an error, in its words."""
    ticket = fake_rt.add_ticket(DEVICE)
    subject = {"subject": "Leak"} if action == "create_ticket" else {}
    with pytest.raises(HomeAssistantError, match=str(narrow)) as error:
        await perform(hass, action, device_id=DEVICE, text="x" * 200_000, **subject)
    key = {413: "rejected", 500: "server_error"}[narrow]
    assert error.value.translation_key == key
    assert (ticket.comments, ticket.status) == ([], "new")


async def _fail_after(request: Any, work: faults.Work) -> Any:
    """Let RT do the work, and die of it."""
    await work()
    return await faults.html(500)(request, work)


@pytest.mark.parametrize("sees_comments", [True, False])
async def test_server_fails_when_rt_has_stored_it(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    log: str,
    sees_comments: bool,
) -> None:
    """What is not too large is not sent again: it is looked for, or the caller told."""
    if not sees_comments:
        fake_rt.rights -= {"ShowTicketComments"}
    fake_rt.fail("POST", "/(ticket|comment)$", _fail_after, times=2)
    answer = await create_ticket(hass, attachments=log)
    assert (answer["action"], answer.get("not_stored")) == ("created", None)
    if sees_comments:
        answer = await create_ticket(hass, attachments=log)
        assert (answer["action"], answer.get("not_stored")) == ("commented", None)
    else:
        with pytest.raises(HomeAssistantError) as error:
            await create_ticket(hass, attachments=log)
        assert error.value.translation_key == "server_error"
    [ticket] = fake_rt.tickets.values()
    assert (ticket.content, ticket.comments) == (TEXT, [TEXT])
    assert [content for _, _, content in files(ticket)] == [b"dry", b"dry"]


async def test_server_fails_over_everything(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, log: str
) -> None:
    """It is tried once without the files, and the caller told."""
    fake_rt.fail("POST", "", faults.html(500), times=None)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass, attachments=log)
    assert error.value.translation_key == "server_error"
    assert len(fake_rt.sent("POST", "/ticket$")) == 2
