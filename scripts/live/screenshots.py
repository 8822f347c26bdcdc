"""The README's pictures: what `scripts/screenshots` takes, once everything is installed."""

from io import BytesIO
from pathlib import Path
import shutil

from PIL import Image

from scripts.live.browser import Browser
from scripts.live.demo import ACCOUNT, AUTOMATION, CONFIGURATION, QUEUE, leak
from scripts.live.flows import Flows
from scripts.live.home_assistant import LiveHomeAssistant
from scripts.live.pages import DevicePage, Pages, TicketPage, ToDoList, Tools
from scripts.live.rt import RTServer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".dev" / "screenshots"

# What people would have instead of the address of a server that runs for a minute.
ADDRESS = "https://rt.example.com"
LIST = "todo.facility_management"

REPORTS = (
    ("sensor.freezer_temperature", "Freezer is too warm", "critical"),
    ("lock.front_door", "Battery of the front door's lock is low", "warning"),
    ("binary_sensor.pump", "Circulation pump does not run", "critical"),
    ("light.stairs", "Lamp on the stairs is unavailable", "info"),
)

ACTION = """\
action: ha_rt.create_ticket
data:
  device_id: binary_sensor.cellar_window
  subject: Cellar window is open
  text: The window has been open for an hour, and it rains.
"""

# The tests' odd fields are of no use to people.
ONLY_DEVICE_ID = """
my $fields = RT::CustomFields->new($system);
$fields->UnLimit;
while (my $field = $fields->Next) {
    $field->SetDisabled(1) if $field->Name ne 'DeviceId';
}
"""
# NUMBER NUMBER: she takes one ticket and answers, and sets when the other is due
ALICE = """
my $alice = RT::CurrentUser->new('alice');
my ($taken, $due) = map { my $t = RT::Ticket->new($alice); $t->Load($_); $t } @ARGV;
for ([$taken->SetOwner('alice')], [$taken->Correspond(Content => 'On my way')]) {
    my ($ok, $message) = @$_;
    $ok or die "$message\\n";
}
my $date = RT::Date->new($alice);
$date->SetToNow;
$date->AddDays(3);
my ($ok, $message) = $due->SetDue($date->ISO);
$ok or die "$message\\n";
"""


def save(name: str, pages: Pages, height: int) -> None:
    """Take a picture, with as many colours as a palette has."""
    picture = Image.open(BytesIO(pages.picture(height=height))).convert("RGB")
    path = ROOT / "docs" / f"{name}.png"
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


def set_up(flows: Flows, rt: RTServer) -> None:
    """Add the integration, with a right missing at first."""
    token = rt.tokens[ACCOUNT]
    flows.add("ha_rt")
    flows.fill({"Address": ADDRESS, "Token": token})
    save("config_flow", flows, 720)
    flows.fill({"Address": rt.url})
    flows.submit()
    flows.choose("Queue", QUEUE)
    rt.revoke(ACCOUNT, QUEUE, "ShowTicket")
    flows.submit()
    flows.error("ShowTicket")
    save("queue_check", flows, 720)
    rt.grant(ACCOUNT, QUEUE, "ShowTicket", "ModifyTicket", "ShowTicketComments")
    flows.submit()
    flows.finish()


def change_options(flows: Flows) -> None:
    """Say where people find RT."""
    flows.open_integration("ha_rt")
    flows.press("Configure")
    flows.fill({"Address for people": ADDRESS})
    flows.unfold("Watching the queue")
    save("options", flows, 1000)
    flows.submit()
    flows.finish()


def work(rt: RTServer, ha: LiveHomeAssistant) -> None:
    """Report what is broken, one thing twice; somebody begins to work."""
    ha.add_automation(AUTOMATION)
    leak(ha, 1)
    leak(ha, 2)
    numbers = [
        ha.action(
            "ha_rt.create_ticket",
            {"device_id": device, "subject": subject, "text": subject, "severity": how},
        )["ticket_id"]
        for device, subject, how in REPORTS
    ]
    rt.perl(ALICE, numbers[0], numbers[2])


def take(rt: RTServer, ha: LiveHomeAssistant, browser: Browser) -> None:
    """Take them all."""
    rt.perl(ONLY_DEVICE_ID)
    ha.ws("config/core/update", internal_url="http://homeassistant.local:8123")
    flows = browser.pages(Flows, ha.url)
    flows.log_in()
    set_up(flows, rt)
    change_options(flows)
    work(rt, ha)

    tools = browser.pages(Tools, ha.url)
    tools.perform_yaml(ACTION)
    tools.response()
    save("action", tools, 900)

    ha.action("homeassistant.update_entity", {"entity_id": LIST})
    device = browser.pages(DevicePage, ha.url)
    device.show("ha_rt", QUEUE)
    device.see("Unowned tickets")
    save("device", device, 1000)
    todo = browser.pages(ToDoList, ha.url)
    todo.show(LIST)
    todo.has("Cellar window is open")
    save("todo", todo, 720)

    page = browser.pages(TicketPage, rt.url)
    page.log_in("alice", "alice-password")
    page.show(1)
    page.see("Comments added")
    save("ticket", page, 1480)


def main() -> None:
    """Run as `python -m scripts.live.screenshots`."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with (
        RTServer(FOLDER / "rt") as rt,
        LiveHomeAssistant(FOLDER / "ha", configuration=CONFIGURATION) as ha,
        Browser(FOLDER) as browser,
    ):
        take(rt, ha, browser)


if __name__ == "__main__":
    main()
