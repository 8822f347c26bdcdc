"""A new token takes the place of an old one, as SECURITY.md says, and nothing is lost."""

from collections.abc import Iterator
from http import HTTPStatus
import itertools
import json
from pathlib import Path

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.storage import STORAGE_DIR
import pytest

from custom_components.ha_rt.const import DOMAIN
from scripts.live.rt import RTServer
from tests import FACILITY, Wait
from tests.real_rt.accounts import FOR_ALL, Administrator, Browser, make_account
from tests.real_rt.common import (
    SetUp,
    by_hand,
    check_refused,
    choose_queue,
    contents,
    create_by_hand,
    new_device,
    report,
    tickets_of,
)
from tests.real_rt.sessions import expire, logged_in

THROTTLE = {"comment_policy": "throttle", "throttle_minutes": 30}

GRANT_TO_ALL = """
my $users = RT::Group->new($system);
$users->LoadSystemInternalGroup('Privileged');
my $grant = $ARGV[0] ? 'GrantRight' : 'RevokeRight';
my ($ok, $message) = $users->PrincipalObj->$grant(Right => 'ModifySelf', Object => RT->System);
$ok or die "$message\\n";
"""
HAS_PASSWORD = """
my $user = RT::User->new($system);
$user->Load($ARGV[0]);
say_json($user->HasPassword ? 1 : 0);
"""

# What is stored is kept in memory.
pytestmark = pytest.mark.usefixtures("hass_storage", "no_sessions")

_numbers = itertools.count(1)


@pytest.fixture
def account() -> str:
    """Return the name of a new account."""
    return f"rotated-{next(_numbers)}"


@pytest.fixture
def administrator(real_rt: RTServer, account: str) -> Administrator:
    """Make the account, and return who sees to it."""
    return make_account(real_rt, account, FOR_ALL)


def is_taken(rt: RTServer, account: str) -> bool:
    """Tell whether RT takes the account's first token."""
    answer, _ = by_hand(rt, "GET", "/REST/2.0/rt", user=account)
    return answer.status == HTTPStatus.OK


async def test_rotation(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    administrator: Administrator,
    account: str,
    wait: Wait,
) -> None:
    """A second token, the entry's reconfiguration, and only then the first is revoked."""
    entry = await set_up(account, **THROTTLE)
    device_id = new_device()
    number = (await report(hass, device_id, "First"))["ticket_id"]
    assert (await report(hass, device_id, "Held back"))["action"] == "skipped"

    token = administrator.create_token("second")
    assert "never used" in administrator.tokens().lower()
    step = await entry.start_reconfigure_flow(hass)
    answers = {CONF_URL: real_rt.url, CONF_TOKEN: f'"{token}"', CONF_VERIFY_SSL: True}
    step = await hass.config_entries.flow.async_configure(step["flow_id"], answers)
    step = await choose_queue(hass, step, FACILITY)
    assert step["reason"] == "reconfigure_successful"
    assert "never used" not in administrator.tokens().lower()
    assert is_taken(real_rt, account)
    administrator.revoke_token("first")

    assert not is_taken(real_rt, account)
    assert entry.data[CONF_TOKEN] == token
    assert (await report(hass, new_device()))["action"] == "created"
    await wait(minutes=31)
    assert (await report(hass, new_device()))["action"] == "created"
    assert contents(real_rt, number)[1].startswith("Held back")
    assert entry.state is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress()


async def test_revoked_at_once(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    administrator: Administrator,
    account: str,
    wait: Wait,
) -> None:
    """A token that got into wrong hands is revoked first; what waits is told later."""
    entry = await set_up(account, **THROTTLE)
    device_id = new_device()
    number = (await report(hass, device_id, "First"))["ticket_id"]
    assert (await report(hass, device_id, "Held back"))["action"] == "skipped"

    administrator.revoke_token("first")
    await expire(hass)
    flow = await check_refused(hass, real_rt, new_device())
    await wait(minutes=31)
    assert len(contents(real_rt, number)) == 1
    token = administrator.create_token("second")
    step = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {CONF_TOKEN: token}
    )
    assert step["type"] is FlowResultType.ABORT
    assert step["reason"] == "reauth_successful"
    await hass.async_block_till_done()

    await wait(minutes=60)
    assert contents(real_rt, number)[1].startswith("Held back")
    assert entry.state is ConfigEntryState.LOADED
    assert (await report(hass, new_device()))["action"] == "created"


