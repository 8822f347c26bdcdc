"""What it costs to ask RT whether anything is new in a queue."""

from functools import partial

from custom_components.ha_rt.rt import ticketsql, transactionsql
from custom_components.ha_rt.rt.client import RTClient
from scripts.benchmark.core import QUEUE, BenchmarkError
from scripts.benchmark.rounds import Clients, Comparison, Way, in_turn
from scripts.live.rt import RTServer

NEW = 2  # tickets since the last look


async def last_seen(clients: Clients, rt: RTServer) -> int:
    """Return the transaction after which RT has got a few new tickets."""
    client: RTClient = clients.ours[Way.TOKEN].entry.runtime_data.client
    queue = ticketsql.queue_is(rt.queues[QUEUE])
    newest = await client.search(queue, limit=NEW + 1, newest_first=True)
    history = await client.history(newest[-1].id)
    return history[0].id


async def measure_poll(
    clients: Clients, rt: RTServer, since: int, rounds: int
) -> Comparison:
    """Ask for the transactions since one, with sessions and with the token."""
    query = ticketsql.all_of(
        transactionsql.in_queue(rt.queues[QUEUE]), transactionsql.after(since)
    )

    async def poll(client: RTClient) -> None:
        news = [one async for page in client.transactions(query) for one in page]
        if sum(one.type == "Create" for one in news) != NEW:
            raise BenchmarkError(f"{news} were found, where {NEW} tickets are new")

    recorder = clients.ours[Way.TOKEN].recorder
    recorder.take()
    times = await in_turn(
        rounds,
        {
            way: partial(poll, ours.entry.runtime_data.client)
            for way, ours in clients.ours.items()
        },
    )
    requests = recorder.take()
    return Comparison(requests=requests[:1], times=times, sent=len(requests))
