"""What the tests of this folder do to a real RT, and how they look at it."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
import http.client
import itertools
import json
import quopri
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant, ServiceResponse
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import CONF_DEVICE_ID_FIELD, CONF_QUEUE, DOMAIN
from custom_components.ha_rt.rt.client import RTClient
from scripts.live.rt import RTServer
from tests import FACILITY, perform

INCIDENTS = "Incidents"

DISABLE_QUEUE = """
my $queue = RT::Queue->new($system);
$queue->Load($ARGV[0]);
my ($ok, $message) = $queue->SetDisabled($ARGV[1]);
$ok or die "$message\n";
"""

_numbers = itertools.count(1)


class ClientFor(Protocol):
    """Makes a client for a user."""

    def __call__(self, user: str, url: str = ...) -> RTClient:
        """Make it."""


class SetUp(Protocol):
    """Sets an entry up through Home Assistant; the options are the entry's."""

    async def __call__(
        self,
        user: str = ...,
        queue: str = ...,
        *,
        rt: RTServer = ...,
        url: str = ...,
        token: str = ...,
        **options: object,
    ) -> MockConfigEntry:
        """Set it up."""


def new_device(name: str = "device") -> str:
    """Return a device id that no other test uses."""
    return f"{name}-{next(_numbers)}"


# --- Home Assistant -------------------------------------------------------


async def begin_flow(
    hass: HomeAssistant, url: str, token: str, *, flow_id: str | None = None
) -> ConfigFlowResult:
    """Answer the first form of the config flow, a new one unless told which."""
    if flow_id is None:
        step = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_USER}
        )
        assert step["type"] is FlowResultType.FORM
        assert step["step_id"] == "user"
        flow_id = step["flow_id"]
    return await hass.config_entries.flow.async_configure(
        flow_id, {CONF_URL: url, CONF_TOKEN: token, CONF_VERIFY_SSL: True}
    )


async def choose_queue(
    hass: HomeAssistant, step: ConfigFlowResult, queue: str, field: str = "DeviceId"
) -> ConfigFlowResult:
    """Answer the second form of the config flow."""
    assert step["type"] is FlowResultType.FORM
    assert step["step_id"] == "queue", step["errors"]
    step = await hass.config_entries.flow.async_configure(
        step["flow_id"], {CONF_QUEUE: queue, CONF_DEVICE_ID_FIELD: field}
    )
    await hass.async_block_till_done()
    return step


async def report(
    hass: HomeAssistant,
    device_id: str,
    text: str = "It drips.",
    subject: str = "Water leak",
    **more: object,
) -> ServiceResponse:
    """Perform create_ticket."""
    given = {"device_id": device_id, "subject": subject, "text": text}
    return await perform(hass, "create_ticket", **given, **more)


# --- RT past REST2 and past our client ------------------------------------


def tickets_of(rt: RTServer, device_id: str) -> list[int]:
    """Return the numbers of the tickets that hold exactly this device id."""
    found = rt.database.rows(
        "SELECT ObjectId, Content FROM ObjectCustomFieldValues WHERE CustomField = ?"
        " AND ObjectType = 'RT::Ticket' AND Disabled = 0 AND Content = ?"
        " ORDER BY ObjectId",
        rt.custom_fields["DeviceId"],
        device_id,
    )
    # Not every database compares exactly.
    return [number for number, content in found if content == device_id]


class Row(NamedTuple):
    """A ticket in RT's database."""

    subject: str
    status: str
    queue: str


def ticket(rt: RTServer, ticket_id: int) -> Row:
    """Return what RT has of a ticket; faster than `read_ticket`, but less."""
    (found,) = rt.database.rows(
        "SELECT Subject, Status, Queues.Name FROM Tickets"
        " JOIN Queues ON Queues.id = Queue WHERE Tickets.id = ?",
        ticket_id,
    )
    return Row(*found)


def custom_fields(rt: RTServer, ticket_id: int) -> dict[str, str]:
    """Return the values of a ticket's custom fields."""
    found = rt.database.rows(
        "SELECT CustomFields.Name, Content FROM ObjectCustomFieldValues AS Field"
        " JOIN CustomFields ON CustomFields.id = CustomField"
        " WHERE ObjectType = 'RT::Ticket' AND ObjectId = ? AND Field.Disabled = 0",
        ticket_id,
    )
    return dict(found)


def contents(rt: RTServer, ticket_id: int) -> list[str]:
    """Return the texts of a ticket and of its comments."""
    found = rt.database.rows(
        "SELECT Content, ContentEncoding FROM Attachments"
        " JOIN Transactions ON Transactions.id = TransactionId"
        " WHERE ObjectType = 'RT::Ticket' AND ObjectId = ?"
        " AND Type IN ('Create', 'Comment') ORDER BY Transactions.id",
        ticket_id,
    )
    return [decoded(content, encoding) for content, encoding in found]


