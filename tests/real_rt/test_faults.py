"""Rows of docs/faults.md, with a real RT behind a relay that breaks what passes it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
import pytest

from custom_components.ha_rt.rt import http, transport
from custom_components.ha_rt.tickets import exactly_once
from scripts.live.rt import RTServer
from tests.faults.house import Begin, check, check_burst, ignore_broken_connections
from tests.faults.matrix import DONE, ROWS
from tests.real_rt.common import SetUp, new_device, tickets_of
from tests.real_rt.conftest import serve
from tests.real_rt.faults import FAULTS, TIMEOUT, USER, RealHouse, is_search, is_write
from tests.real_rt.relay import Forward, relay

# perl: what RT takes for now.
WRONG_CLOCK = """
require RT::Date;
no warnings 'redefine';
*RT::Date::SetToNow = sub { return $_[0]->Unix(CORE::time() + %d * 86400) };
"""


type MoveIn = Callable[..., AbstractAsyncContextManager[RealHouse]]


@pytest.fixture
def move_in(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> MoveIn:
    """Return a function that sets an entry up behind a relay."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0.2, 0.6))
    monkeypatch.setattr(hass.config, "config_dir", str(tmp_path))
    (tmp_path / ".storage").mkdir()
    ignore_broken_connections(hass)

    @asynccontextmanager
    async def make(*, keeps: bool, rt: RTServer = real_rt) -> AsyncIterator[RealHouse]:
        house = RealHouse(hass=hass, patch=monkeypatch, rt=rt)
        async with relay(rt, house.relay) as url:
            entry = await set_up(USER, rt=rt, url=url, keep_reports=keeps)
            yield house
            await hass.config_entries.async_unload(entry.entry_id)

    return make


@pytest.mark.parametrize(
    ("fault", "begin"),
    [
        pytest.param(fault, begin, id=f"{fault} {number}")
        for fault, ways in FAULTS.items()
        for number, begin in enumerate(ways, 1)
    ],
)
async def test_fault(
    monkeypatch: pytest.MonkeyPatch,
    move_in: MoveIn,
    fault: str,
    begin: Begin[RealHouse],
) -> None:
    """The real RT has what the table says, too; reports that fail are kept."""
    keeps = ROWS[fault].off != DONE
    if "too late" in fault:
        monkeypatch.setattr(http, "TIMEOUT", TIMEOUT)
    async with move_in(keeps=keeps) as house:
        await check(house, fault, begin, keeps=keeps, prefix=new_device())


async def test_restart_during_a_burst(move_in: MoveIn, real_rt: RTServer) -> None:
    """What was answered is in RT once, whether it was kept or not."""
    answers: dict[str, str] = {}
    prefix = new_device()
    devices = [f"{prefix}, {number}" for number in range(8)]

    async def report_until_it_fails(device: str) -> None:
        left = 3
        while left:
            text = f"Report {len(answers)} of {device}."
            answers[text] = ""  # its number is taken
            answers[text] = await house.report(text, device)
            left -= answers[text] != DONE

    async with move_in(keeps=True) as house:
        burst = asyncio.gather(*map(report_until_it_fails, devices))
        while len(answers) < 20:  # noqa: ASYNC110 - RT announces nothing
            await asyncio.sleep(0.01)
        await asyncio.to_thread(real_rt.stop_serving)
        await burst
        await asyncio.to_thread(real_rt.start)
        fault = "RT is restarted during a burst of reports"
        await check_burst(house, answers, fault, keeps=True)
    assert [len(tickets_of(real_rt, device)) for device in devices] == [1] * 8


# --- servers of their own ----------------------------------------------------


@pytest.mark.parametrize("kind", ["reading", "writing"])
async def test_database_locked(
    monkeypatch: pytest.MonkeyPatch,
    move_in: MoveIn,
    impatient_rt: RTServer,
    kind: str,
) -> None:
    """RT gives up waiting and goes on as if its database was empty."""

    @asynccontextmanager
    async def begin(house: RealHouse) -> AsyncIterator[None]:
        async def lock_writes(request: bytes, forward: Forward) -> bytes:
            is_meant = is_write if kind == "writing" else is_search
            if not is_meant(request):
                return await forward()
            # A busy machine is as slow elsewhere.
            patch.setattr(transport, "LOCK_SECONDS", 0.25)
            lock_kind = "IMMEDIATE" if kind == "writing" else "EXCLUSIVE"
            with house.rt.database.locked(lock_kind) as lock:
                unlock = asyncio.get_running_loop().call_later(1, lock.rollback)
                answer = await forward()
                unlock.cancel()
            return answer

        with monkeypatch.context() as patch:
            house.handle = lock_writes
            yield
            house.handle = None

    async with move_in(keeps=True, rt=impatient_rt) as house:
        fault = f"RT's database is locked for {kind}"
        await check(house, fault, begin, keeps=True, prefix=new_device())


@pytest.mark.parametrize(("speed", "days"), [("slow", -1), ("fast", 1)])
async def test_clock(tmp_path: Path, move_in: MoveIn, speed: str, days: int) -> None:
    """RT may be wrong about the time."""

    @asynccontextmanager
    async def begin(_house: RealHouse) -> AsyncIterator[None]:
        yield

    (tmp_path / "rt").mkdir()
    with contextmanager(serve)(tmp_path / "rt", WRONG_CLOCK % days) as rt:
        async with move_in(keeps=True, rt=rt) as house:
            fault = f"RT's clock is a day {speed}"
            await check(house, fault, begin, keeps=True, prefix=new_device())
        ((created,),) = rt.database.rows("SELECT MAX(Created) FROM Tickets")
        off = datetime.fromisoformat(created).replace(tzinfo=UTC) - utcnow()
        assert abs(off - timedelta(days=days)) < timedelta(hours=1)
