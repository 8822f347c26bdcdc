"""Print what a live Home Assistant still needs: one requirement per line.

Home Assistant installs the requirements of its integrations while it runs. Ours
runs offline and is not to install anything, so the same requirements are read
from the same manifests beforehand. Arguments: integrations to load besides those
that Home Assistant always loads.
"""

from importlib import metadata
import json
from pathlib import Path
import re
import sys

import homeassistant
from homeassistant import bootstrap

COMPONENTS = Path(homeassistant.__file__).parent / "components"

ALWAYS = {
    *bootstrap.CORE_INTEGRATIONS,
    *bootstrap.DEFAULT_INTEGRATIONS,
    *bootstrap.FRONTEND_INTEGRATIONS,
    *bootstrap.LOGGING_AND_HTTP_DEPS_INTEGRATIONS,
} - {"sentry"}  # loaded only where it is configured


def manifests(domain: str, found: dict[str, dict[str, list[str]]]) -> None:
    """Collect the manifests of an integration and of all it depends on."""
    path = COMPONENTS / domain / "manifest.json"
    if domain in found or not path.exists():
        return
    found[domain] = json.loads(path.read_text(encoding="utf-8"))
    for dependency in found[domain].get("dependencies", []):
        manifests(dependency, found)


def is_installed(requirement: str) -> bool:
    """Tell whether a requirement is there in the wanted version."""
    name = re.split(r"[=<>~!;\[ ]", requirement)[0]
    wanted = re.search(r"==([^;, ]+)", requirement)
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return wanted is None or wanted[1] == version


def main() -> None:
    """Print."""
    found: dict[str, dict[str, list[str]]] = {}
    for domain in ALWAYS | set(sys.argv[1:]):
        manifests(domain, found)
    wanted = {
        requirement
        for manifest in found.values()
        for requirement in manifest.get("requirements", [])
    }
    for requirement in sorted(wanted):
        if not is_installed(requirement):
            print(requirement)


if __name__ == "__main__":
    main()
