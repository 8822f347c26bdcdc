"""RT refuses the token, is away, or does not get its answer through."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
import json
import sqlite3

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.ha_rt import lost as looks
from custom_components.ha_rt.const import CONF_USE_SESSIONS, DOMAIN
from custom_components.ha_rt.rt import transport
from scripts.live.rt import RTServer
from tests import perform
from tests.real_rt.common import (
    SetUp,
    check_refused,
    contents,
    create_by_hand,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.conftest import serve
from tests.real_rt.relay import Forward, relay
from tests.real_rt.sessions import expire

NEW_TOKEN = """
my $user = RT::User->new($system);
$user->Load($ARGV[0]);
my $token = RT::AuthToken->new($system);
my ($ok, $message, $text) = $token->Create(Owner => $user->Id, Description => $ARGV[1]);
$ok or die "$message\\n";
say_json($text);
"""
REVOKE = """
my $token = RT::AuthToken->new($system);
$token->LoadByCols(Description => $ARGV[0]);
my ($ok, $message) = $token->Delete;
$ok or die "$message\\n";
"""
# perl: the database handle's own patience is 30 seconds.
IMPATIENT = """
require DBI;
my $connect = \\&DBI::connect;
no warnings 'redefine';
*DBI::connect = sub {
    my $handle = &$connect;
    $handle->sqlite_busy_timeout(300) if $handle;
    return $handle;
};
"""


@contextmanager
def stopped(rt: RTServer) -> Iterator[None]:
    """Stop a server for a while."""
    rt.stop()
    try:
        yield
    finally:
        rt.start()


async def answer_reauth(
    hass: HomeAssistant, flow: ConfigFlowResult, token: str
) -> ConfigFlowResult:
    """Enter a new token."""
    step = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {CONF_TOKEN: token}
    )
    await hass.async_block_till_done()
    return step


# --- the token ------------------------------------------------------------


async def test_token_revoked(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The action fails, a new token is asked for, and all goes on with it."""
    token = json.loads(real_rt.perl(NEW_TOKEN, "ha-service", "first"))
    entry = await set_up(token=token)
    device_id = new_device()
    first = await report(hass, device_id)
    real_rt.perl(REVOKE, "first")
    await expire(hass)

    flow = await check_refused(hass, real_rt, device_id)

    for wrong in (token, real_rt.tokens["disabled1"]):
        step = await answer_reauth(hass, flow, wrong)
        assert step["errors"] == {"token": "invalid_auth"}
    step = await answer_reauth(hass, flow, real_rt.tokens["ha-service"])
    assert step["type"] is FlowResultType.ABORT
    assert step["reason"] == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED
    assert await report(hass, device_id) == {**first, "action": "commented"}


