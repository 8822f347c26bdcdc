"""The same with Home Assistant's `rest_command`."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
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

    failures: tuple[type[Exception], ...] = (HomeAssistantError,)

    def __init__(
        self, hass: HomeAssistant, prefix: str, queue: int, since: int
    ) -> None:
        """Take the core that has the commands, their names, and what to poll for."""
        self._hass = hass
        self._prefix = prefix
        self._news = {"queue": queue, "since": since}

    async def report(self, key: str, text: str = TEXT) -> str:
        """Comment on the ticket of a device or create one, and tell which."""
        found = await self._send("find", {"key": key})
        if tickets := found["items"]:
            comment = {"ticket": tickets[0]["id"], "text": text}
            await self._send("comment", comment)
            return "commented"
        ticket = {"queue": QUEUE, "subject": SUBJECT, "text": text, "key": key}
        await self._send("create", ticket)
        return "created"

    async def poll(self) -> None:
        """Ask for the transactions that are new."""
        await self._send("poll", self._news)

    async def _send(self, command: str, data: dict[str, Any]) -> Any:
        """Carry a command out and return RT's answer."""
        response = await self._hass.services.async_call(
            DOMAIN,
            f"{self._prefix}_{command}",
            data,
            blocking=True,
            return_response=True,
        )
        if not response or response["status"] not in {200, 201}:
            raise HomeAssistantError(f"{command}: {response}")
        return response["content"]


async def rest_commands(
    hass: HomeAssistant, rt: RTServer, since: int, gate_url: str
) -> tuple[RestCommand, RestCommand]:
    """Set the commands up: those that wait long, and those at a gate as they come."""
    token = rt.tokens[ACCOUNT]
    commands = {
        **_commands("rt", rt.url, token, timeout=SECONDS),
        **_commands("gate", gate_url, token),
    }
    if not await async_setup_component(hass, DOMAIN, {DOMAIN: commands}):
        raise BenchmarkError("rest_command is not set up")
    queue = rt.queues[QUEUE]
    return (
        RestCommand(hass, "rt", queue, since),
        RestCommand(hass, "gate", queue, since),
    )


def _commands(prefix: str, url: str, token: str, **more: object) -> dict[str, Any]:
    """Return what stands in the configuration."""
    rest2 = f"{url}/REST/2.0"
    common = {"headers": {"Authorization": f"token {token}"}, **more}
    post = common | {"method": "post", "content_type": "application/json"}
    return {
        f"{prefix}_find": common | {"url": rest2 + FIND},
        f"{prefix}_poll": common | {"url": rest2 + POLL},
        f"{prefix}_comment": post
        | {"url": rest2 + "/ticket/{{ ticket }}/comment", "payload": COMMENT},
        f"{prefix}_create": post | {"url": f"{rest2}/ticket", "payload": CREATE},
    }
