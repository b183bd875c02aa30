"""A request that awaits a decision: the days until its end date, its reminders and its claim.

Reminders become more frequent towards the end date, and then stop.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, tzinfo

from bot import policies
from bot.domain.business_days import (
    BusinessCalendar,
    Holidays,
    after_working_hours,
    business_day_after,
    business_day_before,
    day_of,
)
from bot.domain.record_states import RecordState
from bot.domain.records import Disconnection, DisconnectionStatus


def awaits_decision(record_state: RecordState) -> bool:
    return record_state.status is DisconnectionStatus.NEEDS_REVIEW


def end_date_of(record_state: RecordState) -> date | None:
    return record_state.record.effective_end_date if isinstance(record_state.record, Disconnection) else None


def days_left(end: date, today: date) -> int:
    """Days until `end`; negative once it is past."""
    return (end - today).days


def ends_soon(record_state: RecordState, calendar: BusinessCalendar) -> bool:
    """Whether its end date was so close when it became known that no reminder would come in time."""
    end = end_date_of(record_state)
    if end is None:
        return False
    known = day_of(record_state.seen_at, calendar.zone)
    return end < business_day_after(known, policies.SOON_DAYS + 1, calendar.holidays)


def reminder_days(record_state: RecordState, calendar: BusinessCalendar) -> tuple[date, ...]:
    """The days on which to remind of it while it waits, in order."""
    known = _known(record_state, calendar)
    return tuple(day for day in _all_reminders(end_date_of(record_state), known, calendar.holidays) if day > known)


def latest_reminder(record_state: RecordState, today: date, calendar: BusinessCalendar) -> date | None:
    """The latest reminder day up to today."""
    return max((day for day in reminder_days(record_state, calendar) if day <= today), default=None)


def mentions_approvers(record_state: RecordState, day: date, calendar: BusinessCalendar) -> bool:
    """Whether the reminder of this day mentions the approvers."""
    days = _all_reminders(end_date_of(record_state), _known(record_state, calendar), calendar.holidays)
    return day in days[-policies.MENTIONING_REMINDERS :]


def is_urgent(record_state: RecordState, calendar: BusinessCalendar) -> bool:
    """Whether an alert about it mentions the approvers at once, because no reminder tells them in time."""
    return awaits_decision(record_state) and (
        ends_soon(record_state, calendar) or _moved_past_reminder(record_state, calendar)
    )


def _moved_past_reminder(record_state: RecordState, calendar: BusinessCalendar) -> bool:
    """Whether its last managed day moved so much closer that the day of a reminder had already come."""
    change, end = record_state.end_date_change, end_date_of(record_state)
    if change is None or end is None:
        return False
    before = date.fromisoformat(change.before) if change.before else date.max
    known, holidays = _known(record_state, calendar), calendar.holidays
    return any(
        business_day_before(end, number, holidays) <= known < business_day_before(before, number, holidays)
        for number in policies.REMINDER_DAYS_BEFORE_END
    )


def _known(record_state: RecordState, calendar: BusinessCalendar) -> date:
    """Since when it has been known to wait with this end date.

    A version that changes neither does not restart the count, or a request that changes daily would get no reminder.
    """
    since = record_state.waiting_since if record_state.waiting_since is not None else record_state.seen_at
    return day_of(since, calendar.zone)


def _all_reminders(end: date | None, known: date, holidays: Holidays) -> tuple[date, ...]:
    if end is None or end < known:
        return tuple(business_day_after(known, number, holidays) for number in policies.REMINDER_DAYS_WITHOUT_END)
    before = tuple(business_day_before(end, number, holidays) for number in policies.REMINDER_DAYS_BEFORE_END)
    return (*before, business_day_after(end, 1, holidays))


def claim(record_state: RecordState, owner: str, now: int, zone: tzinfo) -> RecordState:
    """The state with `owner` as the person who works on it. A claim blocks nobody."""
    until, revision = after_working_hours(now, policies.CLAIM_HOURS, zone), record_state.owner_revision + 1
    return replace(record_state, owner=owner, owned_since=now, owned_until=until, owner_revision=revision)
