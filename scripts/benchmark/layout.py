"""Tables for people."""

from collections.abc import Sequence

type Row = tuple[str, ...]


def lines(rows: Sequence[Row]) -> list[str]:
    """Return a table whose first and last columns are words."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    words = {0, len(widths) - 1}
    return [
        "  ".join(
            cell.ljust(width) if number in words else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
