"""The marker of a message is for us alone: people see and get what they always did."""

from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterator
from email import message_from_string, policy
from email.message import EmailMessage
import json
from typing import Any
from uuid import uuid4

import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.models import Attachment, NewTicket
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import ClientFor, by_hand

REQUESTOR, BOSS = "guest@example.test", "boss@example.test"
SAID = "Grüße aus der Küche: 設備, Утечка"
TEXTS = {"text/plain": f"{SAID}\nEs tropft.", "text/html": f"<p><b>{SAID}</b></p>"}
PICTURE = Attachment(
    name="snap.jpg", content_type="image/jpeg", content=bytes(range(256)) * 9
)
LETTER = Attachment(
    name="note.txt", content_type="text/plain", content="Öl läuft aus\r\n".encode()
)
PAGES = {
    "/Ticket/Display.html?id={}": "Küche",  # the browser loads the texts later:
    "/Helpers/TicketHistory?id={}": SAID,
    "/Ticket/History.html?id={}": SAID,
    "/Ticket/Update.html?id={}&Action=Comment": "Küche",
    "/m/ticket/show?id={}": "Küche",
}
LANGUAGES = ["u-full", "lang-de", "lang-ru"]

WATCH = """
my $queue = RT::Queue->new($system);
$queue->Load($ARGV[0]);
my ($ok, $message) = $ARGV[1] eq 'add'
    ? $queue->AddWatcher(Type => 'AdminCc', Email => $ARGV[2])
    : $queue->DeleteWatcher(Type => 'AdminCc', Email => $ARGV[2]);
$ok or die "$message\\n";
"""

type Write = Callable[[RTClient, str], Awaitable[int]]


@pytest.fixture(scope="module", autouse=True)
def _boss(real_rt: RTServer) -> Iterator[None]:
    """Have somebody who gets a mail of everything that happens in the queue."""
    real_rt.perl(WATCH, FACILITY, "add", BOSS)
    yield
    real_rt.perl(WATCH, FACILITY, "remove", BOSS)


@pytest.fixture
def markers() -> list[str]:
    """Return markers that no other message has."""
    return [uuid4().hex for _ in range(3)]


@pytest.fixture(params=TEXTS)
def content_type(request: pytest.FixtureRequest) -> str:
    """Return what the texts are."""
    return str(request.param)


@pytest.fixture
async def ticket_id(
    real_rt: RTServer, client_for: ClientFor, markers: list[str], content_type: str
) -> int:
    """Return a ticket with a comment and a reply, which are all marked."""
    return await write(real_rt, client_for("u-full"), markers, content_type)


async def write(
    rt: RTServer, client: RTClient, markers: list[str], content_type: str
) -> int:
    """Create a ticket, comment and reply, each with a marker and with files."""
    text, files = TEXTS[content_type], [PICTURE, LETTER]
    number = await client.create_ticket(
        NewTicket(
            queue=rt.queues[FACILITY],
            subject="Küche",
            content=text,
            content_type=content_type,
            requestor=[REQUESTOR],
            attachments=files,
            marker=markers[0],
        )
    )
    await client.comment(
        number, text, content_type, attachments=files, marker=markers[1]
    )
    await client.reply(number, text, content_type, attachments=files, marker=markers[2])
    return number


def holds(text: str, markers: list[str]) -> bool:
    """Tell whether anything of a marker is in a text."""
    return any(one in text for one in ("x-ha-rt", "X-HA-RT", *markers))


def parts(rt: RTServer, ticket_id: int) -> list[dict[str, Any]]:
    """Return the texts and files that were written, as RT hands them out."""
    path = f"/REST/2.0/ticket/{ticket_id}/attachments?per_page=100"
    _, text = by_hand(rt, "GET", path)
    found = []
    for item in json.loads(text)["items"]:
        _, text = by_hand(rt, "GET", f"/REST/2.0/attachment/{item['id']}")
        found.append(json.loads(text))
    # The others are copies of RT's mails.
    return [one for one in found if one["Creator"]["id"] != "RT_System"]


def mail_texts(mail: EmailMessage) -> list[str]:
    """Return a mail's texts: the same one in several forms."""
    return [
        part.get_content()
        for part in mail.walk()
        if part.get_content_maintype() == "text" and not part.get_filename()
    ]


