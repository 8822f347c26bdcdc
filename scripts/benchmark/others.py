"""What people would use without ha_rt, measured beside it."""

from homeassistant.core import HomeAssistant

from scripts.benchmark.core import ACCOUNT, entry_data
from scripts.benchmark.flapping import Flapping, measure_flapping
from scripts.benchmark.gate import Gate
from scripts.benchmark.library import library
from scripts.benchmark.poll import newest
from scripts.benchmark.report import Ours
from scripts.benchmark.rest_command import rest_commands
from scripts.benchmark.rivals import RivalTimes, measure_rivals
from scripts.benchmark.rounds import Clients, Way
from scripts.benchmark.size import Size
from scripts.live.rt import RTServer


async def measure_others(
    hass: HomeAssistant, clients: Clients, rt: RTServer, size: Size
) -> tuple[RivalTimes, list[dict[Way, Flapping]]]:
    """Measure what they take while all is well, and what is left of sensors that flap.

    Args:
        hass: The core that has the commands.
        clients: Ours.
        rt: The server.
        size: How often each action is timed, and how many devices report at once.

    """
    token = rt.tokens[ACCOUNT]
    with Gate(rt) as gate:
        patient, usual = await rest_commands(
            hass, rt, await newest(clients, rt), gate.url
        )
        async with (
            library(token, rt.url, http_timeout=None) as patient_library,
            library(token, gate.url) as usual_library,
        ):
            times = await measure_rivals(
                {Way.LIBRARY: patient_library, Way.REST_COMMAND: patient},
                size,
            )
            ours = await Ours.add(hass, entry_data(rt, gate.url), use_sessions=True)
            ways = {
                Way.SESSION: ours.tell,
                Way.LIBRARY: usual_library.report,
                Way.REST_COMMAND: usual.report,
            }
            flapping = await measure_flapping(ways, rt, gate, size)
            await hass.config_entries.async_remove(ours.entry.entry_id)
    return times, flapping
