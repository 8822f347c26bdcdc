"""Without any of the rights that the documents list, something that they name fails."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.ha_rt.rt.client import RTClient
from scripts.live.rt import RTServer
from tests import FACILITY, perform
from tests.real_rt.accounts import FOR_ALL, Administrator, make_account, rights_in
from tests.real_rt.common import (
    ClientFor,
    SetUp,
    begin_flow,
    choose_queue,
    create_by_hand,
    custom_fields,
    new_device,
    read_by_hand,
    report,
    say_by_hand,
)
from tests.repository import ROOT
from tests.watch import Heard

ACCOUNT = "least"
MARKER = "0123456789abcdef"


@dataclass(frozen=True)
class Account:
    """An entry whose account has all of the rights, or all but one."""

    hass: HomeAssistant
    administrator: Administrator
    client: RTClient

    @property
    def rt(self) -> RTServer:
        """The server."""
        return self.administrator.rt

    async def does(self, action: str, **data: object) -> bool:
        """Perform an action, and tell whether RT lets the account do it."""
        try:
            await perform(self.hass, action, **data)
        except HomeAssistantError as err:
            if err.translation_key in {"missing_right", "not_changed"}:
                return False
            raise
        return True

    async def reports(self, device_id: str) -> bool:
        """Report a problem of a device, and tell whether it is in RT."""
        given = {"device_id": device_id, "subject": "Leak", "text": "It drips."}
        return await self.does("create_ticket", **given)

    async def hears(self, number: int) -> list[str]:
        """Return what a poll announces of a ticket."""
        heard = Heard(self.hass)
        async_fire_time_changed(self.hass, utcnow() + timedelta(seconds=61))
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return [one["event_type"] for one in heard if one["ticket_id"] == number]


@pytest.fixture(scope="module")
def administrator(real_rt: RTServer, _network_for_modules: None) -> Administrator:
    """Make the account, and return who sees to it."""
    return make_account(real_rt, ACCOUNT, FOR_ALL)


@pytest.fixture
async def account(
    hass: HomeAssistant,
    administrator: Administrator,
    set_up: SetUp,
    client_for: ClientFor,
) -> Account:
    """Return an entry whose account has all rights, which tests may change."""
    administrator.set_rights(FOR_ALL)
    entry = await set_up(ACCOUNT)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=False)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return Account(hass, administrator, client_for(ACCOUNT))


# --- what each right is for: each of these lists is all true with it, all false without


async def sets_up(account: Account) -> list[bool]:
    """Offer the queue in the set-up, and take it."""
    step = await begin_flow(account.hass, account.rt.url, account.rt.tokens[ACCOUNT])
    offered = step["data_schema"].schema["queue"].config["options"]
    step = await choose_queue(account.hass, step, FACILITY)
    # With all that is needed, the queue is the one that is set up already.
    return [offered == [FACILITY], step["type"] is FlowResultType.ABORT]


async def creates(account: Account) -> list[bool]:
    """Create a ticket."""
    return [await account.reports(new_device())]


async def finds(account: Account) -> list[bool]:
    """Show a ticket, and find it."""
    device_id = new_device()
    number = create_by_hand(account.rt, device_id)
    return [
        await account.does("get_ticket", ticket_id=number),
        await account.does("search_tickets", device_id=device_id),
        await account.does("resolve_ticket", ticket_id=number),
    ]


async def comments(account: Account) -> list[bool]:
    """Comment on a ticket, because of a repeat or on demand."""
    device_id = new_device()
    number = create_by_hand(account.rt, device_id)
    return [
        await account.reports(device_id),
        await account.does("add_comment", ticket_id=number, text="Dry."),
    ]


async def knows_devices(account: Account) -> list[bool]:
    """Know whose a ticket is, and show its custom fields."""
    device_id = new_device()
    number = create_by_hand(account.rt, device_id)
    shown = await perform(account.hass, "get_ticket", ticket_id=number)
    return [await account.reports(device_id), shown["device_id"] == device_id]


async def fills_fields(account: Account) -> list[bool]:
    """Give a new ticket its device, and change custom fields."""
    device_id = new_device()
    number = (await report(account.hass, device_id))["ticket_id"]
    other = create_by_hand(account.rt, new_device())
    wanted = {"custom_fields": {"Tags": "wet"}}
    return [
        custom_fields(account.rt, number) == {"DeviceId": device_id},
        await account.does("update_ticket", ticket_id=other, **wanted),
    ]


async def changes(account: Account) -> list[bool]:
    """Resolve and change tickets, link them and merge them."""
    number, twin, third = (create_by_hand(account.rt, new_device()) for _ in range(3))
    target = {"ticket_id": number}
    done = [
        await account.does("update_ticket", **target, subject="Leak"),
        await account.does("update_ticket", **target, priority=9),
        await account.does("update_ticket", **target, refers_to=[twin]),
        await account.does("resolve_ticket", **target),
    ]
    await account.client.update_ticket(third, {"MergeInto": twin})
    return [*done, read_by_hand(account.rt, third)["id"] == twin]


async def reassigns(account: Account) -> list[bool]:
    """Give a person's ticket to another, or to nobody."""
    number, other = (
        create_by_hand(account.rt, new_device(), Owner="alice") for _ in range(2)
    )
    return [
        await account.does("update_ticket", ticket_id=number, owner="owner1"),
        await account.does("update_ticket", ticket_id=other, owner="Nobody"),
    ]


