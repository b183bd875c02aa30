"""Carry out one operation, the only way anything is written to Noyo."""

from __future__ import annotations

from bot.domain.end_dates import end_date_passed
from bot.domain.operations import (
    ConnectionRequest,
    DecisionRequest,
    DisconnectionRequest,
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RefreshRequest,
    RetryRequest,
)
from bot.domain.people import ALLOWED, Permission, Verdict, authorize_decision_on
from bot.domain.reconciliation import with_end_date
from bot.domain.records import Disconnection, Record
from bot.errors import LeaseLost, NoAnswer, NotSent, NoyoRefused, UnreadableAnswer
from bot.telemetry import LogEvent, entity_label, log_event
from bot.usecases.admin.authorization import authorized_by_table
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.execute_disconnection import execute_disconnection
from bot.usecases.operations.lifecycle import (
    SendingPaused,
    claim,
    decrypted,
    defer,
    ensure_may_send,
    reconcile_later,
    reschedule,
    settle,
    settle_confirmed,
)
from bot.usecases.operations.reconcile import find_duplicate, reconcile, settle_if_effective
from bot.usecases.records.ingest import read_record

CONFLICT = 409
STALE = frozenset({404, 409, 422})


def execute(operation_id: str, deps: Dependencies) -> None:
    """Does what is to be done on the operation now, if anything. Safe to call any number of times."""
    operation = claim(operation_id, deps)
    if operation is None:
        return
    log_event(
        LogEvent.OPERATION_CLAIMED,
        kind=operation.kind.value,
        entity=entity_label(operation.entity),
        state=operation.state.value,
        attempt=operation.attempts,
    )
    try:
        if operation.state is OperationState.RECONCILING:
            reconcile(operation, deps)
        else:
            _send(operation, deps)
    except LeaseLost:
        return  # Another worker took over after our lease ran out; what became of it is theirs to find out.


def _send(operation: Operation, deps: Dependencies) -> None:
    if not _still_permitted(operation, deps) or _went_by(operation, deps):
        return
    try:
        match operation.input:
            case ConnectionRequest() as wanted:
                _request(operation, wanted, deps)
            case RetryRequest() as wanted:
                _retry(operation, wanted, deps)
            case DecisionRequest() as wanted:
                _decide(operation, wanted, deps)
            case DisconnectionRequest() as wanted:
                execute_disconnection(operation, wanted, deps)
            case RefreshRequest():
                _look(operation, deps)
    except NotSent as error:
        reschedule(operation, deps, why=str(error), retry_after=error.retry_after)
    except SendingPaused as shut:
        defer(operation, shut.pause, deps)


def _still_permitted(operation: Operation, deps: Dependencies) -> bool:
    """A right may have gone between the click and now. What cannot be told yet waits; it is not refused."""
    if operation.kind is OperationKind.REFRESH_RECORD:
        return True
    for person in operation.people:
        permission = authorized_by_table(operation.required_right, person, deps)
        if permission.verdict is Verdict.UNKNOWN:
            whom = "you" if len(operation.people) == 1 else "both who asked for it"
            reschedule(operation, deps, why=f"Waiting to make sure that {whom} still may do this.", anew=True)
            return False
        if not permission.allowed:
            _not_allowed(operation, person, permission, deps)
            return False
    return _is_not_their_own(operation, deps)


def _went_by(operation: Operation, deps: Dependencies) -> bool:
    """A day that was ahead when it was asked for may be over after a pause or trouble: nobody asked for a past one.

    Where an earlier sending may have arrived, that is found out first.
    """
    if not end_date_passed(operation, deps.now(), deps.timezone):
        return False
    if operation.sends == 1 or not settle_if_effective(operation, deps):
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.END_DATE_PASSED), deps)
    return True


def _is_not_their_own(operation: Operation, deps: Dependencies) -> bool:
    """What was asked for through us may have become known as such, or the policy another, since the click."""
    asked_by, decider = operation.actor, operation.second_approval.by if operation.second_approval else None
    if operation.kind is OperationKind.DECIDE_DISCONNECTION:
        record_state = deps.records.record_state(operation.entity)
        asked_by, decider = record_state.requester if record_state else None, operation.actor
    permission = authorize_decision_on(asked_by, decider, deps.policy) if decider else ALLOWED
    if decider and not permission.allowed:
        _not_allowed(operation, decider, permission, deps)
    return permission.allowed


def _not_allowed(operation: Operation, person: str, permission: Permission, deps: Dependencies) -> None:
    outcome = Outcome(OutcomeKind.NOT_AUTHORIZED, message=permission.reason, decided_by=person)
    settle(operation, OperationState.CANCELLED, outcome, deps)


def _request(operation: Operation, wanted: ConnectionRequest, deps: Dependencies) -> None:
    sensitive = decrypted(operation, wanted.encrypted, deps)
    ensure_may_send(operation, deps)
    try:
        made = deps.noyo.request_connection(
            wanted.carrier_id, wanted.carrier_group_id, wanted.group_name, sensitive
        )
    except NoyoRefused as refusal:
        _refused(operation, refusal, deps)
    except (NoAnswer, UnreadableAnswer):
        reconcile_later(operation, deps)
    else:
        settle_confirmed(operation, made, deps)


