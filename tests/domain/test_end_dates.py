"""A day that went by before it could be sent, and one that somebody chose though it was past."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.end_dates import end_date_passed, requested_end_date
from tests.slack.samples import a_parting, a_request

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp())


@pytest.mark.parametrize(
    ("asked", "now", "late"),
    [
        ("2026-12-01T12:00", "2026-12-31T23:59", False),
        ("2026-12-01T12:00", "2027-01-01T00:00", True),
        ("2026-12-31T23:59", "2027-01-01T00:00", True),
        ("2027-01-01T00:00", "2027-01-01T00:01", False),
        ("2027-01-01T00:00", "2027-02-01T00:00", False),
    ],
)
def test_only_a_day_that_was_not_past_when_it_was_asked_for_can_go_by(
    asked: str, now: str, late: bool
) -> None:
    assert end_date_passed(a_parting(submitted_at=at(asked)), at(now), NEW_YORK) is late


def test_what_has_no_day_is_never_too_late() -> None:
    assert requested_end_date(a_request()) is None
    assert not end_date_passed(a_request(submitted_at=0), at("2027-01-01T00:00"), NEW_YORK)
