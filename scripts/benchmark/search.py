"""A search for many tickets, ours and the bare pages in turn."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from yarl import URL

from scripts.benchmark.core import BenchmarkError, act
from scripts.benchmark.rounds import Comparison, compare
from scripts.benchmark.traffic import Bare, Recorder

PAGE = "100"  # tickets, the most that RT gives at once


async def measure_search(
    hass: HomeAssistant,
    recorder: Recorder,
    bare: Bare,
    entry: ConfigEntry,
    size: tuple[int, int],
) -> Comparison:
    """Search a queue for its newest tickets.

    Args:
        hass: Has the entry loaded.
        recorder: Watches the entry.
        bare: Asks for the same pages.
        entry: Whose queue has more tickets than that.
        size: How many tickets, and how many rounds.

    """
    limit, rounds = size
    arguments = {"config_entry_id": entry.entry_id, "limit": limit}

    async def search() -> None:
        found = await act(hass, "search_tickets", arguments)
        if found["count"] != limit:
            raise BenchmarkError(f"{found['count']} tickets of {limit} were found")

    recorder.take()
    await search()
    # The first search may also ask which statuses are those of open tickets.
    pages = [one for one in recorder.take() if URL(one.url).query["per_page"] == PAGE]
    if len(pages) * int(PAGE) != limit:
        raise BenchmarkError(f"{len(pages)} pages were asked for {limit} tickets")
    comparison = Comparison(requests=pages)
    await compare(
        rounds, search, lambda: bare.send(comparison.requests, ("", "")), comparison
    )
    comparison.sent = len(recorder.take())
    return comparison
