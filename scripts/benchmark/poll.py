"""What it costs to ask RT whether anything is new in a queue."""

import asyncio
from functools import partial

from custom_components.ha_rt.coordinator import HaRtCoordinator
from custom_components.ha_rt.rt import transactionsql
from custom_components.ha_rt.rt.client import RTClient
from scripts.benchmark.core import QUEUE, BenchmarkError
from scripts.benchmark.report import Ours
from scripts.benchmark.rounds import Clients, Comparison, Way, in_turn
from scripts.benchmark.traffic import Request
from scripts.live.rt import RTServer

CHANGED = "Changed by somebody else"

# Past REST2, where it would take as many requests.
CHANGE = """
my ($queue, $number, $subject) = @ARGV;
my $tickets = RT::Tickets->new(RT::CurrentUser->new('root'));
$tickets->FromSQL("Queue = '$queue' AND Status = '__Active__'");
$tickets->RowsPerPage($number);
while (my $ticket = $tickets->Next) {
    my ($ok, $message) = $ticket->SetSubject($subject);
    $ok or die "$message\\n";
}
"""


async def newest(clients: Clients, rt: RTServer) -> int:
    """Return the last transaction of the queue."""
    client: RTClient = clients.ours[Way.TOKEN].entry.runtime_data.context.client
    queue = transactionsql.in_queue(rt.queues[QUEUE])
    return (await client.newest_transactions(queue, 1))[0].id


async def measure_poll(clients: Clients, rt: RTServer, rounds: int) -> Comparison:
    """Poll a queue in which nothing is new, beside the least that RT can be asked."""
    recorder = clients.ours[Way.TOKEN].recorder
    recorder.take()
    least = [Request("GET", f"{rt.url}/REST/2.0/rt")]
    times = await in_turn(
        rounds,
        {way: partial(_poll, ours) for way, ours in clients.ours.items()}
        | {
            way: partial(bare.send, least, ("", ""))
            for way, bare in clients.bare.items()
        },
    )
    requests = recorder.take()
    return Comparison(requests=requests[:1], times=times, sent=len(requests))


async def measure_changes(ours: Ours, rt: RTServer, queue: str, changes: int) -> int:
    """Return how many requests a poll sends after somebody changed many tickets.

    Args:
        ours: An entry whose queue has as many open tickets.
        rt: The server.
        queue: The queue.
        changes: How many tickets are changed.

    """
    await asyncio.to_thread(rt.perl, CHANGE, queue, changes, CHANGED)
    ours.recorder.take()
    coordinator = await _poll(ours)
    requests = len(ours.recorder.take())
    subjects = [ticket.subject for ticket in coordinator.data.tickets.values()]
    if subjects.count(CHANGED) != changes:
        raise BenchmarkError(f"Not all {changes} changes were seen")
    return requests


async def _poll(ours: Ours) -> HaRtCoordinator:
    """Look for what is new, as ha_rt does every minute."""
    coordinator: HaRtCoordinator = ours.entry.runtime_data.coordinator
    await coordinator.async_refresh()
    if not coordinator.last_update_success:
        raise BenchmarkError(f"A poll failed: {coordinator.last_exception}")
    return coordinator
