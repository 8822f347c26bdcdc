"""The dialogs of Home Assistant's frontend in which integrations are set up."""

import re

from playwright.sync_api import Locator, expect

from scripts.live.pages import Frontend

# A field's error stands above it; one of the whole form above all.
FIELD_OF_ERROR = """
alert => alert.hasAttribute('own-margin') ? alert.nextElementSibling.label : ''
"""


class Flows(Frontend):
    """The page of an integration, and the dialogs that it opens."""

    @property
    def _dialog(self) -> Locator:
        return self._page.locator("dialog-data-entry-flow")

    def add(self, domain: str) -> None:
        """Begin to add an integration."""
        self.open(f"/config/integrations/dashboard/add?domain={domain}")
        self._page.get_by_role("button", name="OK", exact=True).click()

    def open_integration(self, domain: str) -> None:
        """Go to the page of an integration."""
        self.open(f"/config/integrations/integration/{domain}")

    def press(self, button: str) -> None:
        """Press a button of an entry: Configure, or Reconfigure where it needs attention."""
        self._page.get_by_role("button", name=button, exact=True).click()

    def menu(self, item: str) -> None:
        """Choose from the menu of the only entry."""
        row = self._page.locator("ha-config-entry-row")
        # Below it are its devices, with menus of their own.
        row.get_by_role("button", name="Menu", exact=True).first.click()
        self._page.get_by_role("menuitem", name=item, exact=True).click()

    def step(self, title: str) -> None:
        """Wait until a dialog has come to a step."""
        expect(self._dialog.locator(".dialog-title")).to_have_text(title)

    def fill(self, fields: dict[str, str]) -> None:
        """Type into the fields with these labels."""
        for label, text in fields.items():
            self._field(label).locator("input").fill(text)

    def value(self, label: str) -> str:
        """Return what a field holds."""
        return self._field(label).locator("input").input_value()

    def offered(self, label: str) -> list[str]:
        """Return what a drop-down offers."""
        self._field(label).get_by_role("button").click()
        options = self._page.get_by_role("option")
        options.first.wait_for()
        texts = options.all_inner_texts()
        self._page.keyboard.press("Escape")
        expect(options).to_have_count(0)
        return texts

    def choose(self, label: str, option: str) -> None:
        """Choose from a drop-down."""
        self._field(label).get_by_role("button").click()
        self._page.get_by_role("option", name=option, exact=True).click()

    def pick(self, label: str, option: str) -> None:
        """Pick one of a few, all of which are to be seen."""
        self._field(label).get_by_role("radio", name=option, exact=True).click()

    def picked(self, label: str, option: str) -> bool:
        """Tell whether it is the one."""
        radio = self._field(label).get_by_role("radio", name=option, exact=True)
        radio.wait_for()
        return radio.is_checked()

    def unfold(self, section: str) -> None:
        """Open a section of a form."""
        self._dialog.get_by_role("button", name=section, exact=True).click()

    def submit(self) -> None:
        """Send a form."""
        self._dialog.get_by_role("button", name="Submit").click()

    def error(self, text: str) -> str:
        """Wait for an error, and return the label of the field that it stands at."""
        field: str = (
            self._dialog.locator("ha-alert")
            .filter(has_text=text)
            .evaluate(FIELD_OF_ERROR)
        )
        return field

    def finish(self) -> None:
        """Close a dialog that has come to its end."""
        button = self._dialog.locator("ha-dialog-footer ha-button")
        button.filter(has_text=re.compile("finish|close", re.IGNORECASE)).click()
        # Closing it goes back in the browser's history, which another page would cross.
        self._dialog.locator("ha-dialog").wait_for(state="detached")

    def _field(self, label: str) -> Locator:
        """Return the field with a label, which has a star if it is required."""
        text = self._page.get_by_text(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))
        return self._dialog.locator("ha-selector").filter(has=text)
