"""Derive the URL of an RT server from what people type or paste."""

import re

from yarl import URL

# The first path segments of the pages of RT's web UI and of its APIs.
_RT_SEGMENTS = frozenset(
    {
        "Admin",
        "Approvals",
        "Articles",
        "Asset",
        "Assets",
        "Crypt",
        "Dashboards",
        "Download",
        "Helpers",
        "NoAuth",
        "Prefs",
        "REST",
        "Reports",
        "Search",
        "SelfService",
        "Ticket",
        "Tools",
        "Transaction",
        "User",
        "Views",
        "m",
        "static",
    }
)
# In any case. The path that RT is mounted at may contain one of these, too.
_POSSIBLE_RT_SEGMENTS = frozenset(map(str.casefold, _RT_SEGMENTS))
# The path that RT is mounted at contains none of these.
_NEVER_A_MOUNT = re.compile(r"/(?:(?i:rest)/\d|NoAuth/|SelfService/)")


def normalise_url(text: str) -> str:
    """Return the most likely URL of RT.

    Args:
        text: A URL with its scheme, such as that of a page of RT's web UI or of REST2.

    Returns:
        The URL without query string, fragment, trailing slash and, at the end of its
        path, a page of RT.

    Raises:
        ValueError: The text is not a URL with http or https, or has a user name or
            password.

    """
    return _split(text)[0]


def possible_urls(text: str) -> list[str]:
    """Return all possible URLs of RT, given the URL of one of its pages.

    Args:
        text: See normalise_url.

    Returns:
        URLs as normalise_url returns them: the most likely one, then the others, the
        longest first.

    Raises:
        ValueError: See normalise_url.

    """
    likeliest, segments = _split(text)
    ends = [
        end
        for end, segment in enumerate(segments)
        if segment.casefold() in _POSSIBLE_RT_SEGMENTS
    ]
    ends.append(len(segments))
    origin = URL(likeliest).origin()
    others = [_join(origin, segments[:end]) for end in reversed(ends)]
    return list(dict.fromkeys([likeliest, *others]))


def _split(text: str) -> tuple[str, list[str]]:
    """Return the most likely URL, and the path segments that may belong to it."""
    url = URL(text.strip())
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("An http:// or https:// address is needed")
    if " " in url.host or not url.host.isprintable():
        raise ValueError("The host holds characters that no host has")
    if url.user or url.password:
        raise ValueError("The address may not hold a user name or password")
    path = _NEVER_A_MOUNT.split(f"{url.path}/", maxsplit=1)[0]
    segments = [segment for segment in path.split("/") if segment]
    end = len(segments)
    if segments and segments[-1].endswith(".html"):
        segments.pop()
        of_rt = [i for i, segment in enumerate(segments) if segment in _RT_SEGMENTS]
        end = of_rt[-1] if of_rt else len(segments)
        # In Admin/Tools/Config.html, for example, both segments are RT's.
        while end - 1 in of_rt:
            end -= 1
    return _join(url.origin(), segments[:end]), segments


def _join(origin: URL, segments: list[str]) -> str:
    """Return a URL without a trailing slash."""
    return str(origin.with_path("/" + "/".join(segments))).rstrip("/")
