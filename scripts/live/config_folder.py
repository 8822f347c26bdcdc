"""The configuration folder that a live Home Assistant boots from, offline."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

# No `default_config`: it would want devices and the internet.
CONFIGURATION = """\
homeassistant:
  name: Demo home
  latitude: 52.0
  longitude: 13.0
  elevation: 30
  unit_system: metric
  time_zone: UTC
  currency: EUR
  country: DE
  language: en
config:
frontend:
history:
logbook:
my:
system_health:
logger:
  default: warning
  logs:
    custom_components.ha_rt: debug
    # of programs that only cameras need
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
automation: !include automations.yaml
script: !include scripts.yaml
"""


def write_config(folder: Path, port: int, more: str) -> None:
    """Write what a new folder needs and keep what is there.

    `more` is YAML for configuration.yaml.
    """
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    files = {
        "configuration.yaml": CONFIGURATION + more,
        "automations.yaml": "[]\n",
        "scripts.yaml": "{}\n",
        # Everything but the owner, who is made at the first log-in: the other steps
        # would look for the internet.
        ".storage/onboarding": _stored(
            "onboarding", 4, {"done": ["core_config", "analytics", "integration"]}
        ),
    }
    for name, text in files.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
    # `http:` in configuration.yaml would be a trial that ends itself.
    (storage / "http").write_text(_stored("http", 3, _http(port)), encoding="utf-8")
    for source, target in (
        ("custom_components/ha_rt", "custom_components/ha_rt"),
        ("blueprints/automation/ha_rt", "blueprints/automation/ha_rt"),
    ):
        link = folder / target
        if (ROOT / source).exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(ROOT / source)


def _stored(key: str, version: int, data: dict[str, Any]) -> str:
    """Return a file of Home Assistant's storage."""
    stored = {"version": version, "minor_version": 1, "key": key, "data": data}
    return json.dumps(stored, indent=2)


def _http(port: int) -> dict[str, Any]:
    return {
        "stable": {
            "server_host": ["127.0.0.1"],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "intermediate_v6",
            "use_x_frame_options": True,
            "created_at": "2026-01-01T00:00:00+00:00",
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }
