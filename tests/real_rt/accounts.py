"""Service accounts and their tokens, made as the documents have them made."""

from collections.abc import Iterable
from html import unescape
import http.client
import re
from urllib.parse import urlencode

from scripts.live.rt import RTServer
from tests import FACILITY
from tests.real_rt.common import by_hand
from tests.repository import chapter, table

_ROOTS_PASSWORD = "root-password"


def rights_in(text: str) -> list[str]:
    """Return the rights that the tables of a text list."""
    names = (row[0].strip("`") for row in table(text) if row[0].startswith("`"))
    return [name for name in names if name.isalpha()]


_FIRST, _SECOND = chapter("What RT needs").split("For more than reports, also:")
FOR_REPORTS = rights_in(_FIRST)
"""What the README has granted to an account that only reports."""
FOR_ALL = [*FOR_REPORTS, *rights_in(_SECOND)]
"""What it has granted to an account that does everything."""


class Browser:
    """Somebody at RT's web UI."""

    def __init__(self, rt: RTServer, token: str = "") -> None:
        """Open it, with a token in place of a password if one is given."""
        self.rt = rt
        # RT 6 gives whole pages to this one; others are to fetch the parts by script.
        self._headers = {"User-Agent": "libwww-perl", "Referer": f"{rt.url}/"}
        if token:
            self._headers["Authorization"] = f"token {token}"

    def forget_token(self) -> None:
        """Go on with what RT knows this browser by."""
        del self._headers["Authorization"]

    def log_in(self, name: str, password: str) -> None:
        """Log in, as people do."""
        self.open("/NoAuth/Login.html", {"user": name, "pass": password})

    def open(self, path: str, form: dict[str, object] | None = None) -> str:
        """Open a page, or send its form, and return what it shows."""
        connection = http.client.HTTPConnection("127.0.0.1", self.rt.port, timeout=60)
        headers = self._headers
        if form:
            headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(
                "POST" if form else "GET",
                path,
                urlencode(form, doseq=True) if form else None,
                headers,
            )
            answer = connection.getresponse()
            if cookie := answer.getheader("Set-Cookie"):
                self._headers["Cookie"] = cookie.partition(";")[0]
            page = answer.read().decode()
        finally:
            connection.close()
        if target := answer.getheader("Location"):
            return self.open(target.removeprefix(self.rt.url))
        return unescape(page)


class Administrator(Browser):
    """RT's administrator, who sees to the rights and tokens of an account."""

    def __init__(self, rt: RTServer, account: str) -> None:
        """Log in."""
        super().__init__(rt)
        self._account = rt.users[account]
        self._tokens = f"/Admin/Users/AuthTokens.html?id={self._account}"
        self.log_in("root", _ROOTS_PASSWORD)

    def set_rights(self, rights: Iterable[str], queue: str = FACILITY) -> None:
        """Give the account these rights on a queue, and no others."""
        number = self.rt.queues[queue]
        place = f"{self._account}-RT::Queue-{number}"
        form = {"CheckACL": place, f"SetRights-{place}": list(rights)}
        self.open(f"/Admin/Queues/UserRights.html?id={number}", form)

    def create_token(self, description: str) -> str:
        """Make a token."""
        form = {
            "Owner": self._account,
            "Password": _ROOTS_PASSWORD,
            "Description": description,
            "Create": "Create",
        }
        page = self.open(self._tokens, form)
        (token,) = re.findall(r'"(1-[^"]+)" is your new authentication token', page)
        return str(token)

    def tokens(self) -> str:
        """Return the page that lists the tokens."""
        return self.open(self._tokens)

    def revoke_token(self, description: str) -> None:
        """Revoke the token with this description."""
        fields = re.compile(
            r'name="Token" value="(\d+)"(?:(?!</form>).)*value="'
            rf'{re.escape(description)}"',
            re.DOTALL,
        )
        (number,) = fields.findall(self.tokens())
        page = self.open(self._tokens, {"Token": number, "Revoke": "Revoke"})
        assert "Authentication token revoked." in page


def make_account(rt: RTServer, name: str, rights: Iterable[str]) -> Administrator:
    """Make an account with these rights on a queue and a token, and no password.

    Returns:
        Who sees to the account; the server knows its token by its name.

    """
    user = {"Name": name, "Privileged": 1}
    answer, text = by_hand(rt, "POST", "/REST/2.0/user", user)
    assert answer.status == http.client.CREATED, text
    ((rt.users[name],),) = rt.database.rows("SELECT id FROM Users WHERE Name = ?", name)
    administrator = Administrator(rt, name)
    administrator.set_rights(rights)
    rt.tokens[name] = administrator.create_token("first")
    return administrator
