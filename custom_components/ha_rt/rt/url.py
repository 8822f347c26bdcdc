"""The address of an RT server, as people type or paste it."""

import re

from yarl import URL

# The first folder of every page of RT's web UI, and of its interfaces.
_RT_FOLDERS = frozenset(
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
# In any case; a server may be mounted below a folder that is called like one of them.
_MAYBE_RT_FOLDERS = frozenset(map(str.casefold, _RT_FOLDERS))
# Below which no server is mounted.
_NEVER_A_MOUNT = re.compile(r"/(?:(?i:rest)/\d|NoAuth/|SelfService/)")


def normalise_url(text: str) -> str:
    """Return the address below which RT's pages and REST2 most likely lie.

    Args:
        text: An address with scheme; a page of RT's web UI or its REST2 will do.

    Returns:
        The address without user name, query and trailing slash; of its path, only a
        page at the end is missing.

    Raises:
        ValueError: The text is no http or https address, or carries a password.

    """
    return _split(text)[0]


def possible_urls(text: str) -> list[str]:
    """Return the addresses that an RT may have, of which one was given a page.

    The likeliest stands first, see normalise_url; then those with a longer path.
    """
    likeliest, folders = _split(text)
    ends = [at for at, one in enumerate(folders) if one.casefold() in _MAYBE_RT_FOLDERS]
    ends.append(len(folders))
    origin = URL(likeliest).origin()
    others = [_address(origin, folders[:end]) for end in reversed(ends)]
    return list(dict.fromkeys([likeliest, *others]))


def _split(text: str) -> tuple[str, list[str]]:
    """Return the likeliest address, and the folders that RT may lie in or below."""
    url = URL(text.strip())
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("An http:// or https:// address is needed")
    if " " in url.host or not url.host.isprintable():
        raise ValueError("The host holds characters that no host has")
    if url.user or url.password:
        raise ValueError("The address may not hold a user name or password")
    path = _NEVER_A_MOUNT.split(f"{url.path}/", maxsplit=1)[0]
    folders = [folder for folder in path.split("/") if folder]
    end = len(folders)
    if folders and folders[-1].endswith(".html"):
        folders.pop()
        ours = [at for at, one in enumerate(folders) if one in _RT_FOLDERS]
        end = ours[-1] if ours else len(folders)
        # Of Admin/Tools/Config.html and the like, both are RT's.
        while end - 1 in ours:
            end -= 1
    return _address(url.origin(), folders[:end]), folders


def _address(origin: URL, folders: list[str]) -> str:
    """Return the address of a folder."""
    return str(origin.with_path("/" + "/".join(folders))).rstrip("/")
