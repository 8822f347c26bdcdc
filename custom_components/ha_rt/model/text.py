"""Texts as RT keeps them whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
import re

from homeassistant.util import dt as dt_util

PLAIN = "text/plain"
HTML = "text/html"

# Is not to be seen, and no blank.
_JOINER = "\u2060"

# RT silently cuts what is longer, counted in UTF-8.
_MAX_SUBJECT_BYTES = 200


def subject_and_rest(subject: str) -> tuple[str, str]:
    """Return a subject that RT keeps whole, and the full one if that is another.

    RT keeps one line of 200 bytes.
    """
    full = subject.strip()
    line = " ".join(full.splitlines())
    encoded = line.encode(errors="replace")
    if len(encoded) > _MAX_SUBJECT_BYTES:
        cut = encoded[: _MAX_SUBJECT_BYTES - len("…".encode())]
        line = cut.decode(errors="ignore") + "…"
    return line, "" if line == full else full


def compose(
    text: str,
    content_type: str,
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> str:
    """Return a text with paragraphs before and after it.

    Args:
        text: Plain or HTML, as the content type says.
        content_type: text/plain or text/html.
        before: Paragraphs in plain text.
        after: Paragraphs in plain text.

    """
    if content_type == HTML:
        return "\n".join(
            (*(_paragraph(p) for p in before), text, *(_paragraph(p) for p in after))
        )
    return "\n\n".join((*before, text, *after))


def facts_block(facts: Sequence[tuple[str, str]]) -> list[str]:
    """Return facts as one paragraph, or none."""
    return ["\n".join(f"{label}: {value}" for label, value in facts)] if facts else []


def apologies(failures: Mapping[str, str]) -> list[str]:
    """Return what is said of files that could not be had, by their source."""
    return [
        f"{source} could not be attached: {why}" for source, why in failures.items()
    ]


def escape_markdown(text: str) -> str:
    """Return a text without Markdown's pictures, links and emphasis, and in one line."""
    return re.sub(r"([\\`*\[\]<&~|])", r"\\\1", " ".join(text.split()))


def escape_links(text: str) -> str:
    """Return a text without Markdown's pictures, links and HTML, and in one line.

    It looks the same where it is not taken for Markdown.
    """
    line = " ".join(text.split())
    return line.replace("<", f"<{_JOINER}").replace("](", f"]{_JOINER}(")


def summary(count: int, first: datetime, last: datetime) -> str:
    """Return what is said of reports that were held back.

    Args:
        count: How many there were.
        first: When the first of them came; aware.
        last: When the last of them came; aware.

    """
    if count == 1:
        return f"1 more report, at {_when(first)}."
    return f"{count} more reports since {_when(first)}, last {_when(last)}."


def span(count: int, first: datetime, last: datetime) -> str:
    """Return when something was reported, and how often."""
    if count == 1:
        return _when(first)
    return f"{_when(first)} to {_when(last)}, {count} times"


def recount(parts: Sequence[tuple[str, str, str]]) -> tuple[str, str]:
    """Return several texts as one, and its content type.

    Args:
        parts: Of each, when it was reported, the text and its content type; a text
            that is empty is left out.

    """
    if all(content_type == PLAIN for _, _, content_type in parts):
        plain = [f"{when}:\n{text}" if text else when for when, text, _ in parts]
        return "\n\n".join(plain), PLAIN
    html = [
        _paragraph(when)
        + (_paragraph(text) if text and content_type == PLAIN else text)
        for when, text, content_type in parts
    ]
    return "\n".join(html), HTML


def late(came: datetime) -> str:
    """Return what is said of a report that RT gets late."""
    return f"Reported at {_when(came)}; Request Tracker could not take it then."


def local_text(time: datetime, form: str) -> str:
    """Return a time as the clocks in the house show it.

    Where they show it twice, as they are put back, it tells which of the two it is.
    """
    local = dt_util.as_local(time)
    is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return local.strftime(f"{form} %Z" if is_twice else form)


def _when(time: datetime) -> str:
    """Return a time as it is said in the house, with the date if it was not today."""
    today = dt_util.as_local(time).date() == dt_util.now().date()
    return local_text(time, "%H:%M" if today else "%Y-%m-%d %H:%M")


def _paragraph(text: str) -> str:
    """Return a plain text as a paragraph of HTML."""
    return "<p>" + "<br>".join(escape(text).splitlines()) + "</p>"
