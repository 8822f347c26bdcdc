"""With the rights that the README lists, on one queue and no more, all works."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.ha_rt.const import CONF_QUEUE, CONF_SEVERITY_FIELD, DOMAIN
from scripts.live.rt import RTServer
from tests import FACILITY, perform, search
from tests.options import filled
from tests.real_rt.accounts import FOR_ALL, FOR_REPORTS, make_account
from tests.real_rt.common import (
    begin_flow,
    change_by_hand,
    choose_queue,
    create_by_hand,
    custom_fields,
    new_device,
    report,
    say_by_hand,
    set_status,
    ticket,
)
from tests.watch import Heard

pytestmark = pytest.mark.usefixtures("entries")

ACCOUNTS = {"for reports": FOR_REPORTS, "for all": FOR_ALL}
SEVERITY = "DeviceType"
LIST = "todo.facility_management"

# What RT itself grants to each user is left out.
RIGHTS = """
my ($name, $without) = map { my $u = RT::User->new($system); $u->Load($_); $u } @ARGV;
my $queues = RT::Queues->new($system);
$queues->FindAllRows;
$queues->UnLimit;
my %found = (password => $name->HasPassword ? 1 : 0);
for my $object (RT->System, @{ $queues->ItemsArrayRef }) {
    my ($has, $has_not) = map { $_->PrincipalObj->HasRights(Object => $object) } $name, $without;
    my @rights = grep { !$has_not->{$_} } keys %$has;
    $found{ $object->isa('RT::Queue') ? $object->Name : 'global' } = [@rights] if @rights;
}
say_json(\\%found);
"""

type SetUpAs = Callable[[str], Awaitable[ConfigEntry]]


@pytest.fixture(scope="module", autouse=True)
def _accounts(real_rt: RTServer, _network_for_modules: None) -> None:
    """Make the accounts."""
    for name, rights in ACCOUNTS.items():
        make_account(real_rt, name, rights)


@pytest.fixture
def set_up_as(hass: HomeAssistant, real_rt: RTServer) -> SetUpAs:
    """Return a function that adds the integration, as people do, and lets it watch."""

    async def add(account: str) -> ConfigEntry:
        step = await begin_flow(hass, real_rt.url, real_rt.tokens[account])
        offered = step["data_schema"].schema[CONF_QUEUE].config["options"]
        assert offered == [FACILITY]
        assert step["description_placeholders"]["account"] == account
        step = await choose_queue(hass, step, FACILITY)
        assert step["type"] is FlowResultType.CREATE_ENTRY, step["errors"]
        entry: ConfigEntry = step["result"]
        form = await hass.config_entries.options.async_init(entry.entry_id)
        options = {CONF_SEVERITY_FIELD: SEVERITY, "reopen_hours": 1}
        step = await hass.config_entries.options.async_configure(
            form["flow_id"], filled(form, **options)
        )
        assert step["type"] is FlowResultType.CREATE_ENTRY, step["errors"]
        await hass.async_block_till_done(wait_background_tasks=True)
        assert entry.state is ConfigEntryState.LOADED
        return entry

    return add


async def poll(hass: HomeAssistant) -> None:
    """Let a poll happen."""
    async_fire_time_changed(hass, utcnow() + timedelta(seconds=61))
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_no_more(real_rt: RTServer, account: str) -> None:
    """The accounts have these rights on one queue, nothing elsewhere, and no password."""
    found = real_rt.perl(RIGHTS, account, "no-rights")

    assert found.pop("password") == 0
    assert {where: set(rights) for where, rights in found.items()} == {
        FACILITY: set(ACCOUNTS[account])
    }


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_set_up(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    real_rt: RTServer,
    set_up_as: SetUpAs,
    account: str,
) -> None:
    """The forms, a new start and the entities work; nothing is to be repaired."""
    create_by_hand(real_rt, new_device())
    entry = await set_up_as(account)
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    step = await begin_flow(
        hass, real_rt.url, real_rt.tokens[account], flow_id=step["flow_id"]
    )
    step = await choose_queue(hass, step, FACILITY)
    assert step["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.state is ConfigEntryState.LOADED
    assert not issue_registry.issues
    assert int(hass.states.get("sensor.facility_management_open_tickets").state) > 0


@pytest.mark.parametrize(
    ("account", "refused", "refused_of_repeat"),
    [("for reports", ["refers_to"], ["priority"]), ("for all", [], [])],
)
async def test_reports(
    hass: HomeAssistant,
    real_rt: RTServer,
    tmp_path: Path,
    set_up_as: SetUpAs,
    account: str,
    refused: list[str],
    refused_of_repeat: list[str],
) -> None:
    """A ticket gets all that a report may hold; a repeat finds it and raises it."""
    await set_up_as(account)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / "plan.txt").write_text("here", encoding="utf-8")
    device_id = new_device()
    given = {"event_type": "leak", "attachments": str(tmp_path / "plan.txt")}

    first = await report(
        hass,
        device_id,
        **given,
        severity="warning",
        custom_fields={"Tags": ["a", "b"], "DeviceNotes": "In the cellar"},
        requestor="carol@example.test",
        cc=["dave@example.test"],
        owner="alice",
        refers_to=[create_by_hand(real_rt, new_device()), "https://example.test/wiki"],
    )
    second = await report(hass, device_id, **given, severity="critical")

    assert first["action"] == "created"
    assert first.get("not_stored", []) == refused
    assert second["action"] == "commented"
    assert second["ticket_id"] == first["ticket_id"]
    assert second.get("not_stored", []) == refused_of_repeat
    assert custom_fields(real_rt, first["ticket_id"])[SEVERITY] == "critical"


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_looks(
    hass: HomeAssistant, real_rt: RTServer, set_up_as: SetUpAs, account: str
) -> None:
    """Nothing of a ticket is hidden, but for comments, nor are figures of the queue."""
    await set_up_as(account)
    device_id = new_device()
    number = create_by_hand(real_rt, device_id, Requestor="carol@example.test")
    change_by_hand(real_rt, number, "alice", Owner="alice")
    say_by_hand(real_rt, number, "correspond", "alice")
    say_by_hand(real_rt, number, "comment", "alice")

    found = await perform(hass, "get_ticket", device_id=device_id, history=True)
    assert (found["queue"], found["owner"]) == (FACILITY, "alice")
    assert found["requestors"] == ["carol@example.test"]
    assert found["first_response"]
    kinds = {one["type"] for one in found["history"]}
    assert {"Create", "Set", "Correspond"} <= kinds
    assert ("Comment" in kinds) is ("ShowTicketComments" in ACCOUNTS[account])
    (owner,) = [one for one in found["history"] if one["field"] == "Owner"]
    assert (owner["old"], owner["new"]) == ("Nobody", "alice")
    assert await search(hass, device_id=device_id, state="open") == [number]
    figures = await perform(hass, "get_statistics")
    assert figures["by_owner"]["alice"] >= 1
    assert figures["first_response_minutes"]["count"] >= 1


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_events(
    hass: HomeAssistant, real_rt: RTServer, set_up_as: SetUpAs, account: str
) -> None:
    """What people do is announced; their comments need a right of the second table."""
    await set_up_as(account)
    heard = Heard(hass)
    number = (await report(hass, new_device()))["ticket_id"]
    for resource in ("comment", "correspond"):
        say_by_hand(real_rt, number, resource, "alice")
    change_by_hand(real_rt, number, "alice", Owner="alice")
    set_status(real_rt, number, "resolved")

    await poll(hass)

    seen = ACCOUNTS[account] is FOR_ALL
    assert heard.in_short == [
        f"created {number} by {account}",
        *([f"commented {number} by alice"] if seen else []),
        f"replied {number} by alice",
        f"status_changed {number} by RT_System",
        f"owner_changed {number} by alice",
        f"resolved {number} by root",
    ]


async def test_changes(
    hass: HomeAssistant, real_rt: RTServer, set_up_as: SetUpAs
) -> None:
    """Every part of a ticket can be changed, and a person's be given to another."""
    await set_up_as("for all")
    other = create_by_hand(real_rt, new_device())
    number = create_by_hand(real_rt, new_device(), Owner="alice")
    wanted: dict[str, Any] = {
        "status": "stalled",
        "owner": "owner1",
        "severity": "critical",
        "subject": "Big leak",
        "custom_fields": {"Tags": ["b"], "Severity": "high"},
        "refers_to": [other, "https://example.test/wiki"],
    }

    answer = await perform(hass, "update_ticket", ticket_id=number, **wanted)

    assert answer["changes"].keys() == {
        *("status", "owner", "priority", "subject", "refers_to"),
        *("Tags", "Severity", SEVERITY),
    }
    answer = await perform(hass, "update_ticket", ticket_id=number, owner="Nobody")
    assert answer["changes"] == {"owner": {"old": "owner1", "new": None}}


