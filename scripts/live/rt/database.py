"""Where an RT keeps its data, and how to look into them past RT. SQLite is here, servers are in `cluster`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
import re
import sqlite3
from typing import Any, override

_SESSION = re.compile(r"[0-9a-f]{32}")


class Database(ABC):
    """The data of one RT, in a folder."""

    def __init__(self, folder: Path) -> None:
        """Describe it."""
        self.folder = folder

    @abstractmethod
    def create(self) -> None:
        """Make an empty one, and run its server if it has one."""

    @abstractmethod
    def start(self) -> None:
        """Run its server, if it has one."""

    @abstractmethod
    def stop(self) -> None:
        """Stop its server."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Return what RT_SiteConfig.pm has to know."""

    @abstractmethod
    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read: times as text in UTC, texts decoded; `?` stands for a value."""

    @abstractmethod
    def change(self, query: str, *values: object) -> None:
        """Write."""

    @abstractmethod
    def sessions(self) -> set[str]:
        """Return the names of the web sessions that RT keeps."""

    @abstractmethod
    def forget_sessions(self) -> None:
        """Let RT have no web sessions."""


class SQLite(Database):
    """A file."""

    @override
    def create(self) -> None:
        self.folder.mkdir(parents=True)

    @override
    def start(self) -> None:
        pass

    @override
    def stop(self) -> None:
        pass

    @property
    def file(self) -> Path:
        """All of it."""
        return self.folder / "rt.db"

    @override
    def environment(self) -> dict[str, str]:
        return {"RT_DATABASE_TYPE": "SQLite", "RT_DATABASE_NAME": str(self.file)}

    @override
    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        address = f"file:{self.file}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    @override
    def change(self, query: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file, timeout=30)) as connection, connection:
            connection.execute(query, values)

    @contextmanager
    def locked(self, kind: str = "EXCLUSIVE") -> Iterator[sqlite3.Connection]:
        """Hold a lock, until a roll-back at the latest at the end."""
        with closing(sqlite3.connect(self.file, timeout=30)) as connection:
            connection.execute(f"BEGIN {kind}")
            yield connection

    @property
    def _session_folder(self) -> Path:
        return self.folder.parent / "session"

    @override
    def sessions(self) -> set[str]:
        names = (file.name for file in self._session_folder.iterdir())
        return {name for name in names if _SESSION.fullmatch(name)}

    @override
    def forget_sessions(self) -> None:
        for name in self.sessions():
            (self._session_folder / name).unlink(missing_ok=True)
