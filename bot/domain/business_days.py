"""Days, business days and working hours in the team's time zone.

Monday to Friday, nine to five, except on public holidays. Which days these are comes from outside, as data.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

Holidays = Container[date]
NO_HOLIDAYS: Holidays = frozenset[date]()
OPENS, CLOSES = time(9), time(17)
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """What decides which days and hours are working time: the team's time zone and the public holidays."""

    zone: tzinfo
    holidays: Holidays = NO_HOLIDAYS


def day_of(at: float, zone: tzinfo) -> date:
    """The date in this zone at a moment in Unix seconds."""
    return datetime.fromtimestamp(at, zone).date()


def start_of(day: date, zone: tzinfo) -> int:
    """The first moment of a day, even if the clocks skip midnight."""
    return _moment(day, time(), zone)


def is_business_day(day: date, holidays: Holidays = NO_HOLIDAYS) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays


def business_day_before(end: date, number: int, holidays: Holidays = NO_HOLIDAYS) -> date:
    """The business day that is `number` business days before the last one at or before `end`, but not before year 1."""
    day = end
    while not is_business_day(day, holidays) and day > date.min:
        day -= _ONE_DAY
    while number and day > date.min:
        day -= _ONE_DAY
        number -= is_business_day(day, holidays)
    return day


def business_day_after(day: date, number: int, holidays: Holidays = NO_HOLIDAYS) -> date:
    """The business day that is `number` business days after `day`, but not after year 9999."""
    while number and day < date.max:
        day += _ONE_DAY
        number -= is_business_day(day, holidays)
    return day


def business_days_until(day: date, end: date, holidays: Holidays = NO_HOLIDAYS) -> int:
    """The number of business days after `day` up to and including `end`; 0 if `end` is past. Counts day by day."""
    days = range(max((end - day).days, 0))
    return sum(is_business_day(end - timedelta(days=back), holidays) for back in days)


def working_moment(at: int, zone: tzinfo, holidays: Holidays = NO_HOLIDAYS) -> int:
    """This moment if it is within working hours, else the start of the next working day."""
    day = day_of(at, zone)
    while not is_business_day(day, holidays) or at >= _moment(day, CLOSES, zone):
        day += _ONE_DAY
        at = max(at, start_of(day, zone))
    return max(at, _moment(day, OPENS, zone))


def after_working_hours(at: int, hours: int, zone: tzinfo, holidays: Holidays = NO_HOLIDAYS) -> int:
    """The moment at which this many working hours have passed since `at`."""
    remaining = hours * 3600
    while True:
        at = working_moment(at, zone, holidays)
        closes = _moment(day_of(at, zone), CLOSES, zone)
        if at + remaining <= closes:
            return at + remaining
        remaining -= closes - at
        at = closes


def _moment(day: date, when: time, zone: tzinfo) -> int:
    return int(datetime.combine(day, when, zone).timestamp())
