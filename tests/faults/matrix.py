"""The faults of docs/faults.md: what a report answers, and what RT has afterwards."""

from dataclasses import dataclass
from typing import Final

from tests.repository import ENGLISH

DONE: Final = "done"
"""The action answers `created` or `commented`."""
QUEUED: Final = "queued"

# Reports that fail like this are kept, if the option says so.
STORED_REPORT: Final = {
    "cannot_connect",
    "host_not_found",
    "invalid_auth",
    "not_rt",
    "server_error",
    "timeout",
    "tls_error",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What becomes of a report that meets a fault."""

    off: str = DONE
    """What the action answers without the option: DONE, or its error's key."""
    repeat: str = ""
    """What it answers to a repeat, if that is something else."""
    only: str = ""
    """"first" or "repeat", if only such a report can meet the fault."""
    is_mixed: bool = False
    """Whether some of several reports do not meet the fault."""
    is_done_later: bool = False
    """Whether RT has the report in the end although the action failed."""
    is_told_twice: bool = False
    """Whether RT has the report twice with the option."""
    where: str = ""
    """Where RT has the report, if that is not plain."""

    @property
    def on(self) -> str:
        """Return what the action answers with the option."""
        return QUEUED if self.off in STORED_REPORT else self.off

    def answer(self, kind: str, *, keeps: bool) -> str:
        """Return what the action answers to a report of a kind."""
        if keeps and self.off in STORED_REPORT:
            return QUEUED
        return self.repeat if self.repeat and kind == "repeat" else self.off

    def stored(self, *, keeps: bool) -> int:
        """Return how often RT has the report when all is well again."""
        if keeps and self.is_told_twice:
            return 2
        return int(
            self.off == DONE
            or self.is_done_later
            or (keeps and self.off in STORED_REPORT)
        )

    def cells(self) -> list[str]:
        """Return what docs/faults.md says of the fault."""
        off, on = self._told(self.off), self._told(self.on)
        if self.is_mixed:
            off, on = (f"{self._told(DONE)}, or {answer}" for answer in (off, on))
        if self.repeat:
            both = f"{off}, a repeat {self._told(self.repeat)}"
            off, on = both, both
        return [off, on, self.where or self._in_rt()]

    def _in_rt(self) -> str:
        """Return what RT has."""
        if self.stored(keeps=False):
            return "The report, once"
        if self.stored(keeps=True):
            return "Nothing; with the option the report, once"
        return "Nothing"

    def _told(self, answer: str) -> str:
        """Return what people see of an answer."""
        if answer == DONE:
            answers = {"first": "`created`", "repeat": "`commented`"}
            return answers.get(self.only, " or ".join(answers.values()))
        if answer == QUEUED:
            return "`queued`"
        text, placeholder, _ = ENGLISH["exceptions"][answer]["message"].partition("{")
        return f"*{text}{'…' * bool(placeholder)}*"


ROWS: Final = {
    # --- no way to RT ---
    "The server's name has no address (DNS fails)": Row(off="host_not_found"),
    "Nothing listens at the address (connection refused)": Row(off="cannot_connect"),
    "The host does not answer at all": Row(off="timeout"),
    "The certificate is not trusted": Row(off="tls_error"),
    "The certificate has expired": Row(off="tls_error"),
    "The certificate is another host's": Row(off="tls_error"),
    "The server does not speak TLS": Row(off="tls_error"),
    # --- the connection breaks ---
    "Every connection breaks": Row(off="cannot_connect"),
    "The connection breaks before RT gets the report": Row(),
    "The connection breaks while RT stores the report": Row(),
    "The connection breaks when RT has stored the report": Row(),
    "The same for a repeat, and the account lacks ShowTicketComments": Row(
        only="repeat",
        off="cannot_connect",
        is_done_later=True,
        is_told_twice=True,
        where="The report, once; with the option twice, the second time with its time",
    ),
    "RT's answer to the search is cut": Row(off="cannot_connect"),
    "RT's answer to the report is cut": Row(),
    # --- slow ---
    "RT answers nothing in time": Row(off="timeout"),
    "RT stores the report in time, but answers too late": Row(),
    "RT stores the report long after the time is over": Row(
        off="timeout", is_done_later=True
    ),
    "RT's answer to the search drips": Row(off="timeout"),
    "RT's answer to the report drips": Row(),
    # --- statuses ---
    "400, 409, 412 or 422 from RT": Row(off="rejected", repeat="missing_right"),
    "401 for every request": Row(off="invalid_auth"),
    "401 once, as of a busy database": Row(),
    "403 from RT": Row(off="missing_right"),
    "404 from RT": Row(off="not_found"),
    "403, 404 or 409 as a web page, from a proxy": Row(off="not_rt"),
    "413, also without the attachments": Row(off="rejected"),
    "429, with or without Retry-After": Row(off="server_error"),
    "503, with or without Retry-After": Row(off="server_error"),
    "500 or 502, and RT has not stored the report": Row(off="server_error"),
    "504, and RT has not stored the report": Row(off="timeout"),
    "500, 502 or 504, and RT has stored the report": Row(),
    # --- other answers ---
    "A web page instead of RT's answer": Row(off="not_rt"),
    "Another protocol": Row(off="not_rt"),
    "A redirect": Row(off="not_rt"),
    "An answer of 100 MB to the search": Row(off="not_rt"),
    "An answer of 100 MB to the report": Row(),
    "An answer to the search that unpacks to 200 MB": Row(off="not_rt"),
    "An answer to the report that unpacks to 200 MB": Row(),
    "An answer to the search that cannot be unpacked": Row(off="not_rt"),
    "An answer to the search in a wrong charset": Row(off="not_rt"),
    "An answer to the report in a wrong charset": Row(),
    # --- RT itself ---
    "RT's database is locked for reading": Row(off="server_error"),
    "RT's database is locked for writing": Row(off="server_error"),
    "RT is restarted during a burst of reports": Row(
        off="cannot_connect",
        is_mixed=True,
        where="Each report that did not fail, once",
    ),
    "RT's clock is a day slow": Row(),
    "RT's clock is a day fast": Row(),
    # --- people, between the search and the comment ---
    "The ticket is merged a moment before": Row(
        only="repeat", where="The comment, once, in the ticket it was merged into"
    ),
    "The ticket is moved a moment before": Row(
        only="repeat", where="The comment, once, in the ticket in its new queue"
    ),
    "The ticket is moved out of sight a moment before": Row(
        only="repeat",
        off="missing_right",
        where="Nothing; the next report creates a ticket",
    ),
    "The ticket is resolved a moment before": Row(
        only="repeat",
        where="The comment, once, in the resolved ticket; the next report creates one",
    ),
    "The ticket is deleted a moment before": Row(
        only="repeat",
        where="The comment, once, in the deleted ticket; the next report creates one",
    ),
}
