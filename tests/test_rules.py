"""Rules of Home Assistant's quality scale that no other test proves by the way.

Some are proved by reading the code: that it works today does not show that it follows
them.
"""

import ast
import importlib
import inspect
import re
import struct
import sys
from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ha_rt import PLATFORMS, issues
from custom_components.ha_rt.config_flow import HaRtConfigFlow
from custom_components.ha_rt.const import DOMAIN
from custom_components.ha_rt.options_form import OPTIONS_SCHEMA
from custom_components.ha_rt.queue_check import Problem
from custom_components.ha_rt.rt.client import RTClient
from custom_components.ha_rt.runtime import HaRtData
from tests import Wait, connection_data, create_ticket, perform, setup_integration
from tests.fake_rt import FakeRT, Person, faults
from tests.repository import (
    ACTIONS,
    ENGLISH,
    INTEGRATION,
    MANIFEST,
    PROJECT,
    ROOT,
    TREES,
    action_fields,
    anchors,
    calls,
    imports,
    placeholders,
    step_fields,
)

# Of what Home Assistant itself needs: nothing has to be installed.
INSTALLED = {"aiohttp", "homeassistant", "voluptuous", "yarl"}
# Modules by which a program waits without the event loop.
BLOCKING = {
    "http.client",
    "requests",
    "select",
    "socket",
    "subprocess",
    "urllib.request",
}

# What goes on until it is undone, unlike a timer for a few seconds.
SUBSCRIBES = r"async_(listen\w*|track_\w+|add_\w*listener|at_start\w*|dispatcher_\w+)"


# --- actions -----------------------------------------------------------------


def _arguments(action: str) -> dict[str, Any]:
    """Return what is enough for an action."""
    fields = action_fields(ACTIONS[action])
    needed = {name for name, field in fields.items() if field.get("required")}
    if "ticket_id" in fields:
        needed |= {"ticket_id", "status"} & fields.keys()
    return {name: fields[name]["example"] for name in needed}


async def test_actions_without_an_entry(hass: HomeAssistant) -> None:
    """Automations with actions are valid, whether an entry can be set up or not."""
    assert await async_setup_component(hass, DOMAIN, {})

    assert hass.services.async_services_for_domain(DOMAIN).keys() == ACTIONS.keys()
    for action in ACTIONS:
        with pytest.raises(ServiceValidationError) as raised:
            await perform(hass, action, **_arguments(action))
        assert raised.value.translation_key == "no_entry"


# What is dropped was not told to RT.
@pytest.mark.parametrize("action", sorted(ACTIONS.keys() - {"clear_outbox"}))
async def test_actions_raise(
    hass: HomeAssistant,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    action: str,
) -> None:
    """No action hides that RT failed, but where that is what is wanted."""
    is_flush = action == "flush_outbox"
    await setup_integration(hass, config_entry, keep_reports=is_flush)
    fake_rt.fail("*", "", faults.html(502), times=None)
    if is_flush:
        assert (await create_ticket(hass))["action"] == "queued"
    with pytest.raises(HomeAssistantError) as raised:
        await perform(hass, action, **_arguments(action))

    assert not isinstance(raised.value, ServiceValidationError)
    assert raised.value.translation_domain == DOMAIN
    assert raised.value.translation_key == "server_error"


# --- forms -------------------------------------------------------------------


def _fields(schema: Any) -> set[str]:
    """Return the names of a form's fields, also of those in sections."""
    names: set[str] = set()
    for marker, selector in schema.schema.items():
        inside = isinstance(selector, section)
        names |= _fields(selector.schema) if inside else {str(marker)}
    return names


