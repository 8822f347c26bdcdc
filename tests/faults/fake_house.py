"""A house that reports to the fake RT."""

from dataclasses import dataclass
from typing import Any, override
from urllib.parse import urlsplit

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers.aiohttp_client import HomeAssistantTCPConnector
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt import connection
from custom_components.ha_rt.const import CONF_QUEUE, DOMAIN
from tests import FACILITY, change_options, connection_data, setup_integration
from tests.fake_rt import FakeRT, FakeTicket
from tests.fake_rt.lifecycle import INACTIVE_STATUSES
from tests.faults.certificates import HOST, Authority
from tests.faults.house import House


@dataclass(kw_only=True)
class FakeHouse(House):
    """One entry, and a fake RT whose name and certificate are the tests' business."""

    rt: FakeRT
    authority: Authority
    has_address: bool = True
    """Whether the server's name has one."""

    async def move_in(self, *, is_https: bool = False) -> None:
        """Set the entry up, without the option."""
        self._patch_ways()
        if is_https:
            await self.rt.stop()
            self.rt.ssl_context = self.authority.server()
            await self.rt.start()
        address = urlsplit(self.rt.url)
        self.rt.web_base_url = f"{address.scheme}://{HOST}:{address.port}"
        data = connection_data(self.rt) | {"url": self.rt.web_base_url}
        entry = MockConfigEntry(domain=DOMAIN, data={**data, CONF_QUEUE: FACILITY})
        await setup_integration(self.hass, entry)
        assert entry.state is ConfigEntryState.LOADED, entry.reason

    async def keep_reports(self) -> None:
        """Turn the option on."""
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        await change_options(self.hass, entry, keep_reports=True)

    def _patch_ways(self) -> None:
        """Let the server be known by its name, and its authority be trusted."""

        async def resolve(_connector: object, host: str) -> list[dict[str, Any]]:
            if not self.has_address:
                raise OSError(None, "Name or service not known")
            address = {"hostname": host, "host": "127.0.0.1", "port": 0}
            return [{**address, "family": 2, "proto": 0, "flags": 0}]

        self.patch.setattr(HomeAssistantTCPConnector, "async_resolve_host", resolve)
        # Names are looked up each time, and not only after ten seconds.
        expired = "aiohttp.connector._DNSCacheTable.expired"
        self.patch.setattr(expired, lambda _table, _key: True)
        self.patch.setattr(connection, "client_context", self.authority.client)

    @override
    def told(self, text: str) -> int:
        return sum(one.content.count(text.encode()) for one in self.rt.attachments)

    @property
    @override
    def open_tickets(self) -> int:
        return sum(
            ticket.status not in INACTIVE_STATUSES
            and self.rt.accounts[0].may("ShowTicket", ticket.queue)
            for ticket in self.tickets
        )

    @property
    def tickets(self) -> list[FakeTicket]:
        """Return the device's tickets, but for those merged into others."""
        found = self.rt.tickets.values()
        return [
            ticket
            for ticket in found
            if ticket.values("DeviceId") == [self.device] and not ticket.merged_into
        ]

    @override
    async def recover(self) -> None:
        await self.rt.work_done()
        await super().recover()