def mail_files(mail: EmailMessage) -> dict[str, bytes]:
    """Return the files that a mail brings."""
    files = [part for part in mail.walk() if part.get_filename()]
    return {str(p.get_filename()): p.get_payload(decode=True) for p in files}


@pytest.mark.parametrize("user", LANGUAGES)
@pytest.mark.usefixtures("notifications")
async def test_mails(
    real_rt: RTServer,
    client_for: ClientFor,
    markers: list[str],
    content_type: str,
    user: str,
) -> None:
    """RT's mails hold the text and the files, and nothing of the marker."""
    before = len(real_rt.mails)

    await write(real_rt, client_for(user), markers, content_type)

    sent = real_rt.mails[before:]
    assert not any(holds(one, markers) for one in sent)
    mails = [message_from_string(one, policy=policy.default) for one in sent]
    assert sorted(str(one["To"] or one["Bcc"]) for one in mails) == [
        *[BOSS] * 3,  # of all three
        *[REQUESTOR] * 2,  # of the ticket and of the reply
    ]
    for mail in mails:
        assert all(SAID in text for text in mail_texts(mail))
        assert not holds("".join(mail_texts(mail)), markers)
    with_files = [files for mail in mails if (files := mail_files(mail))]
    assert len(with_files) == 4  # all but RT's own answer to the requestor
    for files in with_files:
        assert files["snap.jpg"] == PICTURE.content
        assert set(files) == {"snap.jpg", "note.txt"}


@pytest.mark.parametrize("user", LANGUAGES)
async def test_kept_whole(
    real_rt: RTServer,
    client_for: ClientFor,
    markers: list[str],
    content_type: str,
    user: str,
) -> None:
    """Texts and files are in RT as they were sent, and are found by their markers."""
    client = client_for(user)

    ticket_id = await write(real_rt, client, markers, content_type)

    found = parts(real_rt, ticket_id)
    texts = [one for one in found if one["ContentType"] == content_type]
    texts = [one for one in texts if not one.get("Filename")]
    sent = [b64decode(one["Content"]).decode() for one in texts]
    assert sent == [TEXTS[content_type]] * 3
    for name, content in (("snap.jpg", PICTURE.content), ("note.txt", LETTER.content)):
        files = [one for one in found if one.get("Filename") == name]
        assert [b64decode(one["Content"]) for one in files] == [content] * 3
    written = [int(one["TransactionId"]["id"]) for one in texts]
    assert [await client.find_marked(ticket_id, one) for one in markers] == written


async def test_pages(real_rt: RTServer, ticket_id: int, markers: list[str]) -> None:
    """People see the text on RT's pages, and nothing of the marker."""
    for page, shown in PAGES.items():
        for user in ("root", "alice"):
            answer, body = by_hand(real_rt, "GET", page.format(ticket_id), user=user)
            assert answer.status == 200
            assert shown in body.decode(), page
            assert not holds(body.decode(), markers), page


async def test_quoted(real_rt: RTServer, ticket_id: int, markers: list[str]) -> None:
    """Who answers a message quotes the text, and nothing of the marker."""
    for part in parts(real_rt, ticket_id):
        transaction = part["TransactionId"]["id"]
        path = f"/Ticket/Update.html?id={ticket_id}&QuoteTransaction={transaction}"
        _, body = by_hand(real_rt, "GET", path)
        assert SAID in body.decode()
        assert not holds(body.decode(), markers)


async def test_downloads(real_rt: RTServer, ticket_id: int, markers: list[str]) -> None:
    """What people download is what was sent, of a type without a marker."""
    for part in parts(real_rt, ticket_id):
        if part["ContentType"] == "multipart/mixed":
            continue
        path = f"/Ticket/Attachment/{part['TransactionId']['id']}/{part['id']}/"
        answer, body = by_hand(real_rt, "GET", path)
        assert answer.status == 200
        assert body == b64decode(part["Content"])
        assert not holds(str(answer.headers), markers)
        if not part.get("Filename"):
            # RT gives no HTML out as such.
            assert answer.headers["Content-Type"] == "text/plain;charset=UTF-8"
