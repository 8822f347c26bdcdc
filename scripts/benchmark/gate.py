"""A gate before RT, at which what passes is counted."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
import threading
from typing import Any, override

from scripts.live.process import Startable
from scripts.live.rt import RTServer

_BYTES = 65_536


class Gate(Startable):
    """Passes each connection on to one of its own, so that nothing else changes.

    It has a thread of its own, for whoever measures may not let others wait.
    """

    def __init__(self, rt: RTServer) -> None:
        """Stand before a server that runs."""
        self.requests = 0
        self.under_way: dict[object, str] = {}
        """Requests that RT works on, or has to, by their connection."""
        self.port = 0
        self._most: list[str] = []
        self._rt = rt
        self._is_open = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="gate")

    @property
    def url(self) -> str:
        """RT's address by way of the gate."""
        return f"http://127.0.0.1:{self.port}{self._rt.web_path}"

    @override
    def start(self) -> None:
        """Open it."""
        self._thread.start()
        self._is_open.wait()

    @override
    def stop(self) -> None:
        """Close it."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def take(self) -> tuple[int, list[str]]:
        """Return how many requests there were since the last call, and most at once."""
        taken = self.requests, self._most
        self.requests, self._most = 0, list(self.under_way.values())
        return taken

    def ask(self, connection: object, data: bytes) -> None:
        """Note that a request, or more of it, goes to RT by a connection."""
        if connection in self.under_way:
            return
        self.requests += 1
        # Without the query, which is long.
        self.under_way[connection] = data.split(b"\r\n")[0].split(b"?")[0].decode()
        if len(self.under_way) > len(self._most):
            self._most = list(self.under_way.values())

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._pass, "127.0.0.1", backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        self._is_open.set()
        await self._closing.wait()
        server.close()
        server.close_clients()

    async def _pass(
        self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        """Pass a connection on, until one of both ends closes it."""
        rt, to_rt = await asyncio.open_connection("127.0.0.1", self._rt.port)
        connection, answered = object(), asyncio.Event()

        def is_answered() -> None:
            self.under_way.pop(connection, None)
            answered.set()

        async def ask() -> None:
            with suppress(ConnectionError):
                while data := await client.read(_BYTES):
                    self.ask(connection, data)
                    answered.clear()
                    to_rt.write(data)
                    await to_rt.drain()
            # RT does not notice that somebody left who waits, and nor do we.
            if connection in self.under_way:
                await answered.wait()

        async def answer() -> None:
            while data := await rt.read(_BYTES):
                is_answered()
                if not to_client.is_closing():
                    to_client.write(data)
                    await to_client.drain()

        try:
            await _until_first(ask(), answer())
        finally:
            is_answered()
            to_rt.close()
            to_client.close()


async def _until_first(*directions: Coroutine[Any, Any, None]) -> None:
    """Run both directions of a connection until one of them ends."""
    tasks = [asyncio.create_task(direction) for direction in directions]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.wait(tasks)
    for task in done:
        task.exception()  # connections break; whoever uses them notices
