"""The address of an RT server, as people type or paste it."""

from yarl import URL

# The first folder of every page of RT's web UI, and of its interfaces.
_RT_FOLDERS = frozenset(
    {
        "admin",
        "approvals",
        "articles",
        "asset",
        "assets",
        "crypt",
        "dashboards",
        "download",
        "helpers",
        "index.html",
        "m",
        "noauth",
        "prefs",
        "reports",
        "rest",
        "search",
        "selfservice",
        "static",
        "ticket",
        "tools",
        "transaction",
        "user",
        "views",
    }
)


def normalise_url(text: str) -> str:
    """Return the address below which RT's pages and REST2 lie.

    Args:
        text: An address with scheme; a page of RT's web UI or its REST2 will do.

    Returns:
        The address without user name, page, query and trailing slash; the path of
        a server mounted below one is kept.

    Raises:
        ValueError: The text is no http or https address, or carries a password.

    """
    url = URL(text.strip())
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("An http:// or https:// address is needed")
    if " " in url.host or not url.host.isprintable():
        raise ValueError("The host holds characters that no host has")
    if url.user or url.password:
        raise ValueError("The address may not hold a user name or password")
    folders = []
    for folder in url.path.split("/"):
        if folder.casefold() in _RT_FOLDERS:
            break
        if folder:
            folders.append(folder)
    origin = url.origin()
    return str(origin.with_path("/" + "/".join(folders))).rstrip("/")
