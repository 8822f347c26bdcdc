"""Resolving a ticket as the code does, with a comment that says why."""

from functools import partial
from typing import Any

from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.rt.models import Ticket
from custom_components.ha_rt.tickets import changes


async def resolve(
    client: RTClient, ticket_id: int, status: str, text: str, **message: Any
) -> Ticket:
    """Resolve a ticket, with a comment if there is a text."""
    say = partial(client.comment, ticket_id, text, status=status, **message)
    return await changes.resolve(
        client, ticket_id, status=status, say=say if text else None
    )
