"""`<!date^…>` in the reader's time zone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def shown_date(seconds: str, pattern: str, tz: str, now: float) -> str | None:
    """None where Slack shows the fallback: for a malformed timestamp or an unknown token."""
    if not re.fullmatch(r"\d{1,11}", seconds):
        return None
    zone = ZoneInfo(tz)
    at = datetime.fromtimestamp(int(seconds), UTC).astimezone(zone)
    today = datetime.fromtimestamp(now, UTC).astimezone(zone)
    known = _tokens(at, today, now - int(seconds))
    tokens = re.findall(r"\{(\w+)\}", pattern)
    if not tokens or not set(tokens) <= known.keys():
        return None
    return re.sub(r"\{(\w+)\}", lambda match: known[match[1]], pattern)


def _tokens(at: datetime, today: datetime, age: float) -> dict[str, str]:
    day, hour = at.day, at.hour % 12 or 12
    half = "AM" if at.hour < 12 else "PM"
    short, long = f"{at:%b} {day}, {at.year}", f"{at:%A}, {at:%B} {_nth(day)}, {at.year}"
    plain = f"{at:%B} {_nth(day)}, {at.year}"
    near = _near_day(at, today)
    return {
        "date_num": f"{at:%Y-%m-%d}",
        "date_slash": f"{at:%m/%d/%Y}",
        "date": plain,
        "date_short": short,
        "date_long": long,
        "date_pretty": near or plain,
        "date_short_pretty": near or short,
        "date_long_pretty": near or long,
        "time": f"{hour}:{at:%M} {half}",
        "time_secs": f"{hour}:{at:%M:%S} {half}",
        "ago": _ago(age),
    }


def _near_day(at: datetime, today: datetime) -> str | None:
    names = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return names.get((at.date() - today.date()) // timedelta(days=1))


def _nth(day: int) -> str:
    if 10 <= day % 100 <= 20:
        return f"{day}th"
    return f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th') }"


def _ago(age: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = int(abs(age) // length)
        if count:
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if age > 0 else f"in {words}"
    return "just now"
