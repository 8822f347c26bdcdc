"""Setting up, changing the server, giving a new token."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.aiohttp_client import HomeAssistantTCPConnector
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import (
    CONF_DEVICE_ID_FIELD,
    CONF_OPEN_STATUSES,
    CONF_QUEUE,
    DOMAIN,
)
from custom_components.ha_rt.rt import http
from tests import setup_integration
from tests.fake_rt import FakeRT, faults

QUEUE = "Facility Management"


def server_input(fake_rt: FakeRT, **changes: Any) -> dict[str, Any]:
    """Return what a person fills into the server form."""
    return {
        CONF_URL: fake_rt.url,
        CONF_TOKEN: fake_rt.token,
        CONF_VERIFY_SSL: True,
        **changes,
    }


async def start(hass: HomeAssistant) -> str:
    """Open the form and return the flow's id."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert result["errors"] == {}
    return result["flow_id"]


async def submit(hass: HomeAssistant, flow_id: str, **values: Any) -> dict[str, Any]:
    """Fill in a form and return what follows."""
    result = await hass.config_entries.flow.async_configure(flow_id, values)
    await hass.async_block_till_done()
    return dict(result)


async def finish(hass: HomeAssistant, flow_id: str, fake_rt: FakeRT) -> None:
    """Fill in both forms as it should be, and expect an entry."""
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["step_id"] == "queue"
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_success(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """Two forms make an entry, with what RT calls the queue, and write nothing."""
    fake_rt.add_queue("No right here")
    fake_rt.accounts[0].queues = {"General", QUEUE}
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["step_id"] == "queue"
    assert result["errors"] == {}
    offered = result["data_schema"].schema[CONF_QUEUE].config
    assert sorted(offered["options"]) == [QUEUE, "General"]
    assert offered["custom_value"] is True
    assert result["description_placeholders"]["version"] == "5.0.3+dfsg-3"
    assert result["description_placeholders"]["account"] == "ha-service"

    result = await submit(hass, flow_id, queue=" facility MANAGEMENT ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Service Management (Facility Management)"
    assert result["data"] == {
        CONF_URL: fake_rt.url,
        CONF_TOKEN: fake_rt.token,
        CONF_VERIFY_SSL: True,
        CONF_QUEUE: QUEUE,
    }
    assert result["options"] == {CONF_DEVICE_ID_FIELD: "DeviceId"}
    assert fake_rt.tickets == {}
    assert fake_rt.writes == []


@pytest.mark.parametrize(
    "pasted",
    [
        "{url}/",
        "  {url}/REST/2.0/  ",
        "{url}/Ticket/Display.html?id=12",
        "{url}/NoAuth/Login.html?next=abc#top",
        "{url}/Admin/Tools/Config.html",
        "{url}/Search/",
        "{url}/Dashboards/7/Facility",
    ],
)
@pytest.mark.parametrize(
    "sub_path", ["", "/rt", "/tools/rt", "/support/ticket", "/Tools", "/m/ticket/user"]
)
async def test_pasted_address(
    hass: HomeAssistant, fake_rt: FakeRT, sub_path: str, pasted: str
) -> None:
    """An address copied from the browser or from a document will do."""
    fake_rt.sub_path = sub_path
    flow_id = await start(hass)
    address = pasted.format(url=fake_rt.url)
    await submit(hass, flow_id, **server_input(fake_rt, url=address))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["data"][CONF_URL] == fake_rt.url


@pytest.mark.parametrize(
    "url", ["rt.example.com", "ftp://rt.example.com", "http://", "https://u:p@rt/", "x"]
)
async def test_malformed_address(
    hass: HomeAssistant, fake_rt: FakeRT, url: str
) -> None:
    """What is no address is refused before anything is sent."""
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt, url=url))
    assert result["errors"] == {CONF_URL: "invalid_url"}
    assert fake_rt.requests == []
    await finish(hass, flow_id, fake_rt)


