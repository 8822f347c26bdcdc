"""RT goes on when its database breaks or gives up: what it answers then is not believed."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt.tickets import exactly_once
from tests import DEVICE, Load, Wait, create_ticket, methods, setup_integration
from tests.fake_rt import FakeRT, FakeTicket, faults

TEXT = "It pours."

CREATION = "/ticket$"
SEARCH = "/tickets$"
TICKET = r"/ticket/\d+$"

# RT tells the number that it has given back again.
CONFIRMED = faults.answer(
    201,
    '{"type":"ticket","id":"77"}',
    headers={"Location": "/REST/2.0/ticket/77"},
)
REFUSALS = [
    pytest.param(faults.message(400, "Cannot quote a reference"), id="400"),
    pytest.param(faults.message(403, "No permission"), id="403"),
    pytest.param(faults.message(404, "Not Found"), id="404"),
]


def found(total: int | None, *items: dict[str, Any]) -> faults.Fault:
    """Answer a search."""
    answer = {"total": total, "count": len(items), "page": 1, "items": items}
    return faults.answer(200, json.dumps(answer))


NAMELESS = {"id": "1", "type": "ticket", "Status": "new", "CustomFields": []}
SEARCHES = [
    pytest.param(found(0), id="nothing"),
    pytest.param(found(0, NAMELESS), id="more than there are"),
    pytest.param(found(1), id="less than there are"),
    pytest.param(found(None), id="nothing counted"),
    pytest.param(found(None, NAMELESS), id="found and not counted"),
    *REFUSALS,
]


@pytest.fixture(autouse=True)
def _short_looks(noon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for what RT may have without waiting for it."""
    monkeypatch.setattr(exactly_once, "LOOKS", (0, 0, 0))


@pytest.fixture
def unknown(fake_rt: FakeRT, entry: MockConfigEntry) -> FakeTicket:
    """Return a ticket of the device that somebody else has created."""
    return fake_rt.add_ticket(DEVICE)


# --- the search ---------------------------------------------------------------


@pytest.mark.parametrize("fault", SEARCHES)
async def test_search(
    hass: HomeAssistant, fake_rt: FakeRT, unknown: FakeTicket, fault: faults.Fault
) -> None:
    """The ticket is looked for once more, and found."""
    fake_rt.fail("GET", SEARCH, fault)
    answer = await create_ticket(hass, text=TEXT)
    assert (answer["action"], answer["ticket_id"]) == ("commented", unknown.id)
    assert unknown.comments == [TEXT]


@pytest.mark.parametrize(
    "fault", [found(None), found(None, NAMELESS), found(0, NAMELESS)]
)
async def test_search_gives_up(
    hass: HomeAssistant, fake_rt: FakeRT, unknown: FakeTicket, fault: faults.Fault
) -> None:
    """A search that takes the database too long fails: there may be a ticket."""

    async def give_up(request: Any, work: faults.Work) -> Any:
        is_quick = request.query["query"] == "id = 0"
        return await (work() if is_quick else fault(request, work))

    fake_rt.fail("GET", SEARCH, give_up, times=None)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass, text=TEXT)
    assert error.value.translation_key == "server_error"
    assert len(fake_rt.tickets) == 1


@pytest.mark.parametrize("fault", [found(None), found(None, NAMELESS)])
async def test_search_without_totals(
    hass: HomeAssistant, fake_rt: FakeRT, unknown: FakeTicket, fault: faults.Fault
) -> None:
    """Where RT never tells how many there are, nothing is believed at once."""
    fake_rt.knows_totals = False
    fake_rt.fail("GET", SEARCH, fault)
    assert (await create_ticket(hass, text=TEXT))["action"] == "commented"


