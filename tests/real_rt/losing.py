"""Takes RT's database away while RT works on a request."""

import asyncio
from collections.abc import Callable

from scripts.live.rt import RTServer
from tests.real_rt.relay import Forward


class Losing:
    """Forwards requests; those that are meant lose the database when RT needs a table."""

    def __init__(self, rt: RTServer, is_meant: Callable[[bytes], bool]) -> None:
        """Begin with a database that stays."""
        self._rt = rt
        self._is_meant = is_meant
        self.table = ""
        """At which the next of these requests loses the database."""
        self.seconds = 0.0
        """After which it does."""

    async def __call__(self, request: bytes, forward: Forward) -> bytes:
        """Return the server's answer to a request."""
        if not (self.table or self.seconds) or not self._is_meant(request):
            return await forward()
        table, self.table = self.table, ""
        seconds, self.seconds = self.seconds, 0.0
        database = self._rt.database
        if seconds:
            answer = asyncio.ensure_future(forward())
            await asyncio.sleep(seconds)
            await asyncio.to_thread(database.disconnect)
            return await answer
        with database.held(table):
            answer = asyncio.ensure_future(forward())
            while not (answer.done() or database.is_waited_for()):  # noqa: ASYNC110 - RT announces nothing
                await asyncio.sleep(0.01)
            database.disconnect()
        return await answer
