"""What users of Home Assistant may do with an entry."""

from enum import StrEnum

from homeassistant.auth.permissions.const import (
    CAT_ENTITIES,
    POLICY_CONTROL,
    POLICY_READ,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import ServiceCall
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er


class Access(StrEnum):
    """What a user may do."""

    READ = POLICY_READ
    CONTROL = POLICY_CONTROL
    ADMINISTER = "administer"


async def async_check_access(
    call: ServiceCall, entry: ConfigEntry, access: Access
) -> None:
    """Refuse a call that its user may not make.

    Automations call without a user, and may do all. Users need the permission for all
    of the entry's entities, disabled ones too; while there are none, for all that
    Home Assistant has.

    Args:
        call: The call.
        entry: The entry that it is for.
        access: What it needs.

    Raises:
        UnknownUser: There is no such user any more.
        Unauthorized: The user may not do that.

    """
    if not call.context.user_id:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context, permission=access.value)
    registry = er.async_get(call.hass)
    entities = er.async_entries_for_config_entry(registry, entry.entry_id)
    if access is Access.ADMINISTER:
        allowed = user.is_admin
    elif entities:
        allowed = all(
            user.permissions.check_entity(entity.entity_id, access.value)
            for entity in entities
        )
    else:
        allowed = user.permissions.access_all_entities(access.value)
    if not allowed:
        raise Unauthorized(
            context=call.context,
            config_entry_id=entry.entry_id,
            perm_category=CAT_ENTITIES,
            permission=access.value,
        )
