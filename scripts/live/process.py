"""A server as a child process: started, waited for, stopped, and explained when it fails."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
import os
from pathlib import Path
import signal
import socket
import subprocess
import time
from types import TracebackType
from typing import Self

LAST_LINES = 25
NOBODY = 65534


class ServerError(Exception):
    """A server did not start; the message ends with its log."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def as_nobody(folder: Path) -> list[str]:
    """Return what a command begins with that refuses to be root's.

    A folder becomes its own; and it may go into those of this user all the same.
    """
    if os.geteuid():
        return []
    if folder.exists():
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(folder)], check=True)
    return [
        *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
    ]


def run(*command: str, env: dict[str, str], folder: Path) -> None:
    """Run a program to its end, in a folder."""
    done = subprocess.run(
        command,
        env=env,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def tail(text: str, lines: int = LAST_LINES) -> str:
    """Return the end of a log."""
    return "\n".join(text.splitlines()[-lines:])


def wait_until(holds: Callable[[], bool], *, seconds: float, failure: str) -> None:
    """Look again and again until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(failure)
        time.sleep(0.1)


class Startable(ABC):
    """Something that runs for as long as a `with` block."""

    @abstractmethod
    def start(self) -> None:
        """Start."""

    @abstractmethod
    def stop(self) -> None:
        """Stop."""

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


class Server:
    """One child process with all it starts."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        env: dict[str, str],
        log: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Describe it."""
        self.name = name
        self._stop_signal = stop_signal
        self._command = command
        self._env = env
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self, answers: Callable[[], bool], *, seconds: float) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            # A session of its own: a Ctrl-C in the terminal is ours to handle,
            # and all of it can be ended together.
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                cwd=self._log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(
                lambda: answers() or not self.running,
                seconds=seconds,
                failure=f"{self.name} does not answer",
            )
        except TimeoutError as err:
            self.stop()
            raise ServerError(f"{err}\n{self._tail()}") from None
        except BaseException:
            self.stop()
            raise
        if not self.running:
            raise ServerError(f"{self.name} ended at once.\n{self._tail()}")

    def wait(self) -> None:
        """Wait until it ends by itself."""
        if self._process is not None:
            self._process.wait()

    def stop(self, *, seconds: float = 20) -> None:
        """Ask it to end, and see to it that it does."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(self._stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whoever did not end with it
        process.wait()

    def _tail(self) -> str:
        return (
            f"{tail(self._log.read_text(errors='replace'))}\nThe whole log: {self._log}"
        )
