"""Repair issues: what only a person can put right."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from pathlib import Path
import re
import socket
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import HomeAssistantTCPConnector
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import FACILITY, Wait, create_ticket, setup_integration
from tests.fake_rt import FakeRT, faults

ROOT = Path(__file__).resolve().parents[1]
TEXTS = json.loads(
    (ROOT / "custom_components/ha_rt/translations/en.json").read_text(encoding="utf-8")
)["issues"]
HEADINGS = re.findall(
    r"^#+ (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
)

type Said = Callable[[], dict[str, str]]


@pytest.fixture
def said(issue_registry: ir.IssueRegistry) -> Said:
    """Return a function that reads the issues: their texts by their keys."""

    def read() -> dict[str, str]:
        texts = {}
        for issue in issue_registry.issues.values():
            key = issue.translation_key or ""
            placeholders = issue.translation_placeholders or {}
            assert not issue.is_fixable
            _, _, section = (issue.learn_more_url or "").partition("#")
            assert section in [one.lower().replace(" ", "-") for one in HEADINGS]
            title, description = (TEXTS[key][part] for part in ("title", "description"))
            texts[key] = f"{title}\n{description}".format(**placeholders)
        return texts

    return read


async def test_fields_of_one_name(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, said: Said
) -> None:
    """The field in use stays in use beside a new one, and people are told of both."""
    await setup_integration(hass, config_entry, device_id_field="deviceid")
    assert said() == {}
    first = await create_ticket(hass)

    fake_rt.add_field("DEVICEID", FACILITY)
    fake_rt.fields["DEVICEID"], fake_rt.fields["DeviceId"] = 1, 2
    await hass.config_entries.async_reload(config_entry.entry_id)

    assert await create_ticket(hass) == {**first, "action": "commented"}
    assert "deviceid" in said()["ambiguous_fields"]
    assert "#2" in said()["ambiguous_fields"]
    fake_rt.queues[FACILITY].fields.remove("DEVICEID")
    await hass.config_entries.async_reload(config_entry.entry_id)
    assert said() == {}


# --- the queue --------------------------------------------------------------------


def disable_queue(fake_rt: FakeRT) -> None:
    """Disable the queue."""
    fake_rt.queues[FACILITY].disabled = True


def take_field_off(fake_rt: FakeRT) -> None:
    """Take the field for the device off the queue."""
    fake_rt.queues[FACILITY].fields.remove("DeviceId")


def without(right: str) -> Callable[[FakeRT], None]:
    """Take a right away from the account."""

    def revoke(fake_rt: FakeRT) -> None:
        fake_rt.rights -= {right}

    return revoke


def put_right(fake_rt: FakeRT) -> None:
    """Make all well again."""
    fake_rt.queues[FACILITY].disabled = False
    fake_rt.queues[FACILITY].fields[:] = ["DeviceId", "EventType"]
    fake_rt.rights |= {"SeeQueue", "SeeCustomField", "CreateTicket"}


PROBLEMS = [
    pytest.param(take_field_off, "field_missing", "DeviceId", id="field"),
    pytest.param(without("SeeCustomField"), "field_missing", "DeviceId", id="no-field"),
    pytest.param(disable_queue, "queue_disabled", FACILITY, id="disabled"),
    pytest.param(without("SeeQueue"), "queue_not_found", FACILITY, id="no-queue"),
    pytest.param(without("CreateTicket"), "rights_missing", "CreateTicket", id="right"),
]


@pytest.mark.parametrize(("spoil", "key", "named"), PROBLEMS)
async def test_problem_at_set_up(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    said: Said,
    spoil: Callable[[FakeRT], None],
    key: str,
    named: str,
) -> None:
    """An entry that cannot be set up says what to do, until it can."""
    spoil(fake_rt)
    await setup_integration(hass, config_entry)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    [(problem, text)] = said().items()
    assert problem == key
    assert named in text
    assert FACILITY in text
    put_right(fake_rt)
    await hass.config_entries.async_reload(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.LOADED
    assert said() == {}


@pytest.mark.parametrize(("spoil", "key", "named"), PROBLEMS)
async def test_problem_while_loaded(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    said: Said,
    spoil: Callable[[FakeRT], None],
    key: str,
    named: str,
) -> None:
    """It is seen within an hour, and so is that it is gone."""
    await setup_integration(hass, config_entry, polls=True)
    spoil(fake_rt)
    await wait(minutes=59)
    assert said() == {}
    await wait(minutes=2)
    assert said().keys() == {key}
    assert named in said()[key]
    put_right(fake_rt)
    await wait(minutes=61)
    assert said() == {}
    assert config_entry.state is ConfigEntryState.LOADED


async def test_several_problems(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, said: Said
) -> None:
    """Each is said, for it may be another person who can put it right."""
    take_field_off(fake_rt)
    fake_rt.rights -= {"CreateTicket"}
    await setup_integration(hass, config_entry)
    assert said().keys() == {"field_missing", "rights_missing"}


async def test_several_entries(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, said: Said
) -> None:
    """What is well in one queue says nothing of another."""
    fake_rt.add_queue("Incidents", disabled=True)
    other = MockConfigEntry(
        domain="ha_rt", data={**config_entry.data, "queue": "Incidents"}
    )
    await setup_integration(hass, other)
    await setup_integration(hass, config_entry)
    assert said().keys() == {"queue_disabled"}
    assert "Incidents" in said()["queue_disabled"]
    await hass.config_entries.async_remove(config_entry.entry_id)
    assert said().keys() == {"queue_disabled"}
    await hass.config_entries.async_remove(other.entry_id)
    assert said() == {}


async def test_looking_costs_one_request_an_hour(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry, wait: Wait
) -> None:
    """RT is not asked with every poll how its queue is."""
    await setup_integration(hass, config_entry, polls=True)
    fake_rt.requests.clear()
    for _ in range(19):
        await wait(minutes=10)
    assert len(fake_rt.sent("GET", "/queue/")) == 3


async def test_rt_is_away_when_it_is_to_be_looked_at(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    said: Said,
) -> None:
    """Nothing is wrong with the queue then, and it is looked at when RT is back."""
    await setup_integration(hass, config_entry, polls=True)
    fake_rt.fail("*", "", faults.html(502), times=None)
    await wait(minutes=61)
    assert said() == {}
    fake_rt.heal()
    take_field_off(fake_rt)
    await wait(minutes=2)
    assert said().keys() == {"field_missing"}


async def test_what_rt_lost_outlasts_a_look(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    wait: Wait,
    said: Said,
) -> None:
    """Only a ticket shows whether RT keeps the device of a ticket."""
    await setup_integration(hass, config_entry, polls=True)
    fake_rt.rights -= {"ModifyCustomField"}
    await create_ticket(hass)
    await wait(minutes=61)
    await hass.config_entries.async_reload(config_entry.entry_id)
    assert said().keys() == {"lost_key"}
    [issue] = issue_registry.issues.values()
    assert issue.is_persistent


# --- the entry ---------------------------------------------------------------------


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload an entry."""
    assert await hass.config_entries.async_unload(entry.entry_id)


