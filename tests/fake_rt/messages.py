"""Texts and files that come to a ticket."""

import base64
from collections.abc import Iterable, Mapping
from email.message import Message
from typing import Any, NamedTuple

from .changes import open_answered
from .data import Data
from .responses import Problem
from .ticket import FakeAttachment, FakeTicket, FakeTransaction

MAX_LINE = 72


class File(NamedTuple):
    """A file that was sent."""

    name: str
    content_type: str
    content: bytes


def add_message(
    rt: Data,
    ticket: FakeTicket,
    kind: str,
    by: str,
    text: str,
    content_type: str = "text/plain",
    files: Iterable[File] = (),
    subject: str = "",
) -> FakeTransaction:
    """Add a comment (Comment) or an answer to the requestors (Correspond)."""
    subject = subject or "No Subject"
    transaction = rt.record(ticket, kind, by, data=subject)
    (ticket.comments if kind == "Comment" else ticket.replies).append(text)
    attach(rt, ticket, transaction, text, content_type, files)
    if kind == "Correspond":
        open_answered(rt, ticket)
    return transaction


def attach(
    rt: Data,
    ticket: FakeTicket,
    transaction: FakeTransaction,
    text: str,
    content_type: str,
    files: Iterable[File],
) -> None:
    """Keep the text and the files of a transaction."""

    def keep(content_type: str, content: bytes = b"", name: str = "") -> FakeAttachment:
        if len(content) > rt.max_attachment_size:
            rt.record(ticket, "AttachmentDrop", transaction.creator, data=name)
            content_type, content = "text/plain", b"Large attachment dropped"
        kept = FakeAttachment(
            id=len(rt.attachments) + 1,
            transaction=transaction,
            name=name,
            content_type=plain_type(content_type),
            headers=_headers(content_type, name),
            content=content,
            parent=whole.id if whole else 0,
        )
        rt.attachments.append(kept)
        return kept

    whole = None
    files = list(files)
    if files:
        whole = keep("multipart/mixed")
    # RT does not know what an empty part is, whatever it was told.
    keep(content_type if text else "application/octet-stream", text.encode())
    ticket.attachments += [keep(f.content_type, f.content, f.name) for f in files]


def plain_type(content_type: str) -> str:
    """Return a content type without its parameters."""
    return content_type.partition(";")[0].strip()


def _headers(content_type: str, name: str) -> str:
    """Return what RT writes of a content type: each parameter in quotes, and folded."""
    header = Message()
    header["Content-Type"] = content_type
    parameters = dict(header.get_params(failobj=[])[1:])
    if content_type.startswith("text/"):
        parameters["charset"] = "utf-8"
    if name:
        parameters["name"] = name
    told = [f'{key}="{value}"' for key, value in sorted(parameters.items())]
    told.insert(0, f"Content-Type: {plain_type(content_type)}")
    line = "; ".join(told)
    return line if len(line) <= MAX_LINE else ";\n ".join(told)


def files_of(body: Mapping[str, Any]) -> list[File]:
    """Return the files that a request brings; RT refuses it if one is incomplete."""
    files = []
    for one in body.get("Attachments", []):
        for key in ("FileName", "FileType", "FileContent"):
            if not one.get(key):
                raise Problem(
                    400,
                    f"{key} is a required field for each attachment in Attachments",
                )
        name = one["FileName"].encode("ascii", "replace").decode()
        content = base64.b64decode(one["FileContent"])
        files.append(File(name, one["FileType"], content))
    return files


def text_of(body: Mapping[str, Any]) -> str:
    """Return the text as RT stores it, which takes a bare 0 for none."""
    content = str(body.get("Content", ""))
    return "" if content == "0" else content
