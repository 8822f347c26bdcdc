"""The README tells what the code does."""

import ast
from collections.abc import Iterator
import re
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from custom_components.ha_rt.const import DOMAIN, MINIMUM_RT_VERSION
from custom_components.ha_rt.model.settings import DEFAULTS
from custom_components.ha_rt.model.severity import Severity
from tests.repository import (
    ACTIONS,
    ENGLISH,
    INTEGRATION,
    MANIFEST,
    README,
    ROOT,
    TREES,
    action_fields,
    anchors,
    chapter,
    flat_texts,
    introduction,
    items,
    read_json,
    step_fields,
    table,
)

FORM = ENGLISH["options"]["step"]["init"]
OPTIONS = {row[0].strip("*"): row[1] for row in table(chapter("Options"))}
"""What the README says of the options, by their names."""

# Texts of Home Assistant's that the README quotes.
OF_HOME_ASSISTANT = {"Config entry … is not loaded", "Failed setup, will retry"}


def _steps(value: Any) -> Iterator[dict[str, Any]]:
    """Return what an automation does with actions, at whatever depth."""
    if isinstance(value, dict):
        if "action" in value:
            yield value
        for one in value.values():
            yield from _steps(one)
    elif isinstance(value, list):
        for one in value:
            yield from _steps(one)


# --- what it is and how it comes and goes ------------------------------------


def test_docs_high_level_description() -> None:
    """The README begins with the integration's name, and with what it joins."""
    text = introduction()

    assert text.startswith(f"# {MANIFEST['name']}\n")
    assert read_json("hacs.json")["name"] == MANIFEST["name"]
    assert "(https://www.home-assistant.io)" in text
    assert "(https://bestpractical.com/request-tracker)" in text


def test_docs_supported_devices() -> None:
    """It is said which versions of RT are supported."""
    assert f"RT {'.'.join(map(str, MINIMUM_RT_VERSION))} or newer" in introduction()


def test_docs_use_cases() -> None:
    """Each use names the part of the README that says how."""
    uses = items(chapter("What it is for"))

    assert len(uses) >= 4
    assert all("](#" in use for use in uses)


def test_docs_installation_instructions() -> None:
    """It is said where to get it, where it goes, and which rights the code needs."""
    text = chapter("Installation")
    rights = {
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and re.fullmatch(
            "(See|Create|Show|Modify|CommentOn|ReplyTo)(Queue|Ticket|CustomField)s?",
            str(node.value),
        )
    }

    assert len(items(chapter("With HACS"))) >= 2
    assert f"`{MANIFEST['documentation']}`" in text
    assert f"`custom_components/{DOMAIN}`" in chapter("By hand")
    assert f"*{MANIFEST['name']}*" in chapter("Configuration")
    assert len(rights) >= 5
    assert rights <= {row[0].strip("`") for row in table(chapter("What RT needs"))}


def test_docs_removal_instructions() -> None:
    """It is said what to delete in Home Assistant, and what in RT."""
    text = chapter("Removal")

    assert MANIFEST["name"] in text
    assert f"`custom_components/{DOMAIN}`" in text
    assert "revoke the token" in text


# --- what people fill in -----------------------------------------------------


def test_docs_installation_parameters() -> None:
    """Each field of the set-up is explained by its name in the form, and no other."""
    steps = ENGLISH["config"]["step"]
    fields = {**step_fields(steps["user"]), **step_fields(steps["queue"])}
    text = chapter("Configuration").partition("### ")[0]

    assert {row[0] for row in table(text)} == set(fields.values())


def _labels() -> dict[str, str]:
    """Return the name by which the README explains an option, by option."""
    labels = dict(FORM["data"])
    for section in FORM["sections"].values():
        # One row for all of the severities.
        of_severities = set(section["data"]) & {
            f"{kind}_{severity}"
            for kind in ("priority", "sla_hours")
            for severity in Severity
        }
        for option, label in section["data"].items():
            labels[option] = section["name"] if option in of_severities else label
    return labels


def test_docs_configuration_parameters() -> None:
    """Each option is explained by its name in the form, with its default."""
    for option, label in _labels().items():
        (text,) = [
            text for names, text in OPTIONS.items() if f", {label}," in f", {names},"
        ]
        default = DEFAULTS.get(option)
        if isinstance(default, int) and not isinstance(default, bool):
            assert re.search(rf"\b{default}\b", text), option


