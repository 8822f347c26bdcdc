"""Perl with an RT loaded, which stays: to load it takes longer than most of what is asked of it."""

from collections.abc import Callable, Mapping
import json
from pathlib import Path
import subprocess
from threading import Lock
from typing import Any

from scripts.live.rt.description import RTError
from scripts.live.rt.paths import RECIPE


class Console:
    """Runs Perl as RT's own system user, one piece after the other."""

    def __init__(self, environment: Callable[[], Mapping[str, str]], log: Path) -> None:
        """Take what tells the environment when it starts, and where warnings go."""
        self._environment = environment
        self._log = log
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None

    def run(self, code_or_file: str | Path, *arguments: object) -> Any:
        """Run a piece, and return what it says with `say_json`."""
        with self._lock:
            process = self._process = self._process or self._start()
            assert process.stdin  # noqa: S101 - both are pipes
            assert process.stdout  # noqa: S101
            line = json.dumps([str(code_or_file), *map(str, arguments)])
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        if not answer:
            self.stop()
            raise RTError(f"Perl ended: {self._log.read_text(errors='replace')}")
        found = json.loads(answer)
        if "failed" in found:
            raise RTError(found["failed"].strip())
        return json.loads(found["said"]) if found["said"] else None

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        with self._log.open("a", encoding="utf-8") as log:
            return subprocess.Popen(
                ["perl", str(RECIPE / "console.pl")],
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
            )
