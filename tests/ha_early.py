"""Lets the test plugin for Home Assistant 2026.10 work with 2026.11; changes nothing for others.

Loaded with `-p tests.ha_early`, which comes before the plugins that installed packages announce.

2026.11 puts httpx2 in the place of httpx in its package's `__init__`, so that has to run before anything else
(respx, which the plugin uses) imports httpx. And it moved a function the plugin imports. The plugin wants its own
patches before any other part of Home Assistant is imported, so those come first.
"""

import importlib

import homeassistant

if hasattr(homeassistant, "httpx2"):
    for patch in ("patch_json", "patch_recorder", "patch_time"):
        importlib.import_module(f"pytest_homeassistant_custom_component.{patch}")
    logger = importlib.import_module("homeassistant.components.logger")
    if not hasattr(logger, "_clear_logger_overwrites"):
        helpers = importlib.import_module("homeassistant.components.logger.helpers")
        vars(logger)["_clear_logger_overwrites"] = helpers._clear_logger_overwrites  # noqa: SLF001
