"""A person reports what became of an operation whose effect Noyo's answers do not show."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.operations import Operation, OperationState, Resolution
from bot.domain.outbox import OutboxEvent, announced
from bot.domain.people import AuditEntry
from bot.errors import LeaseLost
from bot.telemetry import log_operation
from bot.usecases.dependencies import Dependencies


def resolve(
    operation_id: str,
    resolution: Resolution,
    person: str,
    *,
    attempt: int,
    seen_version: str | None,
    deps: Dependencies,
) -> Operation | None:
    """The operation after this resolution; None if it no longer needs one, because someone else acted first.

    The person answered the question about this `attempt`, so the answer does not count for a later one. `seen_version`
    is the version of the record that the person saw with the question; sending again is for that one.
    """
    operation = deps.operations.operation(operation_id)
    if operation is None or (operation.state, operation.attempts) != (OperationState.NEEDS_RESOLUTION, attempt):
        return None
    now = deps.now()
    resolved = operation.resolve(resolution, person, seen_version, now)
    pause = deps.sending_guard.active_pause() if resolved.waits_to_be_sent else None
    resolved, event = announced(resolved.defer(pause, now) if pause else resolved, now)
    event = replace(event, resolved_by=person)
    details = (("operation", operation.id), ("resolution", resolution.value), ("seen_version", seen_version or ""))
    audit = AuditEntry(deps.new_id(), operation.entity, now, person, "resolution_chosen", details, deps.origin)
    return resolved if save_if_unchanged(operation, resolved, event, audit, deps) else None


def save_if_unchanged(
    before: Operation, after: Operation, event: OutboxEvent, audit: AuditEntry, deps: Dependencies
) -> bool:
    """Save what a person did to an operation that no worker holds. False if someone else acted first."""
    try:
        deps.operations.save(
            after, lease=None, was=before.state, attempts=before.attempts, events=(event,), audit=audit
        )
    except LeaseLost:
        return False
    log_operation(after, audit.at)
    return True
