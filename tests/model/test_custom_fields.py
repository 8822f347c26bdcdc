"""Custom fields by name, and what RT made of their values."""

from dataclasses import replace

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.ha_rt.actions.arguments import numbered
from custom_components.ha_rt.model.custom_fields import UnfitValue, check_fit, differing
from custom_components.ha_rt.rt.models import Queue, Ticket

QUEUE = Queue(
    id=3,
    name="Facility Management",
    lifecycle="default",
    enabled=True,
    may_create=True,
    custom_fields={"DeviceId": 2, "EventType": 3, "Building": 4, "Tags": 5},
)


def ticket(**values: list[str]) -> Ticket:
    """Return a ticket with values of Building and Tags."""
    return Ticket(
        id=1,
        status="new",
        custom_fields={4: values.get("building", []), 5: values.get("tags", [])},
        field_names={4: "Building", 5: "Tags"},
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("North", "North"),
        (7, "7"),
        (21.5, "21.5"),
        (True, "true"),
        (None, ""),
        (" \n", ""),
        (["a", 2, False, None, ""], ["a", "2", "false"]),
        ([], []),
    ],
)
def test_values(value: object, expected: object) -> None:
    """Values become text, and lists stay lists."""
    assert numbered(QUEUE, {"Building": value}, ()) == {4: expected}


def test_names() -> None:
    """Names are compared as RT does."""
    assert numbered(QUEUE, {"BUILDING": "a", "tags": "b"}, ()) == {4: "a", 5: "b"}


def test_names_of_several() -> None:
    """An exact name wins over another case, and else the oldest field."""
    data = {
        "id": 3,
        "Name": "x",
        "TicketCustomFields": [
            {"id": str(number), "name": name}
            for number, name in ((9, "a"), (7, "A"), (8, "a"), (6, "B"), (5, "b"))
        ],
    }
    queue = Queue.from_json(data)
    assert [queue.custom_field(name) for name in ("a", "A", "B", "b", "c")] == [
        *(8, 7, 6, 5),
        None,
    ]
    assert queue.custom_fields_of("a") == [8, 9]
    known = Queue.from_json({**data, "TicketCustomFields": [{"id": 9, "name": "A"}]})
    kept = queue.with_fields_of(known, ["a", "c"])
    assert kept.custom_fields_of("a") == [9, 8]
    assert kept.custom_field("A") == 7
    assert queue.with_fields_of(kept, ["a"]).custom_field("a") == 9


@pytest.mark.parametrize(
    ("stored", "kind", "wanted", "is_fit"),
    [
        ("2026-12-01", "Date", "2026-12-02", True),
        ("2026-12-01", "Date", "", True),
        ("2026-12-01", "Date", "2026-02-30", False),
        ("2026-12-01", "Date", "garbage", False),
        ("2026-12-01T10:00:00Z", "DateTime", "soon", False),
        ("2026-12-01", "Freeform", "garbage", True),
        ("a.png", "Image", "text", False),
        ("a.png", "Image", "", True),
    ],
)
def test_fit(stored: str, kind: str, wanted: str, *, is_fit: bool) -> None:
    """What a field cannot hold is refused before it replaces what is there."""
    files = frozenset({4} if kind == "Image" else ())
    before = replace(ticket(building=[stored]), file_fields=files)
    if is_fit:
        check_fit(before, {4: wanted}, {4: kind})
        return
    with pytest.raises(UnfitValue) as error:
        check_fit(before, {4: wanted}, {4: kind})
    assert str(error.value) == "Building"


@pytest.mark.parametrize(
    ("values", "key", "fields"),
    [
        (
            {"Floor": "1", "Tags": "a", "Room": "2"},
            "unknown_custom_fields",
            "Floor, Room",
        ),
        ({"4": "by number"}, "unknown_custom_fields", "4"),
        ({"Tags": "a", "deviceid": "x"}, "reserved_custom_field", "deviceid"),
        (
            {"EventType": "x", "DeviceId": "y"},
            "reserved_custom_field",
            "EventType, DeviceId",
        ),
    ],
)
def test_refused_names(values: dict[str, str], key: str, fields: str) -> None:
    """All that cannot be filled are named at once."""
    with pytest.raises(ServiceValidationError) as error:
        numbered(QUEUE, values, {2, 3})
    assert error.value.translation_key == key
    assert error.value.translation_placeholders["fields"] == fields


@pytest.mark.parametrize(
    ("stored", "wanted", "expected"),
    [
        ({"building": ["North"]}, {4: "North"}, []),
        ({"building": ["north"]}, {4: "NORTH"}, []),  # a list's own spelling
        ({"building": ["2026-12-01"]}, {4: "1 Dec 2026"}, []),  # a date field
        ({}, {4: "North"}, ["Building"]),
        ({}, {4: ""}, []),
        ({"tags": ["a", "b"]}, {5: ["b", "a", "a", ""]}, []),
        ({"tags": ["a"]}, {5: ["a", "b"]}, ["Tags"]),
        ({"building": ["b"]}, {4: ["a", "b"]}, ["Building"]),
        (
            {"tags": []},
            {4: "x", 5: "y", 9: "z"},
            ["Building", "Tags", "custom field 9"],
        ),
    ],
)
def test_dropped_at_creation(
    stored: dict[str, list[str]],
    wanted: dict[int, str | list[str]],
    expected: list[str],
) -> None:
    """What RT dropped is named, but not what it wrote in its own way."""
    assert differing(ticket(**stored), wanted) == expected


@pytest.mark.parametrize(
    ("before", "after", "wanted", "expected"),
    [
        (["North"], ["South"], {4: "South"}, []),
        (["North"], ["North"], {4: "South"}, ["Building"]),
        (["North"], ["2026-12-01"], {4: "1 Dec 2026"}, []),
        (["North"], [], {4: ""}, []),
        (["North"], ["North"], {4: ""}, ["Building"]),
        (["North"], ["North"], {4: "north"}, []),
    ],
)
def test_refused_change(
    before: list[str], after: list[str], wanted: dict[int, str], expected: list[str]
) -> None:
    """A value that is as it was before was refused."""
    found = differing(ticket(building=after), wanted, ticket(building=before))
    assert found == expected
