"""Rights that the account loses after it was set up: no report may end in a second ticket."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.ha_rt.const import DOMAIN
from scripts.live.rt import RTServer
from tests.real_rt.common import (
    DISABLE_QUEUE,
    Journal,
    SetUp,
    create_by_hand,
    new_device,
    report,
    set_status,
    tickets_of,
    without,
)

USER = "owner1"


@pytest.mark.parametrize("right", ["SeeCustomField", "ModifyCustomField"])
async def test_key_that_rt_loses_or_hides(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    set_up: SetUp,
    real_rt: RTServer,
    right: str,
) -> None:
    """The ticket is remembered, and an issue names the right until all is well."""
    entry = await set_up(USER)
    device_id = new_device()
    journal = Journal(real_rt)

    with without(real_rt, USER, right):
        first = await report(hass, device_id)
        second = await report(hass, device_id)
        issue = issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")
    ticket_id = first["ticket_id"]

    assert first["action"] == "created"
    assert second == {**first, "action": "commented"}
    assert journal.written() == [(ticket_id, "Create"), (ticket_id, "Comment")]
    assert issue
    assert right in issue.translation_placeholders["rights"].split(", ")
    assert issue.translation_placeholders["ticket"] == str(ticket_id)
    assert issue.translation_placeholders["ticket_url"] == first["ticket_url"]

    assert (await report(hass, device_id)) == second
    assert issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")
    await report(hass, new_device("healthy"))
    assert not issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")


async def test_remembers_over_a_restart_until_the_ticket_is_closed(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The number of a ticket without its key is kept as long as it is open."""
    entry = await set_up("no-ModifyCustomField")
    device_id = new_device()

    first = await report(hass, device_id)
    assert tickets_of(real_rt, device_id) == []
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert (await report(hass, device_id)) == {**first, "action": "commented"}

    set_status(real_rt, first["ticket_id"], "resolved")
    second = await report(hass, device_id)
    assert second["action"] == "created"
    assert second["ticket_id"] != first["ticket_id"]
    assert (await report(hass, device_id)) == {**second, "action": "commented"}


async def test_key_hidden(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Whether a ticket is the device's cannot be seen: neither touch it nor add one.

    Unless it was made for the device, which is remembered.
    """
    await set_up(USER)
    ours, by_people = new_device(), new_device()
    first = await report(hass, ours)
    number = create_by_hand(real_rt, by_people)
    journal = Journal(real_rt)

    with without(real_rt, USER, "SeeCustomField"):
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, by_people)
        assert raised.value.translation_key == "missing_right"
        assert raised.value.translation_placeholders["right"] == "SeeCustomField"
        assert journal.written() == []
        assert await report(hass, ours) == {**first, "action": "commented"}

    assert (await report(hass, by_people))["ticket_id"] == number


async def test_not_allowed_to_create(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The error names the right, and nothing is written."""
    await set_up(USER)
    device_id = new_device()
    journal = Journal(real_rt)

    with without(real_rt, USER, "CreateTicket"):
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, device_id)
        assert raised.value.translation_key == "missing_right"
        assert raised.value.translation_placeholders["right"] == "CreateTicket"
        assert journal.written() == []

    assert (await report(hass, device_id))["action"] == "created"


async def test_not_allowed_to_comment(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """The error names the right, and nothing is written."""
    await set_up()
    device_id = new_device()
    first = await report(hass, device_id)
    journal = Journal(real_rt)

    with without(real_rt, "ha-service", "CommentOnTicket"):
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, device_id)
        assert raised.value.translation_key == "missing_right"
        assert raised.value.translation_placeholders["right"] == "CommentOnTicket"
        assert journal.written() == []

    assert (await report(hass, device_id)) == {**first, "action": "commented"}


@pytest.mark.parametrize(
    ("user", "key", "names"),
    [
        ("readonly", "rights_missing", "CreateTicket"),
        ("no-CreateTicket", "rights_missing", "CreateTicket"),
        ("no-SeeQueue", "queue_not_found", "Facility Management"),
        ("no-SeeCustomField", "field_missing", "DeviceId"),
        ("no-rights", "queue_not_found", "Facility Management"),
    ],
)
async def test_set_up_says_what_is_missing(
    hass: HomeAssistant, set_up: SetUp, user: str, key: str, names: str
) -> None:
    """An entry whose account lost its rights is not set up, and its error says why."""
    entry = await set_up(user)

    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == key
    assert names in entry.error_reason_translation_placeholders.values()
    with pytest.raises(HomeAssistantError) as raised:
        await report(hass, new_device())
    assert raised.value.translation_key == "service_config_entry_not_loaded"


async def test_disabled_queue(
    hass: HomeAssistant, set_up: SetUp, real_rt: RTServer
) -> None:
    """Open tickets of a queue that was disabled still get comments, but none is added."""
    queue = "Incidents"
    entry = await set_up(queue=queue)
    device_id = new_device()
    first = await report(hass, device_id)
    journal = Journal(real_rt)

    real_rt.perl(DISABLE_QUEUE, queue, 1)
    try:
        second = await report(hass, device_id)
        with pytest.raises(HomeAssistantError) as raised:
            await report(hass, new_device())
        await hass.config_entries.async_reload(entry.entry_id)
    finally:
        real_rt.perl(DISABLE_QUEUE, queue, 0)

    assert second == {**first, "action": "commented"}
    assert raised.value.translation_key == "missing_right"
    assert journal.written() == [(first["ticket_id"], "Comment")]
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "queue_disabled"


async def test_account_that_sees_no_tickets(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    set_up: SetUp,
    real_rt: RTServer,
) -> None:
    """Without ShowTicket RT finds nothing, which must not make a ticket per report.

    Nor is anything written into a ticket that may be another one by now.
    """
    entry = await set_up(USER)
    device_id = new_device()
    journal = Journal(real_rt)

    with without(real_rt, USER, "ShowTicket"):
        first = await report(hass, device_id)
        issue = issue_registry.async_get_issue(DOMAIN, f"lost_key_{entry.entry_id}")
        for _ in range(2):
            with pytest.raises(HomeAssistantError) as raised:
                await report(hass, device_id)
            assert raised.value.translation_key == "missing_right"
            assert raised.value.translation_placeholders["right"] == "ShowTicket"

    assert issue
    assert issue.translation_placeholders["rights"] == "ShowTicket"
    assert journal.written() == [(first["ticket_id"], "Create")]
    assert tickets_of(real_rt, device_id) == [first["ticket_id"]]
    assert await report(hass, device_id) == {**first, "action": "commented"}
