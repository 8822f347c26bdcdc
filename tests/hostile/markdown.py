"""What Home Assistant's frontend would make of a text."""

import json
from pathlib import Path
import re
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEXTS = json.loads(
    (ROOT / "custom_components/ha_rt/translations/en.json").read_text(encoding="utf-8")
)

# As an administrator of RT, or somebody who writes to its mail address, could name
# queues, accounts and tickets.
MARKUP = (
    "<script>alert(1)</script>",
    '<img src="https://example.test/x.png" onerror="alert(1)">',
    "</p><!-- <iframe src=//example.test>",
    "[Log in](https://example.test/)",
    "![x](https://example.test/x.png)",
    "x\n\n[a]: https://example.test/\n\n[a]",
    "<https://example.test>",
)

_TAG = re.compile(r"<[a-z/!?]", re.IGNORECASE)
_LINK = re.compile(r"\][(\[]|^\s*\[[^\]]*\]:", re.MULTILINE)
_ESCAPED = re.compile(r"\\[\\`*\[\]<&~|]")


def live(text: str) -> list[str]:
    """Return what would become HTML, a link or a picture in a text in Markdown."""
    plain = _ESCAPED.sub("\ufffd", text)
    return [*_TAG.findall(plain), *_LINK.findall(plain)]


def described(step: Any, flow: str) -> str:
    """Return the description of a form, as it is taken for Markdown."""
    description = TEXTS[flow]["step"][step["step_id"]].get("description", "")
    return str(description.format(**(step["description_placeholders"] or {})))
