"""Domain: a request that waits for a decision: how near its end is, when to remind of it, who is checking it.

Reminders come the nearer the end the oftener, and stop: whoever did not listen to the last will not to the next.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, tzinfo

from bot.domain.business_days import (
    after_working_hours,
    business_day_after,
    business_day_before,
    business_days_until,
    day_of,
)
from bot.domain.records import Disconnection, DisconnectionStatus
from bot.domain.tracking import Tracked

BEFORE_THE_END = (10, 5, 3, 2, 1, 0)
"""Business days before the last day; one more reminder comes on the business day after it."""
WHILE_WAITING = (2, 5, 10)
"""Business days after it was learnt, where there is no end to count to, or it was past by then."""
CALLING = 2
"""So many of the last reminders name those who decide."""
SOON = 2
"""Business days: what ends within them is told to those who decide as soon as it is known."""
CHECKING_HOURS = 4
"""Working hours after which whoever said "I'm checking" is taken to have been called away."""


def waits(tracked: Tracked) -> bool:
    return tracked.status is DisconnectionStatus.NEEDS_REVIEW


def end_of(tracked: Tracked) -> date | None:
    return tracked.record.effective_end_date if isinstance(tracked.record, Disconnection) else None


def days_left(end: date, today: date) -> int:
    """Negative once it is past."""
    return (end - today).days


def ends_soon(tracked: Tracked, zone: tzinfo) -> bool:
    """Whether it was so near its end when it was learnt that nobody may wait for a reminder."""
    end = end_of(tracked)
    return end is not None and business_days_until(day_of(tracked.seen_at, zone), end) <= SOON


def reminders(tracked: Tracked, zone: tzinfo) -> tuple[date, ...]:
    """The days on which to remind of it, in order, while it waits for this end."""
    known = _known(tracked, zone)
    return tuple(day for day in _all_reminders(end_of(tracked), known) if day > known)


def newest_reminder(tracked: Tracked, today: date, zone: tzinfo) -> date | None:
    """The last of them that has come."""
    return max((day for day in reminders(tracked, zone) if day <= today), default=None)


def calls(tracked: Tracked, day: date, zone: tzinfo) -> bool:
    """Whether the reminder of this day names those who decide."""
    return day in _all_reminders(end_of(tracked), _known(tracked, zone))[-CALLING:]


def _known(tracked: Tracked, zone: tzinfo) -> date:
    """Since when it is known to wait for this end. A version that changes neither begins no new count, or what moves
    each day would never be reminded of."""
    since = tracked.waits_since if tracked.waits_since is not None else tracked.seen_at
    return day_of(since, zone)


def _all_reminders(end: date | None, known: date) -> tuple[date, ...]:
    if end is None or end < known:
        return tuple(business_day_after(known, number) for number in WHILE_WAITING)
    before = tuple(business_day_before(end, number) for number in BEFORE_THE_END)
    return (*before, business_day_after(end, 1))


def taken(held: Tracked, owner: str, now: int, zone: tzinfo) -> Tracked:
    """Somebody says that they are checking it. It keeps nobody else from deciding."""
    until = after_working_hours(now, CHECKING_HOURS, zone)
    return replace(held, owner=owner, owned_since=now, owned_until=until)
