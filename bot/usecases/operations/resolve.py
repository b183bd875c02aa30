"""A person reports what became of an operation whose effect Noyo's answers do not show."""

from __future__ import annotations

from bot.domain.operations import Operation, OperationState, Resolution
from bot.domain.outbox import operation_changed
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
    details = (("operation", operation.id), ("resolution", resolution.value), ("seen_version", seen_version or ""))
    audit = AuditEntry(deps.new_id(), operation.entity, now, person, "resolution_chosen", details, deps.origin)
    events = (operation_changed(resolved, now),)
    try:
        if resolved.state.settled:
            deps.operations.settle(
                resolved, lease=None, change=None, events=events, audit=audit, attempts=operation.attempts
            )
        else:
            deps.operations.save(resolved, lease=None, events=events, audit=audit, attempts=operation.attempts)
    except LeaseLost:
        return None
    log_operation(resolved, now)
    return resolved
