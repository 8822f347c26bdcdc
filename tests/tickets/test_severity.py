"""A ticket becomes as severe as what is reported, and never less."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.const import CONF_SEVERITY_FIELD
from tests import FACILITY, create_ticket, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, faults

INFO, WARNING, CRITICAL = "info", "warning", "critical"
WITH_FIELD = {CONF_SEVERITY_FIELD: "Severity"}


@pytest.fixture
def set_up(hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry) -> Any:
    """Return a function that sets the entry up and reports with a severity."""

    async def make(severity: str | None, **options: Any) -> FakeTicket:
        fake_rt.add_field("Severity", FACILITY, choices=[INFO, WARNING, CRITICAL])
        await setup_integration(hass, config_entry, **options)
        answer = await report(hass, severity)
        return fake_rt.tickets[answer["ticket_id"]]

    return make


async def report(
    hass: HomeAssistant, severity: str | None, **data: Any
) -> dict[str, Any]:
    """Report with a severity, or without one."""
    given = {"severity": severity} if severity else {}
    answer: dict[str, Any] = await create_ticket(hass, **given, **data)
    return answer


@pytest.mark.parametrize(
    ("first", "then", "priority", "requests"),
    [
        (INFO, WARNING, 50, 4),
        (WARNING, CRITICAL, 100, 4),
        (None, CRITICAL, 100, 4),
        (CRITICAL, WARNING, 100, 2),
        (CRITICAL, CRITICAL, 100, 2),
        (CRITICAL, None, 100, 2),
        (None, None, 0, 2),
        (None, INFO, 0, 2),
    ],
)
async def test_priority(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    set_up: Any,
    first: str | None,
    then: str | None,
    priority: int,
    requests: int,
) -> None:
    """A more severe repeat raises it, once; nothing lowers it."""
    ticket = await set_up(first)
    fake_rt.requests.clear()
    answer = await report(hass, then)
    assert answer["action"] == "commented"
    assert "not_stored" not in answer
    assert ticket.priority == priority
    assert len(fake_rt.requests) == requests
    fake_rt.requests.clear()
    await report(hass, then)
    assert len(fake_rt.requests) == 2


@pytest.mark.parametrize(
    ("first", "then", "field", "priority"),
    [
        (INFO, CRITICAL, CRITICAL, 100),
        (CRITICAL, INFO, CRITICAL, 100),
        (WARNING, None, WARNING, 50),
        (None, WARNING, WARNING, 50),
        (None, None, None, 0),
    ],
)
async def test_field(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    set_up: Any,
    first: str | None,
    then: str | None,
    field: str | None,
    priority: int,
) -> None:
    """The field of the options goes with the priority."""
    ticket = await set_up(first, **WITH_FIELD)
    assert ticket.custom_fields.get("Severity") == first
    await report(hass, then)
    assert ticket.custom_fields.get("Severity") == field
    assert ticket.priority == priority


async def test_priorities_of_the_options(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any
) -> None:
    """The options say what a severity is worth; equal ones are told by the field."""
    options = {
        "priority_info": 5,
        "priority_warning": 5,
        "priority_critical": 9,
    }
    ticket = await set_up(INFO, **options, **WITH_FIELD)
    assert (ticket.priority, ticket.custom_fields["Severity"]) == (5, INFO)
    await report(hass, WARNING)
    assert (ticket.priority, ticket.custom_fields["Severity"]) == (5, WARNING)
    await report(hass, CRITICAL)
    assert (ticket.priority, ticket.custom_fields["Severity"]) == (9, CRITICAL)


async def test_priority_that_people_raised(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any
) -> None:
    """It stays, while the field is raised."""
    ticket = await set_up(INFO, **WITH_FIELD)
    fake_rt.person("alice").set_priority(ticket, 500)
    await report(hass, CRITICAL)
    assert (ticket.priority, ticket.custom_fields["Severity"]) == (500, CRITICAL)


async def test_explicit_priority(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any
) -> None:
    """It goes before the severity's, and lowers nothing either."""
    ticket = await set_up(INFO)
    await report(hass, CRITICAL, priority=70)
    assert ticket.priority == 70
    await report(hass, CRITICAL, priority=10)
    assert ticket.priority == 70


