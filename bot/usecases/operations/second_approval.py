"""A second approver confirms what is held, or somebody takes it back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain import outbox as telling
from bot.domain.audit import AuditEntry
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind, ReplyTo, SecondApproval
from bot.domain.people import authorize_decision_on
from bot.errors import LeaseLost, ObserveOnly
from bot.telemetry import log_operation
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.submit import NotAllowed


@dataclass(frozen=True, slots=True)
class Confirmed:
    """It goes to Noyo now."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class NotAwaitingConfirmation:
    """It does not wait any more: this is what became of it (None: settled so long ago that it is not kept)."""

    operation: Operation | None


def confirm(
    operation_id: str, person: str, *, reply_to: ReplyTo, deps: Dependencies
) -> Confirmed | NotAwaitingConfirmation | NotAllowed:
    """From held to pending, in one transaction with news and audit. Of several at once one wins.

    That the person may approve at all is the caller's to make sure of, here and again when it is sent. `OnlyWatches`
    where nothing is taken on that would be sent.
    """
    if deps.sending_guard.observes_only:
        raise ObserveOnly
    now = int(deps.clock())
    operation = deps.operations.operation(operation_id)
    if operation is None or not awaits_confirmation(operation, now):
        return NotAwaitingConfirmation(operation)
    permission = authorize_decision_on(operation.actor, person, deps.policy)
    if not permission.allowed:
        return NotAllowed(permission)
    second = SecondApproval(person, now, reply_to)
    confirmed = replace(operation, state=OperationState.PENDING, due=now, second_approval=second)
    placing_news = telling.operation_changed(confirmed, now)
    confirmed = replace(confirmed, deferred_by=deps.sending_guard.active_pause())
    try:
        deps.operations.save(
            confirmed,
            lease=None,
            was=OperationState.AWAITING_CONFIRMATION,
            events=(placing_news,),
            audit=_audit("disconnection_confirmed", confirmed, person, now, deps),
        )
    except LeaseLost:
        return NotAwaitingConfirmation(deps.operations.operation(operation_id))
    log_operation(confirmed, now)
    return Confirmed(confirmed)


def withdraw(operation_id: str, person: str, *, deps: Dependencies) -> Operation | None:
    """The operation, cancelled unsent; None where it was not held any more."""
    now = int(deps.clock())
    operation = deps.operations.operation(operation_id)
    if operation is None or operation.state is not OperationState.AWAITING_CONFIRMATION:
        return None
    withdrawn = replace(
        operation,
        state=OperationState.CANCELLED,
        outcome=Outcome(OutcomeKind.WITHDRAWN, decided_by=person),
        due=None,
        settled_at=now,
    )
    try:
        deps.operations.settle(
            withdrawn,
            lease=None,
            was=OperationState.AWAITING_CONFIRMATION,
            change=None,
            events=(telling.operation_changed(withdrawn, now),),
            audit=_audit("disconnection_withdrawn", withdrawn, person, now, deps),
        )
    except LeaseLost:
        return None
    log_operation(withdrawn, now)
    return withdrawn


def awaits_confirmation(operation: Operation, now: int) -> bool:
    """Whether it still waits for a second approver. Its time may be over before anybody has come by to say so."""
    return (
        operation.state is OperationState.AWAITING_CONFIRMATION
        and operation.due is not None
        and operation.due > now
    )


def _audit(action: str, operation: Operation, person: str, now: int, deps: Dependencies) -> AuditEntry:
    details = {
        "operation": operation.id,
        "kind": operation.kind.value,
        "shown_version": operation.shown_version or "",
        "asked_by": operation.actor or "",
        **operation.audit_details,
    }
    return AuditEntry(
        deps.new_id(), operation.entity, now, person, action, tuple(details.items()), deps.origin
    )
