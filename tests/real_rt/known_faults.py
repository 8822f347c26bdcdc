"""What the integration does wrong on some RTs: tests that are expected to fail there, until it is mended."""

from dataclasses import dataclass
import re
from typing import Final

import pytest

from scripts.live.rt import Description

ON: Final = Description.from_environment()
RELEASE: Final = tuple(map(int, re.findall(r"\d+", ON.installation.version)[:3]))

_IS_SQLITE: Final = ON.database == "sqlite"
CHANGES_NUMBERS: Final = _IS_SQLITE and RELEASE >= (5, 0, 6)
"""Whether RT stores a text that is a number as one: 7 for 007, 1.5 for 1.50."""

_NUMBER = re.compile(
    r"(?=.*\d)\s*[+-]?\d*\.?\d*(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE
)
_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d*", re.ASCII)


def is_changed(text: str) -> bool:
    """Tell whether RT stores another text in a custom field."""
    return (
        CHANGES_NUMBERS
        and bool(_NUMBER.fullmatch(text))
        and not _WHOLE_NUMBER.fullmatch(text)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One fault, and the tests that show it."""

    text: str
    is_here: bool
    """Whether the RT that is tested on has it."""
    tests: tuple[str, ...]
    """Their names, with a part of their parameters if only some are meant."""


FAULTS: Final = (
    Fault(
        text="RT answers 201 and has stored nothing when its database goes away meanwhile",
        is_here=not _IS_SQLITE,
        tests=("test_lost_database::test_comment",),
    ),
    Fault(
        text="mod_fcgid: in other letters than Latin ones, RT's words are longer than it says",
        is_here=ON.web == "apache",
        tests=(
            "test_marked_in_other_languages[comment-lang-ru]",
            "test_marked_in_other_languages[reply-lang-ru]",
            "test_broken_body[lang-ru",
            "test_update::test_resolve[lang-ru",
            "test_update::test_resolve_without_right[lang-ru",
            "test_markers::test_mails[text/plain-lang-ru",
            "test_markers::test_mails[text/html-lang-ru",
            "test_markers::test_kept_whole[text/plain-lang-ru",
            "test_markers::test_kept_whole[text/html-lang-ru",
            "test_languages::test_answers_to_comments_are_broken[lang-ru",
        ),
    ),
)


def expect_failures(items: list[pytest.Item]) -> None:
    """Mark the tests that show a fault which the RT has that is tested on."""
    for fault in FAULTS:
        mark = pytest.mark.xfail(reason=fault.text, strict=True)
        for item in items:
            if fault.is_here and any(_is(item, test) for test in fault.tests):
                item.add_marker(mark)


def _is(item: pytest.Item, test: str) -> bool:
    """Tell whether a test has a name, or begins with one that is open at its end."""
    end = "" if "[" in test else r"(\[|$)"
    name = item.nodeid.replace(".py::", "::")
    return bool(re.search(rf"\b{re.escape(test)}{end}", name))
