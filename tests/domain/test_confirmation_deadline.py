"""How long a second approver has: until the last managed day is over where the business is."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.confirmation_deadline import DAYS_FOR_A_PAST_DATE, expires_at

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
NOW = int(datetime(2026, 11, 1, 12, tzinfo=NEW_YORK).timestamp())


@pytest.mark.parametrize("zone", [NEW_YORK, TOKYO])
@pytest.mark.parametrize(
    ("end", "over"), [(date(2026, 12, 31), (2027, 1, 1)), (date(2026, 11, 2), (2026, 11, 3))]
)
def test_it_ends_with_the_day_whatever_the_clocks_do(
    zone: ZoneInfo, end: date, over: tuple[int, int, int]
) -> None:
    assert expires_at(end, NOW, zone) == int(datetime(*over, tzinfo=zone).timestamp())


def test_today_ends_at_midnight() -> None:
    assert expires_at(date(2026, 11, 1), NOW, NEW_YORK) - NOW == 12 * 3600


@pytest.mark.parametrize("end", [date(2026, 10, 31), date(2001, 1, 1)])
def test_a_day_that_is_past_leaves_some_days_to_confirm_it(end: date) -> None:
    assert expires_at(end, NOW, NEW_YORK) == NOW + DAYS_FOR_A_PAST_DATE * 86400
