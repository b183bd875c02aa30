"""How long a disconnection that waits for a second approver waits, before it expires unsent."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS_FOR_A_PAST_DATE = 3
"""Its end has gone by when it is asked for, so that cannot be the end of waiting for a second approver."""


def expires_at(effective_end_date: date, asked_at: int, timezone: ZoneInfo) -> int:
    """Unix seconds: when the last managed day is over where the business is; some days from now if it is already."""
    over = datetime.combine(effective_end_date + timedelta(days=1), datetime.min.time(), timezone)
    end = int(over.timestamp())
    return end if end > asked_at else asked_at + DAYS_FOR_A_PAST_DATE * 86400
