"""What an answer says of when to ask again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import ServerError
from tests.fake_rt import FakeRT, FakeTicket, faults


async def retry_after(client: RTClient, fake_rt: FakeRT, fault: faults.Fault) -> object:
    """Return how long a client learns that it has to wait."""
    fake_rt.fail("*", "", fault, times=None)
    with pytest.raises(ServerError) as info:
        await client.version()
    assert not info.value.unconfirmed
    return info.value.retry_after


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("3600", 3600),
        ("86400", 3600),
        ("9" * 5000, 3600),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun Nov  6 08:49:37 1994", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        (f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT", None),
        (f"Sun, 06 Nov 1994 08:49:37 +{'9' * 30}", None),
    ],
)
async def test_retry_after(
    client: RTClient, fake_rt: FakeRT, status: int, header: str, seconds: float | None
) -> None:
    """A busy server tells for how long, within reason, to leave it alone."""
    fault = faults.busy(header, status)
    assert await retry_after(client, fake_rt, fault) == seconds


async def test_retry_after_date(client: RTClient, fake_rt: FakeRT) -> None:
    """A time to come is so many seconds away."""
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    seconds = await retry_after(client, fake_rt, faults.busy(until))
    assert isinstance(seconds, float)
    assert 240 < seconds <= 300


async def test_no_retry_after(
    client: RTClient, fake_rt: FakeRT, ticket: FakeTicket
) -> None:
    """Most servers do not tell, nor do those that failed."""
    assert await retry_after(client, fake_rt, faults.html(503)) is None
    fake_rt.heal()
    failed = faults.answer(500, headers={"Retry-After": "90"})
    fake_rt.fail("*", "", failed, times=None)
    with pytest.raises(ServerError) as info:
        await client.comment(ticket.id, "It drips.")
    assert info.value.unconfirmed
    assert info.value.retry_after is None


async def test_retry_after_in_session(client: RTClient, fake_rt: FakeRT) -> None:
    """So it does in the middle of a session."""
    await client.version()
    assert fake_rt.logged_in
    assert await retry_after(client, fake_rt, faults.busy("90", 429)) == 90
