"""Tell, after each scheduled run of a worker, what it left: so that its silence is seen too."""

from __future__ import annotations

from bot.telemetry import LogEvent, log_event
from bot.usecases.ports.storage import OperationRepository, OutboxRepository

MOST_COUNTED = 1000


def log_operation_backlog(operations: OperationRepository, now: int) -> None:
    asked_at = operations.awaiting_resolution()
    kept = operations.deferred_due(now, limit=MOST_COUNTED)
    log_event(
        LogEvent.OPERATION_BACKLOG,
        oldest_due=_seconds_since(operations.oldest_due(now), now),
        awaiting_resolution=len(asked_at),
        deferred=len(kept),
        longest_awaiting=_seconds_since(min(asked_at, default=None), now),
    )


def log_outbox_backlog(outbox: OutboxRepository, now: int) -> None:
    log_event(LogEvent.OUTBOX_BACKLOG, oldest_due=_seconds_since(outbox.oldest_due(now), now))


def _seconds_since(moment: int | None, now: int) -> int:
    return max(now - moment, 0) if moment is not None else 0
