"""When an open record counts as not moving."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.business_days import BusinessCalendar
from bot.domain.not_moving import is_not_moving, is_overdue, parse_limits, unchanged_business_days
from bot.domain.record_filter import OpenRecord
from bot.domain.records import EntityKind, EntityRef
from bot.settings import NOT_MOVING_DAYS

ZONE = ZoneInfo("America/New_York")
CALENDAR = BusinessCalendar(ZONE, frozenset({date(2026, 11, 26)}))
LIMITS = parse_limits(NOT_MOVING_DAYS)


def connection(status: str, changed: str) -> OpenRecord:
    modified = int(datetime.fromisoformat(changed).replace(tzinfo=ZONE).timestamp())
    return OpenRecord(EntityRef(EntityKind.CONNECTION, "c"), status, modified)


def disconnection(status: str, end: str | None, changed: str = "2026-11-02T10:00") -> OpenRecord:
    modified = connection(status, changed).modified
    end_date = date.fromisoformat(end) if end else None
    return OpenRecord(EntityRef(EntityKind.DISCONNECTION, "d"), status, modified, end_date)


@pytest.mark.parametrize(
    ("status", "changed", "first"),
    [
        ("waiting_on_carrier", "2026-11-16T10:00", "2026-11-23"),
        ("noyo_review", "2026-11-13T18:00", "2026-11-23"),
        ("unable_to_connect", "2026-11-16T16:59", "2026-11-17"),
        ("action_required", "2026-11-20T17:01", "2026-11-24"),
        ("carrier_authorization", "2026-11-21T12:00", "2026-11-24"),
        ("unable_to_connect", "2026-11-25T10:00", "2026-11-27"),
        ("waiting_on_carrier", "2026-11-23T10:00", "2026-12-01"),
    ],
)
def test_a_record_does_not_move_from_the_day_on_which_its_limit_is_reached(
    status: str, changed: str, first: str
) -> None:
    record, day = connection(status, changed), date.fromisoformat(first)
    before = [date(2026, 11, number) for number in range(13, 31) if date(2026, 11, number) < day]

    assert is_not_moving(record, LIMITS, day, CALENDAR)
    assert [each for each in before if is_not_moving(record, LIMITS, each, CALENDAR)] == []
    assert unchanged_business_days(record, day, CALENDAR) == LIMITS[EntityKind.CONNECTION, status]


@pytest.mark.parametrize("status", ["created", "processing", "a_new_status", "completed"])
def test_a_status_without_a_limit_is_never_reported(status: str) -> None:
    assert not is_not_moving(connection(status, "2020-01-01T00:00"), LIMITS, date(2026, 11, 20), CALENDAR)


def test_a_disconnection_in_progress_is_late_on_the_day_after_its_last_managed_day() -> None:
    record = disconnection("processing", "2026-11-19")

    assert not is_not_moving(record, LIMITS, date(2026, 11, 19), CALENDAR)
    assert is_not_moving(record, LIMITS, date(2026, 11, 20), CALENDAR)
    assert is_overdue(record, date(2026, 11, 20))


def test_a_disconnection_without_a_last_day_and_a_connection_in_progress_are_never_late() -> None:
    limits, today = parse_limits("processing=3"), date(2026, 11, 20)

    assert not is_not_moving(disconnection("processing", None), limits, today, CALENDAR)
    assert not is_overdue(disconnection("needs_review", "2026-11-01"), today)
    assert is_not_moving(connection("processing", "2026-11-02T10:00"), limits, today, CALENDAR)


def test_a_decision_that_waits_has_a_limit_of_its_own() -> None:
    today = date(2026, 11, 20)

    assert is_not_moving(disconnection("needs_review", None), LIMITS, today, CALENDAR)
    assert not is_not_moving(disconnection("needs_review", None), parse_limits("none"), today, CALENDAR)


def test_without_limits_only_late_disconnections_are_reported() -> None:
    assert parse_limits("none") == {}
    assert is_not_moving(disconnection("processing", "2026-11-19"), {}, date(2026, 11, 20), CALENDAR)


def test_spaces_are_allowed_in_the_setting() -> None:
    assert parse_limits(" noyo_review=3 , created=10 ") == {
        (EntityKind.CONNECTION, "noyo_review"): 3,
        (EntityKind.CONNECTION, "created"): 10,
    }


@pytest.mark.parametrize(
    "text", ["", "waiting", "waiting=5", "noyo_review=0", "noyo_review=251", "noyo_review=x", "created=1,created=2"]
)
def test_a_wrong_setting_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_limits(text)