@pytest.mark.parametrize(
    ("fault", "field", "error"),
    [
        (faults.reset_before, CONF_URL, "cannot_connect"),
        (faults.slow(before=1), CONF_URL, "timeout"),
        (faults.html(), CONF_URL, "not_rt"),
        (faults.html(404), CONF_URL, "not_rt"),
        (faults.redirect("https://elsewhere.example/"), CONF_URL, "not_rt"),
        (faults.answer(200, "[]"), CONF_URL, "not_rt"),
        (faults.answer(200, "{}"), CONF_URL, "not_rt"),
        (faults.html(502), CONF_URL, "server_error"),
        (faults.message(400, "Not today"), CONF_URL, "rejected"),
        (faults.message(403, "Forbidden"), CONF_URL, "rejected"),
        (faults.message(404, "Not Found"), CONF_URL, "not_found"),
        (faults.unauthorized, CONF_TOKEN, "invalid_auth"),
        (faults.login_required, CONF_TOKEN, "invalid_auth"),
    ],
)
async def test_server_errors(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    monkeypatch: pytest.MonkeyPatch,
    fault: faults.Fault,
    field: str,
    error: str,
) -> None:
    """Each fault has a text of its own on the field that it is about."""
    monkeypatch.setattr(http, "TIMEOUT", http.aiohttp.ClientTimeout(total=0.3))
    flow_id = await start(hass)
    fake_rt.fail("*", "", fault, times=None)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: error}
    fake_rt.heal()
    await finish(hass, flow_id, fake_rt)


async def test_refused(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """Nothing listens at the address."""
    flow_id = await start(hass)
    await fake_rt.stop()
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["errors"] == {CONF_URL: "cannot_connect"}
    await fake_rt.start()
    await finish(hass, flow_id, fake_rt)


async def test_unknown_host(
    hass: HomeAssistant, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name has no address."""

    async def resolve(self: HomeAssistantTCPConnector, host: str) -> None:
        raise OSError("Domain name not found")

    monkeypatch.setattr(HomeAssistantTCPConnector, "async_resolve_host", resolve)
    flow_id = await start(hass)
    url = "https://rt.example.invalid"
    result = await submit(hass, flow_id, **server_input(fake_rt, url=url))
    assert result["errors"] == {CONF_URL: "host_not_found"}
    await finish(hass, flow_id, fake_rt)


async def test_host_name(
    hass: HomeAssistant, fake_rt: FakeRT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are resolved as all of Home Assistant does."""

    async def resolve(self: HomeAssistantTCPConnector, host: str) -> list[Any]:
        assert host == "rt.example.local"
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": 0,
                "family": 2,
                "proto": 0,
                "flags": 0,
            }
        ]

    monkeypatch.setattr(HomeAssistantTCPConnector, "async_resolve_host", resolve)
    url = fake_rt.url.replace("127.0.0.1", "rt.example.local")
    fake_rt.web_base_url = url
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt, url=url))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["data"][CONF_URL] == url


async def test_untrusted_certificate(
    hass: HomeAssistant, self_signed_rt: FakeRT
) -> None:
    """A certificate of the server's own making works once the user says so."""
    fake_rt = self_signed_rt
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["errors"] == {CONF_URL: "tls_error"}
    assert fake_rt.requests == []
    result = await submit(hass, flow_id, **server_input(fake_rt, verify_ssl=False))
    assert result["step_id"] == "queue"
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("version", ["4.4.7", "5.0.2", "nonsense"])
async def test_too_old(hass: HomeAssistant, fake_rt: FakeRT, version: str) -> None:
    """RT has to have REST2 as it is in 5.0.3."""
    fake_rt.version = version
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["errors"] == {CONF_URL: "too_old"}
    assert result["description_placeholders"]["version"] == version
    assert result["description_placeholders"]["minimum"] == "5.0.3"
    fake_rt.version = "6.0.0"
    await finish(hass, flow_id, fake_rt)


@pytest.mark.parametrize("token", ["1-14-0123456789abcdef", "two words", "näh", ""])
async def test_wrong_token(hass: HomeAssistant, fake_rt: FakeRT, token: str) -> None:
    """A refused token is asked for again, and is not shown."""
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt, token=token))
    assert result["errors"] == {CONF_TOKEN: "invalid_auth"}
    suggested = {
        str(key): (key.description or {}).get("suggested_value")
        for key in result["data_schema"].schema
    }
    assert suggested[CONF_URL] == fake_rt.url
    assert suggested[CONF_TOKEN] is None
    await finish(hass, flow_id, fake_rt)


