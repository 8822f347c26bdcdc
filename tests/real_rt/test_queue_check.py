"""The queue check, in the config flow: it names each right that is missing and writes nothing."""

from collections.abc import Iterator

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import (
    Journal,
    begin_flow,
    choose_queue,
    create_by_hand,
    new_device,
)
from tests.real_rt.conftest import serve

pytestmark = pytest.mark.usefixtures("entries")

# One with a ticket, one without.
QUEUES = (FACILITY, "Empty Queue")

COPY_RIGHTS = """
my ($from, $to) = map { my $q = RT::Queue->new($system); $q->Load($_); $q } @ARGV;
my $rights = RT::ACL->new($system);
$rights->LimitToObject($from);
while (my $right = $rights->Next) {
    my $principal = $right->PrincipalObj;
    next if $principal->HasRight(Right => $right->RightName, Object => $to);
    $principal->GrantRight(Right => $right->RightName, Object => $to);
}
"""
# In both queues at once, as starting Perl takes the better part of a second.
GRANT = """
my ($name, $first, $second, @rights) = @ARGV;
my $user = RT::User->new($system);
$user->Load($name);
for ($first, $second) {
    my $queue = RT::Queue->new($system);
    $queue->Load($_);
    $user->PrincipalObj->GrantRight(Right => $_, Object => $queue) for @rights;
}
"""

NO_QUEUE = {"queue": "queue_not_found"}
NO_FIELD = {"device_id_field": "field_missing"}
NO_RIGHTS = {"queue": "rights_missing"}

# What the form says of the rights that a user has not got: errors, rights named in
# the text, and the rights that are granted before the form is sent again.
type Findings = list[tuple[dict[str, str], str, tuple[str, ...]]]
MISSING: dict[str, Findings] = {
    "no-SeeQueue": [(NO_QUEUE, "", ("SeeQueue",))],
    "no-CreateTicket": [(NO_RIGHTS, "CreateTicket", ("CreateTicket",))],
    "no-ShowTicket": [(NO_RIGHTS, "ShowTicket", ("ShowTicket",))],
    "no-SeeCustomField": [(NO_FIELD, "", ("SeeCustomField",))],
    "no-ModifyCustomField": [(NO_RIGHTS, "ModifyCustomField", ("ModifyCustomField",))],
    "no-cfrights": [
        (NO_FIELD, "", ("SeeCustomField",)),
        (NO_RIGHTS, "ModifyCustomField", ("ModifyCustomField",)),
    ],
    "readonly": [
        (
            NO_RIGHTS,
            "CreateTicket, CommentOnTicket",
            ("CreateTicket", "CommentOnTicket"),
        ),
        (NO_RIGHTS, "ModifyCustomField", ("ModifyCustomField",)),
    ],
    "min-create": [
        (NO_QUEUE, "", ("SeeQueue",)),
        (
            NO_RIGHTS | NO_FIELD,
            "ShowTicket, CommentOnTicket",
            ("ShowTicket", "CommentOnTicket", "SeeCustomField", "ModifyCustomField"),
        ),
    ],
    "no-rights": [
        (NO_QUEUE, "", ("SeeQueue",)),
        (
            NO_RIGHTS | NO_FIELD,
            "CreateTicket, ShowTicket, CommentOnTicket",
            (
                *("CreateTicket", "ShowTicket", "CommentOnTicket"),
                *("SeeCustomField", "SetInitialCustomField"),
            ),
        ),
    ],
    # without the right to modify tickets, which would do
    "pwuser": [(NO_RIGHTS, "CommentOnTicket", ("CommentOnTicket",))],
}

HEALTHY = [
    "ha-service",
    "u-full",
    "only-initialcf",
    "cf-on-cf",
    "unpriv",
    "lang-de",
    "lang-ru",
    "no-CommentOnTicket",  # but the right to modify tickets
    "no-ModifyTicket",
    "no-ReplyToTicket",
    "no-ShowTicketComments",
]


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RTServer]:
    """Run a server of their own for these tests, which grant rights for good."""
    for server in serve(tmp_path_factory.mktemp("rt-of-the-queue-check")):
        create_by_hand(server, new_device())
        server.revoke("pwuser", FACILITY, "CommentOnTicket", "ModifyTicket")
        server.perl(COPY_RIGHTS, *QUEUES)
        yield server


@pytest.mark.parametrize(("user", "findings"), MISSING.items(), ids=MISSING)
async def test_names_what_is_missing(
    hass: HomeAssistant, rt: RTServer, user: str, findings: Findings
) -> None:
    """The form names the rights, and goes on once they are granted."""
    journal = Journal(rt)
    steps = {queue: await begin_flow(hass, rt.url, rt.tokens[user]) for queue in QUEUES}

    for errors, rights, granted in findings:
        for queue in QUEUES:
            step = steps[queue] = await choose_queue(hass, steps[queue], queue)
            assert step["errors"] == errors, queue
            assert step["description_placeholders"]["rights"] == rights, queue
            assert step["description_placeholders"]["queue"] == queue
            assert step["description_placeholders"]["account"] == user
        rt.perl(GRANT, user, *QUEUES, *granted)

    for queue in QUEUES:
        step = await choose_queue(hass, steps[queue], queue)
        assert step["type"] is FlowResultType.CREATE_ENTRY, step["errors"]
        assert step["result"].state is ConfigEntryState.LOADED
    assert journal.written() == []


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("user", HEALTHY)
async def test_finds_nothing_wrong(
    hass: HomeAssistant, rt: RTServer, user: str, queue: str
) -> None:
    """An account with the rights, however it got them, passes at once."""
    journal = Journal(rt)
    step = await begin_flow(hass, rt.url, rt.tokens[user])

    step = await choose_queue(hass, step, queue)

    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert step["result"].state is ConfigEntryState.LOADED
    assert journal.written() == []
