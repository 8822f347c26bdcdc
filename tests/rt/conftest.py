"""Fixtures of the client's tests."""

from collections.abc import AsyncIterator

import aiohttp
import pytest


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session for clients of other servers or tokens."""
    async with aiohttp.ClientSession() as session:
        yield session
