"""Unicode surrogates in text that is sent to RT or received from it."""

from collections.abc import Callable
from typing import Any


def join_surrogates(text: str) -> str:
    """Return a text with surrogate pairs joined and lone surrogates replaced by U+FFFD.

    RT does not accept surrogates. A template may have cut a character in two, or
    written it as a pair.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def replace_surrogates(text: str) -> str:
    """Return a text with each surrogate replaced by a question mark."""
    return text.encode(errors="replace").decode()


def map_strings(function: Callable[[str], str], data: Any) -> Any:
    """Return JSON data with a function applied to each string, keys included."""
    match data:
        case str():
            return function(data)
        case list():
            return [map_strings(function, item) for item in data]
        case dict():
            return {
                map_strings(function, key): map_strings(function, value)
                for key, value in data.items()
            }
    return data