async def test_field_that_somebody_fills(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any
) -> None:
    """A value of the caller goes before the severity's."""
    await set_up(None, **WITH_FIELD)
    answer = await report(
        hass, INFO, device_id="b", custom_fields={"Severity": "critical"}
    )
    ticket = fake_rt.tickets[answer["ticket_id"]]
    assert ticket.custom_fields["Severity"] == CRITICAL
    assert "not_stored" not in answer


async def test_word_of_people(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any
) -> None:
    """A value that is no severity says nothing; the priority does."""
    ticket = await set_up(WARNING, **WITH_FIELD)
    fake_rt.choices["Severity"] = (WARNING, CRITICAL, "terrible")
    fake_rt.person("alice").set_field(ticket, "Severity", "terrible")
    await report(hass, WARNING)
    assert (ticket.priority, ticket.custom_fields["Severity"]) == (50, "terrible")
    await report(hass, CRITICAL)
    assert (ticket.priority, ticket.custom_fields["Severity"]) == (100, CRITICAL)


async def test_field_without_the_word(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any
) -> None:
    """A list in RT that lacks the word: the priority counts, and the answer says so."""
    await set_up(None, **WITH_FIELD)
    fake_rt.choices["Severity"] = ("low", "high")
    answer = await report(hass, WARNING, device_id="b")
    assert answer["not_stored"] == ["Severity"]
    ticket = fake_rt.tickets[answer["ticket_id"]]
    assert ticket.priority == 50
    answer = await report(hass, CRITICAL, device_id="b")
    assert answer["action"] == "commented"
    assert ticket.priority == 100


async def test_without_the_right(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    set_up: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The report is kept, and what RT refused is said."""
    ticket = await set_up(INFO, **WITH_FIELD)
    fake_rt.rights -= {"ModifyTicket", "ModifyCustomField"}
    answer = await report(hass, CRITICAL)
    assert answer["action"] == "commented"
    assert answer["not_stored"] == ["priority", "severity"]
    assert len(ticket.comments) == 1
    assert "RT did not raise the priority and severity of ticket 1" in caplog.text
    assert "Permission Denied" in caplog.text


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_rt_fails(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    set_up: Any,
    method: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The report is in RT by then, so the action succeeds."""
    ticket = await set_up(INFO)
    seen = faults.in_turn(None, faults.html(502)) if method == "GET" else None
    fake_rt.fail(method, r"/ticket/\d+$", seen or faults.html(502), times=2)
    answer = await report(hass, CRITICAL)
    assert answer["action"] == "commented"
    assert answer["not_stored"] == ["priority"]
    assert "502" in caplog.text
    fake_rt.heal()
    await report(hass, CRITICAL)
    assert ticket.priority == 100


@pytest.mark.parametrize("how", ["move", "merge"])
async def test_ticket_that_people_moved(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any, how: str
) -> None:
    """It is raised where it is, though the field is not there."""
    ticket = await set_up(INFO, **WITH_FIELD)
    alice = fake_rt.person("alice")
    if how == "move":
        alice.move(ticket, "General")
    else:
        other = fake_rt.add_ticket(None)
        alice.merge(ticket, other)
        ticket = other
    answer = await report(hass, CRITICAL)
    assert "not_stored" not in answer
    assert ticket.priority == 100


async def test_reports_at_once(
    hass: HomeAssistant, fake_rt: FakeRT, set_up: Any
) -> None:
    """The worst wins, in whatever order they come."""
    ticket = await set_up(None, **WITH_FIELD)
    for one in (CRITICAL, INFO, WARNING, None, INFO):
        hass.async_create_task(report(hass, one))
    await hass.async_block_till_done()
    assert (ticket.priority, ticket.custom_fields["Severity"]) == (100, CRITICAL)
    assert len(ticket.comments) == 5
