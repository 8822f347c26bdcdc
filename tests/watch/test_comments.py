"""Whether comments are announced."""

from tests import FACILITY
from tests.fake_rt import FakeRT, Person
from tests.watch import Watcher


async def test_rights_not_told(
    fake_rt: FakeRT, watcher: Watcher, alice: Person
) -> None:
    """Comments are announced if one is seen, where RT does not tell rights."""
    fake_rt.accounts[0].privileged = False
    ticket = alice.create()
    alice.comment(ticket, "Psst")
    await watcher.set_up()
    alice.comment(ticket, "Hm")
    assert await watcher.poll() == ["commented 1 by alice"]


async def test_renamed_queue(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """Comments are announced after the queue was given another name."""
    ticket = alice.create()
    alice.comment(ticket, "Psst")
    await watching.poll()
    queue = fake_rt.queues.pop(FACILITY)
    queue.name = ticket.queue = "Repairs"
    fake_rt.queues[queue.name] = queue
    await watching.poll(hours=1)
    alice.comment(ticket, "Hm")
    assert await watching.poll() == ["commented 1 by alice"]


async def test_right_lost(fake_rt: FakeRT, watching: Watcher, alice: Person) -> None:
    """Comments are not asked for any more when the account lost the right."""
    ticket = alice.create()
    for _ in range(150):
        alice.comment(ticket, "Psst")
    await watching.poll()
    fake_rt.rights -= {"ShowTicketComments"}
    await watching.poll(hours=1)
    for _ in range(150):
        alice.comment(ticket, "Psst")
    alice.reply(ticket, "Aloud")
    assert await watching.poll() == [
        "replied 1 by alice",
        "status_changed 1 by RT_System",
    ]
