"""Use case: a second approver confirms what is held, or somebody takes it back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain import news as telling
from bot.domain.operations import AnswerTo, Confirmation, Operation, OperationState, Outcome, OutcomeKind
from bot.domain.people import Policy, may_decide_on_what
from bot.errors import LeaseLost, OnlyWatches
from bot.ports import WORKER, AuditEntry, Clock, KeepsOperations, NewId, Origin
from bot.usecases.gate import Gate
from bot.usecases.place import NotAllowed
from bot.usecases.steps import tell_operation


@dataclass(frozen=True, slots=True)
class Tools:
    """What confirming and withdrawing touch."""

    operations: KeepsOperations
    policy: Policy
    clock: Clock
    new_id: NewId
    gate: Gate
    origin: Origin = WORKER


@dataclass(frozen=True, slots=True)
class Confirmed:
    """It goes to Noyo now."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class NotHeld:
    """It does not wait any more: this is what became of it (None: settled so long ago that it is not kept)."""

    operation: Operation | None


def confirm(
    operation_id: str, person: str, *, answer_to: AnswerTo, tools: Tools
) -> Confirmed | NotHeld | NotAllowed:
    """From held to pending, in one transaction with news and audit. Of several at once one wins.

    That the person may approve at all is the caller's to make sure of, here and again when it is sent. `OnlyWatches`
    where nothing is taken on that would be sent.
    """
    if tools.gate.watches:
        raise OnlyWatches
    now = int(tools.clock())
    operation = tools.operations.operation(operation_id)
    if operation is None or not waits(operation, now):
        return NotHeld(operation)
    permission = may_decide_on_what(operation.actor, person, tools.policy)
    if not permission.allowed:
        return NotAllowed(permission)
    second = Confirmation(person, now, answer_to)
    confirmed = replace(operation, state=OperationState.PENDING, due=now, second=second)
    placing_news = telling.of_operation(confirmed, now)
    confirmed = replace(confirmed, kept=tools.gate.shut())
    try:
        tools.operations.keep(
            confirmed,
            lease=None,
            was=OperationState.HELD,
            news=(placing_news,),
            audit=_audit("confirmed", confirmed, person, now, tools),
        )
    except LeaseLost:
        return NotHeld(tools.operations.operation(operation_id))
    tell_operation(confirmed, now)
    return Confirmed(confirmed)


def withdraw(operation_id: str, person: str, *, tools: Tools) -> Operation | None:
    """The operation, cancelled unsent; None where it was not held any more."""
    now = int(tools.clock())
    operation = tools.operations.operation(operation_id)
    if operation is None or operation.state is not OperationState.HELD:
        return None
    withdrawn = replace(
        operation,
        state=OperationState.CANCELLED,
        outcome=Outcome(OutcomeKind.WITHDRAWN, decided_by=person),
        due=None,
        settled_at=now,
    )
    try:
        tools.operations.settle(
            withdrawn,
            lease=None,
            was=OperationState.HELD,
            change=None,
            news=(telling.of_operation(withdrawn, now),),
            audit=_audit("withdrawn", withdrawn, person, now, tools),
        )
    except LeaseLost:
        return None
    tell_operation(withdrawn, now)
    return withdrawn


def waits(operation: Operation, now: int) -> bool:
    """Whether it still waits for a second approver. Its time may be over before anybody has come by to say so."""
    return operation.state is OperationState.HELD and operation.due is not None and operation.due > now


def _audit(deed: str, operation: Operation, person: str, now: int, tools: Tools) -> AuditEntry:
    details = {
        "operation": operation.id,
        "kind": operation.kind.value,
        "shown_version": operation.shown_version or "",
        "asked_by": operation.actor or "",
        **operation.decides,
    }
    return AuditEntry(
        tools.new_id(), operation.subject, now, person, deed, tuple(details.items()), tools.origin
    )
