"""Rules that hold for the files of this repository, proved by reading them.

hassfest skips most of them for custom integrations. For those of Home Assistant's
quality scale, see test_quality_scale.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.ha_rt import errors
from custom_components.ha_rt.const import MINIMUM_RT_VERSION
from custom_components.ha_rt.model.custom_fields import UnfitValue
from custom_components.ha_rt.queue_check import Problem
from custom_components.ha_rt.rt.errors import RTError, Unsearchable
from tests.repository import (
    ACTIONS,
    ENGLISH,
    ICONS,
    MANIFEST,
    PROJECT,
    README,
    ROOT,
    TREES,
    action_fields,
    keywords,
    placeholders,
    read_json,
)

# Everything that Home Assistant shows to people when it is raised.
SHOWN = {
    "ConfigEntryAuthFailed",
    "ConfigEntryNotReady",
    "HomeAssistantError",
    "ServiceValidationError",
    "UpdateFailed",
}

# What the code computes instead of writing it down, and what it may become.
UNSEARCHABLE = {value for name, value in vars(Unsearchable).items() if name.isupper()}
COMPUTED = {
    "error_key(err)": set(errors._KEYS.values()),  # noqa: SLF001 - no other list
    "err.problem": {problem.value for problem in Problem},
    "f'{err.what}_{err.reason}'": {
        f"{part}_{reason}"
        for part in ("device_id", "event_type")
        for reason in UNSEARCHABLE
    },
}


def _errors_shown() -> Iterator[Any]:
    """Return where the code makes an error that people see."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (
                ast.unparse(node.func) in SHOWN
                or "translation_domain" in keywords(node)
            ):
                yield pytest.param(node, id=f"{path.stem}-{node.lineno}")


def _possible_keys(value: ast.expr) -> set[str]:
    """Return what a translation key in the code may be."""
    match value:
        case ast.Constant(value=str(key)):
            return {key}
        case ast.IfExp(body=body, orelse=orelse):
            return _possible_keys(body) | _possible_keys(orelse)
        case _:
            return COMPUTED[ast.unparse(value)]


def _keys_of(call: ast.Call) -> set[str]:
    """Return the translation keys that an error may have."""
    return _possible_keys(keywords(call)["translation_key"])


# --- what people read --------------------------------------------------------


@pytest.mark.parametrize("call", _errors_shown())
def test_every_error_has_a_text_with_its_placeholders(call: ast.Call) -> None:
    """People read a translated text, filled in completely and with nothing else."""
    arguments = keywords(call)

    assert not call.args
    assert ast.unparse(arguments["translation_domain"]) == "DOMAIN"
    given = set()
    if values := arguments.get("translation_placeholders"):
        assert isinstance(values, ast.Dict)
        given = {key.value for key in values.keys if isinstance(key, ast.Constant)}
    wanted = [
        placeholders(ENGLISH["exceptions"][key]["message"]) for key in _keys_of(call)
    ]
    assert set().union(*wanted) == given


def test_every_text_of_an_error_is_used() -> None:
    """No text stands there for an error that nothing raises."""
    used = {key for each in _errors_shown() for key in _keys_of(each.values[0])}

    assert used == set(ENGLISH["exceptions"])


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_error_of_the_client_has_a_text_in_the_forms(flow: str) -> None:
    """Whatever a server answers, a form says it in words."""
    kinds = [
        kind
        for kind in RTError.__subclasses__()
        if kind not in {Unsearchable, UnfitValue}
    ]

    assert {errors.error_key(kind("")) for kind in kinds} <= set(ENGLISH[flow]["error"])


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_field_of_a_form_is_explained(flow: str) -> None:
    """Each field has a name and a description, and each section too."""
    for step in ENGLISH[flow]["step"].values():
        sections = step.get("sections", {}).values()
        assert all(section["name"] and section["description"] for section in sections)
        for form in (step, *sections):
            assert form["data"].keys() == form["data_description"].keys()
            assert all(form["data"].values())
            assert all(form["data_description"].values())


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_described(action: str) -> None:
    """An action and its fields have texts, an icon, and a place in the README."""
    texts = ENGLISH["services"][action]
    fields = action_fields(ACTIONS[action])

    assert texts["name"]
    assert texts["description"]
    assert texts.get("fields", {}).keys() == fields.keys()
    assert all(
        text["name"] and text["description"] for text in texts["fields"].values()
    )
    assert ICONS["services"][action]["service"].startswith("mdi:")
    assert f"`ha_rt.{action}`" in README
    assert all(f"`{field}`" in README for field in fields)


def test_no_texts_without_an_action() -> None:
    """What describes actions describes those that there are."""
    assert ENGLISH["services"].keys() == ACTIONS.keys()
    assert ICONS["services"].keys() == ACTIONS.keys()


# --- files that have to agree ------------------------------------------------


def test_the_manifest_is_sorted() -> None:
    """Domain and name come first, the rest by the alphabet."""
    keys = list(MANIFEST)

    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]


def test_versions_agree() -> None:
    """The manifest and the project have one version."""
    assert MANIFEST["version"] == PROJECT["project"]["version"]


def test_minimum_versions_agree() -> None:
    """HACS, the README, the code and the tests mean the same oldest versions."""
    floor = read_json("hacs.json")["homeassistant"]
    rt = ".".join(map(str, MINIMUM_RT_VERSION))
    tested = re.search(
        r"^floor = \[ # Home Assistant (\d+\.\d+)\.\d+$",
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
        re.MULTILINE,
    )

    assert f"Home Assistant {floor} or newer and RT {rt} or newer" in README
    assert tested
    assert floor == f"{tested[1]}.0"


def test_the_archive_is_the_one_that_hacs_wants() -> None:
    """The release workflow uploads the file that hacs.json names."""
    workflow = (ROOT / ".github/workflows/release.yaml").read_text(encoding="utf-8")

    assert f"/{read_json('hacs.json')['filename']}" in workflow


def test_actions_of_workflows_are_pinned() -> None:
    """What runs in the workflows cannot be changed by others."""
    for path in (ROOT / ".github" / "workflows").iterdir():
        for use in re.findall(r"uses: (.+)", path.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # \S+", use)


# --- the layers --------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [path for path in TREES if path.parent.name == "rt"], ids=lambda p: p.stem
)
def test_the_client_knows_nothing_of_home_assistant(path: Path) -> None:
    """It could become a library by moving the folder."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            assert not any(name.startswith("homeassistant") for name in names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1
            assert not (node.module or "").startswith(
                ("homeassistant", "custom_components")
            )


def _text_files() -> Iterator[Path]:
    """Return the files of this repository that people write."""
    left_out = {".dev", ".git", ".hypothesis", ".venv", "__pycache__"}
    for folder, folders, names in ROOT.walk():
        folders[:] = [
            name
            for name in folders
            if name not in left_out and not name.endswith("_cache")
        ]
        for name in names:
            if not name.endswith((".png", ".pyc")) and name != ".coverage":
                yield folder / name


def test_no_registry_is_named() -> None:
    """Where packages come from is the machine's business.

    The hosts are put together here, so that this file does not name them either.
    """
    hosts = [
        ".".join(parts)
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("deb", "debian", "org"),
            ("security", "debian", "org"),
            ("registry", "npmjs", "org"),
            ("docker", "io"),
            ("ghcr", "io"),
            ("quay", "io"),
        )
    ]
    for path in _text_files():
        text = path.read_text(encoding="utf-8")
        assert not [host for host in hosts if host in text], path
