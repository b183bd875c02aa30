"""Which open records do not move: unchanged for longer than their status should take, or disconnecting for too long.

Business days are counted from the working day on which a record changed last: what changes in the evening or on a
holiday has been seen by nobody before the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from bot.domain.business_days import BusinessCalendar, business_day_after, business_days_until, day_of, working_moment
from bot.domain.record_filter import IN_PROGRESS, NEED_OUR_ACTION, KindAndStatus, OpenRecord
from bot.domain.records import DisconnectionStatus, EntityKind

Limits = Mapping[KindAndStatus, int]
"""Business days without a change after which a record in this status does not move."""
MOST_DAYS = 250
"""About a year of business days."""
NO_LIMITS = "none"
_DISCONNECTING: KindAndStatus = (EntityKind.DISCONNECTION, DisconnectionStatus.PROCESSING.value)
_LIMITED = {key[1]: key for key in (*NEED_OUR_ACTION, *IN_PROGRESS) if key != _DISCONNECTING}
"""A disconnection in progress is measured by its last managed day instead."""


def parse_limits(text: str) -> Limits:
    """The limits that a setting lists, as in `waiting_on_carrier=5,noyo_review=5`; empty for `none`.

    Raises ValueError. A status that is not listed has no limit.
    """
    if text == NO_LIMITS:
        return {}
    limits: dict[KindAndStatus, int] = {}
    for part in re.split(r"\s*,\s*", text.strip()):
        status, _, days = part.partition("=")
        if status not in _LIMITED or _LIMITED[status] in limits:
            raise ValueError(f"{status or 'an empty text'} is not one of {', '.join(_LIMITED)}, or is there twice")
        if not re.fullmatch(r"[0-9]{1,3}", days) or not 1 <= int(days) <= MOST_DAYS:
            raise ValueError(f"{status} must have a number of business days from 1 to {MOST_DAYS}")
        limits[_LIMITED[status]] = int(days)
    return limits


def is_not_moving(record: OpenRecord, limits: Limits, today: date, calendar: BusinessCalendar) -> bool:
    """Whether it is to be reported today."""
    if is_overdue(record, today):
        return True
    limit = limits.get((record.entity.kind, record.status))
    return limit is not None and business_day_after(_since(record, calendar), limit, calendar.holidays) <= today


def is_overdue(record: OpenRecord, today: date) -> bool:
    """Whether it still disconnects a group after its last managed day."""
    disconnecting = (record.entity.kind, record.status) == _DISCONNECTING
    return disconnecting and record.end_date is not None and record.end_date < today


def unchanged_business_days(record: OpenRecord, today: date, calendar: BusinessCalendar) -> int:
    return business_days_until(_since(record, calendar), today, calendar.holidays)


def _since(record: OpenRecord, calendar: BusinessCalendar) -> date:
    return day_of(working_moment(record.modified, calendar.zone, calendar.holidays), calendar.zone)
