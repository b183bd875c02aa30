"""The calendars of public holidays that a deployment may choose."""

from __future__ import annotations

from datetime import date

import pytest

from bot.errors import SettingsError
from bot.public_holidays import public_holidays

THANKSGIVING, ELECTION_DAY = date(2026, 11, 26), date(2026, 11, 3)


def test_a_country_has_its_holidays_and_a_part_of_it_its_own_too() -> None:
    assert THANKSGIVING in public_holidays("US")
    assert ELECTION_DAY not in public_holidays("US")
    assert ELECTION_DAY in public_holidays("US-NY")
    assert date(2026, 7, 3) in public_holidays("US"), "Independence Day is a Saturday, so Friday is off"


def test_without_a_calendar_there_are_no_holidays() -> None:
    assert THANKSGIVING not in public_holidays("none")


@pytest.mark.parametrize("calendar", ["US", "US-NY", "CA", "IL", "SA", "CN", "SG"])
def test_extreme_dates_can_be_asked_for(calendar: str) -> None:
    holidays = public_holidays(calendar)

    assert [day for day in (date.min, date.max) if day in holidays] == []


@pytest.mark.parametrize("calendar", ["XX", "US-ZZ"])
def test_a_calendar_that_does_not_exist_is_refused(calendar: str) -> None:
    with pytest.raises(SettingsError, match=f"BUSINESS_CALENDAR .*{calendar}"):
        public_holidays(calendar)
