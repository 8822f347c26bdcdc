"""Which RT to run: release, database and web server.

The environment variable `RT` says it, as `RELEASE[,DATABASE[,WEB]]`:

    RT=forky,postgresql,apache scripts/demo
    RT=/opt/rt6,mariadb scripts/test real

A release is that of Debian whose RT it is, or the folder of an RT that stands there already. `scripts/lib/rt.sh` reads
the same words to install what is needed.
"""

from dataclasses import dataclass
import os
from pathlib import Path
import re
from typing import Self

from scripts.live.rt.paths import HOME, PREFIX

DATABASES = ("sqlite", "postgresql", "mariadb")
WEB_SERVERS = ("starman", "apache", "nginx")


class RTError(Exception):
    """RT could not do what was asked; the message holds its own words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """Where the files of one release of RT lie."""

    lib: Path
    """Holds RT.pm."""
    setup_database: Path
    programs: Path
    """Holds rt-server and rt-server.fcgi."""

    @property
    def version(self) -> str:
        """Return what RT says of itself."""
        generated = (self.lib / "RT" / "Generated.pm").read_text(encoding="utf-8")
        found = re.search(r"\$VERSION = '([^']+)'", generated)
        if not found:
            raise RTError(f"{self.lib} holds no RT that says its version")
        return found[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """An RT to run."""

    release: str = "bookworm"
    database: str = "sqlite"
    web: str = "starman"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read RELEASE[,DATABASE[,WEB]]; what is left out is as it is by default."""
        words = text.split(",")
        names = ("release", "database", "web")
        found = cls(
            **{name: word for name, word in zip(names, words, strict=False) if word}
        )
        is_known = found.database in DATABASES and found.web in WEB_SERVERS
        if len(words) > len(names) or not is_known:
            raise RTError(
                f"RT={text} names no RT: RELEASE[,DATABASE[,WEB]], where DATABASE is one of"
                f" {', '.join(DATABASES)} and WEB one of {', '.join(WEB_SERVERS)}"
            )
        return found

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment variable RT."""
        return cls.parse(os.environ.get("RT", ""))

    @property
    def installation(self) -> Installation:
        """Return where RT's files lie."""
        if "/" in self.release:
            root = Path(self.release)
            found = Installation(
                lib=root / "lib",
                setup_database=root / "sbin" / "rt-setup-database",
                programs=root / "sbin",
            )
        else:
            root = PREFIX if self.release == "bookworm" else HOME / self.release
            share = root / "usr" / "share" / "request-tracker5"
            found = Installation(
                lib=share / "lib",
                setup_database=root / "usr" / "sbin" / "rt-setup-database-5",
                programs=share / "libexec",
            )
        if not found.lib.exists():
            raise RTError(
                f"There is no RT in {root}: run scripts/demo or scripts/test first,"
                " which install it"
            )
        return found
