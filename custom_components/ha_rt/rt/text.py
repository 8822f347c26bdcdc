"""Texts on their way to RT."""


def whole(text: str) -> str:
    """Return a text without halves of characters, which RT does not take.

    A template may have cut a character in two, or written one as its two halves.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
