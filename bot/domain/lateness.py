"""Domain: whether the last managed day that a person chose went by before it could be sent."""

from __future__ import annotations

from datetime import date, tzinfo

from bot.domain.business_days import day_of
from bot.domain.operations import DecisionRequest, DisconnectRequest, Operation


def chosen_day(operation: Operation) -> date | None:
    """The last managed day that was asked for; None where none was."""
    wanted = operation.input
    return wanted.effective_end_date if isinstance(wanted, DecisionRequest | DisconnectRequest) else None


def too_late(operation: Operation, now: int, zone: tzinfo) -> bool:
    """Whether the day was not past yet when it was asked for, and is `now` (Unix seconds), where the business is.

    Whoever chose a day that was past by then meant it.
    """
    chosen = chosen_day(operation)
    return chosen is not None and day_of(operation.placed_at, zone) <= chosen < day_of(now, zone)
