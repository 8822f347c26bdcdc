"""Custom fields of every type that RT has: set, set again, changed, cleared, refused."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.real_rt.common import (
    SetUp,
    change_by_hand,
    create_by_hand,
    new_device,
    read_by_hand,
)

CREATE = """
my %made;
my $queue = RT::Queue->new($system);
$queue->Load($ARGV[0]);
for my $type (RT::CustomField->Types) {
    for my $number (1, 0) {
        my $field = RT::CustomField->new($system);
        my ($ok, $message) = $field->Create(
            Name => "$type $number", Type => $type, MaxValues => $number,
            LookupType => RT::Ticket->CustomFieldLookupType,
        );
        $ok or die "$type: $message\n";
        $field->AddToObject($queue);
        if ($type eq 'Select') { $field->AddValue(Name => $_) for qw(low high) }
        $made{"$type $number"} = $field->Id + 0;
    }
}
say_json(\\%made);
"""

DISABLE = """
for my $id (@ARGV) {
    my $field = RT::CustomField->new($system);
    $field->Load($id);
    $field->SetDisabled(1);
}
"""

FILE = {"FileName": "a.png", "FileType": "image/png", "FileContent": "aGFsbG8="}

# A value, the same in other words, another one, and nonsense.
TEXTS = {
    "Select": ("low", ["LOW"], "high", ["no such value"]),
    "Freeform": ("abc", [], "ABC", []),
    "Text": ("abc\ndef", [], "Abc\ndef", []),
    "Wikitext": ("abc", [], "ABC", []),
    "HTML": ("<p>abc</p>", [], "<p>ABC</p>", []),
    "Combobox": ("abc", [], "ABC", []),
    "Autocomplete": ("abc", [], "ABC", []),
    "Date": (
        "2026-12-01",
        ["2026-12-01 10:00:00"],
        "2026-12-02",
        ["garbage", "2026-02-30", "2026-13-45"],
    ),
    "DateTime": (
        "2026-12-01T10:00:00+00:00",
        ["2026-12-01T10:00:00Z", "2026-12-01 12:00:00.5+02:00"],
        "2026-12-01T11:00:00Z",
        ["garbage", "2026-02-30 10:00:00"],
    ),
    "IPAddress": ("2001:DB8::1", ["2001:db8:0:0::1"], "10.0.0.1", ["10.0.0.256"]),
    "IPAddressRange": (
        "10.0.0.0/24",
        ["10.0.0.0-10.0.0.255", "010.000.000.000/24"],
        "10.0.0.0/25",
        ["garbage"],
    ),
}
FILES = ("Image", "Binary")
ACCOUNTS = ("u-full", "in-berlin")


@pytest.fixture(scope="module")
def fields(real_rt: RTServer) -> Iterator[dict[str, int]]:
    """Add fields of every type to the queue: for one value, and for several."""
    made: dict[str, int] = real_rt.perl(CREATE, FACILITY)
    yield made
    real_rt.perl(DISABLE, *map(str, made.values()))


@pytest.fixture
def stored(real_rt: RTServer, fields: dict[str, int]) -> Callable[[int, str], Any]:
    """Return a function that tells what RT has in a ticket's field."""

    def values(ticket: int, name: str) -> Any:
        for field in read_by_hand(real_rt, ticket)["CustomFields"]:
            if field["id"] == str(fields[name]):
                return field["values"]
        raise AssertionError(name)

    return values


async def change(hass: HomeAssistant, ticket: int, name: str, value: Any) -> Any:
    """Change a field, and return its old and new value if it did change."""
    answer = await perform(
        hass, "update_ticket", ticket_id=ticket, custom_fields={name: value}
    )
    return answer["changes"].get(name)


@pytest.mark.parametrize("number", [1, 0])
@pytest.mark.parametrize("user", ACCOUNTS)
@pytest.mark.parametrize("kind", TEXTS)
async def test_texts(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    stored: Callable[[int, str], Any],
    kind: str,
    user: str,
    number: int,
) -> None:
    """What is meant is what RT has, whatever it makes of it; else nothing changes."""
    await set_up(user)
    name = f"{kind} {number}"
    value, alike, other, nonsense = TEXTS[kind]
    ticket = create_by_hand(real_rt, new_device())

    assert await change(hass, ticket, name, value)
    there = stored(ticket, name)
    assert len(there) == 1
    for again in (value, *alike):
        assert await change(hass, ticket, name, again) is None, again
        assert stored(ticket, name) == there
    assert await change(hass, ticket, name, other)
    there = stored(ticket, name)
    if kind == "DateTime":
        assert there == ["2026-12-01T11:00:00Z"]
    for text in nonsense:
        with pytest.raises(HomeAssistantError):
            await change(hass, ticket, name, text)
        if number == 1:
            assert stored(ticket, name) == there, text
    assert (await change(hass, ticket, name, ""))["new"] is None
    # What RT shows as not set; there is no other way if the account is not in UTC.
    not_set = ["1970-01-01T00:00:00Z"]
    is_odd = (kind, user) == ("DateTime", "in-berlin")
    assert stored(ticket, name) in ([], not_set if is_odd else [])
    assert await change(hass, ticket, name, None) is None
    for text in nonsense:
        with pytest.raises(HomeAssistantError):
            await change(hass, ticket, name, text)
        assert stored(ticket, name) in ([], not_set, [None])


@pytest.mark.parametrize("number", [1, 0])
@pytest.mark.parametrize("kind", FILES)
async def test_files(
    hass: HomeAssistant,
    set_up: SetUp,
    real_rt: RTServer,
    fields: dict[str, int],
    stored: Callable[[int, str], Any],
    kind: str,
    number: int,
) -> None:
    """A text does not take the place of a file, which can be cleared."""
    await set_up("u-full")
    name = f"{kind} {number}"
    ticket = create_by_hand(real_rt, new_device())
    with pytest.raises(HomeAssistantError):
        await change(hass, ticket, name, "text")
    assert stored(ticket, name) == []

    change_by_hand(real_rt, ticket, CustomFields={str(fields[name]): FILE})
    with pytest.raises(HomeAssistantError) as error:
        await change(hass, ticket, name, "text")
    assert error.value.translation_key == "unfit_custom_fields"
    assert [file["filename"] for file in stored(ticket, name)] == ["a.png"]
    assert await change(hass, ticket, name, "") == {"old": "a.png", "new": None}
    assert stored(ticket, name) == []


async def test_time_of_now(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer, fields: dict[str, int]
) -> None:
    """A time as Home Assistant writes it is that time, in whatever zone RT reads it."""
    await set_up("in-berlin")
    ticket = create_by_hand(real_rt, new_device())
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(days=200)
    done = await change(hass, ticket, "DateTime 1", now.isoformat())
    assert datetime.fromisoformat(done["new"]) == now
