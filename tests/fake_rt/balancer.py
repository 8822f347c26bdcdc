"""What is before the fake RT if it has several hosts."""

from aiohttp import web

from .sent import Sent

_COOKIE = "SERVERID"


class Balancer:
    """Sends each request to a host."""

    def __init__(self) -> None:
        """Start with one host."""
        self.hosts = 1
        """How many hosts answer in turn; none knows the sessions of the others."""
        self.lost_hosts: set[int] = set()
        """Those that get no request."""
        self.sticky = False
        """Whether who brings the balancer's cookie gets to the same host again."""
        self._turn = 0

    def _host(self, sent: Sent) -> int:
        """Return which host gets a request."""
        hosts = [host for host in range(self.hosts) if host not in self.lost_hosts]
        told = sent.cookie(_COOKIE)
        if self.sticky and told in map(str, hosts):
            return int(told)
        self._turn += 1
        return hosts[(self._turn - 1) % len(hosts)]

    def _stick(self, sent: Sent, host: int, response: web.StreamResponse) -> None:
        """Give the balancer's cookie to who did not bring the right one."""
        if self.sticky and sent.cookie(_COOKIE) != str(host):
            response.headers.add("Set-Cookie", f"{_COOKIE}={host}; path=/")
