"""What Home Assistant knows of a device, in lines for its ticket."""

import re

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.util import dt as dt_util

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


@callback
def device_facts(hass: HomeAssistant, device_id: str) -> list[tuple[str, str]]:
    """Return labels and values of what is known, one line of plain text each.

    Args:
        hass: Home Assistant.
        device_id: An entity id, an id of the device registry, or any other text.

    Returns:
        Nothing for a text that Home Assistant does not know.
    """
    entity = er.async_get(hass).async_get(device_id)
    entity_id = entity.entity_id if entity else device_id
    state = hass.states.get(entity_id)
    device = _device(hass, entity.device_id if entity else device_id)
    hardware = _hardware(hass, device)
    if entity or state:
        path = f"/history?entity_id={entity_id}"
    elif device:
        path = f"/config/devices/device/{device.id}"
    else:
        return []
    facts = (
        ("Name", _name(hass, state, entity, device)),
        ("Area", _area(hass, entity, device, hardware)),
        ("Model", _model(hardware)),
        ("Firmware", hardware.sw_version if hardware else None),
        ("State", _state(state)),
        ("Link", _link(hass, path)),
    )
    lines = [(label, _BREAKS.sub(" ", str(value or ""))) for label, value in facts]
    return [(label, line.strip()) for label, line in lines if line.strip()]


def _device(hass: HomeAssistant, device_id: str | None) -> dr.AnyDeviceEntry | None:
    """Return a device of the registry."""
    return dr.async_get(hass).async_get(device_id) if device_id else None


def _hardware(
    hass: HomeAssistant, device: dr.AnyDeviceEntry | None
) -> dr.DeviceEntry | None:
    """Return what a device is a part of, or itself; only that has a model."""
    if device is None or isinstance(device, dr.DeviceEntry):
        return device
    parent = _device(hass, device.parent_device_id)
    return parent if isinstance(parent, dr.DeviceEntry) else None


def _name(
    hass: HomeAssistant,
    state: State | None,
    entity: er.RegistryEntry | None,
    device: dr.AnyDeviceEntry | None,
) -> str | None:
    """Return the name that people see."""
    if state:
        return state.name
    if entity:
        return er.async_get_full_entity_name(hass, entity)
    return (device.name_by_user or device.name) if device else None


def _area(
    hass: HomeAssistant, *places: er.RegistryEntry | dr.AnyDeviceEntry | None
) -> str | None:
    """Return the name of the first area that is given."""
    areas = ar.async_get(hass)
    for place in places:
        if place and place.area_id and (area := areas.async_get_area(place.area_id)):
            return area.name
    return None


def _model(hardware: dr.DeviceEntry | None) -> str | None:
    """Return manufacturer and model."""
    if hardware is None:
        return None
    model, number = hardware.model, hardware.model_id
    if model and number and number not in model:
        number = f"({number})"
    elif model:
        number = None
    return " ".join(filter(None, (hardware.manufacturer, model, number)))


def _state(state: State | None) -> str | None:
    """Return the state, its unit and since when it is so."""
    if state is None:
        return None
    since = dt_util.as_local(state.last_changed).isoformat(timespec="seconds")
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) or ""
    return f"{state.state} {unit} since {since}"


def _link(hass: HomeAssistant, path: str) -> str | None:
    """Return an address in Home Assistant, as reachable from afar as possible."""
    try:
        return get_url(hass, prefer_external=True, allow_ip=True) + path
    except NoURLAvailableError:
        return None
