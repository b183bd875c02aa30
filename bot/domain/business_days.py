"""Days, business days and working hours, as the team's own zone counts them.

Monday to Friday, nine to five. Holidays are not known: no calendar of them is right for every team.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

OPENS, CLOSES = time(9), time(17)
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


def day_of(at: float, zone: tzinfo) -> date:
    """Which day it is there at this moment (Unix seconds)."""
    return datetime.fromtimestamp(at, zone).date()


def start_of(day: date, zone: tzinfo) -> int:
    """The first moment of a day, also where clocks skip midnight."""
    return _moment(day, time(), zone)


def is_business_day(day: date) -> bool:
    return day.weekday() < _SATURDAY


def business_day_before(end: date, number: int) -> date:
    """The business day that has so many business days between it and the last one at or before `end`."""
    day = end
    while not is_business_day(day):
        day -= _ONE_DAY
    for _ in range(number):
        day -= timedelta(days=3 if day.weekday() == 0 else 1)
    return day


def business_day_after(day: date, number: int) -> date:
    """The so-manieth business day after this one."""
    while number:
        day += _ONE_DAY
        number -= is_business_day(day)
    return day


def business_days_until(day: date, end: date) -> int:
    """How many business days come after `day`, up to and with `end`; none where it is past."""
    weeks, rest = divmod(max((end - day).days, 0), 7)
    return weeks * 5 + sum(is_business_day(end - timedelta(days=back)) for back in range(rest))


def working_moment(at: int, zone: tzinfo) -> int:
    """This moment, if somebody is at work then, or else when they next begin."""
    day = day_of(at, zone)
    while not is_business_day(day) or at >= _moment(day, CLOSES, zone):
        day += _ONE_DAY
        at = max(at, start_of(day, zone))
    return max(at, _moment(day, OPENS, zone))


def after_working_hours(at: int, hours: int, zone: tzinfo) -> int:
    """When so many working hours have gone by since then."""
    left = hours * 3600
    while True:
        at = working_moment(at, zone)
        closes = _moment(day_of(at, zone), CLOSES, zone)
        if at + left <= closes:
            return at + left
        left -= closes - at
        at = closes


def _moment(day: date, when: time, zone: tzinfo) -> int:
    return int(datetime.combine(day, when, zone).timestamp())
