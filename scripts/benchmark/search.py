"""A search for many tickets, ours and the bare pages in turn."""

from yarl import URL

from scripts.benchmark.core import BenchmarkError
from scripts.benchmark.report import Ours
from scripts.benchmark.rounds import Comparison, Way, in_turn
from scripts.benchmark.traffic import Bare

PAGE = "100"  # tickets, the most that RT gives at once


async def measure_search(ours: Ours, bare: Bare, limit: int, rounds: int) -> Comparison:
    """Search a queue for its newest tickets.

    Args:
        ours: An entry whose queue has more tickets than that.
        bare: Asks for the same pages.
        limit: How many tickets.
        rounds: How often.

    """

    async def search() -> None:
        found = await ours.act("search_tickets", {"limit": limit})
        if found["count"] != limit:
            raise BenchmarkError(f"{found['count']} tickets of {limit} were found")

    recorder = ours.recorder
    recorder.take()
    await search()
    # The first search may also ask which statuses are those of open tickets.
    pages = [one for one in recorder.take() if URL(one.url).query["per_page"] == PAGE]
    if len(pages) * int(PAGE) != limit:
        raise BenchmarkError(f"{len(pages)} pages were asked for {limit} tickets")
    comparison = Comparison(requests=pages)
    comparison.times = await in_turn(
        rounds, {Way.TOKEN: search, Way.BARE: lambda: bare.send(pages, ("", ""))}
    )
    comparison.sent = len(recorder.take())
    return comparison