async def disable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Disable an entry."""
    by = ConfigEntryDisabler.USER
    assert await hass.config_entries.async_set_disabled_by(entry.entry_id, by)


async def remove(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Remove an entry."""
    await hass.config_entries.async_remove(entry.entry_id)


async def fail_to_set_up(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
) -> None:
    """Have the queue disabled before the entry is set up."""
    disable_queue(fake_rt)
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def lose_the_field(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
) -> None:
    """Have the field taken off the queue while the entry is loaded."""
    await setup_integration(hass, entry, polls=True)
    take_field_off(fake_rt)
    await wait(minutes=61)


async def lose_a_key(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
) -> None:
    """Have RT lose a ticket's device."""
    await setup_integration(hass, entry)
    fake_rt.rights -= {"ModifyCustomField"}
    await create_ticket(hass)


async def be_refused(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, wait: Wait
) -> None:
    """Have RT refuse what waited."""
    await setup_integration(hass, entry, keep_reports=True)
    await fake_rt.stop()
    await create_ticket(hass)
    await fake_rt.start()
    fake_rt.fail("POST", "/ticket$", faults.message(403, "No"), times=None)
    await wait(minutes=15)


@pytest.mark.parametrize("leave", [unload, disable, remove])
@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (fail_to_set_up, "queue_disabled"),
        (lose_the_field, "field_missing"),
        (lose_a_key, "lost_key"),
        (be_refused, "reports_refused"),
    ],
)
async def test_entry_leaves(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    said: Said,
    spoil: Callable[..., Awaitable[None]],
    key: str,
    leave: Callable[..., Awaitable[None]],
) -> None:
    """What is wrong with it is nobody's concern then, and is again when it is back."""
    await spoil(hass, fake_rt, config_entry, wait)
    assert said().keys() == {key}
    text = said()[key]
    await leave(hass, config_entry)
    assert said() == {}
    if leave is remove:
        return
    if leave is disable:
        await hass.config_entries.async_set_disabled_by(config_entry.entry_id, None)
    else:
        await hass.config_entries.async_setup(config_entry.entry_id)
    assert said() == {key: text}


