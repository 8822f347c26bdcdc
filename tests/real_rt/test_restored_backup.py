"""RT is restored from an older backup, and gives the numbers of tickets once more."""

from collections.abc import Iterator
from pathlib import Path
import shutil

from homeassistant.core import HomeAssistant
import pytest

from scripts.live.rt import RTServer
from tests import perform
from tests.real_rt.common import (
    SetUp,
    contents,
    create_by_hand,
    new_device,
    report,
    ticket,
    tickets_of,
    without,
)
from tests.real_rt.conftest import serve

USER = "u-full"
SALARY = "Salary of Bob is wrong"


@pytest.fixture
def own_rt(tmp_path: Path) -> Iterator[RTServer]:
    """Run a server of the test's own."""
    yield from serve(tmp_path / "own-rt")


class Backup:
    """What a server's database holds at some time."""

    def __init__(self, rt: RTServer, folder: Path) -> None:
        """Keep it, while the server stands still for a moment."""
        self._rt = rt
        self._folder = folder
        self._copy(rt.database.folder, folder)

    def restore(self) -> None:
        """Let the server have it again."""
        self._copy(self._folder, self._rt.database.folder)

    def _copy(self, source: Path, target: Path) -> None:
        self._rt.stop()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        self._rt.start()


@pytest.mark.parametrize("right", ["", "ModifyCustomField", "SeeCustomField"])
async def test_number_of_another_ticket(
    hass: HomeAssistant, set_up: SetUp, own_rt: RTServer, tmp_path: Path, right: str
) -> None:
    """A person's ticket with the number of a device's is not touched.

    Neither where RT shows no keys, nor does the device lose a report.
    """
    await set_up(USER, rt=own_rt)
    leak, key_card = new_device(), new_device()
    backup = Backup(own_rt, tmp_path / "backup")
    with without(own_rt, USER, *([right] if right else [])):
        numbers = [(await report(hass, one))["ticket_id"] for one in (leak, key_card)]
        assert (await report(hass, leak))["ticket_id"] == numbers[0]

    backup.restore()
    with without(own_rt, USER, *([right] if right else [])):
        others = [
            create_by_hand(own_rt, "", Subject=subject, Content="Private")
            for subject in (SALARY, "Key card lost")
        ]
        assert others == numbers
        answer = await perform(hass, "resolve_ticket", device_id=key_card, text="Found")
        assert answer["action"] == "none"
        again = await report(hass, leak, "It drips again.")
        assert again["action"] == "created"
        assert again["ticket_id"] not in others
        assert (await report(hass, leak))["ticket_id"] == again["ticket_id"]

    for number, subject in zip(others, (SALARY, "Key card lost"), strict=True):
        assert ticket(own_rt, number)[:2] == (subject, "new")
        assert contents(own_rt, number) == ["Private"]
    assert len(contents(own_rt, again["ticket_id"])) == 2
    if right != "ModifyCustomField":
        assert tickets_of(own_rt, leak) == [again["ticket_id"]]
