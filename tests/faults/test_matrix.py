"""Each row of docs/faults.md is so."""

import asyncio

import pytest

from tests.faults.fake_house import FakeHouse
from tests.faults.house import check, check_burst
from tests.faults.matrix import DONE, ROWS
from tests.faults.strikes import STRIKES, Strike
from tests.repository import ROOT, table

BURST = "RT is restarted during a burst of reports"


@pytest.mark.parametrize(
    ("fault", "strike"),
    [
        pytest.param(fault, strike, id=f"{fault} {number}")
        for fault, strikes in STRIKES.items()
        for number, strike in enumerate(strikes, 1)
    ],
)
async def test_fault(house: FakeHouse, fault: str, strike: Strike) -> None:
    """RT has what was answered as success, once; and afterwards all is well."""
    await house.move_in(is_https=strike.is_https)
    await check(house, fault, strike.begin, keeps=False, prefix="off")
    await house.keep_reports()
    await check(house, fault, strike.begin, keeps=True, prefix="on")


@pytest.mark.parametrize("keeps", [False, True], ids=["off", "on"])
async def test_restart_during_a_burst(house: FakeHouse, keeps: bool) -> None:
    """What was answered as success or as queued is in RT once, and nothing twice."""
    answers: dict[str, str] = {}
    is_away = asyncio.Event()

    async def report(number: int) -> None:
        text = f"Report {number}."
        answers[text] = await house.report(text, f"device {number % 10}")
        if answers[text] != DONE:
            is_away.set()

    await house.move_in()
    if keeps:
        await house.keep_reports()
    burst = asyncio.gather(*(report(number) for number in range(40)))
    await house.rt.until(lambda: len(house.rt.writes) > 12)
    await house.rt.stop()
    await is_away.wait()
    await house.rt.start()
    await burst

    await check_burst(house, answers, BURST, keeps=keeps)
    devices = [str(ticket.values("DeviceId")) for ticket in house.rt.tickets.values()]
    assert len(devices) == len(set(devices))


def test_each_fault_is_tested() -> None:
    """No row is without a test, and no fault without a row."""
    assert STRIKES.keys() | {BURST} == ROWS.keys()


def test_document() -> None:
    """The table for operators says what was tested, and nothing else."""
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert table(text) == [[fault, *row.cells()] for fault, row in ROWS.items()]
