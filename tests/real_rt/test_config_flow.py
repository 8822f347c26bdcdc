"""The config flow with a real RT; what the queue check finds is in test_queue_check.py."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.ha_rt.const import (
    CONF_DEVICE_ID_FIELD,
    CONF_OPEN_STATUSES,
    CONF_QUEUE,
    CONF_WEB_URL,
)
from scripts.live.process import free_port
from scripts.live.rt import RTServer
from tests import FACILITY
from tests.options import filled
from tests.real_rt.common import (
    Journal,
    SetUp,
    begin_flow,
    choose_queue,
    custom_fields,
    new_device,
    report,
    set_status,
)

pytestmark = pytest.mark.usefixtures("entries")

UMLAUTS = "Büro Ümläut 設備"
QUOTES = "Ops \"A\" 'B' \\C"


async def test_entry(hass: HomeAssistant, real_rt: RTServer) -> None:
    """The entry holds what was entered, the form tells who was recognised."""
    journal = Journal(real_rt)
    token = real_rt.tokens["ha-service"]

    step = await begin_flow(hass, f"{real_rt.url}/", f" {token}\n")
    placeholders = step["description_placeholders"]
    step = await choose_queue(hass, step, f" {FACILITY.upper()} ", " deviceid ")

    assert placeholders["account"] == "ha-service"
    assert placeholders["version"] == real_rt.version
    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert step["title"] == f"Service Management ({FACILITY})"
    assert step["data"] == {
        CONF_URL: real_rt.url,
        CONF_TOKEN: token,
        CONF_VERIFY_SSL: True,
        CONF_QUEUE: FACILITY,
    }
    assert step["options"] == {CONF_DEVICE_ID_FIELD: "deviceid"}
    assert step["result"].state is ConfigEntryState.LOADED
    assert journal.written() == []
    assert (await report(hass, new_device()))["action"] == "created"


@pytest.mark.parametrize(
    "token",
    [
        "1-1-00000000000000000000000000000000",
        "1-99999-00000000000000000000000000000000",
        "not a token",
        "Größe",
        "revoked",
        "disabled1",
    ],
)
async def test_refused_token(
    hass: HomeAssistant, real_rt: RTServer, token: str
) -> None:
    """The form says so beside the token, and goes on with a good one."""
    step = await begin_flow(hass, real_rt.url, real_rt.tokens.get(token, token))
    assert step["errors"] == {"token": "invalid_auth"}

    step = await begin_flow(
        hass, real_rt.url, real_rt.tokens["ha-service"], flow_id=step["flow_id"]
    )
    assert step["step_id"] == "queue"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("{url}/wrong", "not_rt"),
        ("{url}/wrong/REST/2.0", "not_rt"),
        ("http://127.0.0.1:{unused}", "cannot_connect"),
        ("127.0.0.1:{port}", "invalid_url"),
        ("http://user:secret@127.0.0.1:{port}", "invalid_url"),
    ],
)
async def test_wrong_address(
    hass: HomeAssistant, real_rt: RTServer, url: str, error: str
) -> None:
    """The form says what is wrong beside the address, and goes on with a good one."""
    token = real_rt.tokens["ha-service"]
    wrong = url.format(url=real_rt.url, port=real_rt.port, unused=free_port())

    step = await begin_flow(hass, wrong, token)
    assert step["errors"] == {"url": error}

    step = await begin_flow(hass, real_rt.url, token, flow_id=step["flow_id"])
    assert step["step_id"] == "queue"


@pytest.mark.parametrize(
    ("user", "queues"),
    [
        ("ha-service", ["Empty Queue", FACILITY, "Incidents"]),
        ("min-create", []),  # which may not see them
        ("readonly", []),
        (
            "all-queues",
            [
                *(UMLAUTS, "Empty Queue", FACILITY, "General", "Incidents"),
                *("IT/Support", QUOTES, "Other Queue"),
            ],
        ),
    ],
)
async def test_queues_to_choose_from(
    hass: HomeAssistant, real_rt: RTServer, user: str, queues: list[str]
) -> None:
    """The form offers the enabled queues in which the account may create tickets."""
    step = await begin_flow(hass, real_rt.url, real_rt.tokens[user])

    offered = step["data_schema"].schema[CONF_QUEUE].config["options"]
    assert sorted(offered) == sorted(queues)


@pytest.mark.parametrize(
    ("entered", "queue"),
    [
        (QUOTES, QUOTES),
        ("IT/Support", "IT/Support"),
        ("it/support", "IT/Support"),
        (UMLAUTS, UMLAUTS),
        ("facility management", FACILITY),
    ],
)
async def test_queue_names(
    hass: HomeAssistant, real_rt: RTServer, entered: str, queue: str
) -> None:
    """Any name leads to an entry that works; RT's own spelling is kept."""
    step = await begin_flow(hass, real_rt.url, real_rt.tokens["all-queues"])
    step = await choose_queue(hass, step, entered)

    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert step["data"][CONF_QUEUE] == queue
    assert (await report(hass, new_device()))["action"] == "created"


