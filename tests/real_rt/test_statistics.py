"""Figures of a queue whose tickets have a known past."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.ha_rt.const import CONF_SEVERITY_FIELD
from scripts.live.rt import RTServer
from tests import perform
from tests.real_rt.common import DISABLE_QUEUE, SetUp

USER = "all-queues"

# A queue for the figures of one test, and its tickets. Their times are minutes
# before a moment, and what people do with them has to be done in order.
MAKE_PAST = """
use JSON;
my ($name, $lifecycle, $now, $specs) = @ARGV;

my $queue = RT::Queue->new($system);
my ($ok, $message) = $queue->Create(Name => $name, Lifecycle => $lifecycle);
$ok or die "$message\\n";
for my $field (qw(DeviceId Severity)) {
    my $custom_field = RT::CustomField->new($system);
    $custom_field->LoadByName(Name => $field, LookupType => 'RT::Queue-RT::Ticket');
    my ($ok, $message) = $custom_field->AddToObject($queue);
    $ok or die "$field: $message\\n";
}
my $alice = RT::User->new($system);
$alice->Load('alice');
for my $right (qw(ShowTicket ReplyToTicket ModifyTicket OwnTicket SeeCustomField ModifyCustomField)) {
    $alice->PrincipalObj->GrantRight(Right => $right, Object => $queue);
}

sub when { my $date = RT::Date->new($system); $date->Set(Format => 'unix', Value => $now - 60 * $_[0]); return $date->ISO }
sub update {
    my ($table, $id, $column, $minutes) = @_;
    $RT::Handle->SimpleQuery("UPDATE $table SET $column = ? WHERE id = ?", when($minutes), $id);
}

