"""A person says what became of an operation that nobody can tell about from Noyo's answers."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from bot.domain import outbox as telling
from bot.domain.audit import WORKER, AuditEntry, Origin
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.errors import LeaseLost
from bot.telemetry import log_operation
from bot.usecases.ports.runtime import Clock, NewId
from bot.usecases.ports.storage import OperationRepository


class Resolution(StrEnum):
    """The three ways out."""

    ARRIVED = "arrived"
    SEND_AGAIN = "send_again"
    CLOSE = "close"


def resolve(
    operation_id: str,
    way: Resolution,
    person: str,
    *,
    seen_version: str | None,
    operations: OperationRepository,
    clock: Clock,
    new_id: NewId,
    origin: Origin = WORKER,
) -> Operation | None:
    """The operation after this way was taken; None where it no longer needs a person, so somebody was first.

    `seen_version` is the version of the record that the person saw beside the question: sending again is for that one.
    """
    operation = operations.operation(operation_id)
    if operation is None or operation.state is not OperationState.NEEDS_RESOLUTION:
        return None
    now = int(clock())
    taken = _taken(operation, way, person, seen_version, now)
    details = (("operation", operation.id), ("resolution", way.value), ("seen_version", seen_version or ""))
    audit = AuditEntry(new_id(), operation.entity, now, person, "resolution_chosen", details, origin)
    event = (telling.operation_changed(taken, now),)
    try:
        if taken.state.settled:
            operations.settle(taken, lease=None, change=None, events=event, audit=audit)
        else:
            operations.save(taken, lease=None, events=event, audit=audit)
    except LeaseLost:
        return None
    log_operation(taken, now)
    return taken


def _taken(
    operation: Operation, way: Resolution, person: str, seen_version: str | None, now: int
) -> Operation:
    record = operation.entity if operation.entity.is_record else None
    if way is Resolution.SEND_AGAIN:
        return replace(
            operation,
            state=OperationState.PENDING,
            due=now,
            reconciliations=0,
            first_attempt_at=None,
            shown_version=seen_version or operation.shown_version,
            outcome=None,
            attempts=operation.attempts + 1,
        )
    kind, state = {
        Resolution.ARRIVED: (OutcomeKind.REPORTED_ARRIVED, OperationState.SUCCEEDED),
        Resolution.CLOSE: (OutcomeKind.CLOSED, OperationState.CANCELLED),
    }[way]
    outcome = Outcome(kind, record=record, decided_by=person)
    return replace(operation, state=state, outcome=outcome, due=None, settled_at=now)
