"""Texts on their way to RT and from it."""

from collections.abc import Callable
from typing import Any


def whole(text: str) -> str:
    """Return a text without halves of characters, which RT does not take.

    A template may have cut a character in two, or written one as its two halves.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def writable(text: str) -> str:
    """Return a text with question marks for halves of characters, which nobody takes."""
    return text.encode(errors="replace").decode()


def in_all_texts(change: Callable[[str], str], data: Any) -> Any:
    """Return what JSON can hold, with a change made to each of its texts."""
    match data:
        case str():
            return change(data)
        case list():
            return [in_all_texts(change, one) for one in data]
        case dict():
            return {
                in_all_texts(change, name): in_all_texts(change, one)
                for name, one in data.items()
            }
    return data
