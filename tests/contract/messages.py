"""Comments and answers to the requestors, and what comes with them."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from .case import FACILITY, FILE, TEXT
from .ways import As, Rest, Ways, values

COMMENTED, REPLIED = "Comments added", "Correspondence added"
WORDS = {"comment": COMMENTED, "correspond": REPLIED}


class MessageCases(Ways):
    """POST to /comment and /correspond."""

    @pytest.mark.parametrize("resource", WORDS)
    @pytest.mark.parametrize(
        ("sent", "words", "status"),
        [
            ({}, [], "stalled"),
            ({"Status": "resolved"}, ["Status changed from 'stalled' to 'resolved'"], "resolved"),
            ({"Status": "RESOLVED"}, ["Status changed from 'stalled' to 'resolved'"], "resolved"),
            ({"Status": "stalled"}, ["You can't change status from 'stalled' to 'stalled'."], "stalled"),
            ({"Status": "bogus"}, ["Status 'bogus' isn't a valid status for this ticket."], "stalled"),
            ({"CustomFields": {"DeviceId": "b"}, "Status": "open"}, ["DeviceId a changed to b", "Status changed from 'stalled' to 'open'"], "open"),
            ({"CustomFields": {"Severity": "extreme", "No such field": "x"}}, ["Invalid value for custom field"], "stalled"),
            ({"Priority": 60, "Owner": "alice"}, [], "stalled"),
            ({"Attachments": [FILE]}, [], "stalled"),
        ],
        ids=str,
    )  # fmt: skip
    async def test_message(
        self,
        rest: Rest,
        resource: str,
        sent: dict[str, Any],
        words: list[str],
        status: str,
    ) -> None:
        """The text is stored, whatever becomes of the rest."""
        number = await rest.create(CustomFields={"DeviceId": "a"})
        await rest.put(number, Status="stalled")
        said = await rest.say(resource, number, **sent)
        assert said == [WORDS[resource], *words]
        ticket = await rest.get(f"ticket/{number}")
        assert (ticket["Status"], ticket["Priority"]) == (status, "0")
        device_id = sent.get("CustomFields", {}).get("DeviceId", "a")
        assert values(ticket, "DeviceId") == [device_id]

    @pytest.mark.parametrize(
        ("queue", "before", "after"),
        [
            (FACILITY, "new", "open"),
            (FACILITY, "open", "open"),
            (FACILITY, "stalled", "stalled"),
            (FACILITY, "resolved", "open"),
            (FACILITY, "rejected", "open"),
            ("Incidents", "open", "assigned"),
            ("Incidents", "in_progress", "in_progress"),
            ("Incidents", "closed", "assigned"),
            ("Incidents", "false_positive", "assigned"),
        ],
    )
    async def test_status_after_message(
        self, rest: Rest, queue: str, before: str, after: str
    ) -> None:
        """An answer opens a ticket, a comment does not."""
        number = await rest.create(queue)
        await rest.put(number, Status=before)
        await rest.say("comment", number)
        assert (await rest.get(f"ticket/{number}"))["Status"] == before
        await rest.say("correspond", number)
        assert (await rest.get(f"ticket/{number}"))["Status"] == after

    async def test_answer_with_status(self, rest: Rest) -> None:
        """An answer opens the ticket before it changes the status."""
        number = await rest.create()
        await rest.put(number, Status="resolved")
        assert await rest.say("correspond", number, Status="resolved") == [
            REPLIED,
            "Status changed from 'open' to 'resolved'",
        ]

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            ("closed", "You can't change status from 'false_positive' to 'closed'."),
            ("false_positive", "That is already the current value"),
            ("resolved", "Status 'resolved' isn't a valid status for this ticket."),
            ("open", "Status changed from 'false_positive' to 'open'"),
        ],
    )
    async def test_comment_on_incident(
        self, rest: Rest, status: str, words: str
    ) -> None:
        """Another lifecycle decides on its own statuses."""
        number = await rest.create("Incidents", Status="false_positive")
        said = await rest.say("comment", number, Status=status)
        assert said == [COMMENTED, words]

    async def test_comment_with_dependency(self, rest: Rest) -> None:
        """A comment does not resolve a ticket that waits for another one."""
        number = await rest.create(DependsOn=await rest.create())
        said = await rest.say("comment", number, Status="resolved")
        assert said == [COMMENTED, "That ticket has unresolved dependencies"]

    @pytest.mark.parametrize("resource", WORDS)
    @pytest.mark.parametrize(
        ("user", "words"),
        [
            ("no-ModifyTicket", ["DeviceId a changed to b", "Permission Denied"]),
            ("no-ModifyCustomField", ["Could not add a new value to custom field 'DeviceId': Permission Denied", "Status changed from 'stalled' to 'open'"]),
        ],
    )  # fmt: skip
    async def test_message_without_right(
        self, as_user: As, resource: str, user: str, words: list[str]
    ) -> None:
        """A message is stored without the changes that the account may not make."""
        full = as_user("u-full")
        number = await full.create(CustomFields={"DeviceId": "a"})
        await full.put(number, Status="stalled")
        said = await as_user(user).say(
            resource, number, Status="open", CustomFields={"DeviceId": "b"}
        )
        assert said == [WORDS[resource], *words]

    @pytest.mark.parametrize(
        ("user", "resource", "status"),
        [
            ("no-ReplyToTicket", "correspond", 201),
            ("ha-service", "correspond", 400),
            ("ha-service", "comment", 201),
            ("readonly", "correspond", 400),
        ],
    )
    async def test_right_to_answer(
        self, as_user: As, user: str, resource: str, status: int
    ) -> None:
        """Who may modify a ticket may answer, too."""
        number = await as_user("u-full").create()
        path = f"ticket/{number}/{resource}"
        answer, body = await as_user(user)("POST", path, TEXT)
        assert answer == status
        refused = {"message": "Permission Denied"}
        assert body == (refused if status == 400 else [WORDS[resource]])

    async def test_files(self, as_user: As) -> None:
        """Files come back as they were, whatever is in them."""
        rest = as_user("ha-service")
        picture = bytes(range(256)) * 5
        files = {
            "camera.kitchen.jpg": ("image/jpeg", picture),
            "a b.txt": ("text/plain", "hällo\r\n".encode()),
        }
        sent = [
            {
                "FileName": name,
                "FileType": content_type,
                "FileContent": b64encode(content).decode(),
            }
            for name, (content_type, content) in files.items()
        ]
        number = await rest.create(Attachments=sent)
        await as_user("u-full").say("comment", number, Attachments=sent)
        await as_user("u-full").say("correspond", number, Attachments=sent)
        shown = "Filename,ContentType,ContentLength,TransactionId"
        data = await rest.get(f"ticket/{number}/attachments", fields=shown)
        assert data["total"] is None
        found = [item for item in data["items"] if item["Filename"]]
        assert len(found) == 2 * len(files)  # the comment is not shown to this account
        assert len({item["TransactionId"] for item in found}) == 2
        assert [item["ContentType"] for item in data["items"]].count(
            "multipart/mixed"
        ) == 2
        for item in found:
            content_type, content = files[item["Filename"]]
            assert item["ContentType"] == content_type
            assert item["ContentLength"] == str(len(content))
            file = await rest.get(f"attachment/{item['id']}")
            assert b64decode(file["Content"]) == content
            assert file["Filename"] == item["Filename"]

    @pytest.mark.parametrize("missing", FILE)
    async def test_incomplete_file(self, rest: Rest, missing: str) -> None:
        """A file without a name, a type or a content is refused, and the text with it."""
        number = await rest.create()
        sent = {**TEXT, "Attachments": [FILE | {missing: ""}]}
        for path in (f"ticket/{number}/comment", f"ticket/{number}/correspond"):
            assert await rest("POST", path, sent) == (
                400,
                {
                    "message": f"{missing} is a required field for each attachment in"
                    " Attachments"
                },
            )
        history = await rest.get(f"ticket/{number}/history", fields="Type")
        assert [item["Type"] for item in history["items"]] == ["Create"]
