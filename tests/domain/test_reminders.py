"""When to remind of a waiting request, whom to mention, and who is checking it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.domain.business_days import BusinessCalendar, is_business_day
from bot.domain.record_states import RecordState, advance, new_record_state
from bot.domain.records import Disconnection, DisconnectionSource, DisconnectionStatus
from bot.domain.reminders import (
    awaits_decision,
    claim,
    days_left,
    ends_soon,
    is_urgent,
    latest_reminder,
    mentions_approvers,
    reminder_days,
)

ZONE = ZoneInfo("America/New_York")
CALENDAR = BusinessCalendar(ZONE)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=ZONE).timestamp())


def waiting(end: date | None, known: date, **fields: Any) -> RecordState:
    record = Disconnection(
        id="d",
        version="v",
        created=0,
        modified=0,
        carrier_id="c",
        status=DisconnectionStatus.NEEDS_REVIEW,
        source_type=DisconnectionSource.CARRIER,
        effective_end_date=end,
        **fields,
    )
    return new_record_state(record, noon(known))


def test_reminders_become_more_frequent_near_the_end_and_come_once_after_it() -> None:
    """The end is a Thursday."""
    of = waiting(date(2026, 12, 31), date(2026, 11, 2))

    assert [day.isoformat() for day in reminder_days(of, CALENDAR)] == [
        "2026-12-17",
        "2026-12-24",
        "2026-12-28",
        "2026-12-29",
        "2026-12-30",
        "2026-12-31",
        "2027-01-01",
    ]
    assert [day.isoformat() for day in reminder_days(of, CALENDAR) if mentions_approvers(of, day, CALENDAR)] == [
        "2026-12-31",
        "2027-01-01",
    ]


@given(DAYS, st.integers(-40, 90))
def test_reminders_are_few_and_on_business_days_after_the_request_was_seen(known: date, ahead: int) -> None:
    of = waiting(known + timedelta(days=ahead), known)
    days = reminder_days(of, CALENDAR)

    assert list(days) == sorted(set(days))
    assert len(days) <= len(policies.REMINDER_DAYS_BEFORE_END) + 1
    assert all(is_business_day(day) and day > known for day in days)
    assert days, "every waiting request has reminders"
    assert [mentions_approvers(of, day, CALENDAR) for day in days][-policies.MENTIONING_REMINDERS :] == [True] * min(
        policies.MENTIONING_REMINDERS, len(days)
    )
    assert sum(mentions_approvers(of, day, CALENDAR) for day in days) <= policies.MENTIONING_REMINDERS


@pytest.mark.parametrize("end", [None, date(2026, 11, 1)])
def test_without_an_end_date_reminders_follow_the_request_by_some_days(end: date | None) -> None:
    """The request was received on a Friday."""
    of = waiting(end, date(2026, 11, 20))

    assert [day.isoformat() for day in reminder_days(of, CALENDAR)] == ["2026-11-24", "2026-11-27", "2026-12-04"]


def test_only_the_newest_of_several_missed_reminders_is_sent() -> None:
    of = waiting(date(2026, 12, 31), date(2026, 11, 2))

    assert latest_reminder(of, date(2026, 12, 16), CALENDAR) is None
    assert latest_reminder(of, date(2026, 12, 17), CALENDAR) == date(2026, 12, 17)
    assert latest_reminder(of, date(2026, 12, 29), CALENDAR) == date(2026, 12, 29)
    assert latest_reminder(of, date(2027, 6, 1), CALENDAR) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("end", "soon"),
    [("2026-11-19", True), ("2026-11-20", True), ("2026-11-24", True), ("2026-11-25", False), (None, False)],
)
def test_a_request_ending_within_two_business_days_is_urgent_at_once(end: str | None, soon: bool) -> None:
    """The request was received on a Friday, so Tuesday is the second business day after it."""
    of = waiting(date.fromisoformat(end) if end else None, date(2026, 11, 20))

    assert ends_soon(of, CALENDAR) is soon


def test_days_left_are_days_of_the_calendar() -> None:
    assert days_left(date(2026, 12, 31), date(2026, 12, 27)) == 4
    assert days_left(date(2026, 12, 31), date(2027, 1, 2)) == -2


def test_the_owner_stays_while_the_request_waits_for_a_decision() -> None:
    owned = claim(waiting(None, date(2026, 11, 20)), "U0BEN", noon(date(2026, 11, 20)), ZONE)
    assert (owned.owner, owned.owned_since) == ("U0BEN", noon(date(2026, 11, 20)))
    assert owned.owned_until == noon(date(2026, 11, 20)) + 4 * 3600

    changed = advance(owned, waiting(date(2026, 12, 1), date(2026, 11, 20), group_id="g").record, 5)
    assert awaits_decision(changed)
    assert changed.owner == "U0BEN"
    decided: Any = replace(changed.record, status=DisconnectionStatus.REJECTED)
    gone = advance(owned, decided, 5)
    assert (gone.owner, gone.owned_since, gone.owned_until) == (None, None, None)


@pytest.mark.parametrize(
    ("before", "now", "urgent"),
    [
        (date(2026, 12, 31), date(2026, 11, 23), True),
        (date(2026, 12, 31), date(2026, 12, 4), False),
        (date(2026, 11, 20), date(2026, 11, 19), False),
        (date(2026, 11, 9), date(2026, 12, 31), False),
        (date(2026, 12, 31), date(2026, 10, 1), True),
        (None, date(2026, 11, 9), True),
        (None, date(2026, 12, 31), False),
        (date(2026, 12, 31), None, False),
    ],
    ids=["closer", "before-any", "same-reminders", "later", "past", "set-close", "set-far", "removed"],
)
def test_a_moved_end_date_is_urgent_if_it_skipped_a_reminder(
    before: date | None, now: date | None, urgent: bool
) -> None:
    """The end date changes on Monday, 9 November 2026."""
    state = waiting(before, date(2026, 11, 2))
    assert isinstance(state.record, Disconnection)
    moved = advance(state, replace(state.record, version="w", effective_end_date=now), noon(date(2026, 11, 9)))

    assert is_urgent(moved, CALENDAR) is urgent
    same_day = advance(moved, replace(moved.record, version="x"), noon(date(2026, 11, 10)))
    assert same_day.end_date_change == moved.end_date_change
    decided = replace(moved.record, version="y", status=DisconnectionStatus.PROCESSING)
    assert advance(moved, decided, noon(date(2026, 11, 10))).end_date_change is None


def test_reminders_avoid_holidays_and_come_before_them() -> None:
    """The end is a Monday after a long weekend."""
    calendar = BusinessCalendar(ZONE, frozenset({date(2026, 11, 26), date(2026, 11, 27)}))
    of = waiting(date(2026, 11, 30), date(2026, 11, 20))

    assert [day.isoformat() for day in reminder_days(of, calendar)] == [
        *("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-30", "2026-12-01")
    ]


def test_a_request_that_ends_after_a_long_weekend_ends_soon() -> None:
    calendar = BusinessCalendar(ZONE, frozenset({date(2026, 11, 26), date(2026, 11, 27)}))
    of = waiting(date(2026, 11, 30), date(2026, 11, 24))

    assert ends_soon(of, calendar), "two business days are left: Wednesday and Monday"
    assert not ends_soon(of, CALENDAR)