async def replies(account: Account) -> list[bool]:
    """Answer the requestors."""
    number = create_by_hand(account.rt, new_device())
    return [
        await account.does("add_comment", ticket_id=number, text="Dry.", reply=True)
    ]


async def sees_comments(account: Account) -> list[bool]:
    """Notice a person's comment, and find one's own when RT's answer was lost."""
    number = create_by_hand(account.rt, new_device())
    await account.client.comment(number, "Wet.", marker=MARKER)
    marked = await account.client.find_marked(number, MARKER)
    say_by_hand(account.rt, number, "comment", "alice")
    announced = await account.hears(number)
    resolved = await perform(
        account.hass, "resolve_ticket", ticket_id=number, only_if_untouched=True
    )
    return [
        marked is not None,
        "commented" in announced,
        resolved["action"] == "commented",
    ]


NEEDED: dict[str, Callable[[Account], Awaitable[list[bool]]]] = {
    "SeeQueue": sets_up,
    "CreateTicket": creates,
    "ShowTicket": finds,
    "CommentOnTicket": comments,
    "SeeCustomField": knows_devices,
    "ModifyCustomField": fills_fields,
    "ModifyTicket": changes,
    "ReassignTicket": reassigns,
    "ReplyToTicket": replies,
    "ShowTicketComments": sees_comments,
}
# ModifyTicket will do instead of these.
INCLUDED = ("CommentOnTicket", "ReplyToTicket")


@pytest.mark.parametrize("right", NEEDED)
async def test_right_is_needed(account: Account, right: str) -> None:
    """What it is for works with it and, nothing else being changed, not without it."""
    works = NEEDED[right]
    rights = {*FOR_ALL} - ({"ModifyTicket"} if right in INCLUDED else set())

    account.administrator.set_rights(rights)
    with_it = await works(account)
    account.administrator.set_rights(rights - {right})
    without_it = await works(account)

    assert with_it == [True] * len(with_it)
    assert without_it == [False] * len(without_it)


@pytest.mark.parametrize("right", INCLUDED)
async def test_right_that_another_includes(account: Account, right: str) -> None:
    """It is not needed beside ModifyTicket."""
    account.administrator.set_rights({*FOR_ALL} - {right})

    assert all(await NEEDED[right](account))


async def test_right_that_is_enough_to_report(account: Account) -> None:
    """SetInitialCustomField writes the device, but changes no field afterwards."""
    others = {*FOR_ALL} - {"ModifyCustomField"}
    account.administrator.set_rights({*others, "SetInitialCustomField"})

    assert await fills_fields(account) == [True, False]


async def test_links_between_queues(account: Account) -> None:
    """A link to another ticket needs ModifyTicket there, too."""
    number = create_by_hand(account.rt, new_device())
    other = create_by_hand(account.rt, new_device(), "Other Queue")

    assert not await account.does("update_ticket", ticket_id=number, refers_to=[other])
    account.administrator.set_rights(["ModifyTicket"], "Other Queue")
    assert await account.does("update_ticket", ticket_id=number, refers_to=[other])


def test_documents_list_these_rights() -> None:
    """The README and SECURITY.md list the rights that are needed, and no others."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    assert list(NEEDED) == FOR_ALL
    assert rights_in(text) == FOR_ALL
