"""What pytest's reports in JUnit's format tell: `counts FILE`, or the ten `slowest` tests of FILE... ."""

from collections import Counter
from pathlib import Path
import sys
from xml.etree import ElementTree as ET

SLOWEST = 10


def cases(file: Path) -> list[ET.Element]:
    """Return the tests of a report; a step that is no run of pytest has none."""
    return list(ET.parse(file).iter("testcase")) if file.exists() else []  # noqa: S314 - our own


def outcome(case: ET.Element) -> str:
    """Return what became of a test."""
    for result in case:
        if result.tag in {"failure", "error"}:
            return "failed"
        if result.tag == "skipped":
            return (
                "expected to fail"
                if result.get("type") == "pytest.xfail"
                else "skipped"
            )
    return "passed"


def main(what: str, *files: str) -> None:
    """Print it."""
    if what == "counts":
        found = Counter(outcome(case) for case in cases(Path(files[0])))
        print(", ".join(f"{count} {name}" for name, count in found.most_common()))
        return
    slow = [
        (float(case.get("time", 0)), Path(file).stem, case)
        for file in files
        for case in cases(Path(file))
    ]
    slow.sort(key=lambda each: each[0], reverse=True)
    if slow:
        print("\nThe slowest tests:")
    for seconds, step, case in slow[:SLOWEST]:
        place = f"{case.get('classname')}::{case.get('name')}"
        print(f"{seconds:7.1f} s  {step:26} {place}")


main(*sys.argv[1:])