async def test_follows_up(
    hass: HomeAssistant, real_rt: RTServer, set_up_as: SetUpAs
) -> None:
    """Comments, replies, resolutions that spare people's tickets, and reopening."""
    await set_up_as("for all")
    device_id = new_device()
    first = await report(hass, device_id, requestor="carol@example.test")
    number = first["ticket_id"]
    target = {"device_id": device_id, "text": "Dry."}

    for arguments, action in (({}, "commented"), ({"reply": True}, "replied")):
        answer = await perform(hass, "add_comment", **target, **arguments)
        assert answer["action"] == action
    answer = await perform(hass, "resolve_ticket", **target, only_if_untouched=True)
    assert answer["action"] == "resolved"
    again = await report(hass, device_id)
    assert again == {**first, "action": "commented", "reopened": True}
    say_by_hand(real_rt, number, "comment", "alice")
    answer = await perform(hass, "resolve_ticket", **target, only_if_untouched=True)
    assert answer["action"] == "commented"
    assert ticket(real_rt, number).status == "open"


async def test_to_do_list(
    hass: HomeAssistant, real_rt: RTServer, set_up_as: SetUpAs
) -> None:
    """Items can be added, changed and ticked."""
    await set_up_as("for all")
    name = new_device()
    for action, data in (
        ("add_item", {"item": name, "due_datetime": "2100-01-01T10:00:00+00:00"}),
        ("update_item", {"item": name, "rename": f"{name} again"}),
        ("update_item", {"item": f"{name} again", "status": "completed"}),
    ):
        await hass.services.async_call(
            "todo", action, {"entity_id": LIST, **data}, blocking=True
        )
        await hass.async_block_till_done(wait_background_tasks=True)
    (found,) = (await perform(hass, "search_tickets", text=name, state="closed"))[
        "tickets"
    ]
    assert (found["subject"], found["status"]) == (f"{name} again", "resolved")
    assert found["due"] == "2100-01-01T10:00:00+00:00"
