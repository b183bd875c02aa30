"""Whether the last managed day that a person chose went by before it could be sent."""

from __future__ import annotations

from datetime import date, tzinfo

from bot.domain.business_days import day_of
from bot.domain.operations import DecisionRequest, DisconnectionRequest, Operation


def requested_end_date(operation: Operation) -> date | None:
    """The last managed day that was asked for; None where none was."""
    wanted = operation.input
    return wanted.effective_end_date if isinstance(wanted, DecisionRequest | DisconnectionRequest) else None


def end_date_passed(operation: Operation, now: int, zone: tzinfo) -> bool:
    """Whether the day was not past yet when it was asked for, and is `now` (Unix seconds), where the business is.

    Whoever chose a day that was past by then meant it.
    """
    chosen = requested_end_date(operation)
    return chosen is not None and day_of(operation.submitted_at, zone) <= chosen < day_of(now, zone)
