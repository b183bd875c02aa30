"""A second approver confirms a disconnection that awaits confirmation, or somebody withdraws it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.operations import Operation, OperationState, ReplyTo, SecondApproval
from bot.domain.outbox import announced
from bot.domain.people import AuditEntry, authorize_decision_on
from bot.errors import ObserveOnly
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.resolve import save_if_unchanged
from bot.usecases.operations.submit import NotAllowed


@dataclass(frozen=True, slots=True)
class Confirmed:
    """It is sent to Noyo next."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class NotAwaitingConfirmation:
    """It no longer waits; this is its current state (None: settled so long ago that it is no longer stored)."""

    operation: Operation | None


def confirm(
    operation_id: str, person: str, *, reply_to: ReplyTo, deps: Dependencies
) -> Confirmed | NotAwaitingConfirmation | NotAllowed:
    """Make it pending, in one transaction with its event and audit entry. Of several people at once, one succeeds.

    The caller ensures that the person may approve at all; this is checked again when it is sent. `ObserveOnly` if
    Switchboard accepts nothing that it would have to send.
    """
    if deps.sending_guard.observes_only:
        raise ObserveOnly
    now = deps.now()
    operation = deps.operations.operation(operation_id)
    if operation is None or not operation.awaits_confirmation(now):
        return NotAwaitingConfirmation(operation)
    permission = authorize_decision_on(operation.actor, person, deps.policy)
    if not permission.allowed:
        return NotAllowed(permission)
    confirmed, event = announced(operation.confirm(SecondApproval(person, now, reply_to)), now)
    pause = deps.sending_guard.active_pause()
    confirmed = confirmed.defer(pause, now) if pause else confirmed
    audit = _audit("disconnection_confirmed", confirmed, person, now, deps)
    if save_if_unchanged(operation, confirmed, event, audit, deps):
        return Confirmed(confirmed)
    return NotAwaitingConfirmation(deps.operations.operation(operation_id))


def withdraw(operation_id: str, person: str, *, deps: Dependencies) -> Operation | None:
    """The operation, cancelled and unsent; None if it no longer awaited confirmation."""
    now = deps.now()
    operation = deps.operations.operation(operation_id)
    if operation is None or operation.state is not OperationState.AWAITING_CONFIRMATION:
        return None
    withdrawn, event = announced(operation.withdraw(person, now), now)
    audit = _audit("disconnection_withdrawn", withdrawn, person, now, deps)
    return withdrawn if save_if_unchanged(operation, withdrawn, event, audit, deps) else None


def _audit(action: str, operation: Operation, person: str, now: int, deps: Dependencies) -> AuditEntry:
    details = operation.audit_details | {"asked_by": operation.actor or ""}
    return AuditEntry(deps.new_id(), operation.entity, now, person, action, tuple(details.items()), deps.origin)