my @ids;
for my $spec (@{ from_json($specs) }) {
    my $ticket = RT::Ticket->new(RT::CurrentUser->new($system));
    $ticket->CurrentUser->Load('root');
    my ($id, undef, $message) = $ticket->Create(
        Queue => $queue->Id, Subject => 'Past', Priority => $spec->{priority} || 0,
    );
    $id or die "$message\\n";
    push @ids, $id;
    for my $deed (@{ $spec->{deeds} || [] }) {
        my ($minutes, $who, $what, $value) = @$deed;
        my $user = RT::CurrentUser->new($system);
        $user->Load($who);
        my $seen = RT::Ticket->new($user);
        $seen->Load($id);
        my ($ok, $said)
            = $what eq 'reply'  ? $seen->Correspond(Content => 'On my way')
            : $what eq 'owner'  ? $seen->SetOwner($value, 'Force')
            : $what eq 'field'  ? $seen->AddCustomFieldValue(Field => 'Severity', Value => $value)
            :                     $seen->SetStatus($value);
        $ok or die "$what: $said\\n";
        my $last = RT::Transactions->new($system);
        $last->LimitToTicket($id);
        while (my $transaction = $last->Next) {
            update('Transactions', $transaction->Id, 'Created', $minutes) if !$spec->{seen}{ $transaction->Id }++;
        }
        $seen->Load($id);
        update('Tickets', $id, 'Resolved', $minutes) if $what eq 'status' && $seen->ResolvedObj->Unix > 0;
    }
    update('Tickets', $id, 'Created', $spec->{created});
    update('Tickets', $id, 'Due', $spec->{due}) if defined $spec->{due};
}
say_json([map { $_ + 0 } @ids]);
"""

DAY = 24 * 60


type MakePast = Callable[..., tuple[datetime, list[int]]]


@pytest.fixture
def make_past(real_rt: RTServer) -> Iterator[MakePast]:
    """Return a function that makes a queue with tickets.

    It returns the moment of their times, and their numbers.
    """
    queues = []

    def make(
        queue: str, *specs: dict[str, Any], lifecycle: str = "default"
    ) -> tuple[datetime, list[int]]:
        now = dt_util.utcnow().replace(microsecond=0)
        moment = int(now.timestamp())
        queues.append(queue)
        ids = real_rt.perl(MAKE_PAST, queue, lifecycle, moment, json.dumps(specs))
        return now, ids

    yield make
    for queue in queues:  # other tests know which queues there are
        real_rt.perl(DISABLE_QUEUE, queue, 1)


def past(created: float, *deeds: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    """Return a ticket to make: when, and what people did with it when."""
    return {"created": created, "deeds": deeds, **more}


async def test_figures(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, make_past: MakePast
) -> None:
    """The figures are those that can be worked out by hand."""
    now, numbers = make_past(
        "Figures",
        past(10 * DAY),
        past(3 * DAY, (2.5 * DAY, "alice", "reply"), priority=99),
        past(90, (80.5, "root", "owner", "alice"), (70, "alice", "reply")),
        past(70, priority=100),
        past(70, priority=100, due=-60),
        past(20, (10, USER, "reply"), due=1),
        past(9 * DAY, (5 * DAY, "alice", "status", "resolved")),
        past(1000, (990, "alice", "reply"), (900, "alice", "status", "rejected")),
        past(
            2000,
            (1900, "alice", "status", "resolved"),
            (1800, "alice", "status", "open"),
        ),
    )
    await set_up(USER, "Figures", sla_hours_critical=1)

    answer = await perform(hass, "get_statistics", days=7)

    since = datetime.fromisoformat(answer.pop("since"))
    assert since - (now - timedelta(days=7)) < timedelta(minutes=5)
    assert answer["oldest"].pop("age_hours") == pytest.approx(240, abs=0.2)
    assert answer == {
        "queue": "Figures",
        "days": 7,
        "open": 7,
        # replies have opened three of them, and a person one
        "by_status": {"new": 3, "open": 4},
        "by_severity": {"info": 4, "warning": 1, "critical": 2, "none": 0},
        "by_owner": {"Nobody": 6, "alice": 1},
        "overdue": 2,
        "oldest": {
            "ticket_id": numbers[0],
            "ticket_url": f"{real_rt.url}/Ticket/Display.html?id={numbers[0]}",
            "created": (now - timedelta(days=10)).isoformat(),
        },
        "created": 7,
        "resolved": 2,
        # after 720, 9.5 and 10 minutes
        "first_response_minutes": {"count": 3, "mean": 246.5, "median": 10, "max": 720},
        # after 5760 and 100 minutes
        "resolution_minutes": {"count": 2, "mean": 2930, "median": 2930, "max": 5760},
    }
    single = await perform(hass, "get_ticket", ticket_id=numbers[2])
    assert single["first_response_minutes"] == 9
    overdue = [
        (await perform(hass, "get_ticket", ticket_id=number))["overdue"]
        for number in numbers[3:6]
    ]
    assert overdue == [True, False, True]


async def test_other_lifecycle(
    hass: HomeAssistant, set_up: SetUp, make_past: MakePast
) -> None:
    """A lifecycle with other names, and the severity in a custom field."""
    make_past(
        "Figures of incidents",
        past(10, (9, "alice", "field", "high")),
        past(10, (9, "alice", "status", "in_progress"), priority=100),
        past(10, (9, "alice", "status", "closed")),
        past(10, (9, "alice", "status", "false_positive")),
        lifecycle="incident",
    )
    await set_up(USER, "Figures of incidents", **{CONF_SEVERITY_FIELD: "Severity"})
    answer = await perform(hass, "get_statistics")
    assert answer["by_status"] == {"open": 1, "in_progress": 1}
    assert (answer["created"], answer["resolved"]) == (4, 2)
    # What the field says is no severity of ours.
    assert answer["by_severity"] == {"info": 1, "warning": 0, "critical": 1, "none": 0}


async def test_empty_queue(hass: HomeAssistant, set_up: SetUp) -> None:
    """Without tickets there are no figures."""
    await set_up("ha-service", "Empty Queue")
    answer = await perform(hass, "get_statistics", days=366)
    assert (answer["open"], answer["created"], answer["resolved"]) == (0, 0, 0)
    assert answer["oldest"] is None