@pytest.mark.parametrize(
    ("queue", "field", "errors"),
    [
        ("No Such Queue", "DeviceId", {"queue": "queue_not_found"}),
        ("No/Such/Queue", "DeviceId", {"queue": "queue_not_found"}),
        ("99999", "DeviceId", {"queue": "queue_not_found"}),
        ("General", "DeviceId", {"device_id_field": "field_missing"}),
        (FACILITY, "UnappliedCF", {"device_id_field": "field_missing"}),
        (FACILITY, "", {"device_id_field": "field_missing"}),
        (
            "Disabled Queue",
            "DeviceId",
            {"queue": "queue_disabled", "device_id_field": "field_missing"},
        ),
        ("Disabled Queue", "GlobalCF", {"queue": "queue_disabled"}),
    ],
)
async def test_wrong_queue_or_field(
    hass: HomeAssistant,
    real_rt: RTServer,
    queue: str,
    field: str,
    errors: dict[str, str],
) -> None:
    """The form says which of the two is wrong, and goes on with good ones."""
    step = await begin_flow(hass, real_rt.url, real_rt.tokens["all-queues"])

    step = await choose_queue(hass, step, queue, field)
    assert step["errors"] == errors

    step = await choose_queue(hass, step, FACILITY)
    assert step["type"] is FlowResultType.CREATE_ENTRY


async def test_text_area(hass: HomeAssistant, real_rt: RTServer) -> None:
    """A field whose texts RT cleans cannot hold the device id."""
    step = await begin_flow(hass, real_rt.url, real_rt.tokens["all-queues"])

    step = await choose_queue(hass, step, FACILITY, "DeviceNotes")

    assert step["type"] is FlowResultType.FORM
    assert "device_id_field" in step["errors"]


@pytest.mark.parametrize(
    ("queue", "field"),
    [
        (FACILITY, 'Odd {x} "y" Name'),
        (FACILITY, "DeviceType"),
        ("Other Queue", "GlobalCF"),
        ("Other Queue", "DupName"),
    ],
)
async def test_other_fields(
    hass: HomeAssistant, real_rt: RTServer, queue: str, field: str
) -> None:
    """Any custom field can hold the device id, whatever its name."""
    device_id = new_device()
    step = await begin_flow(hass, real_rt.url, real_rt.tokens["all-queues"])
    step = await choose_queue(hass, step, queue, field)

    first = await report(hass, device_id)
    second = await report(hass, device_id)

    assert second == {**first, "action": "commented"}
    assert custom_fields(real_rt, first["ticket_id"]) == {field: device_id}


async def test_same_queue_twice(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """A queue is set up once, however its name is written; another one goes beside it."""
    await set_up()

    step = await begin_flow(hass, f"{real_rt.url}/", real_rt.tokens["u-full"])
    step = await choose_queue(hass, step, FACILITY.lower())
    assert step["type"] is FlowResultType.ABORT
    assert step["reason"] == "already_configured"

    step = await begin_flow(hass, real_rt.url, real_rt.tokens["u-full"])
    step = await choose_queue(hass, step, "Incidents")
    assert step["type"] is FlowResultType.CREATE_ENTRY


async def test_reconfigure(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    real_rt_below_path: RTServer,
) -> None:
    """The entry goes over to another server and queue, and works there."""
    entry = await set_up()
    device_id = new_device()
    await report(hass, device_id)

    step = await entry.start_reconfigure_flow(hass)
    step = await begin_flow(
        hass,
        real_rt_below_path.url,
        real_rt_below_path.tokens["u-full"],
        flow_id=step["flow_id"],
    )
    step = await choose_queue(hass, step, "Incidents")

    assert step["reason"] == "reconfigure_successful"
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data[CONF_QUEUE] == "Incidents"
    answer = await report(hass, device_id)
    assert answer["action"] == "created"
    assert answer["ticket_url"].startswith(real_rt_below_path.url)


async def test_options(hass: HomeAssistant, set_up: SetUp, real_rt: RTServer) -> None:
    """RT is asked about the field; the options are in force at once."""
    entry = await set_up()
    device_id = new_device()
    options = {
        CONF_DEVICE_ID_FIELD: "UnappliedCF",
        CONF_OPEN_STATUSES: ["new", "open"],
        CONF_WEB_URL: f"{real_rt.url}/Ticket/Display.html?id=1",
    }

    step = await hass.config_entries.options.async_init(entry.entry_id)
    step = await hass.config_entries.options.async_configure(
        step["flow_id"], filled(step, **options)
    )
    assert step["errors"] == {CONF_DEVICE_ID_FIELD: "field_missing"}
    step = await hass.config_entries.options.async_configure(
        step["flow_id"], filled(step, **{CONF_DEVICE_ID_FIELD: "DeviceType"})
    )
    await hass.async_block_till_done()

    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_WEB_URL] == real_rt.url
    first = await report(hass, device_id)
    assert custom_fields(real_rt, first["ticket_id"]) == {"DeviceType": device_id}
    set_status(real_rt, first["ticket_id"], "stalled")
    assert (await report(hass, device_id))["action"] == "created"
