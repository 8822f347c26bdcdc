"""One RT: its database, its web server, and ways to it past REST."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
from functools import partial
import hashlib
import http.client
import json
import os
from pathlib import Path
import shutil
from typing import Any, Final

from scripts.live.process import Server, Startable, free_port, run
from scripts.live.rt.cluster import MariaDB, PostgreSQL
from scripts.live.rt.console import Console
from scripts.live.rt.database import Database, SQLite
from scripts.live.rt.description import Description
from scripts.live.rt.paths import HOME, PREFIX, RECIPE, libraries, library_path
from scripts.live.rt.web import WEB, Site

_DATABASES: Final[dict[str, type[Database]]] = {
    "sqlite": SQLite,
    "postgresql": PostgreSQL,
    "mariadb": MariaDB,
}

MAIL_TO_FILE: Final = """\
#!/bin/sh
# What RT takes for the mail system: every mail becomes a file.
cat >"$(dirname "$0")/mail/$(date +%s%N)-$$.eml"
"""


class RTServer(Startable):
    """One RT with its own database, seeded by `scripts/rt/seed.pl`."""

    def __init__(
        self,
        folder: Path,
        *,
        bcrypt_cost: int = 4,
        web_path: str = "",
        web_settings: str = "",
        workers: int = 2,
        database: Database | None = None,
    ) -> None:
        """Describe a server; data that is already in the folder is kept.

        Args:
            folder: For all that belongs to it.
            bcrypt_cost: A token costs RT one bcrypt per request. RT's default
                cost is 12, a quarter of a second; 4 is for tests that measure
                nothing.
            web_path: The path below which it is served.
            web_settings: More lines for the configuration of Apache or nginx.
            workers: How many requests it can work on at once.
            database: That of another server, to share it.

        """
        self.folder = folder.resolve()
        self.description = Description.from_environment()
        self.installation = self.description.installation
        self.version = self.installation.version
        self.bcrypt_cost = bcrypt_cost
        self.web_path = web_path
        self.workers = workers
        self.port = 0
        self._own_port = 0
        self.tokens: dict[str, str] = {}
        self.users: dict[str, int] = {}
        self.queues: dict[str, int] = {}
        self.custom_fields: dict[str, int] = {}
        self._web_settings = web_settings
        self._is_guest = database is not None
        kind = _DATABASES[self.description.database]
        self.database = database or kind(self.folder / "database")
        self._web: list[Server] = []
        self._console = Console(self._environment, self.folder / "log" / "perl.log")

    @property
    def url(self) -> str:
        """The address people and integrations use."""
        return f"http://127.0.0.1:{self.port}{self.web_path}"

    @property
    def cookie_name(self) -> str:
        """The name of the cookies of sessions, with the port at which RT itself is asked."""
        port = self._own_port if self.description.web == "nginx" else self.port
        return f"RT_SID_example.test.{port}"

    @property
    def mails(self) -> list[str]:
        """What RT has mailed, oldest first."""
        return [
            path.read_text(errors="replace")
            for path in sorted((self.folder / "mail").glob("*.eml"))
        ]

    def start(self) -> None:
        """Serve; after `stop`, again at the same address."""
        self._make()
        self.database.start()
        self.port = self.port or free_port()
        self._own_port = self._own_port or free_port()
        site = Site(
            installation=self.installation,
            folder=self.folder,
            environment=self._environment(),
            port=self.port,
            own_port=self._own_port,
            path=self.web_path,
            workers=self.workers,
            settings=self._web_settings,
        )
        for server, port in WEB[self.description.web](site):
            self._web.append(server)
            server.start(partial(self._answers, port), seconds=60)

    def stop_serving(self) -> None:
        """Stop the web server; the database can still be looked into."""
        while self._web:
            self._web.pop().stop()

    def stop(self) -> None:
        """Stop all of it; the data stay."""
        self.stop_serving()
        self._console.stop()
        if not self._is_guest:
            self.database.stop()

    def log(self) -> str:
        """What the servers and RT have written."""
        return "".join(
            path.read_text(errors="replace")
            for path in sorted((self.folder / "log").glob("*.log"))
        )

    def perl(self, code_or_file: str | Path, *args: object) -> Any:
        """Run Perl with RT loaded as RT's own system user, and return its `say_json`."""
        return self._console.run(code_or_file, *args)

    def read_ticket(self, number: int) -> dict[str, Any]:
        """Tell what RT has under a number, past REST and past our client."""
        ticket: dict[str, Any] = self.perl(RECIPE / "ticket.pl", number)
        return ticket

    def grant(self, user: str, queue: str, *rights: str) -> None:
        """Give a user rights in a queue."""
        self.perl(RECIPE / "rights.pl", "grant", user, queue, *rights)

    def revoke(self, user: str, queue: str, *rights: str) -> None:
        """Take rights in a queue away again."""
        self.perl(RECIPE / "rights.pl", "revoke", user, queue, *rights)

    def create_token(self, user: str) -> str:
        """Make one more API token for a user."""
        return str(self.perl(RECIPE / "token.pl", "create", user))

    def revoke_token(self, token: str) -> None:
        """Revoke an API token."""
        self.perl(RECIPE / "token.pl", "revoke", token)

    def _make(self) -> None:
        """Fill the folder, unless an earlier run has."""
        if not (self.folder / "seed.json").exists():
            _lay_out(self.folder)
            # Until it is copied, no other checkout is to put its own in its place.
            with _locked(HOME / "template.lock"):
                template = self._template()
                if not self._is_guest:
                    shutil.copytree(template / "database", self.database.folder)
                shutil.copyfile(template / "seed.json", self.folder / "seed.json")
        seed = json.loads((self.folder / "seed.json").read_text(encoding="utf-8"))
        self.tokens = seed["tokens"]
        self.users = seed["users"]
        self.queues = seed["queues"]
        self.custom_fields = seed["custom_fields"]

    def _template(self) -> Path:
        """Return a folder with seeded data; made once, as it takes seconds."""
        recipe = hashlib.sha256(str(self.installation).encode())
        for name in ("RT_SiteConfig.pm", "console.pl", "seed.pl"):
            recipe.update((RECIPE / name).read_bytes())
        kind = f"{self.version}-{self.description.database}-{self.bcrypt_cost}"
        folder = HOME / f"template-{kind}-{recipe.hexdigest()[:12]}"
        if not folder.exists():
            for old in HOME.glob(f"template-{kind}-*"):
                shutil.rmtree(old)
            self._make_template(HOME / f"unfinished-{kind}").rename(folder)
        return folder

    def _make_template(self, folder: Path) -> Path:
        """Let RT make its data in a folder, and seed them."""
        shutil.rmtree(folder, ignore_errors=True)
        _lay_out(folder)
        database = type(self.database)(folder / "database")
        maker = RTServer(folder, bcrypt_cost=self.bcrypt_cost, database=database)
        try:
            database.create()
            maker._set_up_database()
            seed = maker.perl(RECIPE / "seed.pl")
        finally:
            maker.stop()
            database.stop()
        (folder / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
        return folder

    def _set_up_database(self) -> None:
        """Let RT make its tables."""
        run(
            *("perl", str(self.installation.setup_database)),
            *("--action", "init", "--skip-create"),
            env=self._environment(),
            folder=self.folder,
        )

    def _environment(self) -> dict[str, str]:
        """Return what any Perl needs to find this RT and its data."""
        share = PREFIX / "usr" / "share"
        perl = [
            self.installation.lib,
            share / "perl5",
            libraries(PREFIX) / "perl5" / "5.36",
            share / "perl" / "5.36",
            libraries(PREFIX) / "perl" / "5.36",
        ]
        path = os.environ.get("PATH", os.defpath)
        return {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "LD_LIBRARY_PATH": library_path(PREFIX),
            "PATH": f"{path}:{PREFIX / 'usr' / 'bin'}",
            "PERL5LIB": ":".join(map(str, perl)),
            "RT_BCRYPT_COST": str(self.bcrypt_cost),
            "RT_FOLDER": str(self.folder),
            "RT_PORT": str(self.port),
            "RT_PROGRAMS": str(self.installation.programs),
            "RT_SITE_CONFIG": str(RECIPE / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self.folder / "none"),
            "RT_WEB_PATH": self.web_path,
            **self.database.environment(),
        }

    def _answers(self, port: int) -> bool:
        """Tell whether REST answers: 401, for nobody has said who he is."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            headers = {"User-Agent": "scripts/live"}  # RT warns without one
            connection.request("GET", f"{self.web_path}/REST/2.0/rt", headers=headers)
            return connection.getresponse().status == http.HTTPStatus.UNAUTHORIZED
        except OSError, http.client.HTTPException:
            return False
        finally:
            connection.close()


def _lay_out(folder: Path) -> None:
    for name in ("log", "mail", "mason", "session"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    sendmail = folder / "sendmail"
    sendmail.write_text(MAIL_TO_FILE, encoding="utf-8")
    sendmail.chmod(0o755)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