async def test_nothing_without_totals(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """It is believed when RT says it again."""
    fake_rt.knows_totals = False
    for device_id in ("one", "two"):
        assert (await create_ticket(hass, device_id=device_id))["action"] == "created"


@pytest.mark.parametrize(
    ("version", "requests"),
    [("5.0.3+dfsg-3", "GET GET POST GET"), ("5.0.6", "GET POST GET")],
)
async def test_requests(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    version: str,
    requests: str,
) -> None:
    """Only an RT that tells 0 where its database failed is asked twice."""
    fake_rt.version = version
    await setup_integration(hass, config_entry, polls=True)
    fake_rt.requests.clear()
    assert (await create_ticket(hass))["action"] == "created"
    assert methods(fake_rt) == requests


# --- the ticket ---------------------------------------------------------------


async def test_not_stored(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """What RT confirmed and does not have is sent again."""
    fake_rt.fail("POST", CREATION, CONFIRMED)
    answer = await create_ticket(hass, text=TEXT)
    assert (answer["action"], answer["ticket_id"]) == ("created", 1)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content == TEXT


@pytest.mark.parametrize("forced", [False, True])
async def test_never_stored(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, forced: bool
) -> None:
    """It is sent again once, and then it is no success."""
    fake_rt.fail("POST", CREATION, CONFIRMED, times=None)
    with pytest.raises(HomeAssistantError) as error:
        await create_ticket(hass, force_create=forced)
    assert error.value.translation_key == "server_error"
    assert "ticket 77" in str(error.value)
    assert len(fake_rt.sent("POST", CREATION)) == 2


async def test_never_stored_and_kept(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """A report that RT does not store waits until it does."""
    await load(keep_reports=True)
    fake_rt.fail("POST", CREATION, CONFIRMED, times=None)
    assert (await create_ticket(hass, text=TEXT))["action"] == "queued"
    fake_rt.heal()
    await wait(minutes=3)
    [ticket] = fake_rt.tickets.values()
    assert ticket.content.startswith(TEXT)


async def test_overtaken(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry
) -> None:
    """No second ticket is created if others have created one meanwhile."""

    async def overtake(request: Any, work: faults.Work) -> Any:
        fake_rt.add_ticket(DEVICE)
        return await CONFIRMED(request, work)

    fake_rt.fail("POST", CREATION, overtake)
    with pytest.raises(HomeAssistantError):
        await create_ticket(hass, text=TEXT)
    assert (await create_ticket(hass, text=TEXT))["action"] == "commented"
    assert len(fake_rt.tickets) == 1


@pytest.mark.parametrize("fault", REFUSALS)
async def test_refused_once(
    hass: HomeAssistant, fake_rt: FakeRT, entry: MockConfigEntry, fault: faults.Fault
) -> None:
    """RT is believed that it does not allow a ticket when it says so again."""
    fake_rt.fail("POST", CREATION, fault)
    assert (await create_ticket(hass))["action"] == "created"
    assert len(fake_rt.tickets) == 1


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (faults.message(400, "Cannot quote a reference"), 2),
        (faults.message(403, "Forbidden"), 1),  # twice is an account without the right
        (faults.message(404, "Not Found"), 2),
        (faults.html(502), 2),
        (faults.reset_before, 2),
        (found(None), 2),
    ],
)
async def test_read_back(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    fault: faults.Fault,
    times: int,
) -> None:
    """A ticket that RT has is found, whatever RT said of it first."""
    fake_rt.fail("GET", TICKET, fault, times=times)
    answer = await create_ticket(hass)
    assert (answer["action"], answer["ticket_id"]) == ("created", 1)
    assert len(fake_rt.tickets) == 1
    assert not issue_registry.issues


async def test_never_read_back(
    hass: HomeAssistant, fake_rt: FakeRT, load: Load, wait: Wait
) -> None:
    """What cannot be read back is no success, and no second ticket either."""
    await load(keep_reports=True)
    fake_rt.fail("GET", TICKET, faults.html(502), times=None)
    assert (await create_ticket(hass, text=TEXT))["action"] == "queued"
    fake_rt.heal()
    await wait(minutes=3)
    [ticket] = fake_rt.tickets.values()
    assert [ticket.content, *ticket.comments] == [TEXT]
