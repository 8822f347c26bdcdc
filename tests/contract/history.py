"""What RT remembers of a ticket."""

from typing import Any

from .ways import As, Rest, SeededRT, Ways, reference

SHOWN = "Type,ObjectId,Creator,Field,OldValue,NewValue"
NOBODY = "6"


async def happened(rest: Rest, ticket_id: int) -> list[tuple[str, ...]]:
    """Return a ticket's history, without what a ticket begins with."""
    data = await rest.get(f"ticket/{ticket_id}/history", fields=SHOWN, per_page="100")
    return [_told(item) for item in data["items"]][1:]


def _told(item: Any) -> tuple[str, ...]:
    told = tuple(item[name] for name in ("Type", "Field", "OldValue", "NewValue"))
    return (*told, reference(item["Creator"]))


class HistoryCases(Ways):
    """GET /ticket/N/history."""

    async def test_created(self, rest: Rest) -> None:
        """What a ticket was given at its creation is no change of it."""
        number = await rest.create(
            Owner="alice", Priority=3, Requestor="a@example.test", RefersTo="https://a/"
        )
        data = await rest.get(f"ticket/{number}/history", fields=SHOWN)
        assert [_told(item) for item in data["items"]] == [
            ("Create", "", "", "", "u-full")
        ]
        assert data["total"] in {None, 1}

    async def test_owners(self, server: SeededRT, as_user: As) -> None:
        """A change of the owner is remembered twice, with the users' numbers."""
        full, alice = as_user("u-full"), as_user("alice")
        users = {name: str(number) for name, number in server.users.items()}
        number = await full.create()
        await full.put(number, Owner="alice")
        await alice.put(number, Owner="owner1")
        await as_user("owner1").put(number, Owner="Nobody")
        assert await happened(full, number) == [
            (kind, "Owner", old, new, by)
            for old, new, by in (
                (NOBODY, users["alice"], "u-full"),
                (users["alice"], users["owner1"], "alice"),
                (users["owner1"], NOBODY, "owner1"),
            )
            for kind in ("Set", "SetWatcher")
        ]

    async def test_messages(self, as_user: As) -> None:
        """RT itself opens a ticket that somebody answered."""
        rest = as_user("u-full")
        number = await rest.create()
        await rest.say("comment", number, Status="resolved")
        await as_user("alice").say("correspond", number, Status="stalled")
        comments = [("Comment", "", "", "", "u-full")]
        visible = [
            ("Status", "Status", "new", "resolved", "u-full"),
            ("Correspond", "", "", "", "alice"),
            ("Status", "Status", "resolved", "open", "RT_System"),
            ("Status", "Status", "open", "stalled", "alice"),
        ]
        assert await happened(rest, number) == comments + visible
        assert await happened(as_user("no-ShowTicketComments"), number) == visible

    async def test_changes(self, server: SeededRT, rest: Rest) -> None:
        """Each change of a field is remembered with what was before."""
        other = await rest.create()
        number = await rest.create(Priority=20, CustomFields={"DeviceId": "a"})
        await rest.put(number, Priority=60)
        await rest.put(number, Subject="t")
        await rest.put(number, Subject="t")
        await rest.put(number, Due="2026-12-24 10:00:00")
        await rest.put(number, Due="1970-01-01 00:00:00")
        await rest.put(number, CustomFields={"DeviceId": "b"})
        await rest.put(number, CustomFields={"DeviceId": None})
        await rest.put(number, CustomFields={"Tags": ["x"]})
        await rest.put(number, CustomFields={"Tags": ["y"]})
        await rest.put(number, RefersTo=["https://home.test/"])
        await rest.put(number, RefersTo=[other])
        address = f"fsck.com-rt://example.test/ticket/{other}"
        device_id = str(server.custom_fields["DeviceId"])
        tags = str(server.custom_fields["Tags"])
        assert await happened(rest, number) == [
            (*change, "u-full")
            for change in (
                ("Set", "Priority", "20", "60"),
                ("Set", "Subject", "s", "t"),
                ("Set", "Due", "1970-01-01 00:00:00", "2026-12-24 10:00:00"),
                ("Set", "Due", "2026-12-24 10:00:00", "1970-01-01 00:00:00"),
                ("CustomField", device_id, "a", "b"),
                ("CustomField", device_id, "b", ""),
                ("CustomField", tags, "", "x"),
                ("CustomField", tags, "", "y"),
                ("CustomField", tags, "x", ""),
                ("AddLink", "RefersTo", "", "https://home.test/"),
                ("AddLink", "RefersTo", "", address),
                ("DeleteLink", "RefersTo", "https://home.test/", ""),
            )
        ]

    async def test_moved(self, server: SeededRT, as_user: As) -> None:
        """RT itself changes the status of a ticket that was moved."""
        rest = as_user("u-full")
        queues = [str(server.queues[n]) for n in ("Facility Management", "Incidents")]
        number = await rest.create(Owner="alice")
        await rest.put(number, Queue="Incidents")
        assert await happened(rest, number) == [
            ("Set", "Queue", *queues, "u-full"),
            ("Status", "Status", "new", "open", "RT_System"),
        ]

    async def test_merged(self, rest: Rest) -> None:
        """Merged tickets have one history, whose entries stay where they were made."""
        merged, target = await rest.create(), await rest.create()
        await rest.put(merged, MergeInto=target)
        await rest.say("comment", merged)
        address = f"fsck.com-rt://example.test/ticket/{target}"
        expected = [
            ("Create", merged, ""),
            ("Create", target, ""),
            ("AddLink", merged, address),
            ("AddLink", target, address),
            ("Comment", target, ""),
        ]
        for number in (merged, target):
            data = await rest.get(f"ticket/{number}/history", fields=SHOWN)
            assert [
                (item["Type"], int(item["ObjectId"]), item["NewValue"])
                for item in data["items"]
            ] == expected

    async def test_nothing(self, as_user: As) -> None:
        """A ticket that is not shown has no history, nor has one that does not exist."""
        number = await as_user("u-full").create()
        for user, ticket_id in (("no-ShowTicket", number), ("u-full", 999999)):
            data = await as_user(user).get(f"ticket/{ticket_id}/history")
            assert (data["count"], data["items"]) == (0, [])
