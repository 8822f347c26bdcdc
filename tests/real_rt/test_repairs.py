"""What is changed in RT's administration while Home Assistant runs: it says so."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY, Wait
from tests.real_rt.common import DISABLE_QUEUE, SetUp, without

pytestmark = pytest.mark.one_server

USER = "owner1"

APPLY_FIELD = """
my ($number, $name, $applies) = @ARGV;
my $field = RT::CustomField->new($system);
$field->Load($number);
my $queue = RT::Queue->new($system);
$queue->Load($name);
my ($ok, $message) = $applies ? $field->AddToObject($queue) : $field->RemoveFromObject($queue);
$ok or die "$message\n";
"""


@contextmanager
def without_field(rt: RTServer) -> Iterator[None]:
    """Take the field for the device off the queue for a while."""
    number = rt.custom_fields["DeviceId"]
    rt.perl(APPLY_FIELD, number, FACILITY, 0)
    try:
        yield
    finally:
        rt.perl(APPLY_FIELD, number, FACILITY, 1)


@contextmanager
def without_queue(rt: RTServer) -> Iterator[None]:
    """Disable the queue for a while."""
    rt.perl(DISABLE_QUEUE, FACILITY, 1)
    try:
        yield
    finally:
        rt.perl(DISABLE_QUEUE, FACILITY, 0)


def spoilt(rt: RTServer, what: str) -> AbstractContextManager[None]:
    """Return what makes something wrong in RT for a while."""
    if what == "field":
        return without_field(rt)
    if what == "queue":
        return without_queue(rt)
    return without(rt, USER, what)


def problems(issue_registry: ir.IssueRegistry) -> dict[str, str]:
    """Return what is said, and of which field, queue and rights."""
    return {
        issue.translation_key or "": " ".join(
            (issue.translation_placeholders or {}).values()
        )
        for issue in issue_registry.issues.values()
    }


@pytest.mark.parametrize(
    ("what", "key", "named"),
    [
        ("field", "field_missing", "DeviceId"),
        ("SeeCustomField", "field_missing", "DeviceId"),
        ("queue", "queue_disabled", FACILITY),
        ("SeeQueue", "queue_not_found", FACILITY),
        ("CreateTicket", "rights_missing", "CreateTicket"),
    ],
)
async def test_changed_while_loaded(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    set_up: SetUp,
    real_rt: RTServer,
    wait: Wait,
    what: str,
    key: str,
    named: str,
) -> None:
    """It is said within an hour, and until it is put right; tickets are still seen."""
    entry = await set_up(USER)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=False)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert problems(issue_registry) == {}

    with spoilt(real_rt, what):
        await wait(minutes=61)
        said = problems(issue_registry)
        tickets = hass.states.get("sensor.facility_management_open_tickets")
    assert said.keys() == {key}
    assert named in said[key]
    assert tickets
    assert tickets.state != STATE_UNAVAILABLE

    await wait(minutes=61)
    assert problems(issue_registry) == {}


async def test_changed_before_a_restart(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    set_up: SetUp,
    real_rt: RTServer,
    wait: Wait,
) -> None:
    """The entry is not set up, and works by itself when it is put right."""
    entry = await set_up(USER)

    with without_field(real_rt):
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert problems(issue_registry).keys() == {"field_missing"}

    await wait(minutes=2)
    assert entry.state is ConfigEntryState.LOADED
    assert problems(issue_registry) == {}
