"""RTs that are set up in ways that concern their sessions."""

from contextlib import contextmanager
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.ha_rt.diagnostics import async_get_config_entry_diagnostics
from custom_components.ha_rt.rt.session.login import LOG_IN_PATH
from scripts.live.rt import RTServer
from tests.real_rt.common import SetUp, contents, new_device, report, tickets_of
from tests.real_rt.conftest import serve
from tests.real_rt.relay import Forward, forward, relay
from tests.real_rt.sessions import Watch, logged_in

serving = contextmanager(serve)

# perl: as if nobody had done anything for five minutes.
IDLE = """
require RT::Interface::Web::Session;
for my $id (@{ RT::Interface::Web::Session->Ids }) {
    tie my %session, 'RT::Interface::Web::Session', $id;
    $session{_session_last_update} -= 5 if $session{_session_last_update};
    untie %session;
}
"""


# perl: sessions in files, not in the database.
FILES = "Set($WebSessionClass, 'Apache::Session::File');"


async def check_reports(hass: HomeAssistant, rt: RTServer) -> None:
    """Check that reports arrive, each once."""
    device_id = new_device()
    first = await report(hass, device_id)
    for text in ("It pours.", "Still."):
        answer = await report(hass, device_id, text)
        assert answer == {**first, "action": "commented"}
    assert tickets_of(rt, device_id) == [first["ticket_id"]]
    assert contents(rt, first["ticket_id"]) == ["It drips.", "It pours.", "Still."]


async def test_below_a_path(
    hass: HomeAssistant, set_up: SetUp, real_rt_below_path: RTServer
) -> None:
    """A session of an RT below a path is used there."""
    rt = real_rt_below_path
    rt.database.forget_sessions()
    entry = await set_up(rt=rt)

    await check_reports(hass, rt)

    assert len(logged_in(rt)) == 1
    assert len(rt.database.sessions()) == 1
    await hass.config_entries.async_unload(entry.entry_id)
    assert logged_in(rt) == set()


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("Set($WebRemoteUserAuth, 1);", "the log-in answers 403 Forbidden"),
        ("Set($WebSecureCookies, 1);", "RT's cookies are Secure: sessions need https"),
    ],
    ids=["external authentication", "cookies for https only"],
)
async def test_no_session_to_be_had(
    hass: HomeAssistant, set_up: SetUp, tmp_path: Path, setting: str, reason: str
) -> None:
    """An RT that gives no session is asked once, and gets the token as before."""
    watch = Watch()
    with serving(tmp_path, setting) as rt:
        async with relay(rt, watch) as url:
            entry = await set_up(rt=rt, url=url)
            await check_reports(hass, rt)
            found = await async_get_config_entry_diagnostics(hass, entry)
            await hass.config_entries.async_unload(entry.entry_id)
        # Two of them are of the pages that tell rights, which are asked once.
        assert len(rt.database.sessions()) == 3

    assert found["sessions"] == f"off: {reason}"
    assert watch.log_ins == 1
    assert all(sent.token and not sent.cookie for sent in watch.sent)


async def test_logged_off_when_idle(
    hass: HomeAssistant, set_up: SetUp, tmp_path: Path
) -> None:
    """Where RT ends idle sessions, the next report gets a new one."""
    watch = Watch()
    with serving(tmp_path, "Set($AutoLogoff, 1);") as rt:
        async with relay(rt, watch) as url:
            entry = await set_up(rt=rt, url=url)
            await check_reports(hass, rt)
            assert watch.log_ins == 1
            rt.perl(IDLE)
            await check_reports(hass, rt)
            assert entry.runtime_data.context.client.sessions == "on"
            await hass.config_entries.async_unload(entry.entry_id)
        assert len(rt.database.sessions()) == 1
        assert logged_in(rt) == set()

    assert watch.log_ins == 2
    assert [sent.path for sent in watch.sent if sent.token] == [LOG_IN_PATH] * 2


async def test_servers_that_share_no_sessions(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, tmp_path: Path
) -> None:
    """Two servers take turns at one address: they get the token, and all reports arrive."""
    watch = Watch()
    with serving(tmp_path, FILES, database=real_rt.database) as other:
        servers = [real_rt, other]

        async def take_turns(request: bytes, _forward: Forward) -> bytes:
            servers.reverse()
            # Both call their sessions alike, as they would on machines of their own.
            name = [rt.cookie_name.encode() for rt in servers]
            answer = await forward(
                servers[0], request.replace(b"RT_SID_example.test.0", name[0])
            )
            return answer.replace(name[0], b"RT_SID_example.test.0")

        async with relay(
            real_rt, lambda r, f: watch(r, lambda: take_turns(r, f))
        ) as url:
            entry = await set_up(url=url)
            await check_reports(hass, real_rt)
            found = await async_get_config_entry_diagnostics(hass, entry)
            await hass.config_entries.async_unload(entry.entry_id)

    assert found["sessions"] == "off: REST 2 does not take the cookie of the log-in"
    assert watch.log_ins == 2
    assert all(sent.token for sent in watch.sent[4:])
