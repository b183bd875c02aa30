"""Business days and working hours, also in time zones with daylight saving time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.business_days import (
    after_working_hours,
    business_day_after,
    business_day_before,
    business_days_until,
    day_of,
    is_business_day,
    start_of,
    working_moment,
)

NEW_YORK = ZoneInfo("America/New_York")
ZONES = st.sampled_from(
    [
        NEW_YORK,
        *map(ZoneInfo, ("Europe/Vienna", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago")),
        *map(ZoneInfo, ("Asia/Beirut", "Atlantic/Azores", "Pacific/Auckland", "America/Havana", "UTC")),
    ]
)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
MOMENTS = st.integers(1_577_836_800, 2_082_758_400)


def at(text: str, zone: ZoneInfo = NEW_YORK) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def local(moment: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment, zone)


@given(DAYS, ZONES)
def test_a_day_starts_with_its_first_second_in_every_timezone(day: date, zone: ZoneInfo) -> None:
    start = start_of(day, zone)

    assert day_of(start, zone) == day
    assert day_of(start - 1, zone) == day - timedelta(days=1)


@given(MOMENTS, ZONES)
def test_the_next_working_time_is_the_earliest_possible(moment: int, zone: ZoneInfo) -> None:
    found = working_moment(moment, zone)
    there = local(found, zone)

    assert found >= moment
    assert is_business_day(there.date())
    assert 9 <= there.hour < 17
    assert found - moment <= 3 * 86_400
    assert found == moment or (there.hour, there.minute, there.second) == (9, 0, 0)
    assert working_moment(found, zone) == found
    if found > moment:
        between = local(found - 1, zone)
        assert not is_business_day(between.date()) or not 9 <= between.hour < 17


@given(MOMENTS, st.integers(0, 60), ZONES)
def test_working_hours_add_up(moment: int, hours: int, zone: ZoneInfo) -> None:
    once = after_working_hours(moment, hours, zone)
    stepwise = moment
    for _ in range(hours):
        stepwise = after_working_hours(stepwise, 1, zone)

    assert working_moment(moment, zone) <= once
    assert once == stepwise or hours == 0
    there = local(once - 1, zone)
    assert hours == 0 or (is_business_day(there.date()) and 9 <= there.hour < 17)


@given(DAYS, st.integers(0, 40))
def test_counting_business_days_back_and_forward_agrees(end: date, number: int) -> None:
    day = business_day_before(end, number)
    last = business_day_before(end, 0)

    assert is_business_day(day)
    assert day <= last <= end
    assert (end - last).days <= 2
    assert business_days_until(day, end) == number
    assert business_day_after(day, number) == last


@given(DAYS, st.integers(0, 60))
def test_business_days_until_a_day_equal_a_count_day_by_day(day: date, ahead: int) -> None:
    end = day + timedelta(days=ahead)
    one_by_one = sum(is_business_day(day + timedelta(days=step)) for step in range(1, ahead + 1))

    assert business_days_until(day, end) == one_by_one
    assert business_days_until(end, day) == 0


def test_the_date_depends_on_the_timezone() -> None:
    moment = int(datetime(2026, 12, 31, 3, tzinfo=UTC).timestamp())

    assert day_of(moment, NEW_YORK) == date(2026, 12, 30)
    assert day_of(moment, ZoneInfo("UTC")) == date(2026, 12, 31)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)])
def test_a_day_has_its_real_length_when_clocks_change(day: str, hours: int) -> None:
    began = date.fromisoformat(day)

    assert start_of(began + timedelta(days=1), NEW_YORK) - start_of(began, NEW_YORK) == hours * 3600


@pytest.mark.parametrize(
    ("then", "moment"),
    [
        ("2026-11-20T08:59:59", "2026-11-20T09:00"),
        ("2026-11-20T16:59:59", "2026-11-20T16:59:59"),
        ("2026-11-20T17:00", "2026-11-23T09:00"),
        ("2026-11-21T12:00", "2026-11-23T09:00"),
        ("2026-10-30T18:00", "2026-11-02T09:00"),
    ],
)
def test_working_hours_are_nine_to_five_on_weekdays(then: str, moment: str) -> None:
    assert working_moment(at(then), NEW_YORK) == at(moment)


@pytest.mark.parametrize(
    ("then", "moment"),
    [
        ("2026-11-20T10:00", "2026-11-20T14:00"),
        ("2026-11-20T15:00", "2026-11-23T11:00"),
        ("2026-11-20T13:00", "2026-11-20T17:00"),
        ("2026-11-21T03:00", "2026-11-23T13:00"),
    ],
)
def test_four_working_hours_skip_nights_and_weekends(then: str, moment: str) -> None:
    assert after_working_hours(at(then), 4, NEW_YORK) == at(moment)


HOLIDAYS = frozenset({date(2026, 11, 26), date(2026, 11, 27), date(2026, 12, 25)})


@given(DAYS, st.integers(0, 40), st.frozensets(DAYS, max_size=300))
def test_holidays_are_no_business_days_wherever_days_are_counted(
    end: date, number: int, holidays: frozenset[date]
) -> None:
    near = holidays | {end - timedelta(days=back) for back in (1, 6, 7, 20)}
    day = business_day_before(end, number, near)

    assert is_business_day(day, near)
    assert business_days_until(day, end, near) == number
    assert business_day_after(day, number, near) == business_day_before(end, 0, near)


def test_a_long_weekend_is_skipped() -> None:
    """Thanksgiving, a Thursday, and the day after it."""
    wednesday, monday = date(2026, 11, 25), date(2026, 11, 30)

    assert business_day_after(wednesday, 1, HOLIDAYS) == monday
    assert business_day_before(monday, 1, HOLIDAYS) == wednesday
    assert business_days_until(wednesday, monday, HOLIDAYS) == 1


@pytest.mark.parametrize("end", [date.min, date(1, 1, 6), date.max])
def test_counting_stops_at_the_first_and_the_last_day_there_is(end: date) -> None:
    assert date.min <= business_day_before(end, 40, HOLIDAYS) <= end
    assert end <= business_day_after(end, 40, HOLIDAYS) <= date.max


def test_nobody_works_on_a_holiday() -> None:
    assert working_moment(at("2026-11-25T17:00"), NEW_YORK, HOLIDAYS) == at("2026-11-30T09:00")
    assert working_moment(at("2026-11-26T12:00"), NEW_YORK, HOLIDAYS) == at("2026-11-30T09:00")
    assert after_working_hours(at("2026-11-25T15:00"), 4, NEW_YORK, HOLIDAYS) == at("2026-11-30T11:00")
