"""What RT says to changes, and what it does."""

from typing import Any

import pytest

from .case import FACILITY
from .creation import NEVER
from .shapes import fill_words
from .ways import As, Rest, SeededRT, Ways, reference, relations, values

URL = "https://home.test/leak"
OTHER_URL = "https://home.test/other"
NOT_YOURS = "You can only reassign tickets that you own or that are unowned"
DENIED = "Ticket {n}: Permission Denied"
NO_STATUS = "Ticket {n}: Status '{}' isn't a valid status for this ticket."

CHANGES: list[tuple[dict[str, Any], list[str]]] = [
    ({"Status": "open"}, ["Ticket {n}: Status changed from 'new' to 'open'"]),
    ({"Status": "OPEN"}, ["Ticket {n}: Status changed from 'new' to 'open'"]),
    ({"Status": "new"}, []),
    ({"Status": "New"}, ["Ticket {n}: You can't change status from 'new' to 'New'."]),
    ({"Status": "bogus"}, [NO_STATUS.replace("{}", "bogus")]),
    ({"Status": "deleted"}, [DENIED]),
    ({"Owner": "alice"}, ["Ticket {n}: Owner changed from Nobody to alice"]),
    ({"Owner": "ALICE"}, ["Ticket {n}: Owner changed from Nobody to alice"]),
    ({"Owner": "Nobody"}, []),
    ({"Owner": "nobody-here"}, ["Ticket {n}: That user does not exist"]),
    ({"Owner": "alice@example.test"}, ["Ticket {n}: That user does not exist"]),
    ({"Owner": "readonly"}, ["Ticket {n}: That user may not own tickets in that queue"]),
    ({"Priority": 60}, ["Ticket {n}: Priority changed from 'Low' to 'Medium'"]),
    ({"Priority": "100"}, ["Ticket {n}: Priority changed from 'Low' to 'High'"]),
    ({"Priority": "High"}, ["Ticket {n}: Priority changed from 'Low' to 'High'"]),
    ({"Priority": 0}, []),
    ({"Priority": None}, []),
    ({"Subject": "t"}, ["Ticket {n}: Subject changed from 's' to 't'"]),
    ({"Subject": "s"}, []),
    ({"Subject": ""}, ["Ticket {n}: Subject changed from 's' to (no value)"]),
    ({"Due": "2026-12-24 10:00:00"}, ["Ticket {n}: Due changed from Not set to Thu Dec 24 10:00:00 2026"]),
    ({"CustomFields": {"DeviceId": "b"}}, ["DeviceId a changed to b"]),
    ({"CustomFields": {"deviceid": "a"}}, []),
    ({"CustomFields": {"DeviceId": ["b", "c"]}}, ["DeviceId a changed to b"]),
    ({"CustomFields": {"DeviceId": ""}}, ["DeviceId a deleted"]),
    ({"CustomFields": {"DeviceId": None}}, ["a is no longer a value for custom field DeviceId"]),
    ({"CustomFields": {"Severity": None}}, ["Severity  added"]),
    ({"CustomFields": {"DeviceId": []}}, ["DeviceId a deleted"]),
    ({"CustomFields": {"Severity": "LOW"}}, ["Severity low added"]),
    ({"CustomFields": {"Severity": "extreme"}}, ["Invalid value for custom field"]),
    ({"CustomFields": {"Tags": ["y", "z"]}}, ["z added as a value for Tags", "x is no longer a value for custom field Tags"]),
    ({"CustomFields": {"Tags": "x"}}, ["y is no longer a value for custom field Tags"]),
    ({"CustomFields": {"No such field": "x"}}, []),
    ({"CustomFields": {"{unapplied}": "x"}}, ["Custom field {unapplied} does not apply to this object"]),
    ({"CustomFields": {"UnappliedCF": "x"}}, []),
    ({"RefersTo": URL}, ["Ticket {n} refers to URI https://home.test/leak."]),
    ({"RefersTo": ["{other}"]}, ["Ticket {n} refers to Ticket {other}."]),
    ({"RefersTo": ["word", 999999]}, ["Couldn't resolve 'word' into a link.", "Couldn't resolve '999999' into a link."]),
    ({"DependsOn": ["{other}"]}, ["Ticket {n} depends on Ticket {other}."]),
    ({"MergeInto": "{n}"}, ["Can't merge a ticket into itself"]),
    ({"MergeInto": "999999"}, ["New ticket doesn't exist"]),
    ({"No such key": 1}, []),
    ({}, []),
    (
        {"Subject": "t", "Status": "open", "Priority": 60, "Owner": "alice"},
        [
            "Ticket {n}: Owner changed from Nobody to alice",
            "Ticket {n}: Priority changed from 'Low' to 'Medium'",
            "Ticket {n}: Status changed from 'new' to 'open'",
            "Ticket {n}: Subject changed from 's' to 't'",
        ],
    ),
]  # fmt: skip


