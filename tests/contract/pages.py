"""What RT answers past the end of a collection."""

import re

import pytest

from .ways import As, Rest, Ways

# The first release that sends some pages past the end back to the last one.
_SENDS_BACK = (5, 0, 6)


class PageCases(Ways):
    """Pages past the end, of what is not searched for; those of searches are empty."""

    @pytest.mark.parametrize(
        ("user", "sees_all"), [("u-full", True), ("no-SeeCustomField", False)]
    )
    async def test_past_a_history(self, as_user: As, user: str, sees_all: bool) -> None:
        """Newer releases send back who may see all that happened to a ticket."""
        full = as_user("u-full")
        number = await full.create()
        await full.put(number, Priority=1)
        await full.put(number, Priority=2)
        await _check_past_the_end(as_user(user), f"ticket/{number}/history", sees_all)

    @pytest.mark.parametrize(
        ("user", "sees_all"), [("all-queues", True), ("u-full", False)]
    )
    async def test_past_the_queues(
        self, as_user: As, user: str, sees_all: bool
    ) -> None:
        """Newer releases send back who may see all queues."""
        await _check_past_the_end(as_user(user), "queues/all", sees_all)


async def _check_past_the_end(rest: Rest, path: str, sees_all: bool) -> None:
    """See that a page past the end is empty or, with newer releases, the last one."""
    version = (await rest.get("rt"))["Version"]
    release = tuple(map(int, re.findall(r"\d+", version)[:3]))
    query = {"fields": "Name,Type", "orderby": "id", "per_page": "2"}
    past = await rest.get(path, page="40", **query)
    if not (sees_all and release >= _SENDS_BACK):
        assert (past["page"], past["items"]) == (40, [])
        return
    assert 1 < past["page"] < 40
    assert past["items"]
    assert past == await rest.get(path, page=str(past["page"]), **query)
    assert past["page"] == past["pages"]