async def test_reload_while_rt_is_away(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    said: Said,
) -> None:
    """Whether the queue is well is not known then, and is not told."""
    await lose_the_field(hass, fake_rt, config_entry, wait)
    await fake_rt.stop()
    await hass.config_entries.async_reload(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert said() == {}


async def test_another_queue(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    wait: Wait,
    said: Said,
) -> None:
    """What RT lost in the queue that an entry was about before is not told of it."""
    await lose_a_key(hass, fake_rt, config_entry, wait)
    fake_rt.add_field("DeviceId", "General")
    hass.config_entries.async_update_entry(
        config_entry, data={**config_entry.data, "queue": "General"}
    )
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    assert said() == {}


async def test_work_that_ends_late(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    said: Said,
) -> None:
    """What is found out for an entry that is not loaded any more is not told."""
    monkeypatch.setattr("custom_components.ha_rt.shielded._DRAIN_SECONDS", 0)
    await setup_integration(hass, config_entry)
    fake_rt.rights -= {"ModifyCustomField"}
    release = asyncio.Event()
    fake_rt.fail("POST", "/ticket$", faults.held(release))
    reporting = hass.async_create_task(create_ticket(hass))
    await fake_rt.until(lambda: bool(fake_rt.sent("POST", "/ticket$")))
    unloading = hass.async_create_task(disable(hass, config_entry))
    await asyncio.wait([unloading], timeout=1)
    release.set()
    await asyncio.gather(reporting, unloading, return_exceptions=True)
    assert config_entry.state is ConfigEntryState.NOT_LOADED
    assert said() == {}


# --- the way to the server --------------------------------------------------------


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Return the addresses of names; behind each address is the fake RT."""
    known: dict[str, list[str]] = {}

    async def resolve(
        connector: HomeAssistantTCPConnector, host: str
    ) -> list[dict[str, Any]]:
        if host not in known:
            raise OSError("No such name")
        return [
            {
                "hostname": host,
                "host": address,
                "port": 0,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in known[host]
        ]

    async def connect(addr_infos: list[Any], **_options: Any) -> socket.socket:
        port = addr_infos[0][4][1]
        there = socket.socket(socket.AF_INET)
        there.settimeout(0)
        await asyncio.get_running_loop().sock_connect(there, ("127.0.0.1", port))
        return there

    monkeypatch.setattr(HomeAssistantTCPConnector, "async_resolve_host", resolve)
    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", connect)
    return known


def moved(fake_rt: FakeRT, entry: MockConfigEntry, host: str) -> MockConfigEntry:
    """Return the entry with another way to the fake RT."""
    url = fake_rt.url.replace("127.0.0.1", host)
    return MockConfigEntry(domain="ha_rt", data={**entry.data, "url": url})


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("8.8.8.8", []),
        ("[2001:4860:4860::8888]", []),
        ("rt.example.com", ["8.8.8.8"]),
        ("rt.example.com", ["2001:4860:4860::8888", "8.8.8.8"]),
    ],
)
async def test_unencrypted_over_the_internet(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    internet: dict[str, list[str]],
    issue_registry: ir.IssueRegistry,
    said: Said,
    host: str,
    addresses: list[str],
) -> None:
    """It works, with a warning, until the address is another one."""
    internet[host] = addresses
    entry = moved(fake_rt, config_entry, host)
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert said().keys() == {"public_http"}
    assert f"http://{host}:" in said()["public_http"]
    [issue] = issue_registry.issues.values()
    assert issue.severity is ir.IssueSeverity.WARNING
    hass.config_entries.async_update_entry(entry, data=config_entry.data)
    await hass.config_entries.async_reload(entry.entry_id)
    assert said() == {}


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", []),
        ("192.168.1.5", []),
        ("100.64.0.1", []),  # of a provider's own network, and of some VPNs
        ("[fd12:3456::1]", []),
        ("localhost", ["127.0.0.1", "::1"]),
        ("rt", ["10.0.0.7"]),
        ("rt.local", ["2001:4860:4860::8888"]),
        ("rt.home.arpa", ["192.168.1.5", "2001:4860:4860::8888"]),
    ],
)
async def test_unencrypted_at_home(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    internet: dict[str, list[str]],
    said: Said,
    host: str,
    addresses: list[str],
) -> None:
    """The network at home is where most RTs are."""
    internet[host] = addresses
    entry = moved(fake_rt, config_entry, host)
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert said() == {}


async def test_encrypted(
    hass: HomeAssistant,
    self_signed_rt: FakeRT,
    config_entry: MockConfigEntry,
    internet: dict[str, list[str]],
    said: Said,
) -> None:
    """The token is safe with https."""
    internet["rt.example.com"] = ["8.8.8.8"]
    entry = moved(self_signed_rt, config_entry, "rt.example.com")
    data = {**entry.data, "verify_ssl": False}
    entry = MockConfigEntry(domain="ha_rt", data=data)
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert said() == {}


async def test_name_without_address(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    internet: dict[str, list[str]],
    said: Said,
) -> None:
    """Nothing is said about a server that nobody knows."""
    entry = moved(fake_rt, config_entry, "rt.example.com")
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert said() == {}


async def test_set_up_does_not_wait_for_a_name(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    internet: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Looking for the warning is no reason to be late."""

    async def never(hass: HomeAssistant, host: str) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr("custom_components.ha_rt.issues.async_is_public", never)
    await setup_integration(hass, config_entry)
    assert config_entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(config_entry.entry_id)
