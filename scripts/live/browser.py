"""Chromium, controlled by Playwright.

    with Browser(Path("somewhere")) as browser:
        flows = browser.pages(Flows, home.url)
        flows.log_in()

`scripts/lib/chromium.sh` has put it into `.dev/chromium`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Error, Page, Playwright, sync_playwright

from scripts.live.process import Startable

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ROOT / ".dev" / "chromium" / "chromium"

WIDTH = 1280
HEIGHT = 900
PATIENCE = 20_000  # milliseconds; machines of continuous integration are slow


class Browser(Startable):
    """One window with one page.

    Playwright keeps an event loop running in its thread, beside which nobody else
    could run one. So it has a thread of its own, and so have the pages' methods.
    """

    def __init__(self, folder: Path) -> None:
        """Describe it; a picture of what a failed step saw goes into the folder."""
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "browser")
        self._playwright: Playwright | None = None

    def start(self) -> None:
        """Open the window."""
        try:
            self._thread.submit(self._open).result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close it."""
        if self._playwright is not None:
            self._thread.submit(self._playwright.stop).result()
            self._playwright = None
        self._thread.shutdown()

    def pages[P](self, kind: Callable[[Page, str], P], url: str) -> P:
        """Return what works with the pages of a server."""
        return cast("P", _InThread(self._do, kind(self._page, url)))

    def _open(self) -> None:
        self._playwright = sync_playwright().start()
        window = self._playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        ).new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            locale="en-US",
            reduced_motion="reduce",
        )
        window.set_default_timeout(PATIENCE)
        self._page = window.new_page()

    def _do(self, step: Callable[[], Any]) -> Any:
        return self._thread.submit(self._explained, step).result()

    def _explained(self, step: Callable[[], Any]) -> Any:
        """Do a step; if it fails, keep a picture."""
        try:
            return step()
        except Exception as err:
            picture = self._folder / "browser.png"
            with suppress(Error):
                picture.write_bytes(self._page.screenshot())
                err.add_note(f"What was to be seen then: {picture}")
            raise


class _InThread:
    """Calls the methods of an object in a thread."""

    def __init__(self, do: Callable[[Callable[[], Any]], Any], pages: object) -> None:
        self._do = do
        self._pages = pages

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._pages, name)
        return lambda *args, **named: self._do(lambda: method(*args, **named))
