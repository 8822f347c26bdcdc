"""All that a client can be asked."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from homeassistant.helpers.json import json_bytes

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.errors import RTError
from custom_components.ha_rt.rt.models import NewTicket
from custom_components.ha_rt.rt.tickets import ALL_FIELDS
from tests.fake_rt import FakeRT
from tests.hostile import told_by

TOKEN: Final = "1-14-" + "7" * 32

type Call = Callable[[RTClient], Awaitable[Any]]

NEW = NewTicket(queue=3, subject="Leak", content="It drips.", marker="abc")


async def _transactions(client: RTClient) -> list[Any]:
    return [page async for page in client.transactions("id > 0")]


async def _pages(client: RTClient) -> list[Any]:
    return [page async for page in client.pages("id > 0")]


async def _is_active(client: RTClient) -> bool:
    return await client.is_active(await client.ticket(2))


CALLS: Final[dict[str, Call]] = {
    "version": lambda client: client.version(),
    "user": lambda client: client.user(),
    "login": lambda client: client.login(14),
    "queue": lambda client: client.queue("General"),
    "queue with a slash": lambda client: client.queue("IT/Support"),
    "queues": lambda client: client.queues(),
    "queues with right": lambda client: client.queues_with_right("ShowTicket"),
    "fillable fields": lambda client: client.fillable_fields(3),
    "search": lambda client: client.search("id > 0", fields=ALL_FIELDS, limit=300),
    "pages": _pages,
    "count": lambda client: client.count("id > 0"),
    "ticket": lambda client: client.ticket(1),
    "is active": _is_active,
    "history": lambda client: client.history(1),
    "people": lambda client: client.people(1),
    "transactions": _transactions,
    "newest transactions": lambda c: c.newest_transactions("id > 0", 50),
    "create": lambda client: client.create_ticket(NEW),
    "comment": lambda client: client.comment(1, "It drips.", marker="abc"),
    "reply": lambda client: client.reply(1, "It drips."),
    "update": lambda client: client.update_ticket(1, {"Status": "open"}),
    "find marked": lambda client: client.find_marked(1, "abc"),
}


def furnish(rt: FakeRT) -> None:
    """Fill a fake RT with what the calls ask for."""
    rt.add_queue("IT/Support")
    ticket = rt.add_ticket("leak", subject="Leak", creator="bob")
    ticket.requestors, ticket.cc = ["care@example.test"], ["office@example.test"]
    ticket.owner, ticket.links["RefersTo"] = "bob", ["https://example.test/x?a=1", "2"]
    rt.add_ticket("tap", status="resolved")


async def ask(client: RTClient, call: Call) -> None:
    """Ask, and see that what comes of it can be shown, or is an error of the client."""
    error = None
    try:
        json_bytes(await call(client))
    except RTError as err:
        error = err
    if error:
        assert TOKEN not in told_by(error)
        str(error).encode()