async def test_forms(
    hass: HomeAssistant, fake_rt: FakeRT, config_entry: MockConfigEntry
) -> None:
    """The forms that people see have texts for their fields, and no other."""
    flows = hass.config_entries.flow
    first = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    second = await flows.async_configure(first["flow_id"], connection_data(fake_rt))
    await setup_integration(hass, config_entry)
    forms = [
        first,
        second,
        await config_entry.start_reconfigure_flow(hass),
        await config_entry.start_reauth_flow(hass),
    ]

    assert {form["step_id"]: _fields(form["data_schema"]) for form in forms} == {
        step: set(step_fields(texts))
        for step, texts in ENGLISH["config"]["step"].items()
    }
    options = ENGLISH["options"]["step"]["init"]
    assert _fields(OPTIONS_SCHEMA) == set(step_fields(options))


def test_flows_are_tested() -> None:
    """Each error of a form is expected in a test, and all lines have to be run."""
    expected = {
        node.value
        for path in (ROOT / "tests").rglob("test_*_flow.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    for flow in ("config", "options"):
        texts = ENGLISH[flow]
        assert {*texts["error"], *texts.get("abort", {})} <= expected

    script = (ROOT / "scripts" / "test").read_text("utf-8")
    assert re.search(
        r"coverage\"? report --include='\*_flow\.py' --fail-under=100\n", script
    )


def test_no_discovery() -> None:
    """Only people begin a flow, or the entry that needs them."""
    steps = {name for name in vars(HaRtConfigFlow) if name.startswith("async_step_")}

    assert {name.removeprefix("async_step_") for name in steps} == {
        *ENGLISH["config"]["step"],
        "reauth",
    }
    assert not MANIFEST.keys() & {
        "bluetooth",
        "dhcp",
        "homekit",
        "mqtt",
        "ssdp",
        "usb",
        "zeroconf",
    }


# --- polling -----------------------------------------------------------------


async def test_polling(
    hass: HomeAssistant,
    noon: None,
    fake_rt: FakeRT,
    config_entry: MockConfigEntry,
    alice: Person,
    wait: Wait,
) -> None:
    """RT is asked once a minute, however many tickets are open."""
    for _ in range(30):
        alice.create()
    await setup_integration(hass, config_entry, polls=True)
    await wait(minutes=1)
    for seconds, requests in ((50, 0), (10, 1), (50, 0), (10, 1)):
        fake_rt.requests.clear()
        await wait(seconds=seconds)
        assert len(fake_rt.requests) == requests
    assert MANIFEST["iot_class"] == "local_polling"


# --- where things stand ------------------------------------------------------


async def test_runtime_data(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What an entry has stands in it, with its type, for as long as it is loaded."""
    assert isinstance(entry.runtime_data, HaRtData)
    assert DOMAIN not in hass.data
    for platform in PLATFORMS:
        module = importlib.import_module(f"custom_components.ha_rt.{platform}")
        types = inspect.get_annotations(module.async_setup_entry)
        assert types["entry"].__value__.__args__ == (HaRtData,)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not hasattr(entry, "runtime_data")


def test_common_modules() -> None:
    """The coordinator and the base of the entities stand where one looks for them."""
    places = {
        base: [
            path.name
            for path, tree in TREES.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            and any(ast.unparse(one).startswith(base) for one in node.bases)
        ]
        for base in ("DataUpdateCoordinator", "CoordinatorEntity", "HaRtEntity")
    }

    assert places["DataUpdateCoordinator"] == ["coordinator.py"]
    assert places["CoordinatorEntity"] == ["entity.py"]
    assert set(places["HaRtEntity"]) == {f"{platform}.py" for platform in PLATFORMS}


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(node, id=node.name)
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any("Entity" in ast.unparse(base) for base in node.bases)
    ],
)
def test_entities_subscribe_when_added(node: ast.ClassDef) -> None:
    """An entity that was not added, or is disabled, hears of nothing."""
    methods = {
        one.name: one
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    names = {
        name: {one.attr for one in ast.walk(method) if isinstance(one, ast.Attribute)}
        for name, method in methods.items()
    }
    from_added = {"async_added_to_hass"}
    while more := set().union(*(names.get(one, set()) for one in from_added)) & (
        methods.keys() - from_added
    ):
        from_added |= more
    others = names.keys() - from_added

    assert not [name for name in others if re.search(SUBSCRIBES, " ".join(names[name]))]
    assert not [name for name in others if names[name] & from_added]


def test_strict_typing() -> None:
    """The checker sees all of the code, strictly, and nothing is kept from it."""
    settings = PROJECT["tool"]["mypy"]

    assert settings["strict"] is True
    assert "custom_components/ha_rt" in settings["files"]
    assert not settings.keys() & {"disable_error_code", "exclude", "ignore_errors"}
    for override in settings["overrides"]:
        assert override["module"] == ["voluptuous.*"]
    for path in TREES:
        assert "type: ignore" not in path.read_text("utf-8")


def test_coverage() -> None:
    """The tests have to run nearly all of the code, and nothing is left out."""
    settings = PROJECT["tool"]["coverage"]

    assert settings["report"]["fail_under"] >= 95
    assert settings["run"] == {"source": ["custom_components/ha_rt"], "branch": True}
    assert "omit" not in settings["report"]
    assert settings["report"]["exclude_also"] == ["if TYPE_CHECKING:"]
    for path in TREES:
        assert "pragma: no cover" not in path.read_text("utf-8")


# --- what it needs -----------------------------------------------------------


def test_no_dependencies() -> None:
    """Nothing is imported that would have to be installed."""
    imported = {name.partition(".")[0] for t in TREES.values() for name in imports(t)}

    assert imported - sys.stdlib_module_names <= INSTALLED
    assert not MANIFEST.keys() & {"dependencies", "requirements"}


def test_client_is_asynchronous() -> None:
    """Talking to RT blocks nothing."""
    for path, tree in TREES.items():
        if path.parent.name == "rt":
            assert not imports(tree) & BLOCKING
            assert not [
                call
                for call in calls(tree, "open|sleep")
                if ast.unparse(call.func) != "asyncio.sleep"
            ]
    for name, method in inspect.getmembers(RTClient, inspect.isfunction):
        assert (
            name == "__init__"
            or inspect.iscoroutinefunction(method)
            or inspect.isasyncgenfunction(method)
        ), name


def test_session_is_given() -> None:
    """The client uses connections that Home Assistant's side opens."""
    opened = [path.name for path, tree in TREES.items() if calls(tree, "ClientSession")]

    assert opened == ["connection.py"]
    assert "session" in inspect.signature(RTClient).parameters


def test_owner() -> None:
    """Somebody is responsible, who owns the repository."""
    assert (
        f"{MANIFEST['codeowners'][0].removeprefix('@')}/" in MANIFEST["documentation"]
    )
    assert MANIFEST["issue_tracker"] == f"{MANIFEST['documentation']}/issues"


@pytest.mark.parametrize(("name", "size"), [("icon", 256), ("icon@2x", 512)])
def test_brand(name: str, size: int) -> None:
    """The pictures have the sizes that Home Assistant shows."""
    head = (INTEGRATION / "brand" / f"{name}.png").read_bytes()[:24]

    assert head.startswith(b"\x89PNG")
    assert struct.unpack(">II", head[16:]) == (size, size)


# --- repairs -----------------------------------------------------------------


def test_repairs_have_texts() -> None:
    """Each issue has a text with all that it names, and a chapter that says more."""
    known = {**vars(issues), "problem": tuple(Problem)}
    texts = {
        key: placeholders(text["title"] + text["description"])
        for key, text in ENGLISH["issues"].items()
    }
    created: set[str] = set()
    for call in calls(TREES[INTEGRATION / "issues.py"], "_create_issue"):
        value, given = known[ast.unparse(call.args[2])], call.args[3]
        keys = set(value) if isinstance(value, tuple) else {value}
        assert isinstance(given, ast.Dict)
        assert {ast.literal_eval(one) for one in given.keys if one} == set().union(
            *(texts[key] for key in keys)
        )
        created |= keys

    assert created == texts.keys()
    assert [p.name for p, t in TREES.items() if calls(t, "async_create_issue")] == [
        "issues.py"
    ]
    assert set(known["_SECTIONS"].values()) <= anchors("README.md")
