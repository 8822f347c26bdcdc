"""Times in queries, as RT reads them (RT::Date and Time::ParseDate)."""

from datetime import datetime, timedelta
import re
from zoneinfo import ZoneInfo

from .ticket import NEVER

_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_RELATIVE = re.compile(r"([-+]?)(\d+) (second|minute|hour|day|week)s?( ago)?")
_ABSOLUTE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(Z?))?")


def read_time(text: str, now: datetime, zone: str) -> datetime:
    """Return the time that a query means.

    Args:
        text: As the query has it.
        now: The time of the query.
        zone: The time zone of the account that asks.

    """
    if text == "now":
        return now
    if match := _RELATIVE.fullmatch(text):
        sign, number, unit, ago = match.groups()
        if not sign and ago and len(number) == 4:
            return _misread(number, now, zone)
        if not sign and len(number) > 5:
            raise NotImplementedError("RT takes some of these for a date; write -N")
        back = -1 if (sign == "-") != bool(ago) else 1
        return now + back * int(number) * _UNITS[unit]
    if match := _ABSOLUTE.fullmatch(text):
        day, hour, utc = match.groups(default="")
        # What RT does not know as a time, such as 10:00:00Z, it leaves out.
        local = datetime.fromisoformat(f"{day}T{'00:00:00' if utc else hour or '00'}")
        return local.replace(tzinfo=ZoneInfo(zone))
    return NEVER


def _misread(digits: str, now: datetime, zone: str) -> datetime:
    """Return what RT takes four digits for: a time of this day, or a year."""
    hour, minute = int(digits[:2]), int(digits[2:])
    if hour < 24 and minute < 60:
        today = now.astimezone(ZoneInfo(zone))
        return today.replace(hour=hour, minute=minute, second=0)
    return datetime(max(int(digits) - 1, 1), 11, 30, tzinfo=ZoneInfo(zone))
