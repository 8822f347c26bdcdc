"""Texts that mean something to one of those who read a query."""

from hypothesis import strategies as st

# What has a meaning in TicketSQL, in SQL, in Perl, in JSON or in an address, what is
# easily changed on the way, and what the same letters look like written otherwise.
_PARTS = (
    *"\"'\\(){}[];#`=,%_?&+ \n\r\t\0\x01\x7f\x85",
    *"\u2028\ud800\ufeff\u00a0\u2003\u200b\u202e\u05d0\u0660\ufffd",
    *"aAkK\u212aßẞüÜİ\u0131設💧",
    *(
        "\\\\",
        '\\"',
        "\\'",
        "u\u0308",
        "i\u0307",
        "ss",
        "  ",
        "\\n",
        "\\0",
        "%00",
        "%2e",
    ),
    *(" OR ", " AND ", " and ", "!=", " IS NULL", " LIKE ", "--", "/*", "*/", "id > 0"),
    *(
        'Queue = "General"',
        "CF.{DeviceId}",
        "cf.",
        "CF.2",
        "Content",
        "main.id",
        "NULL",
    ),
    *("__CurrentUser__", "__CurrentUserName__", "__Active__", "__Inactive__"),
    *("$x", "@x", "<%", "%>", "<b>", "0", "-1", "+5", "007", "1e3", "0x1", "1.50"),
    *("x" * 120, "ü" * 60, "💧" * 60),
)

TEXTS = st.lists(st.sampled_from(_PARTS), min_size=1, max_size=5).map("".join) | (
    st.text(st.characters(exclude_categories=()), max_size=12)
)

# All that was ever seen to be misunderstood, and what looks like it.
KNOWN = (
    *("", " ", "\u00a0", "\0", "a\0b", "\n", "a\nb", "\ud800", "x" * 255, "x" * 256),
    *(
        "ü" * 127 + "x",
        "ü" * 128,
        "CF.{DeviceId}",
        "cf.{deviceid}",
        "Cf.2",
        "CF.",
        "CF",
    ),
    *("CF.{X}.Content", " CF.{DeviceId}", "CustomField.{DeviceId}", "__CurrentUser__"),
    *(
        "__CURRENTUSERNAME__",
        "__currentuser__ ",
        "__Active__",
        "'\\",
        "\\'",
        "it's c:\\x",
    ),
    *('x" OR Queue = "General', "x' OR Queue = 'General", '" OR id > 0 OR "" = "', '"'),
    *("'", "\\", "\\\\", '\\"', '""', "%", "_", "a%", "NULL", "0", "-5", "007", "1.50"),
    *(
        '}" = "x" OR "CF.{DeviceId',
        "x'); DELETE FROM Tickets; --",
        "?",
        "{}",
        "()",
        "<b>",
    ),
    *(
        "Pump",
        "pump",
        "PUMP",
        "pump ",
        " pump",
        "pum_",
        "pum%",
        "\u212aelvin",
        "kelvin",
    ),
    *(
        "ü",
        "u\u0308",
        "Ü",
        "straße",
        "strasse",
        "İ",
        "i\u0307",
        "💧",
        "\u202egip",
        "gip",
    ),
)
