"""Database servers of an RT's own, on 127.0.0.1."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
import os
from pathlib import Path
import signal
from typing import Any, ClassVar, Final, override

import psycopg
import pymysql

from scripts.live.process import Server, as_nobody, free_port, run
from scripts.live.rt.database import Database
from scripts.live.rt.paths import HOME, PREFIX, library_path

NAME: Final = "rt"
"""Of the database, of RT's user in it, and the password."""


class Cluster(Database):
    """A database server of its own, on 127.0.0.1."""

    kind: ClassVar[str]
    """What RT calls it."""
    prefix: ClassVar[Path]
    stop_signal: ClassVar = signal.SIGTERM
    _administrator: ClassVar[tuple[str, str]]
    """A user that may do everything, and a database that is always there."""
    _creation: ClassVar[tuple[str, ...]]
    """What makes RT's database and its user."""
    _hold: ClassVar[tuple[str, ...]]
    """What locks a table until the connection is closed."""
    _waiting: ClassVar[str]
    """A query for who waits for a table, of a user."""

    def __init__(self, folder: Path) -> None:
        """Describe it."""
        super().__init__(folder)
        self.port = 0
        self._server: Server | None = None

    @abstractmethod
    def _command(self) -> list[str]:
        """Return what runs the server."""

    @abstractmethod
    def disconnect(self) -> None:
        """Break all connections of RT."""

    @abstractmethod
    def _connect(self, user: str = NAME, database: str = NAME) -> Any:
        """Return a connection that commits by itself."""

    @override
    def start(self) -> None:
        if self._server is not None:
            return
        self.port = self.port or free_port()
        server = Server(
            type(self).__name__,
            self._command(),
            env=self._environment,
            log=self.folder.parent / "log" / "database.log",
            stop_signal=self.stop_signal,
        )
        server.start(self._answers, seconds=60)
        self._server = server

    @override
    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "LC_ALL": "C.UTF-8",
            "LD_LIBRARY_PATH": library_path(self.prefix, PREFIX),
            "PATH": os.environ.get("PATH", os.defpath),
        }

    def _answers(self) -> bool:
        try:
            self._connect(*self._administrator).close()
        except psycopg.OperationalError, pymysql.err.OperationalError:
            return False
        return True

    def _run(self, *command: str) -> None:
        """Run one of its programs to the end."""
        run(*command, env=self._environment, folder=self.folder.parent)

    def _create_for_rt(self) -> None:
        self.start()
        with (
            closing(self._connect(*self._administrator)) as connection,
            connection.cursor() as cursor,
        ):
            for statement in self._creation:
                cursor.execute(statement)

    @override
    def environment(self) -> dict[str, str]:
        return {
            "RT_DATABASE_TYPE": self.kind,
            "RT_DATABASE_NAME": NAME,
            "RT_DATABASE_PORT": str(self.port),
        }

    @override
    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(_with_format(query), values)
            return [tuple(map(_plain, row)) for row in cursor.fetchall()]

    @override
    def change(self, query: str, *values: object) -> None:
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(_with_format(query), values)

    @contextmanager
    def held(self, table: str) -> Iterator[None]:
        """Let all who want to use a table wait."""
        user, _ = self._administrator
        with (
            closing(self._connect(user, NAME)) as connection,
            connection.cursor() as cursor,
        ):
            for statement in self._hold:
                cursor.execute(statement.format(table=table))
            yield

    def is_waited_for(self) -> bool:
        """Tell whether RT waits for a table."""
        return bool(self.rows(self._waiting, NAME))

    @override
    def sessions(self) -> set[str]:
        return {name for (name,) in self.rows("SELECT id FROM sessions")}

    @override
    def forget_sessions(self) -> None:
        self.change("DELETE FROM sessions")