def test_no_option_is_explained_that_is_none() -> None:
    """What is gone from the form is gone from the README."""
    sections = {section["name"] for section in FORM["sections"].values()}
    for names in OPTIONS.keys() - sections:
        assert set(names.split(", ")) <= set(_labels().values())


@pytest.mark.parametrize("action", ACTIONS)
def test_docs_actions(action: str) -> None:
    """Each action is explained with its fields; what is required is marked."""
    text = chapter(f"`{DOMAIN}.{action}`")
    fields = action_fields(ACTIONS[action])
    common = chapter("Actions").partition("### ")[0]

    assert all(f"`{name}`" in text for name in fields if name != "config_entry_id")
    assert "`config_entry_id`" in common
    required = {
        name.strip("` ")
        for row in table(text)
        if row[1] == "yes"
        for name in row[0].split(",")
    }
    if "| Required |" in text:
        assert required == {
            name for name, field in fields.items() if field.get("required")
        }


def test_docs_triggers_and_conditions() -> None:
    """There are none to explain."""
    for name in ("trigger", "condition"):
        assert not (INTEGRATION / f"{name}.py").exists()
        assert not (INTEGRATION / f"{name}s.yaml").exists()


# --- what it does ------------------------------------------------------------


def test_docs_data_update() -> None:
    """It is said how often RT is asked."""
    words = {60: "every minute"}[DEFAULTS["poll_seconds"]]

    assert words in chapter("How it follows RT")


def test_docs_examples() -> None:
    """Automations show actions, with fields that there are, and events."""
    blocks = re.findall(r"^```yaml\n(.+?)^```", README, re.DOTALL | re.MULTILINE)
    automations = [
        block for text in blocks if "alias" in (block := yaml.safe_load(text))
    ]
    steps = [
        step for step in _steps(automations) if step["action"].startswith(f"{DOMAIN}.")
    ]

    assert len(steps) >= 3
    for step in steps:
        action = ACTIONS[step["action"].removeprefix(f"{DOMAIN}.")]
        assert step["data"].keys() <= action_fields(action).keys()
    assert any("event." in str(one.get("triggers")) for one in automations)


def test_every_blueprint_can_be_imported() -> None:
    """The README has a link for each."""
    for path in (ROOT / "blueprints").rglob("*.yaml"):
        place = path.relative_to(ROOT).as_posix()
        address = f"{MANIFEST['documentation']}/blob/main/{place}"
        assert f"blueprint_url={quote(address, safe='')})" in README


def test_docs_known_limitations() -> None:
    """They are listed."""
    assert len(items(chapter("Known limitations"))) >= 3


def test_docs_troubleshooting() -> None:
    """Each message that is explained is one that people can get to see."""
    messages = " ".join(
        [
            *(text for _, text in flat_texts(ENGLISH)),
            *(
                node.value
                for tree in TREES.values()
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ),
        ]
    )
    rows = table(chapter("Troubleshooting"))
    quoted = {text for row in rows for text in re.findall(r"\*(.+?)\*", row[0])}

    assert len(quoted) >= 10
    for text in quoted - OF_HOME_ASSISTANT:
        pattern = ".*".join(re.escape(part.strip()) for part in text.split("…"))
        assert re.search(pattern, messages), text
    assert all(row[1] for row in rows)


# --- that it hangs together --------------------------------------------------


def test_links_lead_somewhere() -> None:
    """Chapters and files that the README links to are there."""
    targets = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", README)

    assert targets
    for path, anchor in targets:
        assert (ROOT / path).exists(), path
        if anchor:
            assert anchor in anchors(path or "README.md"), anchor


def test_facts_about_rt_are_proved() -> None:
    """Each fact names tests that exist."""
    text = (ROOT / "docs" / "rt-behaviour.md").read_text(encoding="utf-8")
    facts = [
        line
        for line in text.splitlines()
        if line.startswith("| ") and line != "| Fact | Test |"
    ]
    for fact in facts:
        tests = re.findall(r"`([\w/]+)::(\w+)`", fact)
        assert tests, fact
        for module, test in tests:
            source = (ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8")
            assert f"def {test}(" in source, fact
