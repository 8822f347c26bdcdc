"""What becomes of what a new ticket is given."""

from typing import Any

import pytest

from .ways import As, ClientOf, Rest, SeededRT, Ways, reference, relations, values

URL = "https://home.test/leak"
NEVER = "1970-01-01T00:00:00Z"


class CreateCases(Ways):
    """New tickets."""

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ({"Owner": "alice"}, "alice"),
            ({"Owner": "ALICE"}, "alice"),
            ({"Owner": "readonly"}, "Nobody"),
            ({"Owner": "nobody-here"}, "Nobody"),
            ({}, "Nobody"),
        ],
    )
    async def test_owner(self, rest: Rest, sent: dict[str, str], kept: str) -> None:
        """Who may not own a ticket does not, which RT keeps to itself."""
        ticket = await rest.get(f"ticket/{await rest.create(**sent)}")
        assert reference(ticket["Owner"]) == kept

    @pytest.mark.parametrize("key", ["Requestor", "Cc"])
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("a@example.test", ["a@example.test"]),
            (["a@example.test", "b@example.test"], ["a@example.test", "b@example.test"]),
            ("c@example.test, d@example.test", ["c@example.test", "d@example.test"]),
            (["Eve <e@example.test>"], ["e@example.test"]),
            (["alice", "alice"], ["alice"]),
            (["ALICE", "Alice@example.TEST"], ["alice"]),
            ("alice, carol@example.test", ["alice", "carol@example.test"]),
            ("a@example.test;b@example.test", ["a@example.test"]),
            ("a@example.test b@example.test", []),
            ("alice; carol@example.test", []),
            ("alice carol", []),
            (["nobody-here"], []),
            (["6", "4"], ["4", "Nobody"]),
            ([" 4", "+4"], []),
            ([], []),
        ],
    )  # fmt: skip
    async def test_people(
        self, rest: Rest, key: str, sent: str | list[str], kept: list[str]
    ) -> None:
        """RT knows people by their address or their name, and drops unknown names.

        A number is that of any user or group.
        """
        ticket = await rest.get(f"ticket/{await rest.create(**{key: sent})}")
        assert sorted(reference(ticket[key])) == kept
        groups = [one["id"] for one in ticket[key] if one["type"] == "group"]
        assert groups == [one for one in kept if one.isdecimal()]

    async def test_known_people(self, rest: Rest, client_of: ClientOf) -> None:
        """A search tells addresses and names; else RT shows people by their logins."""
        number = await rest.create(
            Requestor=["alice", "carol@example.test"], Cc=["4"], Owner="owner1"
        )
        client = client_of("u-full")
        people = await client.people(number)
        assert people["owner"] == ["owner1", "owner1", "owner1@example.test"]
        assert set(people["requestor"]) == {
            "alice",
            "alice@example.test",
            "carol@example.test",
        }
        assert people["cc"] == ["group:4", "group:Privileged"]
        ticket = await client.ticket(number)
        assert sorted(ticket.requestors) == ["alice", "carol@example.test"]
        assert (ticket.owner, ticket.cc) == ("owner1", ("group:4",))

    @pytest.mark.parametrize(
        ("name", "sent", "kept"),
        [
            ("DeviceId", "x", ["x"]),
            ("DeviceId", ["x", "y"], ["y"]),
            ("DeviceId", "", []),
            ("Tags", "x", ["x"]),
            ("Tags", ["x", "y", "x", ""], ["x", "y"]),
            ("Tags", [], []),
            ("Severity", "low", ["low"]),
            ("Severity", "HIGH", ["high"]),
            ("Severity", "extreme", []),
        ],
    )
    async def test_custom_field(
        self,
        server: SeededRT,
        rest: Rest,
        name: str,
        sent: str | list[str],
        kept: list[str],
    ) -> None:
        """A value that a field does not take is dropped."""
        for key in (name, str(server.custom_fields[name])):
            ticket_id = await rest.create(CustomFields={key: sent})
            assert values(await rest.get(f"ticket/{ticket_id}"), name) == kept

    async def test_links(self, as_user: As) -> None:
        """A link to an address needs no right, one to a ticket the right to modify it."""
        full, service = as_user("u-full"), as_user("ha-service")
        other = await full.create()
        sent = {"RefersTo": [URL, other, "word", 999999]}
        number = await full.create(**sent)
        ticket = await service.get(f"ticket/{number}")
        assert relations(ticket) == [("refers-to", str(other)), ("refers-to", URL)]
        assert relations(await service.get(f"ticket/{other}")) == [
            ("referred-to-by", str(number))
        ]
        ticket = await service.get(f"ticket/{await service.create(**sent)}")
        assert relations(ticket) == [("refers-to", URL)]
        ticket = await service.get(f"ticket/{await service.create(RefersTo=URL)}")
        assert relations(ticket) == [("refers-to", URL)]

    @pytest.mark.parametrize(
        ("queue", "status", "started", "resolved"),
        [
            ("Facility Management", "", False, False),
            ("Facility Management", "new", False, False),
            ("Facility Management", "open", True, False),
            ("Facility Management", "RESOLVED", True, True),
            ("Incidents", "", False, False),
            ("Incidents", "in_progress", True, False),
            ("Incidents", "false_positive", True, True),
        ],
    )
    async def test_status(
        self, rest: Rest, queue: str, status: str, started: bool, resolved: bool
    ) -> None:
        """A ticket that is not new has begun, and maybe ended, at once."""
        sent = {"Status": status} if status else {}
        ticket = await rest.get(f"ticket/{await rest.create(queue, **sent)}")
        first = "open" if queue == "Incidents" else "new"
        assert ticket["Status"] == (status.lower() or first)
        assert (ticket["Started"] != NEVER) is started
        assert (ticket["Resolved"] != NEVER) is resolved

    @pytest.mark.parametrize(
        ("status", "message"),
        [
            ("stalled", "New tickets can not have status 'stalled' in this queue."),
            ("bogus", "Status 'bogus' isn't a valid status for tickets in this queue."),
        ],
    )
    async def test_wrong_status(self, rest: Rest, status: str, message: str) -> None:
        """A status that a new ticket cannot have is refused."""
        sent = {"Queue": "Facility Management", "Status": status}
        assert await rest("POST", "ticket", sent) == (400, {"message": message})

    async def test_rest(self, rest: Rest) -> None:
        """Priority and due time are kept, in UTC."""
        sent: dict[str, Any] = {"Priority": 50, "Due": "2026-12-01 10:00:00"}
        ticket = await rest.get(f"ticket/{await rest.create(**sent)}")
        assert (ticket["Priority"], ticket["Due"]) == ("50", "2026-12-01T10:00:00Z")
        assert reference(ticket["Creator"]) == "u-full"
        assert reference(ticket["LastUpdatedBy"]) == "u-full"
        due = {"Due": "2026-12-01T10:00:00+02:00"}
        ticket = await rest.get(f"ticket/{await rest.create(**due)}")
        assert ticket["Due"] == NEVER