def decoded(content: str, encoding: str) -> str:
    """Return a text that RT has stored in one of its encodings."""
    decode = {"quoted-printable": quopri.decodestring, "base64": b64decode}
    return (
        decode[encoding](content).decode(errors="replace")
        if encoding in decode
        else content
    )


class Journal:
    """What has been written to RT since this was made."""

    def __init__(self, rt: RTServer) -> None:
        """Remember where RT's journal ends now."""
        self._rt = rt
        ((self._start,),) = rt.database.rows("SELECT MAX(id) FROM Transactions")

    def written(self) -> list[tuple[int, str]]:
        """Return ticket and kind of all creates, comments and changes, in order."""
        return self._rt.database.rows(
            "SELECT ObjectId, Type FROM Transactions WHERE id > ?"
            " AND ObjectType = 'RT::Ticket' ORDER BY id",
            self._start,
        )


def notify(rt: RTServer, *, wanted: bool) -> None:
    """Let RT mail people what happens, or save what takes it most of its time."""
    rt.database.change(
        "UPDATE Scrips SET Disabled = ? WHERE ScripAction IN (SELECT id FROM"
        " ScripActions WHERE Name LIKE ? OR Name LIKE ?)",
        int(not wanted),
        "Notify%",
        "Autoreply%",
    )


# --- RT by hand -----------------------------------------------------------


def by_hand(
    rt: RTServer, method: str, path: str, body: object = None, user: str = "root"
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send one request and return the answer and what could be read of its body."""
    address = urlsplit(rt.url)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    headers = {"Authorization": f"token {rt.tokens[user]}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(
            method,
            address.path + path,
            None if body is None else json.dumps(body),
            headers,
        )
        answer = connection.getresponse()
        try:
            return answer, answer.read()
        except http.client.IncompleteRead as err:
            return answer, err.partial
    finally:
        connection.close()


def create_by_hand(
    rt: RTServer, device_id: str, queue: str = FACILITY, **more: object
) -> int:
    """Create a ticket as somebody else would, and return its number."""
    body = {
        "Queue": rt.queues[queue],
        "Subject": "By hand",
        "CustomFields": {str(rt.custom_fields["DeviceId"]): device_id},
        **more,
    }
    answer, text = by_hand(rt, "POST", "/REST/2.0/ticket", body)
    assert answer.status == http.HTTPStatus.CREATED, text
    return int(json.loads(text)["id"])


def read_by_hand(rt: RTServer, ticket_id: int) -> dict[str, Any]:
    """Return a ticket as RT shows it to its administrator."""
    _, text = by_hand(rt, "GET", f"/REST/2.0/ticket/{ticket_id}")
    found: dict[str, Any] = json.loads(text)
    return found


def change_by_hand(
    rt: RTServer, ticket_id: int, user: str = "root", **body: object
) -> None:
    """Change a ticket as somebody else would."""
    _, text = by_hand(rt, "PUT", f"/REST/2.0/ticket/{ticket_id}", body, user)
    assert b"enied" not in text, text


def say_by_hand(rt: RTServer, ticket_id: int, resource: str, user: str) -> None:
    """Comment or answer as somebody else would."""
    path = f"/REST/2.0/ticket/{ticket_id}/{resource}"
    body = {"Content": "On my way", "ContentType": "text/plain"}
    answer, text = by_hand(rt, "POST", path, body, user)
    assert answer.status == http.HTTPStatus.CREATED, text


def set_status(rt: RTServer, ticket_id: int, status: str) -> None:
    """Give a ticket a status, as somebody else would."""
    _, text = by_hand(rt, "PUT", f"/REST/2.0/ticket/{ticket_id}", {"Status": status})
    assert ticket(rt, ticket_id).status == status, text


@contextmanager
def without(
    rt: RTServer, user: str, *rights: str, queue: str = FACILITY
) -> Iterator[None]:
    """Take rights away from a user for a while."""
    rt.revoke(user, queue, *rights)
    try:
        yield
    finally:
        rt.grant(user, queue, *rights)


async def check_refused(
    hass: HomeAssistant, rt: RTServer, device_id: str
) -> ConfigFlowResult:
    """Check that a report fails for the token, and return the flow that asks for one."""
    journal = Journal(rt)
    with pytest.raises(HomeAssistantError) as raised:
        await report(hass, device_id)
    await hass.async_block_till_done()
    assert raised.value.translation_key == "invalid_auth"
    assert journal.written() == []
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    return flow
