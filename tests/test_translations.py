"""The translations say what the English texts say.

What Home Assistant does with them is asked of Home Assistant itself.
"""

from collections import Counter
from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "custom_components/ha_rt/translations"
LANGUAGES = ["de", "es", "fr", "it", "nl"]

PLACEHOLDER = re.compile(r"{\w*}")
WORD = re.compile(r"[^\W\d_]+")
# Names of RT's rights, of arguments and of settings: ShowTicket, device_id.
NAME = re.compile(r"\w*(?:[a-z][A-Z]|_)\w*")
MARKDOWN = re.compile(r"\*\*|`|\]\(|\n+|^(?:#+|[-*]|\d+\.) ", re.MULTILINE)


def _flat(texts: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Return each text by its whole key."""
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _texts(language: str) -> dict[str, str]:
    path = FOLDER / f"{language}.json"
    return dict(_flat(json.loads(path.read_text(encoding="utf-8"))))


ENGLISH = _texts("en")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Return a language other than English."""
    return str(request.param)


@pytest.fixture
def translated(language: str) -> list[tuple[str, str]]:
    """Return each English text with its translation."""
    texts = _texts(language)
    return [(ENGLISH[key], texts[key]) for key in ENGLISH.keys() & texts.keys()]


def test_the_languages_are_there() -> None:
    """None was lost, and each is tested."""
    assert {path.stem for path in FOLDER.glob("*.json")} == {"en", *LANGUAGES}


@pytest.mark.parametrize("file", ["en", *LANGUAGES])
def test_the_files_are_sorted(file: str) -> None:
    """A text stands where one looks for it."""
    text = (FOLDER / f"{file}.json").read_text(encoding="utf-8")

    assert text == (
        json.dumps(json.loads(text), ensure_ascii=False, indent=2, sort_keys=True)
        + "\n"
    )


def test_every_text_is_translated(language: str) -> None:
    """Each language has the texts that English has, and no other."""
    assert _texts(language).keys() == ENGLISH.keys()


def test_no_text_is_blank(language: str) -> None:
    """A text has words, and no space around them."""
    assert {
        key: text
        for key, text in _texts(language).items()
        if not text or text != text.strip()
    } == {}


def test_no_text_is_left_in_english(translated: list[tuple[str, str]]) -> None:
    """A short one may be the same word in both: Token, Status."""
    assert [
        text
        for english, text in translated
        if text == english and len(WORD.findall(PLACEHOLDER.sub("", text))) > 3
    ] == []


def test_placeholders_are_kept(translated: list[tuple[str, str]]) -> None:
    """What is filled in is the same."""
    assert [
        text
        for english, text in translated
        if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(english))
    ] == []


def test_no_placeholder_is_quoted_away(translated: list[tuple[str, str]]) -> None:
    """The frontend shows what follows on an apostrophe as it stands: l'{field}."""
    assert [
        text for pair in translated for text in pair if re.search(r"'[{}]", text)
    ] == []


def test_names_are_not_translated(translated: list[tuple[str, str]]) -> None:
    """People find the right or the argument that a text speaks of."""
    assert [
        text
        for english, text in translated
        if set(NAME.findall(text)) != set(NAME.findall(english))
    ] == []


def test_markdown_is_the_same(translated: list[tuple[str, str]]) -> None:
    """Where Home Assistant does not render it, there is none in English."""
    assert [
        text
        for english, text in translated
        if Counter(MARKDOWN.findall(text)) != Counter(MARKDOWN.findall(english))
    ] == []


async def test_home_assistant_takes_them(hass: HomeAssistant, language: str) -> None:
    """It shows the English text instead of one that it does not accept."""
    texts = _texts(language)
    loaded: dict[str, str] = {}

    for category in {key.partition(".")[0] for key in texts}:
        loaded |= await async_get_translations(hass, language, category, ["ha_rt"])

    assert loaded == {f"component.ha_rt.{key}": text for key, text in texts.items()}
