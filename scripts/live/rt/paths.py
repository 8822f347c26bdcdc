"""Where things lie."""

from pathlib import Path
import platform
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
RECIPE: Final = ROOT / "scripts" / "rt"
HOME: Final = (ROOT / ".dev" / "rt").resolve()
PREFIX: Final = HOME / "prefix"
"""RT of Debian 12 with its Perl, which the other releases use, too."""

_LIBRARIES: Final = Path("usr") / "lib" / f"{platform.machine()}-linux-gnu"


def libraries(prefix: Path) -> Path:
    """Return where the libraries of a prefix lie."""
    return prefix / _LIBRARIES


def library_path(*prefixes: Path) -> str:
    """Return LD_LIBRARY_PATH for programs of these prefixes."""
    return ":".join(str(libraries(prefix)) for prefix in prefixes)
