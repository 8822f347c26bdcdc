"""How an RT is served: by which web server, each with its usual settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import shlex
from typing import Final

from scripts.live.process import Server, as_nobody
from scripts.live.rt.description import Installation
from scripts.live.rt.paths import HOME, PREFIX, RECIPE, library_path

WEB_PREFIX: Final = HOME / "web"

# As Debian's packages have it, for requests of any size, and with what they leave to their reader: `SetEnvIf`, without
# which no token arrives.
_APACHE = """\
ServerRoot {folder}
PidFile {folder}/apache.pid
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
ErrorLog {folder}/log/apache.log
LogLevel warn
Mutex file:{folder} default

{modules}

FcgidConnectTimeout 20
FcgidIPCDir {folder}
FcgidProcessTableFile {folder}/fcgid.shm
FcgidMaxProcesses {workers}
FcgidMinProcessesPerClass {workers}

TypesConfig /dev/null
AddHandler fcgid-script .fcgi
FcgidMaxRequestLen 1073741824
SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1
ScriptAlias {path}/ {folder}/rt.fcgi/
{settings}

<Location />
  Require all granted
</Location>
"""
_APACHE_MODULES = ("mpm_event", "authz_core", "alias", "mime", "setenvif", "env")

_NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/log/nginx.log;

events {{
  worker_connections 768;
}}

http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  gzip on;
  client_max_body_size 0;
{temporary}

  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_set_header Host $http_host;
    }}
    {settings}
  }}
}}
"""
_NGINX_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """What a web server has to know of an RT."""

    installation: Installation
    folder: Path
    environment: Mapping[str, str]
    port: int
    own_port: int
    """That of what a proxy passes requests on to."""
    path: str
    workers: int
    settings: str
    """More lines for the configuration of Apache or nginx."""


type Parts = list[tuple[Server, int]]
"""Servers in the order in which they start, and the port at which each answers."""


def starman(site: Site) -> Parts:
    """Return the server that Debian's packages run for themselves."""
    return [(_starman(site, site.port), site.port)]


def nginx(site: Site) -> Parts:
    """Return that server, and nginx before it."""
    configuration = site.folder / "nginx.conf"
    temporary = "\n".join(
        f"  {name}_temp_path {site.folder}/nginx-{name};" for name in _NGINX_TEMPORARY
    )
    configuration.write_text(
        _NGINX.format(
            user="user root;" if os.geteuid() == 0 else "",
            folder=site.folder,
            temporary=temporary,
            port=site.port,
            behind=site.own_port,
            settings=site.settings,
        ),
        encoding="utf-8",
    )
    program = WEB_PREFIX / "usr" / "sbin" / "nginx"
    front = Server(
        "nginx",
        [
            *(str(program), "-c", str(configuration), "-p", str(site.folder)),
            *("-e", str(site.folder / "log" / "nginx.log")),
        ],
        env={"LD_LIBRARY_PATH": library_path(WEB_PREFIX, PREFIX)},
        log=site.folder / "log" / "nginx.log",
    )
    return [(_starman(site, site.own_port), site.own_port), (front, site.port)]


def apache(site: Site) -> Parts:
    """Return Apache with mod_fcgid, which starts RT by itself."""
    wrapper = site.folder / "rt.fcgi"
    exports = "\n".join(
        f"export {name}={shlex.quote(value)}"
        for name, value in site.environment.items()
    )
    program = site.installation.programs / "rt-server.fcgi"
    wrapper.write_text(
        f"#!/bin/sh\n{exports}\nexec perl {shlex.quote(str(program))}\n",
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    modules = WEB_PREFIX / "usr" / "lib" / "apache2" / "modules"
    configuration = site.folder / "apache.conf"
    configuration.write_text(
        _APACHE.format(
            modules="\n".join(
                f"LoadModule {name}_module {modules}/mod_{name}.so"
                for name in (*_APACHE_MODULES, "fcgid")
            ),
            folder=site.folder,
            port=site.port,
            path=site.path,
            workers=site.workers,
            settings=site.settings,
        ),
        encoding="utf-8",
    )
    server = Server(
        "Apache",
        [
            *as_nobody(site.folder),
            str(WEB_PREFIX / "usr" / "sbin" / "apache2"),
            *("-d", str(site.folder), "-f", str(configuration), "-DFOREGROUND"),
        ],
        env={
            "LD_LIBRARY_PATH": library_path(WEB_PREFIX, PREFIX),
            "PATH": site.environment["PATH"],
        },
        log=site.folder / "log" / "apache.log",
    )
    return [(server, site.port)]


def _starman(site: Site, port: int) -> Server:
    program = PREFIX / "usr" / "bin" / "starman"
    return Server(
        "Request Tracker",
        [
            *("perl", str(program), "--listen", f"127.0.0.1:{port}"),
            *("--workers", str(site.workers), str(RECIPE / "app.psgi")),
        ],
        env=dict(site.environment),
        log=site.folder / "log" / "server.log",
    )


WEB: Final[dict[str, Callable[[Site], Parts]]] = {
    "starman": starman,
    "apache": apache,
    "nginx": nginx,
}
