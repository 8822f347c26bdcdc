"""Takes RT's database away while RT works on a request."""

import asyncio
from collections.abc import Callable

from scripts.live.rt import RTServer
from tests.real_rt.relay import Forward


class Losing:
    """Forwards requests; those that are meant lose the database after some time."""

    def __init__(self, rt: RTServer, is_meant: Callable[[bytes], bool]) -> None:
        """Begin with a database that stays."""
        self._rt = rt
        self._is_meant = is_meant
        self.after: float | None = None
        """Seconds until the next of these requests loses the database."""

    async def __call__(self, request: bytes, forward: Forward) -> bytes:
        """Return the server's answer to a request."""
        if self.after is None or not self._is_meant(request):
            return await forward()
        seconds, self.after = self.after, None
        answer = asyncio.ensure_future(forward())
        await asyncio.wait([answer], timeout=seconds)
        with self._rt.database.lost():
            return await answer
