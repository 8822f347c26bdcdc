"""People as they are named to RT: by logins, mail addresses, or as groups."""

import re

_PART = re.compile(r'(?:"[^"]*"|[^,;"])+')
_IN_BRACKETS = re.compile(r"<([^\s<>]+@[^\s<>]+)>")
_ADDRESS = re.compile(r'[^\s<>:"]+@[^\s<>"]+')
_GROUP = re.compile(r"^group\s*:\s*", re.IGNORECASE)


def persons(text: str) -> list[str]:
    """Return the logins, addresses and groups that a text names.

    RT takes several, separated by commas. Semicolons and blanks separate them for
    people only: RT drops some of these then.
    """
    found: list[str] = []
    for part in map(str.strip, _PART.findall(text)):
        addresses = _IN_BRACKETS.findall(part) or _ADDRESS.findall(part)
        found += addresses or filter(None, [_GROUP.sub("group:", part)])
    return found


def numbers(text: str) -> list[str]:
    """Return the all-digit persons of a text, whom RT takes for numbers.

    They are the numbers of users and of groups, which may be large.
    """
    return [person for person in persons(text) if person.isdecimal()]
