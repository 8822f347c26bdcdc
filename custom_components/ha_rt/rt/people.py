"""Parse the users and groups that a text names."""

import re

_PART = re.compile(r'(?:"[^"]*"|[^,;"])+')
_IN_BRACKETS = re.compile(r"<([^\s<>]+@[^\s<>]+)>")
_ADDRESS = re.compile(r'[^\s<>:"]+@[^\s<>"]+')
_GROUP = re.compile(r"^group\s*:\s*", re.IGNORECASE)


def parse_people(text: str) -> list[str]:
    """Return the logins, email addresses and groups that a text names.

    RT separates them by commas. Semicolons and blanks are separators here, too,
    because people use them; RT would drop some of the addresses.

    Args:
        text: Names such as "bob, Ann <ann@example.com>; group: Staff".

    Returns:
        Names such as "bob", "ann@example.com" and "group:Staff".

    """
    found: list[str] = []
    for part in map(str.strip, _PART.findall(text)):
        addresses = _IN_BRACKETS.findall(part) or _ADDRESS.findall(part)
        found += addresses or filter(None, [_GROUP.sub("group:", part)])
    return found


def numeric_people(text: str) -> list[str]:
    """Return the names in a text, also of groups, that have digits only.

    RT takes them for the number of a user or of a group, which may be large.
    """
    names = [person.removeprefix("group:") for person in parse_people(text)]
    return [name for name in names if name.isdecimal()]