async def test_token_revoked_before_the_start(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The entry is not set up, a new token is asked for, and then it is."""
    entry = await set_up(token=real_rt.tokens["revoked"])

    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    await answer_reauth(hass, flow, real_rt.tokens["ha-service"])
    assert entry.state is ConfigEntryState.LOADED


# --- the server -----------------------------------------------------------


async def test_rt_stopped_and_started(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The action fails while RT is away, and works without further ado when it is back."""
    await set_up()
    device_id = new_device()
    first = await report(hass, device_id)

    with stopped(real_rt), pytest.raises(HomeAssistantError) as raised:
        await report(hass, device_id)
    assert raised.value.translation_key == "cannot_connect"

    assert await report(hass, device_id) == {**first, "action": "commented"}
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_rt_away_at_the_start(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Setting up is tried again until RT is there."""
    with stopped(real_rt):
        entry = await set_up()
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "cannot_connect"
        with pytest.raises(HomeAssistantError):
            await report(hass, new_device())

    async_fire_time_changed(hass, utcnow() + timedelta(minutes=1))
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.state is ConfigEntryState.LOADED
    assert (await report(hass, new_device()))["action"] == "created"


@pytest.fixture(scope="module")
def impatient_rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a server that does not wait 30 seconds for a locked database."""
    yield from serve(tmp_path_factory.mktemp("impatient-rt"), IMPATIENT)


async def test_database_locked(
    hass: HomeAssistant, set_up: SetUp, impatient_rt: RTServer
) -> None:
    """RT answers with 401, which is not yet a refused token."""
    device_id = new_device()
    refused = []

    async def unlock_after_refusal(request: bytes, forward: Forward) -> bytes:
        answer = await forward()
        if answer.startswith(b"HTTP/1.1 401"):
            refused.append(request)
            lock.rollback()
        return answer

    async with relay(impatient_rt, unlock_after_refusal) as url:
        await set_up(rt=impatient_rt, url=url, **{CONF_USE_SESSIONS: False})
        with closing(sqlite3.connect(impatient_rt.folder / "rt.db")) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            answer = await report(hass, device_id)

    assert len(refused) == 1
    assert answer["action"] == "created"
    assert tickets_of(impatient_rt, device_id) == [answer["ticket_id"]]
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


@pytest.mark.parametrize(
    ("action", "request_line", "seconds"),
    [
        ("create_ticket", b"GET /REST/2.0/tickets?", 1),
        ("get_ticket", b"GET /REST/2.0/ticket/", 0.5),
    ],
)
async def test_database_locked_for_a_while(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    impatient_rt: RTServer,
    action: str,
    request_line: bytes,
    seconds: float,
) -> None:
    """RT gives up waiting and answers as if there was no ticket: that is not believed."""
    monkeypatch.setattr(transport, "LOCK_SECONDS", 0.25)
    device_id = new_device()
    number = create_by_hand(impatient_rt, device_id)
    locked = []
    is_set_up = asyncio.Event()

    async def lock_once(request: bytes, forward: Forward) -> bytes:
        is_other = not is_set_up.is_set() or not request.startswith(request_line)
        if locked or is_other:
            return await forward()
        locked.append(request)
        with closing(sqlite3.connect(impatient_rt.folder / "rt.db")) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            unlock = asyncio.get_running_loop().call_later(seconds, lock.rollback)
            answer = await forward()
            unlock.cancel()
        return answer

    arguments = {
        "create_ticket": {"device_id": device_id, "subject": "Leak", "text": "Again"},
        "get_ticket": {"ticket_id": number},
    }
    async with relay(impatient_rt, lock_once) as url:
        await set_up(rt=impatient_rt, url=url)
        is_set_up.set()
        with pytest.raises(HomeAssistantError) as raised:
            await perform(hass, action, **arguments[action])
        answer = await perform(hass, action, **arguments[action])

    assert raised.value.translation_key == "server_error"
    assert answer["ticket_id"] == number
    assert tickets_of(impatient_rt, device_id) == [number]


async def test_database_locked_for_writing(
    hass: HomeAssistant, set_up: SetUp, impatient_rt: RTServer
) -> None:
    """RT finds no ticket and cannot create one; the action fails, the next one does not."""
    await set_up(rt=impatient_rt)
    device_id = new_device()

    with closing(sqlite3.connect(impatient_rt.folder / "rt.db")) as lock:
        lock.execute("BEGIN IMMEDIATE")
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, device_id)
    answer = await report(hass, device_id)

    assert raised.value.translation_key == "rejected"
    assert answer["action"] == "created"
    assert tickets_of(impatient_rt, device_id) == [answer["ticket_id"]]
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


# --- the way between ------------------------------------------------------


@pytest.mark.parametrize("cut", ["while RT works", "before RT's answer"])
async def test_answer_to_a_create_lost(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, cut: str
) -> None:
    """RT creates a ticket although nobody hears of it: there must be no second one."""
    device_id = new_device()
    creating: list[asyncio.Task[bytes]] = []

    async def lose_first_create(request: bytes, forward: Forward) -> bytes:
        if creating or not request.startswith(b"POST /REST/2.0/ticket "):
            return await forward()
        creating.append(asyncio.ensure_future(forward()))
        if cut == "before RT's answer":
            await creating[0]
        return b""

    async with relay(real_rt, lose_first_create) as url:
        await set_up(url=url)
        answers = await asyncio.gather(*(report(hass, device_id) for _ in range(3)))

    assert (await creating[0]).startswith(b"HTTP/1.1 201")
    (ticket_id,) = tickets_of(real_rt, device_id)
    assert {answer["ticket_id"] for answer in answers} == {ticket_id}
    assert [answer["action"] for answer in answers].count("created") == 1
    assert len(contents(real_rt, ticket_id)) == 3


async def test_create_that_never_arrived(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """What RT did not get is sent again, once it is certain."""
    monkeypatch.setattr(looks, "LOOKS", (0, 0.1))
    device_id = new_device()
    lost = []

    async def lose_first_create(request: bytes, forward: Forward) -> bytes:
        if lost or not request.startswith(b"POST /REST/2.0/ticket "):
            return await forward()
        lost.append(request)
        return b""

    async with relay(real_rt, lose_first_create) as url:
        await set_up(url=url)
        answer = await report(hass, device_id)

    assert lost
    assert answer["action"] == "created"
    assert tickets_of(real_rt, device_id) == [answer["ticket_id"]]


async def test_answer_to_a_comment_lost(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """Who may not see comments cannot look for it: an error, but it is not sent twice."""
    monkeypatch.setattr(looks, "LOOKS", (0, 0.1))
    device_id = new_device()

    async def lose_comments(request: bytes, forward: Forward) -> bytes:
        answer = await forward()
        return b"" if b"/comment HTTP/1.1\r\n" in request else answer

    async with relay(real_rt, lose_comments) as url:
        await set_up(url=url)
        ticket_id = (await report(hass, device_id))["ticket_id"]
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, device_id, "It pours.")

    assert raised.value.translation_key == "cannot_connect"
    assert contents(real_rt, ticket_id) == ["It drips.", "It pours."]