@pytest.mark.parametrize(
    ("missing", "errors", "rights"),
    [
        ({"SeeQueue"}, {CONF_QUEUE: "queue_not_found"}, ""),
        ({"CreateTicket"}, {CONF_QUEUE: "rights_missing"}, "CreateTicket"),
        ({"ShowTicket"}, {CONF_QUEUE: "rights_missing"}, "ShowTicket"),
        (
            {"CommentOnTicket", "ModifyTicket"},
            {CONF_QUEUE: "rights_missing"},
            "CommentOnTicket",
        ),
        ({"SeeCustomField"}, {CONF_DEVICE_ID_FIELD: "field_missing"}, ""),
        ({"ModifyCustomField"}, {CONF_QUEUE: "rights_missing"}, "ModifyCustomField"),
        (
            {"ShowTicket", "CommentOnTicket", "ModifyTicket", "SeeCustomField"},
            {CONF_QUEUE: "rights_missing", CONF_DEVICE_ID_FIELD: "field_missing"},
            "ShowTicket, CommentOnTicket",
        ),
    ],
)
async def test_queue_check(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    missing: set[str],
    errors: dict[str, str],
    rights: str,
) -> None:
    """What RT does not grant is named, and submitting again after it is will do."""
    granted = set(fake_rt.rights)
    fake_rt.rights = granted - missing
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    assert result["description_placeholders"]["rights"] == rights
    assert result["description_placeholders"]["queue"] == QUEUE
    assert fake_rt.writes == []
    fake_rt.rights = granted
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_modify_ticket_includes_comments(
    hass: HomeAssistant, fake_rt: FakeRT
) -> None:
    """RT lets those comment who may modify tickets."""
    fake_rt.rights -= {"CommentOnTicket"}
    await finish(hass, await start(hass), fake_rt)


