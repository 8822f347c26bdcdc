"""What is left of the reports of sensors that flap, for people."""

from collections.abc import Mapping, Sequence

from scripts.benchmark.flapping import TIMES, Flapping
from scripts.benchmark.layout import Row, lines
from scripts.benchmark.rounds import Way

CAPTION = """\
New devices that each report {} times, all at once. Each way waits as long as it does by default.
Time: until nobody waits and RT has done what it was sent. Duplicates: open tickets beyond one per device.
Losses: reports that are in no ticket, by RT's database. Errors: reports whose sender was told of one.
Who gives up is done sooner and asks less, so time and requests are compared for each report that is in a ticket."""

HEADER = (
    "",
    "time",
    "per report kept",
    "requests",
    "per report kept",
    "duplicates",
    "losses",
    "errors",
    "",
)
WAYS = {
    Way.SESSION: ("ha_rt", "create_ticket, with the default options"),
    Way.LIBRARY: ("library rt", "AsyncRt: search, then comment or create; 20 s"),
    Way.REST_COMMAND: ("rest_command", "the same, as automations would do it; 10 s"),
}


def flapping_table(measured: Sequence[Mapping[Way, Flapping]]) -> list[str]:
    """Return the figures, with a caption."""
    rows = [_row(way, each) for ways in measured for way, each in ways.items()]
    return [CAPTION.format(TIMES), *lines([HEADER, *rows])]


def _row(way: Way, each: Flapping) -> Row:
    """Return the figures of one way."""
    name, what = WAYS[way]
    return (
        f"{each.devices} devices, {name}",
        f"{each.seconds:.1f} s",
        f"{each.seconds_each:.2f} s",
        f"{each.requests}",
        f"{each.requests_each:.2f}",
        f"{each.doubled}",
        f"{each.lost}",
        f"{each.errors}",
        what,
    )