class ChangeCases(Ways):
    """PUT, which answers 200 to everything."""

    @pytest.mark.parametrize(("sent", "words"), CHANGES, ids=str)
    async def test_change(
        self, server: SeededRT, rest: Rest, sent: dict[str, Any], words: list[str]
    ) -> None:
        """RT says in words what became of a change."""
        number = await rest.create(CustomFields={"DeviceId": "a", "Tags": ["x", "y"]})
        known = {
            "n": str(number),
            "other": str(await rest.create() if "{other}" in str(sent) else 0),
            "unapplied": str(server.custom_fields["UnappliedCF"]),
        }

        said = await rest.put(number, **fill_words(sent, known))
        assert said == fill_words(words, known)

    async def test_changed(self, rest: Rest) -> None:
        """What RT says it did, it did."""
        number = await rest.create(CustomFields={"DeviceId": "a", "Tags": ["x", "y"]})
        before = await rest.get(f"ticket/{number}")
        await rest.put(
            number,
            Status="OPEN",
            Owner="ALICE",
            Priority=60,
            Subject="two\nlines " + "x" * 300,
            CustomFields={"DeviceId": "b", "Tags": ["y", "z"], "Severity": "HIGH"},
        )
        ticket = await rest.get(f"ticket/{number}")
        assert ticket["Status"] == "open"
        assert ticket["Priority"] == "60"
        assert ticket["Subject"] == "twolines " + "x" * 191
        assert reference(ticket["Owner"]) == "alice"
        assert values(ticket, "DeviceId") == ["b"]
        assert sorted(values(ticket, "Tags")) == ["y", "z"]
        assert values(ticket, "Severity") == ["high"]
        assert before["Started"] == NEVER
        assert ticket["Started"] != NEVER

    @pytest.mark.parametrize(
        ("name", "sent", "left"),
        [
            ("DeviceId", None, []),
            ("DeviceId", "", [None]),
            ("DeviceId", [], [None]),
            ("Severity", None, []),
            ("Severity", "", [None]),
            ("Severity", [], [None]),
            ("Tags", [], []),
            ("Tags", "", [None]),
        ],
    )
    async def test_clear(
        self, server: SeededRT, rest: Rest, name: str, sent: Any, left: list[None]
    ) -> None:
        """Only null clears a field, and an empty list one that takes several values."""
        number = await rest.create(CustomFields={name: "low"})
        await rest.put(number, CustomFields={name: sent})
        assert values(await rest.get(f"ticket/{number}"), name) == left
        field = server.custom_fields[name]
        data = await rest.get(
            "tickets", query=f'id = {number} AND "CF.{{{field}}}" IS NULL'
        )
        assert data["total"] == (not left)

    async def test_change_of_links(self, rest: Rest) -> None:
        """New links of a kind replace the old ones, even those that RT cannot make."""
        number, other = await rest.create(), await rest.create()

        async def links() -> list[tuple[str, str]]:
            return relations(await rest.get(f"ticket/{number}"))

        await rest.put(number, RefersTo=[URL, other])
        assert await links() == [("refers-to", str(other)), ("refers-to", URL)]
        assert sorted(await rest.put(number, RefersTo=[OTHER_URL])) == [
            f"Ticket {number} no longer refers to Ticket {other}.",
            f"Ticket {number} no longer refers to URI {URL}.",
            f"Ticket {number} refers to URI {OTHER_URL}.",
        ]
        await rest.put(number, AddRefersTo=[URL], DependsOn=other)
        both = [("refers-to", URL), ("refers-to", OTHER_URL)]
        assert await links() == [("depends-on", str(other)), *both]
        await rest.put(number, DeleteRefersTo=URL, DependsOn=[])
        assert await links() == both[1:]
        await rest.put(number, RefersTo=["word"])
        assert await links() == []

    async def test_ownership(self, as_user: As) -> None:
        """Only who owns a ticket gives it to somebody else."""
        full, alice, owner = (as_user(name) for name in ("u-full", "alice", "owner1"))
        number = await full.create(Owner="alice")
        for taken in ("owner1", "Nobody"):
            assert await full.put(number, Owner=taken) == [
                f"Ticket {number}: {NOT_YOURS}"
            ]
        assert await alice.put(number, Owner="owner1") == [
            f"Ticket {number}: Owner changed from alice to owner1"
        ]
        assert await owner.put(number, Owner="Nobody") == [
            f"Ticket {number}: Owner changed from owner1 to Nobody"
        ]

    @pytest.mark.parametrize(
        ("user", "sent", "words"),
        [
            ("no-ModifyTicket", {"Status": "open"}, [DENIED]),
            ("no-ModifyTicket", {"Owner": "alice", "Subject": "x"}, [DENIED, DENIED]),
            ("no-ModifyTicket", {"CustomFields": {"DeviceId": "b"}}, ["DeviceId a changed to b"]),
            ("no-ModifyTicket", {"RefersTo": [URL]}, ["Permission Denied"]),
            ("no-ModifyCustomField", {"CustomFields": {"DeviceId": "b"}}, ["Could not add a new value to custom field 'DeviceId': Permission Denied"]),
            ("no-SeeCustomField", {"CustomFields": {"DeviceId": "b"}}, []),
            ("readonly", {"Priority": 3}, [DENIED]),
        ],
    )  # fmt: skip
    async def test_change_without_right(
        self, as_user: As, user: str, sent: dict[str, Any], words: list[str]
    ) -> None:
        """What the account may not change, it does not; the answer is 200."""
        number = await as_user("u-full").create(CustomFields={"DeviceId": "a"})
        expected = [word.replace("{n}", str(number)) for word in words]
        assert await as_user(user).put(number, **sent) == expected

    @pytest.mark.parametrize(
        ("user", "number", "status", "message"),
        [
            ("no-ShowTicket", 0, 403, "Forbidden"),
            ("u-full", 999999, 404, "Resource does not exist; use POST to create"),
        ],
    )
    async def test_change_of_nothing(
        self, as_user: As, user: str, number: int, status: int, message: str
    ) -> None:
        """A ticket that is not shown cannot be changed."""
        number = number or await as_user("u-full").create()
        answer = await as_user(user)("PUT", f"ticket/{number}", {"Status": "open"})
        assert answer == (status, {"message": message})

    async def test_incident(self, rest: Rest) -> None:
        """Another lifecycle has its own statuses and its own changes."""
        number = await rest.create("Incidents")
        for before, after in (
            ("open", "assigned"),
            ("assigned", "closed"),
            ("closed", "false_positive"),
        ):
            assert await rest.put(number, Status=after) == [
                f"Ticket {number}: Status changed from '{before}' to '{after}'"
            ]
        for status, words in (
            ("false_positive", []),
            ("False_Positive", ["That is already the current value"]),
            ("closed", ["You can't change status from 'false_positive' to 'closed'."]),
            ("resolved", ["Status 'resolved' isn't a valid status for this ticket."]),
        ):
            assert await rest.put(number, Status=status) == [
                f"Ticket {number}: {word}" for word in words
            ]
        ticket = await rest.get(f"ticket/{number}")
        assert ticket["Status"] == "false_positive"
        offered = {
            (link["to"], link.get("update"))
            for link in ticket["_hyperlinks"]
            if link["ref"] == "lifecycle"
        }
        assert offered == {("assigned", None), ("in_progress", None)}

    async def test_times(self, rest: Rest) -> None:
        """A ticket that is opened again keeps the time of its resolution."""
        number = await rest.create()
        await rest.put(number, Status="resolved")
        resolved = await rest.get(f"ticket/{number}")
        assert NEVER not in {resolved["Started"], resolved["Resolved"]}
        await rest.put(number, Status="open")
        opened = await rest.get(f"ticket/{number}")
        for name in ("Started", "Resolved"):
            assert opened[name] == resolved[name]

    async def test_dependency(self, rest: Rest) -> None:
        """A ticket that waits for another one cannot be resolved before it."""
        other = await rest.create()
        number = await rest.create(DependsOn=other)
        assert await rest.put(number, Status="resolved") == [
            f"Ticket {number}: That ticket has unresolved dependencies"
        ]
        await rest.put(other, Status="resolved")
        assert await rest.put(number, Status="resolved") == [
            f"Ticket {number}: Status changed from 'new' to 'resolved'"
        ]

    async def test_move(self, server: SeededRT, rest: Rest) -> None:
        """A moved ticket has another status, and its fields as far as they apply."""
        number = await rest.create(CustomFields={"DeviceId": "a", "EventType": "b"})
        assert await rest.put(number, Queue="Incidents") == [
            f"Ticket {number}: Queue changed from {FACILITY} to Incidents"
        ]
        ticket = await rest.get(f"ticket/{number}")
        assert reference(ticket["Queue"]) == str(server.queues["Incidents"])
        assert ticket["Status"] == "open"
        assert values(ticket, "DeviceId") == ["a"]
        assert "EventType" not in [one["name"] for one in ticket["CustomFields"]]
        assert await rest.put(number, Queue="Other Queue") == [
            f"Ticket {number}: Permission Denied"
        ]
        await rest.put(number, Queue=server.queues[FACILITY])
        ticket = await rest.get(f"ticket/{number}")
        assert values(ticket, "EventType") == ["b"]

    async def test_merge(self, rest: Rest) -> None:
        """A merged ticket is its target, and its own fields are gone."""
        merged = await rest.create(
            Requestor="a@example.test", CustomFields={"DeviceId": "a"}
        )
        target = await rest.create(CustomFields={"DeviceId": "b"})
        assert await rest.put(merged, MergeInto=target) == ["Merge Successful"]
        ticket = await rest.get(f"ticket/{merged}")
        assert ticket["id"] == target
        assert values(ticket, "DeviceId") == ["b"]
        assert reference(ticket["Requestor"]) == ["a@example.test"]
        assert await rest.put(merged, Status="open") == [
            f"Ticket {target}: Status changed from 'new' to 'open'"
        ]
        found = await rest.get("tickets", query=f"id = {merged} OR id = {target}")
        assert reference(found["items"]) == [str(target)]