async def test_disabled_queue(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """A disabled queue takes no tickets."""
    fake_rt.queues[QUEUE].disabled = True
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert CONF_QUEUE in result["errors"]
    fake_rt.queues[QUEUE].disabled = False
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_field_that_keeps_no_text(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """A field in which RT rewrites a device id cannot hold it."""
    fake_rt.types["DeviceId"] = "HTML"
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["errors"] == {CONF_DEVICE_ID_FIELD: "field_unfit"}
    del fake_rt.types["DeviceId"]
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_other_field(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """The custom field may have another name."""
    fake_rt.add_queue("Pumps", fields=["Asset"])
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    result = await submit(hass, flow_id, queue="Pumps")
    assert result["errors"] == {CONF_DEVICE_ID_FIELD: "field_missing"}
    result = await submit(hass, flow_id, queue="Pumps", device_id_field="Asset")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == {CONF_DEVICE_ID_FIELD: "Asset"}


@pytest.mark.parametrize("pasted", [' "{}" ', "'{}'", "{}\n"])
async def test_pasted_token(hass: HomeAssistant, fake_rt: FakeRT, pasted: str) -> None:
    """RT shows a token in quotation marks."""
    flow_id = await start(hass)
    token = pasted.format(fake_rt.token)
    await submit(hass, flow_id, **server_input(fake_rt, token=token))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["data"][CONF_TOKEN] == fake_rt.token


@pytest.mark.parametrize(
    ("queues", "suggested"), [({QUEUE}, QUEUE), ({QUEUE, "General"}, "")]
)
async def test_suggested_queue(
    hass: HomeAssistant, fake_rt: FakeRT, queues: set[str], suggested: str
) -> None:
    """Where there is no choice, none has to be made; elsewhere, a person makes it."""
    fake_rt.accounts[0].queues = queues
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    queue = next(key for key in result["data_schema"].schema if key == CONF_QUEUE)
    assert queue.description == {"suggested_value": suggested}


@pytest.mark.parametrize("tickets", [0, 1])
async def test_server_that_tells_no_rights(
    hass: HomeAssistant, fake_rt: FakeRT, tickets: int
) -> None:
    """Where only REST2 is let through, all visible queues are offered."""
    for _ in range(tickets):
        fake_rt.add_ticket("x")
    fake_rt.fail("GET", "^/(Helpers|Ticket)/", faults.html(403), times=None)
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    offered = result["data_schema"].schema[CONF_QUEUE].config["options"]
    assert sorted(offered) == [QUEUE, "General"]
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_comment_right_seen_on_a_ticket(
    hass: HomeAssistant, fake_rt: FakeRT
) -> None:
    """Where RT tells no rights, a ticket of the queue shows the right to comment."""
    fake_rt.add_ticket("x")
    fake_rt.rights -= {"CommentOnTicket", "ModifyTicket"}
    fake_rt.fail("GET", "^/(Helpers|Ticket)/", faults.html(403), times=None)
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["errors"] == {CONF_QUEUE: "rights_missing"}
    assert result["description_placeholders"]["rights"] == "CommentOnTicket"


async def test_tickets_that_are_forbidden(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """The right that is most likely missing is asked for."""
    fake_rt.fail("GET", "^/(Helpers|Ticket)/", faults.html(403), times=None)
    fake_rt.fail("GET", "/tickets$", faults.message(403, "Forbidden"), times=None)
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    result = await submit(hass, flow_id, queue=QUEUE)
    assert list(result["errors"].values()) == ["missing_right"]


async def test_server_lost_at_the_second_form(
    hass: HomeAssistant, fake_rt: FakeRT
) -> None:
    """The server may go between the forms."""
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    fake_rt.fail("*", "", faults.html(502), times=None)
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["errors"] == {"base": "server_error"}
    fake_rt.heal()
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("account", ["1-99-0123", "opaque"])
async def test_unknown_account(
    hass: HomeAssistant, fake_rt: FakeRT, account: str
) -> None:
    """RT need not tell whose token it is."""
    fake_rt.token = account
    fake_rt.fail("GET", "/user/", faults.message(403, "Forbidden"))
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["description_placeholders"]["account"] == "?"


async def test_already_configured(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """One queue of one server is set up once; another queue beside it."""
    await setup_integration(hass, config_entry)
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt, url=f"{fake_rt.url}/"))
    result = await submit(hass, flow_id, queue=QUEUE.lower())
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"

    fake_rt.add_queue("Pumps")
    flow_id = await start(hass)
    await submit(hass, flow_id, **server_input(fake_rt))
    result = await submit(hass, flow_id, queue="Pumps")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_reauth(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """A new token replaces a refused one; all else stays."""
    await setup_integration(hass, config_entry)
    before = dict(config_entry.data)
    fake_rt.token = "1-14-fedcba9876543210"
    result = await config_entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    result = await submit(hass, result["flow_id"], token="1-14-00")
    assert result["errors"] == {CONF_TOKEN: "invalid_auth"}
    result = await submit(hass, result["flow_id"], token=fake_rt.token)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert config_entry.data == {**before, CONF_TOKEN: fake_rt.token}


async def test_reauth_while_the_server_is_down(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """What is wrong is said, though the form has no field for it."""
    await setup_integration(hass, config_entry)
    result = await config_entry.start_reauth_flow(hass)
    fake_rt.fail("*", "", faults.html(502), times=None)
    result = await submit(hass, result["flow_id"], token=fake_rt.token)
    assert result["errors"] == {"base": "server_error"}
    fake_rt.heal()
    result = await submit(hass, result["flow_id"], token=fake_rt.token)
    assert result["reason"] == "reauth_successful"


@pytest.mark.parametrize("token", [{}, {CONF_TOKEN: ""}])
async def test_reconfigure_the_server_only(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    token: dict[str, str],
) -> None:
    """Token, queue and a title that a person chose stay."""
    await setup_integration(hass, config_entry)
    hass.config_entries.async_update_entry(config_entry, title="House")
    before = dict(config_entry.data)
    result = await config_entry.start_reconfigure_flow(hass)
    flow_id = result["flow_id"]
    await submit(hass, flow_id, url=fake_rt.url, verify_ssl=False, **token)
    result = await submit(hass, flow_id, queue=QUEUE)
    assert result["reason"] == "reconfigure_successful"
    assert config_entry.title == "House"
    assert config_entry.data == {**before, CONF_VERIFY_SSL: False}


@pytest.mark.parametrize("new_token", [True, False])
async def test_reconfigure(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    new_token: bool,
) -> None:
    """Server, token and queue can change; other options stay."""
    await setup_integration(hass, config_entry)
    hass.config_entries.async_update_entry(
        config_entry, options={**config_entry.options, CONF_OPEN_STATUSES: ["new"]}
    )
    fake_rt.add_queue("Pumps", fields=["Asset"])
    result = await config_entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    values: dict[str, Any] = {CONF_URL: fake_rt.url, CONF_VERIFY_SSL: False}
    if new_token:
        values[CONF_TOKEN] = fake_rt.token = "1-14-fedcba9876543210"
    result = await submit(hass, result["flow_id"], **values)
    assert result["step_id"] == "queue"
    result = await submit(
        hass, result["flow_id"], queue="Pumps", device_id_field="Asset"
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert config_entry.title == "Service Management (Pumps)"
    assert config_entry.data == {
        CONF_URL: fake_rt.url,
        CONF_TOKEN: fake_rt.token,
        CONF_VERIFY_SSL: False,
        CONF_QUEUE: "Pumps",
    }
    assert config_entry.options == {
        CONF_DEVICE_ID_FIELD: "Asset",
        CONF_OPEN_STATUSES: ["new"],
    }


@pytest.mark.parametrize("token", [{}, {CONF_TOKEN: " "}])
async def test_reconfigure_to_another_server(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    token: dict[str, str],
) -> None:
    """The stored token goes to no other server than the one it was given for."""
    await setup_integration(hass, config_entry)
    async with FakeRT() as other_rt:
        result = await config_entry.start_reconfigure_flow(hass)
        flow_id = result["flow_id"]
        result = await submit(hass, flow_id, url=other_rt.url, verify_ssl=True, **token)
        assert result["errors"] == {CONF_TOKEN: "token_needed"}
        assert other_rt.requests == []
        result = await submit(
            hass, flow_id, url=other_rt.url, verify_ssl=True, token=other_rt.token
        )
        assert result["step_id"] == "queue"


@pytest.mark.parametrize(
    "location", ["http://[::1", "http://x]y/", "//[", "http://h\udce4us/"]
)
async def test_odd_redirect(
    hass: HomeAssistant, fake_rt: FakeRT, location: str
) -> None:
    """Whatever a server answers, the form says something."""

    async def fault(request: Any, work: faults.Work) -> Any:
        head = f"HTTP/1.1 302 F\udcfcr\r\nLocation: {location}\r\n"
        request.transport.write(
            f"{head}Content-Length: 0\r\n\r\n".encode(errors="surrogateescape")
        )
        request.transport.close()
        return await faults.html()(request, work)

    flow_id = await start(hass)
    fake_rt.fail("*", "", fault, times=None)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["errors"] == {CONF_URL: "not_rt"}
    assert result["description_placeholders"]["message"].encode()


async def test_server_without_pages(hass: HomeAssistant, fake_rt: FakeRT) -> None:
    """A server that always shows the same queues does not hold the form for ever."""
    fake_rt.fail("GET", "^/(Helpers|Ticket)/", faults.html(403), times=None)
    fake_rt.fail(
        "GET",
        "/queues/all",
        faults.answer(200, '{"items": [{"id": "1", "Name": "General"}]}'),
        times=None,
    )
    flow_id = await start(hass)
    result = await submit(hass, flow_id, **server_input(fake_rt))
    assert result["step_id"] == "queue"


async def test_reconfigure_to_another_entry(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """Two entries may not come to be the same; an entry may stay as it is."""
    await setup_integration(hass, config_entry)
    fake_rt.add_queue("Pumps")
    other = MockConfigEntry(
        domain=DOMAIN,
        data={**config_entry.data, CONF_QUEUE: "Pumps"},
        options=dict(config_entry.options),
    )
    other.add_to_hass(hass)
    for queue, reason in (
        ("Pumps", "already_configured"),
        (QUEUE, "reconfigure_successful"),
    ):
        result = await config_entry.start_reconfigure_flow(hass)
        flow_id = result["flow_id"]
        result = await submit(hass, flow_id, url=fake_rt.url, verify_ssl=True)
        result = await submit(hass, flow_id, queue=queue)
        assert result["reason"] == reason
