"""The rooms of the integration: each imports only what stands below it.

A room is a package, or a module beside the packages. See docs/architecture.md.
"""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "custom_components" / "ha_rt"
NAME = ("custom_components", "ha_rt")

# The lowest first; rooms on one floor do not know each other.
FLOORS = (
    {"rt", "const", "shielded"},
    {"model"},
    {"ledger", "queue_check"},
    {"tickets", "connection", "reports"},
    {"delivery", "watch", "queries"},
    {"errors", "issues", "error_log", "options_form"},
    {"coordinator", "options_flow"},
    {"runtime"},
    {
        *("actions", "entity", "config_flow", "diagnostics", "system_health"),
        *("repairs", "backup"),
    },
    {"services", "event", "sensor", "todo"},
    {"__init__"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MAX_ROOMS = 32

# What these take of Home Assistant.
HOME_ASSISTANT = {"rt": (), "model": ("homeassistant.util",)}

type Module = tuple[str, ...]

FILES = sorted(ROOT.rglob("*.py"))


def module_of(file: Path) -> Module:
    """Return the name of a file's module, below the integration."""
    return file.relative_to(ROOT).with_suffix("").parts


MODULES = {module_of(file) for file in FILES}


def imported(file: Path) -> Iterator[Module]:
    """Yield the names of all that a file imports, for types or not."""
    package = (*NAME, *module_of(file)[:-1])
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            yield from ((*base, alias.name) for alias in node.names)


def own_modules(file: Path) -> set[Module]:
    """Return the modules of the integration that a file imports, or takes names of."""
    found = set()
    for name in imported(file):
        if name[: len(NAME)] != NAME:
            continue
        inside = name[len(NAME) :]
        for module in (inside, inside[:-1], (*inside, "__init__"), ("__init__",)):
            if module in MODULES:
                found.add(module)
                break
    return found


def test_rooms() -> None:
    """Each has its floor, and there are few."""
    rooms = {module[0] for module in MODULES}
    assert rooms <= FLOOR.keys()
    assert len(rooms) <= MAX_ROOMS


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_downwards(file: Path) -> None:
    """Nobody imports from above or from beside."""
    here = module_of(file)[0]
    above = {
        "/".join(module)
        for module in own_modules(file)
        if module[0] != here and FLOOR[module[0]] >= FLOOR[here]
    }
    assert above == set()


def test_no_circles() -> None:
    """No module needs itself; an error names those that do."""
    TopologicalSorter({module_of(file): own_modules(file) for file in FILES}).prepare()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_home_assistant_stays_outside(file: Path) -> None:
    """The client knows nothing of Home Assistant, and the model only its tools."""
    allowed = HOME_ASSISTANT.get(module_of(file)[0])
    if allowed is None:
        return
    names = {".".join(name) for name in imported(file) if name[0] == "homeassistant"}
    assert {name for name in names if not name.startswith(allowed)} == set()
