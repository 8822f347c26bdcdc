"""A real Request Tracker, made in a folder within seconds and gone with it.

`scripts/lib/rt.sh` has unpacked RT, databases and web servers below `.dev/rt`; this package makes servers from them.
Several can run side by side, each in a folder of its own:

    with RTServer(Path("somewhere")) as rt:
        rt.url, rt.tokens["ha-service"], rt.read_ticket(1)

Which RT that is, the environment says: see `description`.
"""

from scripts.live.rt.description import Description, RTError
from scripts.live.rt.paths import RECIPE, ROOT
from scripts.live.rt.server import RTServer

__all__ = ["RECIPE", "ROOT", "Description", "RTError", "RTServer"]
