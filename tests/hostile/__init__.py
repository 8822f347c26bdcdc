"""Tests with input that somebody made to do harm, or that broke on its way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import HealthCheck, configuration, settings, strategies as st

# What hypothesis remembers stays out of the tree.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")


def examples(number: int) -> settings:
    """Return the settings of a property: the same examples every time."""
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=timedelta(seconds=5),
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
    )


# What programs stumble over.
NASTY_TEXTS = (
    *("", "0", "-1", "9" * 400, "9" * 5000, "1e999", "nan", "null", "٣", "²"),
    *("\0", "\r\nX: y", "\ud800", "\u202e", "\ufeff", "💧", "u\u0308", "x" * 70_000),
    *("%s", "{x}", "'\\", "__CurrentUser__", "CF.{DeviceId}", "../../x"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-21"),
    *("2026-W01-1", "2026-11-21T24:00:00Z"),
)
NASTY_NUMBERS = (-1, 2**31, 2**63, 2**64, 10**400, 0.5, float("inf"), float("nan"))
NASTY = (*NASTY_TEXTS, *NASTY_NUMBERS, None, True, [], {}, [[]], [None])

TEXTS = st.sampled_from(NASTY_TEXTS) | st.text(
    st.characters(exclude_categories=()), max_size=20
)
_NAMES = st.sampled_from(["id", "items", "total", "message", "_hyperlinks", "values"])
JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NASTY_NUMBERS) | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_NAMES | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)


def errors_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that stands behind it."""
    todo = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [e for e in (one.__cause__, one.__context__) if e]


def told_by(error: BaseException) -> str:
    """Return all that an error tells, or whoever looks into it finds."""
    told: list[Any] = []
    for one in errors_of(error):
        told += [
            str(one),
            repr(one),
            one.args,
            vars(one),
            getattr(one, "__notes__", ""),
        ]
    return repr(told)
