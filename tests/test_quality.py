"""Rules that hold for the files of this repository, proved by reading them.

hassfest skips most of them for custom integrations.
"""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import tomllib
from typing import Any

import pytest
import yaml

from custom_components.ha_rt import errors
from custom_components.ha_rt.const import MINIMUM_RT_VERSION
from custom_components.ha_rt.doctor import Problem
from custom_components.ha_rt.rt.errors import RTError, Unsearchable

ROOT = Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "custom_components" / "ha_rt"
MODULES = sorted(INTEGRATION.rglob("*.py"))

# https://developers.home-assistant.io/docs/core/integration-quality-scale/checklist
TIERS = {
    "bronze": [
        "action-setup",
        "appropriate-polling",
        "brands",
        "common-modules",
        "config-flow-test-coverage",
        "config-flow",
        "dependency-transparency",
        "docs-actions",
        "docs-triggers",
        "docs-conditions",
        "docs-high-level-description",
        "docs-installation-instructions",
        "docs-removal-instructions",
        "entity-event-setup",
        "entity-unique-id",
        "has-entity-name",
        "runtime-data",
        "test-before-configure",
        "test-before-setup",
        "unique-config-entry",
    ],
    "silver": [
        "action-exceptions",
        "config-entry-unloading",
        "docs-configuration-parameters",
        "docs-installation-parameters",
        "entity-unavailable",
        "integration-owner",
        "log-when-unavailable",
        "parallel-updates",
        "reauthentication-flow",
        "test-coverage",
    ],
    "gold": [
        "devices",
        "diagnostics",
        "discovery-update-info",
        "discovery",
        "docs-data-update",
        "docs-examples",
        "docs-known-limitations",
        "docs-supported-devices",
        "docs-supported-functions",
        "docs-troubleshooting",
        "docs-use-cases",
        "dynamic-devices",
        "entity-category",
        "entity-device-class",
        "entity-disabled-by-default",
        "entity-translations",
        "exception-translations",
        "icon-translations",
        "reconfiguration-flow",
        "repair-issues",
        "stale-devices",
    ],
    "platinum": ["async-dependency", "inject-websession", "strict-typing"],
}

# Everything that Home Assistant shows to people when it is raised.
SHOWN = {
    "ConfigEntryAuthFailed",
    "ConfigEntryError",
    "ConfigEntryNotReady",
    "HomeAssistantError",
    "ServiceValidationError",
    "UpdateFailed",
}

# What the code computes instead of writing it down, and what it may become.
UNSEARCHABLE = {value for name, value in vars(Unsearchable).items() if name.isupper()}
COMPUTED = {
    "error_key(err)": set(errors._KEYS.values()),  # noqa: SLF001 - no other list
    "problems[0]": {problem.value for problem in Problem},
    "f'{err.what}_{err.reason}'": {
        f"{part}_{reason}"
        for part in ("device_id", "event_type")
        for reason in UNSEARCHABLE
    },
}


def _json(path: str) -> Any:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def _yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


MANIFEST = _json("custom_components/ha_rt/manifest.json")
ENGLISH = _json("custom_components/ha_rt/translations/en.json")
ICONS = _json("custom_components/ha_rt/icons.json")
ACTIONS = _yaml("custom_components/ha_rt/services.yaml")
RULES = _yaml("custom_components/ha_rt/quality_scale.yaml")["rules"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _errors_shown() -> Iterator[Any]:
    """Return where the code makes an error that people see."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (
                ast.unparse(node.func) in SHOWN
                or "translation_domain" in _keywords(node)
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
    return _possible_keys(_keywords(call)["translation_key"])


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


# --- what people read --------------------------------------------------------


@pytest.mark.parametrize("call", _errors_shown())
def test_every_error_has_a_text_with_its_placeholders(call: ast.Call) -> None:
    """People read a translated text, filled in completely and with nothing else."""
    keywords = _keywords(call)

    assert not call.args
    assert ast.unparse(keywords["translation_domain"]) == "DOMAIN"
    given = set()
    if "translation_placeholders" in keywords:
        placeholders = keywords["translation_placeholders"]
        assert isinstance(placeholders, ast.Dict)
        given = {
            key.value for key in placeholders.keys if isinstance(key, ast.Constant)
        }
    wanted = [
        _placeholders(ENGLISH["exceptions"][key]["message"]) for key in _keys_of(call)
    ]
    assert set().union(*wanted) == given


def test_every_text_of_an_error_is_used() -> None:
    """No text stands there for an error that nothing raises."""
    used = {key for each in _errors_shown() for key in _keys_of(each.values[0])}

    assert used == set(ENGLISH["exceptions"])


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_error_of_the_client_has_a_text_in_the_forms(flow: str) -> None:
    """Whatever a server answers, a form says it in words."""
    kinds = [kind for kind in RTError.__subclasses__() if kind is not Unsearchable]

    assert {errors.error_key(kind("")) for kind in kinds} <= set(ENGLISH[flow]["error"])


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_field_of_a_form_is_explained(flow: str) -> None:
    """Each field has a name and a description."""
    for step in ENGLISH[flow]["step"].values():
        assert step["data"].keys() == step["data_description"].keys()


def _fields(action: dict[str, Any]) -> dict[str, Any]:
    """Return an action's fields; those in sections, too."""
    fields: dict[str, Any] = {}
    for name, field in action.get("fields", {}).items():
        fields |= field["fields"] if "fields" in (field or {}) else {name: field}
    return fields


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_described(action: str) -> None:
    """An action and its fields have texts, an icon, and a place in the README."""
    texts = ENGLISH["services"][action]
    fields = _fields(ACTIONS[action])

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


# --- Home Assistant's quality scale ------------------------------------------


def _status(rule: str) -> str:
    state = RULES[rule]
    return str(state if isinstance(state, str) else state["status"])


def test_the_quality_scale_is_complete() -> None:
    """Every rule is there, and no other."""
    assert set(RULES) == {rule for rules in TIERS.values() for rule in rules}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_does_not_apply_says_why(rule: str) -> None:
    """A state is one of three, and an exemption has a reason."""
    assert _status(rule) in {"done", "exempt", "todo"}
    if _status(rule) == "exempt":
        assert RULES[rule]["comment"]


def test_the_manifest_claims_what_is_met() -> None:
    """The tier is the highest whose rules, and those below it, are all met."""
    met = None
    for tier, rules in TIERS.items():
        if any(_status(rule) == "todo" for rule in rules):
            break
        met = tier

    assert MANIFEST.get("quality_scale") == met


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
    floor = _json("hacs.json")["homeassistant"]
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

    assert f"/{_json('hacs.json')['filename']}" in workflow


def test_actions_of_workflows_are_pinned() -> None:
    """What runs in the workflows cannot be changed by others."""
    for path in (ROOT / ".github" / "workflows").iterdir():
        for use in re.findall(r"uses: (.+)", path.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # \S+", use)


# --- the layers --------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.parent.name == "rt"], ids=lambda p: p.stem
)
def test_the_client_knows_nothing_of_home_assistant(path: Path) -> None:
    """It could become a library by moving the folder."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
