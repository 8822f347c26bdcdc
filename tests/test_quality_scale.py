"""Home Assistant's quality scale: every rule is met and proved, or does not apply."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import (
    test_config_flow,
    test_diagnostics,
    test_documentation,
    test_entity,
    test_init,
    test_issues,
    test_quality,
    test_readme,
    test_rules,
)
from tests.repository import MANIFEST, read_yaml

RULES = read_yaml("custom_components/ha_rt/quality_scale.yaml")["rules"]

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

# The tests that fail when a rule is broken, or when one applies that did not.
PROOFS: dict[str, list[Callable[..., Any]]] = {
    "action-setup": [test_rules.test_actions_without_an_entry],
    "appropriate-polling": [test_rules.test_polling],
    "brands": [test_rules.test_brand],
    "common-modules": [test_rules.test_common_modules],
    "config-flow-test-coverage": [test_rules.test_flows_are_tested],
    "config-flow": [
        test_rules.test_forms,
        test_quality.test_every_field_of_a_form_is_explained,
        test_config_flow.test_success,
    ],
    "dependency-transparency": [test_rules.test_no_dependencies],
    "docs-actions": [test_documentation.test_docs_actions],
    "docs-triggers": [test_documentation.test_docs_triggers_and_conditions],
    "docs-conditions": [test_documentation.test_docs_triggers_and_conditions],
    "docs-high-level-description": [
        test_documentation.test_docs_high_level_description
    ],
    "docs-installation-instructions": [
        test_documentation.test_docs_installation_instructions
    ],
    "docs-removal-instructions": [test_documentation.test_docs_removal_instructions],
    "entity-event-setup": [test_rules.test_entities_subscribe_when_added],
    "entity-unique-id": [test_entity.test_entity_unique_id],
    "has-entity-name": [test_entity.test_has_entity_name],
    "runtime-data": [test_rules.test_runtime_data],
    "test-before-configure": [test_config_flow.test_server_errors],
    "test-before-setup": [
        test_init.test_retry,
        test_init.test_refused_token,
        test_init.test_queue_or_right_gone,
    ],
    "unique-config-entry": [
        test_config_flow.test_already_configured,
        test_config_flow.test_reconfigure_to_another_entry,
    ],
    "action-exceptions": [
        test_rules.test_actions_raise,
        test_rules.test_actions_without_an_entry,
    ],
    "config-entry-unloading": [test_init.test_load_and_unload],
    "docs-configuration-parameters": [
        test_documentation.test_docs_configuration_parameters
    ],
    "docs-installation-parameters": [
        test_documentation.test_docs_installation_parameters
    ],
    "entity-unavailable": [test_entity.test_entity_unavailable],
    "integration-owner": [test_rules.test_owner],
    "log-when-unavailable": [test_entity.test_log_when_unavailable],
    "parallel-updates": [test_entity.test_parallel_updates],
    "reauthentication-flow": [
        test_config_flow.test_reauth,
        test_init.test_refused_token,
    ],
    "test-coverage": [test_rules.test_coverage],
    "devices": [test_entity.test_devices],
    "diagnostics": [test_diagnostics.test_diagnostics],
    "discovery-update-info": [test_rules.test_no_discovery],
    "discovery": [test_rules.test_no_discovery],
    "docs-data-update": [test_documentation.test_docs_data_update],
    "docs-examples": [
        test_documentation.test_docs_examples,
        test_readme.test_every_automation_is_valid,
    ],
    "docs-known-limitations": [test_documentation.test_docs_known_limitations],
    "docs-supported-devices": [test_documentation.test_docs_supported_devices],
    "docs-supported-functions": [test_entity.test_docs_supported_functions],
    "docs-troubleshooting": [test_documentation.test_docs_troubleshooting],
    "docs-use-cases": [test_documentation.test_docs_use_cases],
    "dynamic-devices": [test_entity.test_devices_stay],
    "entity-category": [test_entity.test_entity_category],
    "entity-device-class": [test_entity.test_entity_device_class],
    "entity-disabled-by-default": [test_entity.test_entity_disabled_by_default],
    "entity-translations": [
        test_entity.test_entity_translations,
        test_entity.test_events_are_translated,
    ],
    "exception-translations": [
        test_quality.test_every_error_has_a_text_with_its_placeholders
    ],
    "icon-translations": [
        test_entity.test_icon_translations,
        test_quality.test_every_action_is_described,
    ],
    "reconfiguration-flow": [test_config_flow.test_reconfigure],
    "repair-issues": [
        test_rules.test_repairs_have_texts,
        test_issues.test_problem_at_set_up,
        test_issues.test_problem_while_loaded,
    ],
    "stale-devices": [test_entity.test_devices_stay],
    "async-dependency": [test_rules.test_client_is_asynchronous],
    "inject-websession": [test_rules.test_session_is_given],
    "strict-typing": [test_rules.test_strict_typing],
}


def _status(rule: str) -> str:
    state = RULES[rule]
    return str(state if isinstance(state, str) else state["status"])


def test_every_rule_is_there() -> None:
    """No rule is missing, none is made up, and all are proved."""
    rules = {rule for rules in TIERS.values() for rule in rules}

    assert set(RULES) == rules
    assert set(PROOFS) == rules


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str) -> None:
    """Tests prove a rule, and the reason is given for one that does not apply."""
    assert PROOFS[rule]
    assert all(proof.__name__.startswith("test_") for proof in PROOFS[rule])
    if _status(rule) != "done":
        assert _status(rule) == "exempt"
        assert RULES[rule]["comment"]


def test_the_manifest_claims_what_is_met() -> None:
    """The tier is the highest."""
    assert MANIFEST["quality_scale"] == [*TIERS][-1]
