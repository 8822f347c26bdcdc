"""What queries find."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.ha_rt.rt import ticketsql
from custom_components.ha_rt.rt.errors import Rejected

from .case import FACILITY
from .ways import As, ClientOf, Create, Rest, SeededRT, Ways, reference


class QueryCases(Ways):
    """TicketSQL."""

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("{a} AND {in_queue} AND {active}", "A"),
            ("({a} OR {b}) AND {in_queue}", "AB"),
            ("{a} OR {b} AND {nowhere}", ""),
            ("({a} OR {b}) AND {nowhere}", ""),
            ("{a} AND {nowhere} OR {b}", "AB"),
            ("({a} AND {nowhere}) OR {b}", "B"),
            ('{a} AND (Status = "new" OR Status = "open")', "A"),
            ('{a} AND (Status = "NEW")', "A"),
            ('{a} AND (Status = "resolved")', ""),
            ('{a} AND (Status = "no such status")', ""),
            ("{a} AND Status = '__Inactive__'", ""),
            ("{a} AND Queue = 'facility management'", "A"),
            ('{a} AND Queue = "No such queue"', ""),
            ('{a} AND "CF.{{No such field}}" = "x"', ""),
            ("{a} AND CF.{{deviceid}} = 'device'", "A"),
            ("{a} AND CustomField.{{DeviceId}} = 'DEVICE'", "A"),
            ("{a} AND CF.{{{field}}} = 'devic'", ""),
            ("{a} AND CF.{{{field}}} STARTSWITH 'd_VIC'", "A"),
            ("{a} AND CF.{{{field}}} STARTSWITH 'evice'", ""),
            ("{a} AND CF.{{{field}}} ENDSWITH '_vICe'", "A"),
            ("{a} AND CF.{{{field}}} ENDSWITH 'devic'", ""),
            ("({a}) ; and {in_queue}", "A"),
            ("(({a} or ({b})))", "AB"),
        ],
    )
    async def test_query(
        self,
        server: SeededRT,
        client_of: ClientOf,
        create: Create,
        query: str,
        found: str,
    ) -> None:
        """A query finds what it says.

        Of AND and OR side by side, RT takes the last one for all of them.
        """
        tickets = {await create("device"): "A", await create("Device"): "B"}
        first, second = tickets
        filled = query.format(
            a=ticketsql.id_is(first),
            b=ticketsql.id_is(second),
            in_queue=ticketsql.queue_is(server.queues[FACILITY]),
            nowhere=ticketsql.queue_is(999999),
            active=ticketsql.status_in([]),
            field=server.custom_fields["DeviceId"],
        )
        result = await client_of("u-full").search(filled)
        assert "".join(tickets[ticket.id] for ticket in result) == found

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("Queue =", "Incomplete query, last element (OPERATOR) is not close paren or value in 'Queue ='"),
            ("Queue = 3 AND", "Incomplete query, last element (AGGREGATOR) is not close paren or value in 'Queue = 3 AND'"),
            ("(Queue = 3", "Incomplete query, 1 unclosed paren in '(Queue = 3'"),
            ("Queue", "Incomplete query, last element (KEYWORD) is not close paren or value in 'Queue'"),
            ('Status IN ("new")', "Wrong query, expecting a OPERATOR in 'Status >IN<--here (\"new\")'"),
            ("Queue = 3 id = 4", "Wrong query, expecting a AGGREGATOR in 'Queue = 3 >id<--here = 4'"),
            ("Bogus = 3", "Unknown field: Bogus"),
        ],
    )  # fmt: skip
    async def test_wrong_query(
        self, client_of: ClientOf, query: str, message: str
    ) -> None:
        """RT says what is wrong with a query, without the place in its source."""
        with pytest.raises(Rejected) as info:
            await client_of("u-full").search(query)
        assert str(info.value) == message
        assert not info.value.unconfirmed

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", "new owned resolved due incident"),
            ('"CF.{{{event}}}" IS NULL', "owned resolved due incident"),
            ('"CF.{{{event}}}" IS NOT NULL', "new"),
            ('"CF.{{{event}}}" != "Heat"', "owned resolved due incident"),
            ('"CF.{{{device}}}" = "A" AND "CF.{{{event}}}" IS NULL', "owned"),
            ('("CF.{{{device}}}" = "A" AND "CF.{{{event}}}" IS NULL)', "owned"),
            ('"CF.{{{device}}}" = "a" OR "CF.{{{device}}}" = "b"', None),
            ('("CF.{{{device}}}" = "b" OR "CF.{{{device}}}" = "c")', "resolved"),
            ('"CF.{{{tags}}}" = "y"', "due"),
            ('"CF.{{{tags}}}" != "y"', "new owned resolved incident"),
            ('Subject LIKE "EA"', "new"),
            ('Subject LIKE "l%k"', "new"),
            ('Subject NOT LIKE "leak"', "owned resolved due incident"),
            ('Subject = "LEAK"', "new"),
            ('Content LIKE "text"', ""),
            ('Owner = "Alice"', "owned"),
            ("Owner = {alice}", "owned"),
            ('Owner = "Nobody"', "new resolved due incident"),
            ('Owner != "Nobody"', "owned"),
            ('Owner = "nobody-here"', ""),
            ('Creator = "u-full"', "new owned resolved due incident"),
            ("Queue != {facility}", "incident"),
            ('Status != "resolved"', "new owned due incident"),
            ("Priority > 10", "owned"),
            ("Priority >= 50 AND Priority <= 50", "owned"),
            ('Priority < "50"', "new resolved due incident"),
            ("Priority = 0", "new resolved due incident"),
            ("Resolved IS NULL", "new owned due incident"),
            ("Resolved IS NOT NULL", "resolved"),
            ('Resolved > "-5 hours"', "resolved"),
            ('Resolved < "-5 hours"', ""),
            ('Due < "now"', "due"),
            ("Due IS NULL", "new owned resolved incident"),
            ("Started IS NULL", "new owned due incident"),
            ('Created > "-90 minutes"', "new owned resolved due incident"),
            ('Created > "-1440 minutes"', "new owned resolved due incident"),
            ('Created > "-604800 seconds"', "new owned resolved due incident"),
            ('Created > "+1440 minutes ago"', "new owned resolved due incident"),
            ('Created > "90 minutes ago"', "new owned resolved due incident"),
            ('Created < "-90 minutes"', ""),
            ('Created > "-0 seconds"', ""),
            ('Created > "90 minutes"', ""),
            # What RT does not understand as it was meant.
            ('Created > "3600 seconds ago"', ""),
            ('Created > "2000 days ago"', None),
            ('Created > "garbage"', "new owned resolved due incident"),
        ],
    )
    async def test_found(
        self, server: SeededRT, as_user: As, query: str, found: str | None
    ) -> None:
        """A condition finds the tickets that it says.

        None stands for what nobody can rely on.
        """
        rest = as_user("u-full")
        tickets = {
            await rest.create(
                Subject="Leak", CustomFields={"DeviceId": "a", "EventType": "heat"}
            ): "new",
            await rest.create(
                Owner="alice", Priority=50, CustomFields={"DeviceId": "a"}
            ): "owned",
            await rest.create(
                Status="resolved", CustomFields={"DeviceId": "b"}
            ): "resolved",
            await rest.create(
                Due="2026-11-20 10:00:00", CustomFields={"Tags": ["x", "y"]}
            ): "due",
            await rest.create("Incidents"): "incident",
        }
        first, *_, last = tickets
        fields = server.custom_fields
        condition = query.format(
            device=fields["DeviceId"],
            event=fields["EventType"],
            tags=fields["Tags"],
            alice=server.users["alice"],
            facility=server.queues[FACILITY],
        )
        conditions = [f"id >= {first}", f"id <= {last}", condition]
        data = await rest.get(
            "tickets", query=" AND ".join(filter(None, conditions)), orderby="id"
        )
        if found is not None:
            assert [tickets[int(one["id"])] for one in data["items"]] == found.split()

    @pytest.mark.parametrize(("user", "offset"), [("u-full", 0), ("in-berlin", 1)])
    async def test_time_zone(self, as_user: As, user: str, offset: int) -> None:
        """RT reads a time in the time zone of the account, and leaves out a Z's."""
        rest = as_user("u-full")
        ticket_id = await rest.create(Due="2026-12-01 10:00:00")
        before = datetime(2026, 12, 1, 9, 59, 59, tzinfo=UTC) + timedelta(hours=offset)
        after = before + timedelta(seconds=2)
        for time, matches in (
            (f"{before:%Y-%m-%d %H:%M:%S}", True),
            (f"{after:%Y-%m-%d %H:%M:%S}", False),
            ("2026-12-01T23:00:00Z", True),
            ("2026-12-02", False),
        ):
            data = await as_user(user).get(
                "tickets", query=f'id = {ticket_id} AND Due > "{time}"'
            )
            assert data["total"] == matches, time

    @pytest.mark.parametrize(
        ("order", "found"),
        [
            ([("orderby", "id"), ("order", "DESC")], "CBA"),
            ([("orderby", "Priority"), ("order", "DESC")], "BAC"),
            (
                [("orderby", "Due"), ("orderby", "id"), ("order", "ASC"), ("order", "DESC")],
                "CBA",
            ),
            (
                [("orderby", "Due"), ("orderby", "id"), ("order", "DESC"), ("order", "ASC")],
                "ABC",
            ),
            ([("orderby", "Resolved"), ("orderby", "id"), ("order", "DESC")], "CAB"),
            ([("orderby", "Created"), ("orderby", "id")], "ABC"),
        ],
    )  # fmt: skip
    async def test_order(
        self, rest: Rest, order: list[tuple[str, str]], found: str
    ) -> None:
        """Several orders are several parameters."""
        tickets = {
            await rest.create(Priority=20): "A",
            await rest.create(Priority=30): "B",
            await rest.create(Priority=10, Status="resolved"): "C",
        }
        first, _, last = tickets
        params = [("query", f"id >= {first} AND id <= {last}"), *order]
        data = await rest.get("tickets", params)
        result = [tickets[int(one)] for one in reference(data["items"])]
        assert "".join(result) == found
