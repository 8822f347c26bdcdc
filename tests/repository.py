"""The files of this repository, as tests read them."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import tomllib
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "custom_components" / "ha_rt"
MODULES = sorted(INTEGRATION.rglob("*.py"))


def read_json(path: str) -> Any:
    """Return what a file holds."""
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def read_yaml(path: str) -> Any:
    """Return what a file holds."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


MANIFEST = read_json("custom_components/ha_rt/manifest.json")
ENGLISH = read_json("custom_components/ha_rt/translations/en.json")
ICONS = read_json("custom_components/ha_rt/icons.json")
ACTIONS = read_yaml("custom_components/ha_rt/services.yaml")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")

TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
"""The modules of the integration, parsed."""


# --- code --------------------------------------------------------------------


def calls(tree: ast.AST, name: str = ".*") -> list[ast.Call]:
    """Return the calls of what has a name, or a name that matches a pattern."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and re.fullmatch(name, ast.unparse(node.func).rpartition(".")[2])
    ]


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments of a call that are given by name."""
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def imports(tree: ast.AST) -> set[str]:
    """Return the names of the modules that a module imports, but for its own."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


# --- texts -------------------------------------------------------------------


def placeholders(text: str) -> set[str]:
    """Return the names of what is filled in."""
    return set(re.findall(r"{(\w+)}", text))


def flat_texts(texts: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Return each text by its whole key."""
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from flat_texts(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def step_fields(step: dict[str, Any]) -> dict[str, str]:
    """Return the names of a form's fields, also of those in sections."""
    fields: dict[str, str] = dict(step.get("data", {}))
    for section in step.get("sections", {}).values():
        fields |= section["data"]
    return fields


def action_fields(action: dict[str, Any]) -> dict[str, Any]:
    """Return an action's fields, also those in sections."""
    fields: dict[str, Any] = {}
    for name, field in action.get("fields", {}).items():
        fields |= field["fields"] if "fields" in (field or {}) else {name: field}
    return fields


# --- the README --------------------------------------------------------------

# Code holds lines that look like headings.
_PROSE = re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE)
_HEADINGS = list(re.finditer(r"^(#+) (.+)$", _PROSE, re.MULTILINE))
_TITLES = [heading[2] for heading in _HEADINGS]


def anchors(path: str) -> set[str]:
    """Return by which names links can lead to the headings of a text."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


def introduction() -> str:
    """Return what stands before the first chapter."""
    return _PROSE.partition("\n## ")[0]


def chapter(title: str) -> str:
    """Return what stands below a heading, with the chapters in it, but for code."""
    start = _HEADINGS[_TITLES.index(title)]
    end = next(
        (
            heading.start()
            for heading in _HEADINGS
            if heading.start() > start.start() and len(heading[1]) <= len(start[1])
        ),
        None,
    )
    return _PROSE[start.end() : end]


def table(text: str) -> list[list[str]]:
    """Return the cells of all tables of a text, but for their heads."""
    lines = re.findall(r"^ *\|(.+)\|$", text, re.MULTILINE)
    rules = [number for number, line in enumerate(lines) if set(line) <= set("|-")]
    heads = {number - 1 for number in rules} | set(rules)
    return [
        [cell.strip() for cell in line.split("|")]
        for number, line in enumerate(lines)
        if number not in heads
    ]


def items(text: str) -> list[str]:
    """Return the items of a list, which may be numbered."""
    return re.findall(r"^(?:-|\d+\.) (.+(?:\n  +.+)*)", text, re.MULTILINE)
