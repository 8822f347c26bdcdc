"""A real Request Tracker 5, made in a folder within seconds and gone with it.

`scripts/lib/rt.sh` has unpacked RT into `.dev/rt/prefix`; this module makes databases and servers from it. Several can
run side by side, each in a folder of its own:

    with RTServer(Path("somewhere")) as rt:
        rt.url, rt.tokens["ha-service"], rt.read_ticket(1)
"""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import hashlib
import http.client
import json
import os
from pathlib import Path
import platform
import shutil
import subprocess
from typing import Any

from scripts.live.process import Server, Startable, free_port

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "scripts" / "rt"
HOME = ROOT / ".dev" / "rt"
PREFIX = HOME / "prefix"

MAIL_TO_FILE = """\
#!/bin/sh
# What RT takes for the mail system: every mail becomes a file.
cat >"$(dirname "$0")/mail/$(date +%s%N)-$$.eml"
"""


class RTError(Exception):
    """RT could not do what was asked; the message holds its own words."""


class RTServer(Startable):
    """One RT with its own database, seeded by `scripts/rt/seed.pl`."""

    def __init__(
        self,
        folder: Path,
        *,
        bcrypt_cost: int = 4,
        web_path: str = "",
        workers: int = 2,
    ) -> None:
        """Describe a server; a database that is already in the folder is kept.

        A token costs RT one bcrypt per request. RT's default cost is 12, a
        quarter of a second; 4 is for tests that measure nothing.
        """
        self.folder = folder.resolve()
        self.bcrypt_cost = bcrypt_cost
        self.web_path = web_path
        self.workers = workers
        self.port = 0
        self.tokens: dict[str, str] = {}
        self.users: dict[str, int] = {}
        self.queues: dict[str, int] = {}
        self.custom_fields: dict[str, int] = {}
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """The address people and integrations use."""
        return f"http://127.0.0.1:{self.port}{self.web_path}"

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
        self.port = self.port or free_port()
        starman = PREFIX / "usr" / "bin" / "starman"
        server = Server(
            "Request Tracker",
            [
                *("perl", str(starman), "--listen", f"127.0.0.1:{self.port}"),
                *("--workers", str(self.workers), str(RECIPE / "app.psgi")),
            ],
            env=self._environment(),
            log=self.folder / "log" / "server.log",
        )
        server.start(self._answers, seconds=60)
        self._server = server

    def stop(self) -> None:
        """Stop serving; the database stays."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def log(self) -> str:
        """What the server and RT have written."""
        return "".join(
            path.read_text(errors="replace")
            for path in sorted((self.folder / "log").glob("*.log"))
        )

    def perl(self, code_or_file: str | Path, *args: object) -> str:
        """Run Perl with RT loaded, as RT's own system user."""
        done = subprocess.run(
            [
                *("perl", "-CSA", str(RECIPE / "run.pl")),
                *(str(code_or_file), *map(str, args)),
            ],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RTError(done.stderr.strip() or f"Perl ended with {done.returncode}")
        return done.stdout

    def read_ticket(self, number: int) -> dict[str, Any]:
        """Tell what RT has under a number, past REST and past our client."""
        ticket: dict[str, Any] = json.loads(self.perl(RECIPE / "ticket.pl", number))
        return ticket

    def grant(self, user: str, queue: str, *rights: str) -> None:
        """Give a user rights in a queue."""
        self.perl(RECIPE / "rights.pl", "grant", user, queue, *rights)

    def revoke(self, user: str, queue: str, *rights: str) -> None:
        """Take rights in a queue away again."""
        self.perl(RECIPE / "rights.pl", "revoke", user, queue, *rights)

    def _make(self) -> None:
        """Fill the folder, unless an earlier run has."""
        if not (self.folder / "rt.db").exists():
            template = _template(self.bcrypt_cost)
            _lay_out(self.folder)
            for name in ("seed.json", "rt.db"):
                shutil.copyfile(template / name, self.folder / name)
        seed = json.loads((self.folder / "seed.json").read_text(encoding="utf-8"))
        self.tokens = seed["tokens"]
        self.users = seed["users"]
        self.queues = seed["queues"]
        self.custom_fields = seed["custom_fields"]

    def _environment(self) -> dict[str, str]:
        return _environment(self.folder, self.bcrypt_cost) | {
            "RT_PORT": str(self.port),
            "RT_WEB_PATH": self.web_path,
        }

    def _answers(self) -> bool:
        """Tell whether REST answers: 401, for nobody has said who he is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"User-Agent": "scripts/live"}  # RT warns without one
            connection.request("GET", f"{self.web_path}/REST/2.0/rt", headers=headers)
            return connection.getresponse().status == http.HTTPStatus.UNAUTHORIZED
        except OSError:
            return False
        finally:
            connection.close()


def _lay_out(folder: Path) -> None:
    for name in ("log", "mail", "mason", "session"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    sendmail = folder / "sendmail"
    sendmail.write_text(MAIL_TO_FILE, encoding="utf-8")
    sendmail.chmod(0o755)


def _environment(folder: Path, bcrypt_cost: int) -> dict[str, str]:
    """Return what any Perl needs to find RT in the prefix and its data in the folder."""
    libraries = PREFIX / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
    share = PREFIX / "usr" / "share"
    perl = [
        share / "request-tracker5" / "lib",
        share / "perl5",
        libraries / "perl5" / "5.36",
        share / "perl" / "5.36",
        libraries / "perl" / "5.36",
    ]
    path = os.environ.get("PATH", os.defpath)
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": str(libraries),
        "PATH": f"{path}:{PREFIX / 'usr' / 'bin'}",
        "PERL5LIB": ":".join(map(str, perl)),
        "RT_BCRYPT_COST": str(bcrypt_cost),
        "RT_FOLDER": str(folder),
        "RT_SITE_CONFIG": str(RECIPE / "RT_SiteConfig.pm"),
        "RT_SITE_CONFIG_DIR": str(folder / "none"),
    }


def _template(bcrypt_cost: int) -> Path:
    """Return a folder with a seeded database; made once, as it takes seconds."""
    if not PREFIX.exists():
        raise RTError(
            "Request Tracker is not installed in .dev: run scripts/demo or scripts/test"
        )
    recipe = hashlib.sha256()
    for name in ("RT_SiteConfig.pm", "run.pl", "seed.pl"):
        recipe.update((RECIPE / name).read_bytes())
    folder = HOME / f"template-{bcrypt_cost}-{recipe.hexdigest()[:12]}"
    with _locked(HOME / "template.lock"):
        if not folder.exists():
            _make_template(folder, bcrypt_cost)
    return folder


def _make_template(folder: Path, bcrypt_cost: int) -> None:
    for old in HOME.glob(f"template-{bcrypt_cost}-*"):
        shutil.rmtree(old)
    unfinished = HOME / f"unfinished-{bcrypt_cost}"
    shutil.rmtree(unfinished, ignore_errors=True)
    _lay_out(unfinished)
    setup = PREFIX / "usr" / "sbin" / "rt-setup-database-5"
    done = subprocess.run(
        ["perl", str(setup), "--action", "init", "--skip-create"],
        env=_environment(unfinished, bcrypt_cost),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RTError(f"RT could not make its database:\n{done.stdout}{done.stderr}")
    seed = RTServer(unfinished, bcrypt_cost=bcrypt_cost).perl(RECIPE / "seed.pl")
    (unfinished / "seed.json").write_text(seed, encoding="utf-8")
    unfinished.rename(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
