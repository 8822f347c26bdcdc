"""What a watcher of a queue asks: what happened there, which tickets, how many."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from custom_components.ha_rt.rt.models import Transaction
from custom_components.ha_rt.rt.tickets import WATCH_FIELDS, WATCH_FIELDS_WITH_CUSTOM
from custom_components.ha_rt.rt.ticketsql import (
    CLOSED,
    all_of,
    any_of,
    created_within,
    id_after,
    id_in,
    queue_is,
    status_in,
)
from custom_components.ha_rt.rt.transactionsql import (
    CREATION,
    after,
    in_or_moved_from,
    is_watched,
    on_any_of,
)

from .case import FACILITY
from .ways import As, ClientOf, Create, Rest, SeededRT, Ways

INCIDENTS = "Incidents"


@dataclass(kw_only=True)
class Watch:
    """What is asked again and again."""

    server: SeededRT
    client_of: ClientOf
    last: int
    """The transaction after which all is new."""

    def query(self, *, with_comments: bool = True) -> str:
        """Return the query of the next poll."""
        here = in_or_moved_from(self.server.queues[FACILITY])
        return all_of(after(self.last), self.kinds(with_comments=with_comments), here)

    def kinds(self, *, with_comments: bool = True) -> str:
        """Return what is asked for, in whatever queue."""
        fields = [self.server.custom_fields["DeviceId"]]
        return is_watched(fields, with_comments=with_comments)

    async def poll(self, user: str = "u-full", **options: bool) -> list[str]:
        """Return what happened since the last time, in words."""
        query = self.query(**options)
        pages = [page async for page in self.client_of(user).transactions(query)]
        found = [one for page in pages for one in page]
        if found:
            self.last = found[-1].id
        return [in_words(one) for one in found]


def in_words(one: Transaction) -> str:
    """Return what happened and who did it."""
    field = "DeviceId" if one.type == "CustomField" else one.field
    return " ".join(filter(None, [one.type, field, "by", one.creator]))


class WatchCases(Ways):
    """Polls of a queue."""

    @pytest.fixture
    async def watch(
        self, server: SeededRT, client_of: ClientOf, create: Create
    ) -> Watch:
        """Watch what comes next."""
        await create("watched")
        query = 'ObjectType = "RT::Ticket"'
        (newest,) = await client_of("all-queues").newest_transactions(query, 1)
        return Watch(server=server, client_of=client_of, last=newest.id)

    async def test_watch(self, as_user: As, watch: Watch) -> None:
        """A watcher gets to know what changes a ticket, once, and little else."""
        full, alice = as_user("u-full"), as_user("alice")
        number = await full.create(CustomFields={"DeviceId": "a", "Tags": ["x"]})
        assert await watch.poll() == ["Create by u-full"]
        assert await watch.poll() == []
        await full.create(Status="resolved", Owner="alice", Priority=9)
        assert await watch.poll() == ["Create by u-full"]
        await full.say("comment", number)
        await alice.say("correspond", number)
        assert await watch.poll() == [
            "Comment by u-full",
            "Correspond by alice",
            "Status Status by RT_System",
        ]
        await alice.put(
            number, Owner="alice", Priority=9, Subject="t", Status="stalled"
        )
        assert sorted(await watch.poll()) == [
            "Set Owner by alice",
            "Set Priority by alice",
            "Set Subject by alice",
            "Status Status by alice",
        ]
        fields = {"DeviceId": "b", "Tags": ["y"]}
        await full.put(number, CustomFields=fields, RefersTo=["https://home.test/"])
        assert await watch.poll() == ["CustomField DeviceId by u-full"]
        await full.put(number, MergeInto=await full.create())
        assert await watch.poll() == [
            "Create by u-full",
            *["AddLink MergedInto by u-full"] * 2,
        ]

    async def test_watch_elsewhere(self, as_user: As, watch: Watch) -> None:
        """A watcher sees who leaves the queue and who comes, but nobody else."""
        full = as_user("u-full")
        other, mine = await full.create(INCIDENTS), await full.create()
        assert await watch.poll() == ["Create by u-full"]
        await full.put(mine, Queue=INCIDENTS)
        assert await watch.poll() == ["Set Queue by u-full"]
        await full.put(mine, Priority=9)
        await full.say("comment", mine)
        assert await watch.poll() == []
        await full.put(other, Queue=FACILITY)
        assert await watch.poll() == [
            "Set Queue by u-full",
            "Status Status by RT_System",
        ]
        await full.create(Type="reminder")
        assert await watch.poll() == []

    async def test_watch_departed(self, as_user: As, watch: Watch) -> None:
        """What happened to tickets that left is found by their numbers."""
        full = as_user("u-full")
        first, second, third = [await full.create() for _ in range(3)]
        for number in (first, second):
            await full.say("comment", number)
            await full.put(number, Queue=INCIDENTS)
        await full.say("comment", third)
        reminder = await full.create(Type="reminder")
        query = all_of(after(watch.last), watch.kinds(), on_any_of([first, reminder]))
        [found] = [page async for page in watch.client_of("u-full").transactions(query)]
        assert {one.ticket for one in found} == {first}
        assert [one.type for one in found][:3] == ["Create", "Comment", "Set"]
        assert [one.type for one in found][3:] == ["Status"]  # as another lifecycle has

    async def test_watch_hidden(self, as_user: As, watch: Watch) -> None:
        """What the account may not see is not found, whether it is asked for or not."""
        full = as_user("u-full")
        start = watch.last
        number = await full.create(CustomFields={"DeviceId": "a"})
        await full.say("comment", number)
        await full.put(number, CustomFields={"DeviceId": "b"})
        for user, options, found in (
            ("u-full", {"with_comments": False}, ["Create", "CustomField"]),
            ("no-ShowTicketComments", {}, ["Create", "CustomField"]),
            ("no-SeeCustomField", {}, ["Create", "Comment"]),
            ("no-ShowTicket", {}, []),
            ("u-full", {}, ["Create", "Comment", "CustomField"]),
        ):
            watch.last = start
            words = await watch.poll(user, **options)
            assert [one.split()[0] for one in words] == found, user

    async def test_watch_unseen_queue(self, as_user: As, watch: Watch) -> None:
        """A ticket that goes where the account sees nothing goes without a word.

        It leaves no gap in the pages, if RT can tell that only tickets are meant.
        """
        rest = as_user("all-queues")
        gone = [await rest.create() for _ in range(2)]
        for number in gone:
            await rest.put(number, Queue="Other Queue")
        for _ in range(3):
            await rest.create()
        tickets, queues = 'ObjectType = "RT::Ticket"', 'ObjectType = "RT::Queue"'
        created = all_of(CREATION, after(watch.last))
        for user, query, pages in (
            ("u-full", watch.query(), [2, 1, 0]),
            ("all-queues", watch.query(), [2, 2, 1, 0]),
            ("u-full", all_of(created, tickets), [2, 1, 0]),
            ("u-full", all_of(created, any_of([tickets, queues])), [0, 2, 1, 0]),
        ):
            for page, count in enumerate(pages, 1):
                data = await as_user(user).get(
                    "transactions",
                    query=query,
                    orderby="id",
                    per_page="2",
                    page=str(page),
                )
                assert data["count"] == count, (user, query, page)

    async def test_newest(self, as_user: As, client_of: ClientOf, watch: Watch) -> None:
        """The last few are found without the others, and are in their order, too."""
        full = as_user("u-full")
        number = await full.create()
        await full.put(number, Subject="t")
        await full.put(number, Status="open")
        client = client_of("u-full")
        found = await client.newest_transactions(watch.query(), 2)
        assert [in_words(one) for one in found] == [
            "Set Subject by u-full",
            "Status Status by u-full",
        ]
        assert found[0].id < found[1].id
        assert len(await client.newest_transactions(watch.query(), 9)) == 3
        watch.last = found[1].id
        assert await client.newest_transactions(watch.query(), 9) == []

    @pytest.mark.parametrize("user", ["u-full", "in-berlin", "lang-de"])
    async def test_time(
        self, as_user: As, client_of: ClientOf, watch: Watch, user: str
    ) -> None:
        """What happened lately is found in every time zone and language."""
        await as_user("u-full").create()
        for time, count in ((timedelta(minutes=40), 1), (timedelta(), 0)):
            query = all_of(watch.query(), created_within(time))
            found = await client_of(user).newest_transactions(query, 9)
            assert len(found) == count, time

    async def test_watched_tickets(
        self, server: SeededRT, client_of: ClientOf, rest: Rest
    ) -> None:
        """Tickets are read by their numbers; those that are gone are not among them."""
        shown, merged, other = [await rest.create() for _ in range(3)]
        await rest.put(merged, MergeInto=shown)
        reminder = await rest.create(Type="reminder")
        client = client_of("u-full")
        wanted = id_in([shown, merged, reminder, 999999])
        (found,) = await client.search(wanted, fields=WATCH_FIELDS)
        assert (found.id, found.subject, found.status) == (shown, "s", "new")
        assert (found.queue, found.owner) == (server.queues[FACILITY], "")
        assert found.created
        assert not found.custom_fields
        (found,) = await client.search(id_after(shown), fields=WATCH_FIELDS_WITH_CUSTOM)
        assert found.id == other
        assert server.custom_fields["DeviceId"] in found.custom_fields

    async def test_count(
        self, server: SeededRT, client_of: ClientOf, rest: Rest
    ) -> None:
        """RT counts what the account may see."""
        numbers = [await rest.create() for _ in range(3)]
        await rest.put(numbers[0], Status="resolved")
        await rest.create(INCIDENTS)
        queue = queue_is(server.queues[FACILITY])
        for user, condition, count in (
            ("u-full", id_in(numbers), 3),
            ("u-full", all_of(id_in(numbers), status_in([])), 2),
            ("u-full", all_of(queue, id_after(numbers[0])), 2),
            ("u-full", id_in([999999]), 0),
            ("no-ShowTicket", id_in(numbers), 0),
        ):
            assert await client_of(user).count(condition) == count, condition

    async def test_status_of_queue(
        self, server: SeededRT, client_of: ClientOf, rest: Rest
    ) -> None:
        """What a status means is seen from the tickets with it."""
        number = await rest.create()
        await rest.put(number, Status="rejected")
        await rest.create(INCIDENTS)
        queue = queue_is(server.queues[FACILITY])
        for status, kind, count in (
            ("rejected", CLOSED, 1),
            ("rejected", status_in([]), 0),
            ("new", CLOSED, 0),
            ("unheard of", CLOSED, 0),
        ):
            query = all_of(queue, status_in([status]), kind)
            found = await client_of("u-full").search(query, limit=1)
            assert len(found) == count, (status, kind)