class PostgreSQL(Cluster):
    """PostgreSQL, of Debian 12."""

    kind = "Pg"
    prefix = HOME / "postgresql"
    stop_signal = signal.SIGINT  # does not wait for clients
    _administrator = ("postgres", "postgres")
    _creation = (
        f"CREATE USER {NAME} PASSWORD '{NAME}'",
        f"CREATE DATABASE {NAME} OWNER {NAME} TEMPLATE template0 ENCODING 'UTF8'",
    )
    _hold = ("BEGIN", "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    _waiting = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE usename = ? AND wait_event_type = 'Lock'"
    )

    def _program(self, name: str) -> list[str]:
        path = self.prefix / "usr" / "lib" / "postgresql" / "15" / "bin" / name
        return [*as_nobody(self.folder), str(path), "-D", str(self.folder)]

    @override
    def create(self) -> None:
        self._run(
            *self._program("initdb"),
            *("-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *("--locale=C.UTF-8", "--no-sync"),
        )
        self._create_for_rt()

    @override
    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            # What a test has written need not outlive this machine.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        given = [f"-c{name}={value}" for name, value in settings.items()]
        return [*self._program("postgres"), "-p", str(self.port), *given]

    @override
    def _connect(self, user: str = NAME, database: str = NAME) -> Any:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            dbname=database,
            autocommit=True,
        )

    @override
    def disconnect(self) -> None:
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = ? AND pid <> pg_backend_pid()",
            NAME,
        )


class MariaDB(Cluster):
    """MariaDB, of Debian 12."""

    kind = "mysql"
    prefix = HOME / "mariadb"
    _administrator = ("root", "mysql")
    _creation = (
        f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4",
        f"CREATE USER '{NAME}'@'127.0.0.1' IDENTIFIED BY '{NAME}'",
        f"GRANT ALL ON {NAME}.* TO '{NAME}'@'127.0.0.1'",
    )
    _hold = ("LOCK TABLES {table} WRITE",)
    _waiting = (
        "SELECT id FROM information_schema.processlist"
        " WHERE user = ? AND state LIKE 'Waiting for table%'"
    )

    @property
    def _folders(self) -> list[str]:
        base = self.prefix / "usr"
        root = ["--user=root"] if os.geteuid() == 0 else []
        # A short log: the folder is copied for each server.
        return [
            "--no-defaults",
            f"--basedir={base}",
            f"--datadir={self.folder}",
            "--innodb-log-file-size=8M",
            *root,
        ]

    @override
    def create(self) -> None:
        self._run(
            "sh",
            str(self.prefix / "usr" / "bin" / "mariadb-install-db"),
            *self._folders,
            *("--auth-root-authentication-method=normal", "--skip-test-db"),
        )
        self._create_for_rt()

    @override
    def _command(self) -> list[str]:
        return [
            str(self.prefix / "usr" / "sbin" / "mariadbd"),
            *self._folders,
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--socket=mysql.sock",  # beside the data
            # A server that starts clears this folder, of the others' files too.
            f"--tmpdir={self.folder}",
            "--character-set-server=utf8mb4",
            "--skip-name-resolve",
            # What a test has written need not outlive this machine.
            "--innodb-flush-log-at-trx-commit=0",
        ]

    @override
    def _connect(self, user: str = NAME, database: str = NAME) -> Any:
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password=NAME if user == NAME else "",
            database=database,
            autocommit=True,
        )

    @override
    def disconnect(self) -> None:
        found = self.rows(
            "SELECT id FROM information_schema.processlist"
            " WHERE user = ? AND id <> CONNECTION_ID()",
            NAME,
        )
        for (number,) in found:
            with suppress(pymysql.err.OperationalError):  # it has gone by itself
                self.change("KILL CONNECTION ?", number)


def _with_format(query: str) -> str:
    """Write a query as these drivers want it."""
    return query.replace("%", "%%").replace("?", "%s")


def _plain(value: Any) -> Any:
    """Return a value as SQLite has it."""
    match value:
        case bytes():
            return value.decode(errors="replace")
        case datetime():
            return str(value)
        case _:
            return value
