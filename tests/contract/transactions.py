"""What queries find of that which happened to tickets."""

from dataclasses import dataclass

import pytest

from .case import FACILITY
from .shapes import fill_words
from .ways import As, Rest, SeededRT, Ways

FOUND = "Type,ObjectId,Field"
FIRST_RESPONSES = (
    "{all} AND TicketQueue = {facility} AND Creator != {ha-service} AND id > 0 AND"
    " (Type = 'Correspond' OR (Type = 'Set' AND Field = 'Owner'))"
)


@dataclass
class Scene:
    """Tickets to which things happened."""

    created: int
    """Not touched."""
    answered: int
    """By alice, and commented on by the service."""
    owned: int
    """By alice, who was given it by u-full."""
    incident: int
    """Answered by alice in another queue."""

    def name(self, number: object) -> str:
        """Return the first letter of a ticket's name here."""
        return {str(value): name[0] for name, value in vars(self).items()}[str(number)]


class TransactionCases(Ways):
    """TransactionSQL, and GET /transactions."""

    @pytest.fixture
    async def scene(self, as_user: As) -> Scene:
        """Let things happen."""
        full, alice = as_user("u-full"), as_user("alice")
        scene = Scene(
            *[await full.create() for _ in range(3)], await full.create("Incidents")
        )
        await alice.say("correspond", scene.answered)
        await as_user("ha-service").say("comment", scene.answered)
        await full.put(scene.owned, Owner="alice")
        await full.put(scene.owned, Priority=5)
        await alice.say("correspond", scene.incident)
        return scene

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("{all}", "cC oC iC aC aM aA aS oS oW oP iA iS"),
            ("TicketId >= {c} AND TicketId <= {i} AND ObjectType = 'RT::Ticket' AND Type = 'Create'", "cC aC oC iC"),
            ("{all} AND Type = 'correspond'", "aA iA"),
            ("{all} AND Type != 'Create' AND Type != 'Set'", "aM aA aS oW iA iS"),
            ("{all} AND TicketQueue = 'facility management' AND Type = 'Correspond'", "aA"),
            ("{all} AND TicketQueue = {facility} AND Type = 'Correspond'", "aA"),
            ("{all} AND Creator = 'alice'", "aA iA"),
            ("{all} AND Creator = {alice}", "aA iA"),
            ("{all} AND Creator != {u-full}", "aM aA aS iA iS"),
            ("{all} AND Creator != 'u-full' AND Creator != 'RT_System'", "aM aA iA"),
            ("{all} AND Creator != '__CurrentUser__' AND Creator != 'RT_System'", "aM aA iA"),
            ("{all} AND Field = 'Owner'", "oS oW"),
            ("{all} AND Type = 'Set' AND Field = 'Owner'", "oS"),
            ("{all} AND OldValue = '6'", "oS oW"),
            ("{all} AND NewValue = '{alice}'", "oS oW"),
            ("{all} AND Created > '-3 days' AND Type = 'Correspond'", "aA iA"),
            ("{all} AND Created < '-3 days'", ""),
            ("(ObjectId = {a} OR ObjectId = {o}) AND Type = 'Create' AND ObjectType = 'RT::Ticket'", "aC oC"),
            ("ObjectId = {a} OR ObjectId = {o} AND Type = 'Create'", ""),
            (FIRST_RESPONSES, "aA oS"),
            ("", ""),
        ],
    )  # fmt: skip
    async def test_transactions(
        self, server: SeededRT, as_user: As, scene: Scene, query: str, found: str
    ) -> None:
        """A query finds what it says.

        Expected are the ticket's letter and one for what happened: Create, coMment,
        Answer, Status, owner Set and as Watcher, Priority.
        """
        words = {
            "all": f"ObjectId >= {scene.created} AND ObjectId <= {scene.incident}"
            " AND ObjectType = 'RT::Ticket'",
            "facility": str(server.queues[FACILITY]),
            **{name[0]: str(number) for name, number in vars(scene).items()},
            **{
                name: str(server.users[name])
                for name in ("alice", "u-full", "ha-service")
            },
        }
        data = await as_user("u-full").get(
            "transactions",
            query=fill_words(query, words),
            fields=FOUND,
            orderby="id",
            per_page="100",
        )
        letters = {
            ("Create", ""): "C",
            ("Comment", ""): "M",
            ("Correspond", ""): "A",
            ("Status", "Status"): "S",
            ("Set", "Owner"): "S",
            ("SetWatcher", "Owner"): "W",
            ("Set", "Priority"): "P",
        }
        happened = [
            scene.name(item["ObjectId"]) + letters[item["Type"], item["Field"]]
            for item in data["items"]
        ]
        assert sorted(happened) == sorted(found.split())
        assert data["total"] is None
        numbers = [int(item["id"]) for item in data["items"]]
        assert numbers == sorted(numbers)

    async def test_other_objects(self, server: SeededRT, rest: Rest) -> None:
        """A query for a ticket may find the queue with the ticket's number, too."""
        queue = server.queues[FACILITY]
        while (number := await rest.create()) < queue:
            pass
        query = f"TicketId = {queue} AND Type = 'Create'"
        for condition, types in (
            ("", {"RT::Queue", "RT::Ticket"}),
            (" AND ObjectType = 'RT::Ticket'", {"RT::Ticket"}),
        ):
            data = await rest.get(
                "transactions", query=query + condition, fields="ObjectType"
            )
            found = {item["ObjectType"] for item in data["items"]}
            assert {"RT::Ticket"} <= found <= types, number

    async def test_pages(self, rest: Rest) -> None:
        """The pages end with an empty one, which is all that tells the end."""
        number = await rest.create()
        for priority in range(1, 6):
            await rest.put(number, Priority=priority)
        found = []
        for page in range(1, 5):
            data = await rest.get(
                "transactions",
                query=f"ObjectId = {number} AND Field = 'Priority'",
                orderby="id",
                order="DESC",
                per_page="2",
                page=str(page),
                fields="NewValue",
            )
            assert data["total"] in {None, 5}
            found.append([item["NewValue"] for item in data["items"]])
        assert found == [["5", "4"], ["3", "2"], ["1"], []]

    async def test_hidden(self, as_user: As, scene: Scene) -> None:
        """What is not shown is left out after the pages were cut."""
        for user, kinds in (
            ("no-ShowTicketComments", ["Correspond"]),
            ("no-ShowTicket", []),
            ("readonly", ["Correspond"]),
            ("u-full", ["Correspond", "Comment"]),
        ):
            data = await as_user(user).get(
                "transactions",
                query=f"ObjectId = {scene.answered} AND"
                " (Type = 'Comment' OR Type = 'Correspond')",
                fields="Type",
                orderby="id",
                per_page="2",
            )
            assert [item["Type"] for item in data["items"]] == kinds

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("Bogus = 3", "Unknown field: Bogus"),
            ("Type =", "Incomplete query, last element (OPERATOR) is not close paren or value in 'Type ='"),
            ("Type IN (1)", "Wrong query, expecting a OPERATOR in 'Type >IN<--here (1)'"),
        ],
    )  # fmt: skip
    async def test_wrong_transactions(
        self, rest: Rest, query: str, message: str
    ) -> None:
        """RT says what is wrong with a query."""
        status, data = await rest("GET", "transactions", query=query)
        assert status == 400
        assert data["message"].startswith(f"{message} at ")
