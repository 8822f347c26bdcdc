"""The same with Home Assistant's `rest_command`."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from scripts.benchmark.core import ACCOUNT, QUEUE, BenchmarkError
from scripts.benchmark.report import SUBJECT, TEXT
from scripts.live.rt import RTServer

DOMAIN = "rest_command"
SECONDS = 600  # instead of 10, for the burst's sake

FIND = """\
/tickets?per_page=1&query=\
{{ ('CF.{DeviceId} = "' ~ key ~ '" AND Status = "__Active__"') | urlencode }}"""
POLL = """\
/transactions?query=TicketQueue%3D{{ queue }}%20AND%20id%3E{{ since }}&orderby=id&\
fields=Type,ObjectId,Created,Creator,Field,OldValue,NewValue&per_page=100"""
COMMENT = """{{ {"Content": text, "ContentType": "text/plain"} | to_json }}"""
CREATE = """{{ {
    "Queue": queue, "Subject": subject, "Content": text, "CustomFields": {"DeviceId": key}
} | to_json }}"""


class RestCommand:
    """What one would write in `configuration.yaml` and in an automation."""

    def __init__(self, hass: HomeAssistant, queue: int, since: int) -> None:
        """Take the core that has the commands, and what to poll for."""
        self._hass = hass
        self._news = {"queue": queue, "since": since}

    async def report(self, key: str) -> str:
        """Comment on the ticket of a device or create one, and tell which."""
        found = await self._send("rt_find", {"key": key})
        if tickets := found["items"]:
            comment = {"ticket": tickets[0]["id"], "text": TEXT}
            await self._send("rt_comment", comment)
            return "commented"
        ticket = {"queue": QUEUE, "subject": SUBJECT, "text": TEXT, "key": key}
        await self._send("rt_create", ticket)
        return "created"

    async def poll(self) -> None:
        """Ask for the transactions that are new."""
        await self._send("rt_poll", self._news)

    async def _send(self, command: str, data: dict[str, Any]) -> Any:
        """Carry a command out and return RT's answer."""
        response = await self._hass.services.async_call(
            DOMAIN, command, data, blocking=True, return_response=True
        )
        if not response or response["status"] not in {200, 201}:
            raise BenchmarkError(f"{command}: {response}")
        return response["content"]


async def rest_command(hass: HomeAssistant, rt: RTServer, since: int) -> RestCommand:
    """Set the commands up."""
    rest2 = f"{rt.url}/REST/2.0"
    common = {
        "headers": {"Authorization": f"token {rt.tokens[ACCOUNT]}"},
        "timeout": SECONDS,
    }
    post = common | {"method": "post", "content_type": "application/json"}
    commands = {
        "rt_find": common | {"url": rest2 + FIND},
        "rt_poll": common | {"url": rest2 + POLL},
        "rt_comment": post
        | {"url": rest2 + "/ticket/{{ ticket }}/comment", "payload": COMMENT},
        "rt_create": post | {"url": f"{rest2}/ticket", "payload": CREATE},
    }
    if not await async_setup_component(hass, DOMAIN, {DOMAIN: commands}):
        raise BenchmarkError("rest_command is not set up")
    return RestCommand(hass, rt.queues[QUEUE], since)
