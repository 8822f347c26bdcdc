"""Pages of Home Assistant's frontend and of RT, as a person works with them.

Everything waits until it can be done, or until what it looks for is there.
"""

from playwright.sync_api import Locator, Page, expect

from scripts.live.browser import HEIGHT, PATIENCE, WIDTH
from scripts.live.home_assistant import PASSWORD, USERNAME

expect.set_options(timeout=PATIENCE)


class Pages:
    """Pages of one server."""

    def __init__(self, page: Page, url: str) -> None:
        """Work with a page of the browser."""
        self._page = page
        self._url = url

    def open(self, path: str) -> None:
        """Go to a page."""
        self._page.goto(f"{self._url}{path}")

    def see(self, text: str) -> None:
        """Wait until a text is there."""
        self._page.get_by_text(text).first.wait_for()

    def picture(self, *, height: int) -> bytes:
        """Return a picture of the page, as high as this, with all that it loads."""
        self._page.wait_for_load_state("networkidle")
        self._page.set_viewport_size({"width": WIDTH, "height": height})
        picture = self._page.screenshot()
        self._page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        return picture


class Frontend(Pages):
    """Home Assistant's."""

    def log_in(self) -> None:
        """Log the owner in."""
        self.open("/")
        self._page.locator("input[name=username]").fill(USERNAME)
        self._page.locator("input[name=password]").fill(PASSWORD)
        self._page.keyboard.press("Enter")
        self._page.locator("home-assistant-main").wait_for()


class Tools(Frontend):
    """Where actions are tried."""

    def perform(self, action: str, fields: dict[str, str]) -> None:
        """Choose an action, fill its fields and perform it."""
        self.open("/config/tools/action")
        self._page.get_by_role("button", name="Action", exact=True).click()
        self._page.locator("ha-picker-combo-box input").fill(action)
        self._page.get_by_role("option").filter(has_text=action).click()
        rows = self._page.locator("ha-service-control ha-settings-row")
        for label, text in fields.items():
            row = rows.filter(has=self._page.get_by_text(label, exact=True))
            row.locator("input, textarea").fill(text)
        self._page.get_by_role("button", name="Perform action").click()

    def perform_yaml(self, yaml: str) -> None:
        """Perform an action as it is written in an automation."""
        self.open("/config/tools/action")
        self._page.get_by_role("button", name="YAML mode").click()
        self._page.locator("ha-yaml-editor .cm-content").click()
        self._page.keyboard.press("Control+A")
        # At once: the editor would indent what is typed.
        self._page.keyboard.insert_text(yaml)
        self._page.get_by_role("button", name="Perform action").click()

    def response(self) -> dict[str, str]:
        """Return what the action answered, as it is to be seen."""
        title = self._page.get_by_text("Response", exact=True)
        lines = self._page.locator("ha-card").filter(has=title).locator(".cm-line")
        lines.first.wait_for()
        texts = [line for line in lines.all_inner_texts() if line.strip()]
        return dict(line.split(": ", 1) for line in texts)


class DevicePage(Frontend):
    """The page of a device."""

    def show(self, integration: str, device: str) -> None:
        """Go there by way of its integration."""
        self.open(f"/config/integrations/integration/{integration}")
        row = self._page.locator("ha-config-entry-device-row")
        row.get_by_text(device, exact=True).click()

    def state(self, name: str) -> str:
        """Return the state that is shown beside an entity's name."""
        row = self._page.locator("hui-generic-entity-row")
        row = row.filter(has=self._page.get_by_text(name, exact=True))
        return (row.text_content() or "").replace("\xa0", " ").strip()


class ToDoList(Frontend):
    """The page of to-do lists."""

    @property
    def _items(self) -> Locator:
        return self._page.locator("hui-todo-list-card ha-check-list-item")

    def show(self, entity_id: str) -> None:
        """Go to a list."""
        self.open(f"/todo?entity_id={entity_id}")

    def count(self, *, seconds: float) -> int:
        """Return how many items there are, when there are some within a time."""
        self._items.first.wait_for(timeout=seconds * 1000)
        return self._items.count()

    def scroll(self) -> str:
        """Return what the last item is called, when it is to be seen."""
        last = self._items.last
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport()
        return last.locator(".summary").inner_text()

    def tick(self, name: str) -> None:
        """Tick an item."""
        self._item(name).locator("ha-checkbox").click()

    def add(self, name: str) -> None:
        """Add an item."""
        box = self._page.get_by_placeholder("Add item")
        box.fill(name)
        box.press("Enter")

    def rename(self, name: str, new: str) -> None:
        """Call an item something else."""
        self._item(name).locator(".summary").click()
        editor = self._page.locator("dialog-todo-item-editor")
        editor.locator("input[name=summary]").fill(new)
        editor.get_by_role("button", name="Save item").click()
        editor.locator("ha-dialog").wait_for(state="detached")

    def has(self, name: str) -> None:
        """Wait until there is an item."""
        self._item(name).wait_for()

    def lacks(self, name: str) -> None:
        """Wait until there is none."""
        self._item(name).wait_for(state="detached")

    def is_unticked(self, name: str) -> None:
        """Wait until an item is not ticked."""
        box = self._item(name).locator("ha-checkbox")
        expect(box).to_have_js_property("checked", False)  # noqa: FBT003 - a value

    def describes(self, name: str, text: str) -> None:
        """Wait until a text is told of an item below its name."""
        expect(self._item(name).locator(".description")).to_contain_text(text)

    def _item(self, name: str) -> Locator:
        return self._items.filter(has=self._page.get_by_text(name, exact=True))


class TicketPage(Pages):
    """RT's page of a ticket."""

    def log_in(self, user: str, password: str) -> None:
        """Log somebody in."""
        self.open("/")
        self._page.locator("input[name=user]").fill(user)
        self._page.locator("input[name=pass]").fill(password)
        self._page.keyboard.press("Enter")
        self.see("Logged in as")

    def show(self, number: int) -> None:
        """Go to a ticket, and wait for its history."""
        self.open(f"/Ticket/Display.html?id={number}")
        self.see("Ticket created")