async def test_revoked_while_reports_are_kept(
    hass: HomeAssistant,
    tmp_path: Path,
    set_up: SetUp,
    real_rt: RTServer,
    administrator: Administrator,
    account: str,
    wait: Wait,
) -> None:
    """What comes until the new token is entered is in RT once, soon afterwards."""
    hass.config.config_dir = str(tmp_path)
    (tmp_path / STORAGE_DIR).mkdir()
    await set_up(account, keep_reports=True)
    known, new = new_device(), new_device()
    number = (await report(hass, known, "First"))["ticket_id"]
    administrator.revoke_token("first")
    await expire(hass)

    for device_id in (known, new):
        assert (await report(hass, device_id, "Kept"))["action"] == "queued"
    await wait(seconds=30)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    token = administrator.create_token("second")
    step = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {CONF_TOKEN: token}
    )
    assert step["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    await wait(seconds=30)

    (created,) = tickets_of(real_rt, new)
    (text,) = contents(real_rt, created)
    (_, comment) = contents(real_rt, number)
    assert [kept.splitlines()[0] for kept in (text, comment)] == ["Kept", "Kept"]


async def test_session_of_the_old_token(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    administrator: Administrator,
    account: str,
) -> None:
    """It ends with the reconfiguration, not only when its time is over."""
    others = logged_in(real_rt)
    entry = await set_up(account)
    await report(hass, new_device())
    before = logged_in(real_rt) - others
    token = administrator.create_token("second")

    step = await entry.start_reconfigure_flow(hass)
    answers = {CONF_URL: real_rt.url, CONF_TOKEN: token, CONF_VERIFY_SSL: True}
    step = await hass.config_entries.flow.async_configure(step["flow_id"], answers)
    await choose_queue(hass, step, FACILITY)

    assert len(before) == 1
    assert not before & logged_in(real_rt)


def test_session_of_somebody_else(
    real_rt: RTServer, administrator: Administrator, account: str
) -> None:
    """It outlives the token, but not its row or file in RT; without rights it is little."""
    browser = Browser(real_rt, real_rt.tokens[account])
    browser.open("/SelfService/index.html")
    browser.forget_token()
    administrator.revoke_token("first")
    tickets = "/REST/2.0/tickets?query=id>0"
    create_by_hand(real_rt, new_device())

    assert not is_taken(real_rt, account)
    assert json.loads(browser.open(tickets))["count"]
    administrator.set_rights([])
    assert not json.loads(browser.open(tickets))["count"]
    real_rt.database.forget_sessions()
    assert "Login" in browser.open(tickets)


@pytest.fixture
def modify_self(real_rt: RTServer) -> Iterator[None]:
    """Grant all users the right to change themselves, as many do."""
    real_rt.perl(GRANT_TO_ALL, 1)
    yield
    real_rt.perl(GRANT_TO_ALL, 0)


def stays(rt: RTServer, account: str) -> bool:
    """Try to give an account a password by means of its token."""
    browser = Browser(rt, rt.tokens[account])
    form = {"Pass1": "for-later-1", "Pass2": "for-later-1", "Update": "Save"}
    browser.open("/Prefs/AboutMe.html", {"id": rt.users[account], **form})
    return bool(rt.perl(HAS_PASSWORD, account))


def test_token_makes_no_password(
    real_rt: RTServer, administrator: Administrator, account: str
) -> None:
    """With the rights that the README lists, nobody outlives a revoked token."""
    assert not stays(real_rt, account)


@pytest.mark.usefixtures("modify_self")
def test_token_makes_password(
    real_rt: RTServer, administrator: Administrator, account: str
) -> None:
    """With ModifySelf, which is warned of, somebody can."""
    assert stays(real_rt, account)
