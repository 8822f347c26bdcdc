"""What reaches the fake RT, and what is to become of it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import re

from .faults import Fault
from .sent import Sent
from .sessions import LOG_IN, LOG_OUT


@dataclass
class _Planned:
    """A fault that waits for its request."""

    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int | None

    def is_for(self, sent: Sent) -> bool:
        """Tell whether a request is to go wrong."""
        meant = self.times is None or self.path.pattern
        if sent.path in {LOG_IN, LOG_OUT} and not meant:
            return False
        return self.method in {"*", sent.method} and bool(self.path.search(sent.path))


class Traffic:
    """The requests that came, and the faults that wait for more."""

    def __init__(self) -> None:
        """Start without a request and without a fault."""
        self.requests: list[Sent] = []
        """All but those that only begin or end a session."""
        self.log_ins: list[Sent] = []
        self.log_outs: list[Sent] = []
        self.max_parallel = 0
        """How many of all these were under way at once, at the most."""
        self._faults: list[_Planned] = []
        self._under_way: list[Sent] = []
        self._changed = asyncio.Event()

    def sent(self, method: str, path_regex: str = "") -> list[Sent]:
        """Return the requests of a method whose path matches."""
        return [
            request
            for request in self.requests
            if request.method == method and re.search(path_regex, request.path)
        ]

    @property
    def by_token(self) -> list[str]:
        """The methods of the requests that brought the token."""
        return [one.method for one in self.requests if "Authorization" in one.headers]

    @property
    def writes(self) -> list[Sent]:
        """The requests that write something."""
        return [
            request
            for request in self.requests
            if request.method in {"POST", "PUT"}
            and re.search(r"/ticket(/\d+(/\w+)?)?$", request.path)
        ]

    def fail(
        self,
        method: str,
        path_regex: str,
        fault: Fault,
        times: int | None = 1,
    ) -> None:
        """Let the next requests that match go wrong; None for all of them.

        The method "*" stands for all, and the path is searched for the regex. What
        only begins or ends a session is meant if the regex names it, or with None.
        """
        self._faults.append(_Planned(method, re.compile(path_regex), fault, times))

    def heal(self) -> None:
        """Drop the faults that are left."""
        self._faults.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the server's doing has made something true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def work_done(self) -> None:
        """Wait until RT has done what it is still doing."""
        await self.until(lambda: not self._under_way)

    @contextmanager
    def _recorded(self, sent: Sent) -> Iterator[None]:
        """Record a request that is under way."""
        records = {LOG_IN: self.log_ins, LOG_OUT: self.log_outs}
        records.get(sent.path, self.requests).append(sent)
        self._under_way.append(sent)
        self.max_parallel = max(self.max_parallel, len(self._under_way))
        self._changed.set()
        try:
            yield
        finally:
            self._under_way.remove(sent)
            self._changed.set()

    def _next_fault(self, sent: Sent) -> Fault | None:
        """Return the first fault that waits for this request."""
        for planned in self._faults:
            if planned.is_for(sent):
                if planned.times is not None:
                    planned.times -= 1
                    if not planned.times:
                        self._faults.remove(planned)
                return planned.fault
        return None
