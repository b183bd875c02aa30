"""Days, business days and working hours in the team's time zone.

Monday to Friday, nine to five. Holidays are not considered: no calendar fits every team.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

OPENS, CLOSES = time(9), time(17)
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


def day_of(at: float, zone: tzinfo) -> date:
    """The date in this zone at a moment in Unix seconds."""
    return datetime.fromtimestamp(at, zone).date()


def start_of(day: date, zone: tzinfo) -> int:
    """The first moment of a day, even if the clocks skip midnight."""
    return _moment(day, time(), zone)


def is_business_day(day: date) -> bool:
    return day.weekday() < _SATURDAY


def business_day_before(end: date, number: int) -> date:
    """The business day that is `number` business days before the last one at or before `end`, but not before year 1."""
    day = end
    while not is_business_day(day):
        day -= _ONE_DAY
    for _ in range(min(number, business_days_until(date.min, day))):
        day -= timedelta(days=3 if day.weekday() == 0 else 1)
    return day


def business_day_after(day: date, number: int) -> date:
    """The business day that is `number` business days after `day`, but not after year 9999."""
    while number and day < date.max:
        day += _ONE_DAY
        number -= is_business_day(day)
    return day


def business_days_until(day: date, end: date) -> int:
    """The number of business days after `day` up to and including `end`; 0 if `end` is past."""
    weeks, rest = divmod(max((end - day).days, 0), 7)
    return weeks * 5 + sum(is_business_day(end - timedelta(days=back)) for back in range(rest))


def working_moment(at: int, zone: tzinfo) -> int:
    """This moment if it is within working hours, else the start of the next working day."""
    day = day_of(at, zone)
    while not is_business_day(day) or at >= _moment(day, CLOSES, zone):
        day += _ONE_DAY
        at = max(at, start_of(day, zone))
    return max(at, _moment(day, OPENS, zone))


def after_working_hours(at: int, hours: int, zone: tzinfo) -> int:
    """The moment at which this many working hours have passed since `at`."""
    remaining = hours * 3600
    while True:
        at = working_moment(at, zone)
        closes = _moment(day_of(at, zone), CLOSES, zone)
        if at + remaining <= closes:
            return at + remaining
        remaining -= closes - at
        at = closes


def _moment(day: date, when: time, zone: tzinfo) -> int:
    return int(datetime.combine(day, when, zone).timestamp())
