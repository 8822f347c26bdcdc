"""Two tickets become one, or refer to each other."""

from typing import Any

import pytest

from .case import FACILITY, TEXT
from .ways import As, Rest, Ways, reference, relations

MERGED = ["Merge Successful"]
ITSELF = ["Can't merge a ticket into itself"]
NO_TICKETS = ["Only tickets can be merged"]
NOWHERE = ["New ticket doesn't exist"]
DENIED = ["Permission Denied"]
KNOWN = "Link already exists"


async def shown(rest: Rest, *numbers: int) -> list[int]:
    """Return which tickets RT shows under these numbers."""
    return [(await rest.get(f"ticket/{number}"))["id"] for number in numbers]


async def links_of(rest: Rest, number: int) -> list[tuple[str, str]]:
    """Return what a ticket links to and what links to it."""
    return relations(await rest.get(f"ticket/{number}"))


class MergeCases(Ways):
    """PUT with MergeInto, or with links."""

    async def test_merge_again(self, rest: Rest) -> None:
        """What is merged is one ticket, under all its numbers."""
        first, second, third = [await rest.create() for _ in range(3)]
        assert await rest.put(second, MergeInto=first) == MERGED
        for one, other in ((second, first), (first, second), (first, first)):
            assert await rest.put(one, MergeInto=other) == ITSELF
        assert await rest.put(third, MergeInto=second) == MERGED
        assert await shown(rest, first, second, third) == [first] * 3
        last = await rest.create()
        assert await rest.put(second, MergeInto=str(last)) == MERGED
        assert await shown(rest, first, second, third) == [last] * 3

    @pytest.mark.parametrize("status", ["stalled", "resolved", "rejected"])
    async def test_merge_into_closed(self, rest: Rest, status: str) -> None:
        """A ticket takes the status of what it is merged into."""
        merged, target = await rest.create(), await rest.create()
        await rest.put(target, Status=status)
        assert await rest.put(merged, MergeInto=target) == MERGED
        assert (await rest.get(f"ticket/{merged}"))["Status"] == status
        other = await rest.create()
        assert await rest.put(target, MergeInto=other) == MERGED
        assert (await rest.get(f"ticket/{merged}"))["Status"] == "new"

    async def test_merge_into_deleted(self, as_user: As, rest: Rest) -> None:
        """What is merged into a deleted ticket is gone with it, without a trace."""
        merged, target = await rest.create(), await rest.create()
        await as_user("root").put(target, Status="deleted")
        assert await rest.put(merged, MergeInto=target) == MERGED
        assert (await rest.get(f"ticket/{merged}"))["Status"] == "deleted"
        both = f"id = {merged} OR id = {target}"
        assert (await rest.get("tickets", query=both))["items"] == []
        history = await rest.get(f"ticket/{merged}/history", fields="Type")
        kinds = [item["Type"] for item in history["items"]]
        assert kinds == ["Create", "Create", "Status"]
        assert await rest.say("comment", merged) == ["Comments added"]
        await rest.put(merged, Status="open")
        assert reference((await rest.get("tickets", query=both))["items"]) == [
            str(target)
        ]

    async def test_merge_of_deleted(self, as_user: As, rest: Rest) -> None:
        """A deleted ticket is there again as a part of another one."""
        merged, target = await rest.create(), await rest.create()
        await as_user("root").put(merged, Status="deleted")
        assert await rest.put(merged, MergeInto=target) == MERGED
        assert (await rest.get(f"ticket/{merged}"))["Status"] == "new"

    @pytest.mark.parametrize(
        ("user", "words", "unknown"),
        [
            ("no-CommentOnTicket", MERGED, NOWHERE),
            ("no-CreateTicket", MERGED, NOWHERE),
            ("no-ShowTicketComments", MERGED, NOWHERE),
            ("no-SeeQueue", MERGED, NOWHERE),
            ("no-ModifyTicket", DENIED, DENIED),
            ("ha-service", DENIED, DENIED),
            ("readonly", DENIED, DENIED),
        ],
    )
    async def test_right_to_merge(
        self, as_user: As, user: str, words: list[str], unknown: list[str]
    ) -> None:
        """It takes ModifyTicket and no more."""
        full = as_user("u-full")
        merged, target = await full.create(), await full.create()
        assert await as_user(user).put(merged, MergeInto=999999) == unknown
        assert await as_user(user).put(merged, MergeInto=target) == words
        assert await shown(full, merged) == [target if words == MERGED else merged]

    async def test_merge_into_unseen(self, as_user: As, rest: Rest) -> None:
        """A ticket is not merged into one that the account may not see."""
        number = await rest.create()
        target = await as_user("all-queues").create("Other Queue")
        assert await rest.put(number, MergeInto=target) == NO_TICKETS
        assert await shown(rest, number) == [number]
        assert await as_user("all-queues").put(number, MergeInto=target) == MERGED
        status, _ = await rest("GET", f"ticket/{number}")
        assert status == 403
        path = f"ticket/{number}/comment"
        assert await rest("POST", path, TEXT) == (400, {"message": "Permission Denied"})

    @pytest.mark.parametrize("queue", [FACILITY, "Incidents"])
    async def test_merge_between_queues(self, rest: Rest, queue: str) -> None:
        """A ticket is in the queue of what it is merged into."""
        merged, target = await rest.create(), await rest.create(queue)
        before = await rest.get(f"ticket/{target}")
        assert await rest.put(merged, MergeInto=target) == MERGED
        ticket = await rest.get(f"ticket/{merged}")
        for name in ("Queue", "Status", "Subject", "Owner", "Created"):
            assert ticket[name] == before[name]

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (0, []),
            ("", []),
            (None, []),
            ("word", NOWHERE),
            (-1, NOWHERE),
            (1.5, NOWHERE),
            ("999999", NOWHERE),
        ],
    )
    async def test_merge_into_nothing(
        self, rest: Rest, given: Any, words: list[str]
    ) -> None:
        """Without a target nothing is merged."""
        number = await rest.create()
        assert await rest.put(number, MergeInto=given) == words
        assert await shown(rest, number) == [number]

    async def test_merge_of_reminder(self, rest: Rest) -> None:
        """Only tickets are merged."""
        number, reminder = await rest.create(), await rest.create(Type="reminder")
        assert await rest.put(reminder, MergeInto=number) == NO_TICKETS
        assert await rest.put(number, MergeInto=reminder) == NO_TICKETS

    async def test_merge_with_changes(self, rest: Rest) -> None:
        """Other changes are made before, and are gone with the ticket's own fields."""
        merged, target = await rest.create(), await rest.create()
        assert await rest.put(merged, MergeInto=target, Status="open", Subject="t") == [
            f"Ticket {merged}: Status changed from 'new' to 'open'",
            f"Ticket {merged}: Subject changed from 's' to 't'",
            *MERGED,
        ]
        ticket = await rest.get(f"ticket/{merged}")
        assert (ticket["Status"], ticket["Subject"]) == ("new", "s")

    async def test_merge_of_links(self, rest: Rest) -> None:
        """Links go over, each once, but for those between the two."""
        target = await rest.create()
        merged = await rest.create(DependsOn=target)
        both = await rest.create(RefersTo=[target, merged])
        one = await rest.create(DependsOn=merged)
        await rest.put(target, RefersTo=["https://a.test/", one])
        await rest.put(merged, RefersTo=["https://a.test/", "https://b.test/", target])
        assert await rest.put(merged, MergeInto=target) == MERGED
        assert await links_of(rest, target) == sorted(
            [
                ("depended-on-by", str(one)),
                ("referred-to-by", str(both)),
                ("refers-to", str(one)),
                ("refers-to", "https://a.test/"),
                ("refers-to", "https://b.test/"),
            ]
        )
        assert await links_of(rest, both) == [("refers-to", str(target))]

    async def test_link_again(self, rest: Rest) -> None:
        """A link is made once."""
        number, other = await rest.create(), await rest.create()
        refers = f"Ticket {number} refers to Ticket {other}."
        assert await rest.put(number, AddRefersTo=[other]) == [refers]
        assert await rest.put(number, AddRefersTo=[other]) == [KNOWN]
        assert await rest.put(number, AddRefersTo=str(other)) == [KNOWN]
        assert await rest.put(number, RefersTo=[other]) == []
        assert await links_of(rest, number) == [("refers-to", str(other))]
        assert await rest.put(other, AddRefersTo=number) == [
            f"Ticket {other} refers to Ticket {number}."
        ]
        both = [("referred-to-by", str(other)), ("refers-to", str(other))]
        assert await links_of(rest, number) == both
        assert await rest.put(number, DeleteRefersTo=other) == [
            f"Ticket {number} no longer refers to Ticket {other}."
        ]
        assert await rest.put(number, DeleteRefersTo=other) == ["Link not found"]

    async def test_link_to_merged(self, rest: Rest) -> None:
        """A link to a merged ticket leads to its target."""
        number, merged, target = [await rest.create() for _ in range(3)]
        await rest.put(merged, MergeInto=target)
        assert await rest.put(number, AddRefersTo=merged) == [
            f"Ticket {number} refers to Ticket {target}."
        ]
        assert await rest.put(number, AddRefersTo=target) == [KNOWN]

    async def test_no_link(self, as_user: As, rest: Rest) -> None:
        """RT links nothing to itself, to what is deleted and to what may not change."""
        number, deleted = await rest.create(), await rest.create()
        await as_user("root").put(deleted, Status="deleted")
        unseen = await as_user("all-queues").create("Other Queue")
        for target, words in (
            (number, "Link could not be created: Can't link a ticket to itself"),
            (deleted, "Linking to a deleted ticket is not allowed"),
            (unseen, "Permission denied"),
        ):
            assert await rest.put(number, AddRefersTo=target) == [words]
        created = await rest.create(RefersTo=[deleted, unseen])
        for one in (number, created):
            assert await links_of(rest, one) == []

    async def test_history_of_links(self, rest: Rest) -> None:
        """Both tickets remember a link, however it was made."""
        target = await rest.create()
        first = await rest.create(RefersTo=target)
        second = await rest.create()
        await rest.put(second, AddDependsOn=target)
        await rest.put(second, DeleteDependsOn=target)
        data = await rest.get(
            f"ticket/{target}/history", fields="Type,Field,OldValue,NewValue"
        )
        address = "fsck.com-rt://example.test/ticket/{}".format
        names = ("Type", "Field", "OldValue", "NewValue")
        assert [tuple(item[name] for name in names) for item in data["items"]] == [
            ("Create", "", "", ""),
            ("AddLink", "ReferredToBy", "", address(first)),
            ("AddLink", "DependedOnBy", "", address(second)),
            ("DeleteLink", "DependedOnBy", address(second), ""),
        ]