def _retry(operation: Operation, wanted: RetryRequest, deps: Dependencies) -> None:
    sensitive = decrypted(operation, wanted.encrypted, deps)
    if not _unchanged(operation, deps):
        return
    ensure_may_send(operation, deps)
    try:
        made = deps.noyo.retry_connection(
            operation.entity.key, carrier_group_id=wanted.carrier_group_id, sensitive=sensitive
        )
    except NoyoRefused as refusal:
        _refused(operation, refusal, deps)
    except (NoAnswer, UnreadableAnswer):
        reconcile_later(operation, deps)
    else:
        settle_confirmed(operation, made, deps)


def _decide(operation: Operation, wanted: DecisionRequest, deps: Dependencies) -> None:
    """Noyo takes a decision for one version only, the one that the person saw."""
    if not _unchanged(operation, deps):
        return
    ensure_may_send(operation, deps)
    try:
        made = _decided(operation, wanted, deps)
    except NoyoRefused as refusal:
        _decision_refused(operation, refusal, deps)
    except (NoAnswer, UnreadableAnswer):
        reconcile_later(operation, deps)
    else:
        settle_confirmed(operation, with_end_date(made, _shown(operation, deps), wanted), deps)


def _shown(operation: Operation, deps: Dependencies) -> Record | None:
    """The version that was decided on, as far as it is still the newest we hold."""
    held = deps.records.record_state(operation.entity)
    return held.record if held is not None and held.record.version == operation.shown_version else None


def _decided(operation: Operation, wanted: DecisionRequest, deps: Dependencies) -> Disconnection:
    if operation.unversioned:
        # Noyo takes it for whatever is there by then, so what `_unchanged` read is all that is known.
        return deps.noyo.reject_disconnection(
            operation.entity.key, reason=wanted.reason, context=wanted.context
        )
    return deps.noyo.decide_disconnection(
        operation.entity.key,
        operation.shown_version or "",
        wanted.decision,
        effective_end_date=wanted.effective_end_date,
        reason=wanted.reason,
        context=wanted.context,
    )


def _decision_refused(operation: Operation, refusal: NoyoRefused, deps: Dependencies) -> None:
    """How Noyo answers a stale version is not documented: what it shows now tells a change from a refusal."""
    if (operation.sends > 1 or refusal.status in STALE) and settle_if_effective(operation, deps):
        return
    if refusal.status in STALE and not _unchanged(operation, deps):
        return
    outcome = Outcome(
        OutcomeKind.REFUSED, message=refusal.message, record=operation.entity, status=refusal.status
    )
    settle(operation, OperationState.REFUSED, outcome, deps)


def _unchanged(operation: Operation, deps: Dependencies) -> bool:
    """Read once more just before: for a retry, which takes no version, there is no other guard, and its gap remains."""
    try:
        current = read_record(operation.entity, deps.noyo)
    except NoyoRefused as refusal:
        settle(
            operation,
            OperationState.REFUSED,
            Outcome(
                OutcomeKind.REFUSED, message=refusal.message, record=operation.entity, status=refusal.status
            ),
            deps,
        )
        return False
    except (NoAnswer, UnreadableAnswer) as error:
        reschedule(operation, deps, why=str(error))
        return False
    if current.version == operation.shown_version:
        return True
    if operation.sends > 1 and settle_if_effective(operation, deps):
        return False
    changed = Outcome(OutcomeKind.CHANGED, record=operation.entity)
    settle(operation, OperationState.CANCELLED, changed, deps, record=current)
    return False


def _refused(operation: Operation, refusal: NoyoRefused, deps: Dependencies) -> None:
    """A clear no; but after an earlier sending, or as a duplicate, it may be the echo of our own success."""
    sent_before = operation.sends > 1
    if (sent_before or refusal.status == CONFLICT) and settle_if_effective(
        operation, deps, named=not sent_before
    ):
        return
    duplicate = find_duplicate(operation, deps) if refusal.status == CONFLICT else None
    kind = OutcomeKind.DUPLICATE if refusal.status == CONFLICT else OutcomeKind.REFUSED
    outcome = Outcome(
        kind,
        message=refusal.message,
        record=duplicate.entity if duplicate else None,
        status=refusal.status,
    )
    settle(operation, OperationState.REFUSED, outcome, deps)


def _look(operation: Operation, deps: Dependencies) -> None:
    try:
        record: Record = read_record(operation.entity, deps.noyo)
    except NoyoRefused as refusal:
        outcome = Outcome(OutcomeKind.NOT_FOUND, message=refusal.message, status=refusal.status)
        settle(operation, OperationState.REFUSED, outcome, deps)
    except (NoAnswer, UnreadableAnswer) as error:
        reschedule(operation, deps, why=str(error))
    else:
        found = Outcome(OutcomeKind.CONFIRMED, record=record.entity)
        settle(operation, OperationState.SUCCEEDED, found, deps, record=record)
