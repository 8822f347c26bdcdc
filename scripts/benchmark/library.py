"""The same with `rt`, the library on PyPI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from scripts.benchmark.core import QUEUE
from scripts.benchmark.report import SUBJECT, TEXT


class Library:
    """What one would write with the library."""

    def __init__(self, tracker: Any, failures: tuple[type[Exception], ...]) -> None:
        """Take the library's client, and what that raises."""
        self.failures = failures
        self._tracker = tracker

    async def report(self, key: str, text: str = TEXT) -> str:
        """Comment on the ticket of a device or create one, and tell which."""
        query = f'CF.{{DeviceId}} = "{key}" AND Status = "__Active__"'
        async for ticket in self._tracker.search(raw_query=query):
            await self._tracker.comment(ticket["id"], text)
            return "commented"
        await self._tracker.create_ticket(
            QUEUE, subject=SUBJECT, content=text, CustomFields={"DeviceId": key}
        )
        return "created"

    async def poll(self) -> None:
        """Ask which tickets changed; the library knows no search for transactions."""
        query = f'Queue = "{QUEUE}" AND LastUpdated > "2 seconds ago"'
        fields = ["Status", "LastUpdated"]
        async for _ in self._tracker.search(raw_query=query, query_format=fields):
            pass


@asynccontextmanager
async def library(token: str, url: str, **options: Any) -> AsyncIterator[Library]:
    """Connect to RT; the options are those of the library's client."""
    # In a dependency group of its own, so absent where the types are checked.
    rest2 = import_module("rt.rest2")
    tracker = rest2.AsyncRt(f"{url}/REST/2.0/", token=token, **options)
    try:
        # It means an error of its own by the second, but raises Python's.
        failures = (import_module("rt.exceptions").RtError, ConnectionError)
        yield Library(tracker, failures)
    finally:
        await tracker.session.aclose()
