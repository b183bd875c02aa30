"""Save the transitions of an operation: claim it, reschedule it, settle it, or ask a person about it.

The claim is conditional and comes before the call to Noyo, so a redelivery or a second worker sends nothing. If a
worker stops while it holds a claim, the request may have arrived; it is reconciled and never simply sent again.
"""

from __future__ import annotations

from dataclasses import replace

from bot import policies
from bot.domain.answers import UnconfirmedAnswer
from bot.domain.corrections import drop_typed, retain_typed
from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.outbox import OutboxEvent, RecordChange, announce_both, announced, in_order
from bot.domain.pauses import Pause
from bot.domain.people import AuditEntry
from bot.domain.reconciliation import sent_before
from bot.domain.records import EntityRef, Record
from bot.domain.requests import ConnectionRequest, DisconnectionRequest, SensitiveFields
from bot.errors import ConcurrentUpdate, LeaseLost, NotSent, NoyoError, StorageError, TableUnavailable, UnknownSchema
from bot.telemetry import log_operation
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.ingest import ingest_deletion, log_change, plan_change


def claim(operation_id: str, deps: Dependencies) -> Operation | None:
    """Claim the operation for this worker alone; None if there is nothing to do now.

    The result is `sending` (send it) or `reconciling` (ask Noyo about it). `LeaseLost` if another worker claims it, or
    somebody confirms or withdraws it, in the same moment.
    """
    try:
        operation = deps.operations.operation(operation_id)
    except UnknownSchema:
        deps.operations.set_aside(operation_id, deps.now())
        raise
    if operation is not None and operation.state.settled:
        _drop_typed(operation, deps)
    if operation is None or not operation.is_claimable(deps.now()):
        return None
    pause = deps.sending_guard.active_pause() if operation.waits_to_be_sent else None
    if pause is not None:
        _defer_unclaimed(operation, pause, deps)
        return None
    if operation.due is None or operation.due > deps.now():
        return None
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        # No second approver confirmed it in time, so it is never sent.
        settle(operation, OperationState.EXPIRED, Outcome(OutcomeKind.EXPIRED), deps)
        return None
    if _was_abandoned(operation, deps):
        return None
    return _claim(operation, deps)


def _drop_typed(operation: Operation, deps: Dependencies) -> None:
    """The encrypted fields of a refused request are dropped once the time for its correction is over."""
    if operation.due is not None and operation.due <= deps.now():
        deps.operations.claim(operation, drop_typed(operation))


def _claim(operation: Operation, deps: Dependencies) -> Operation:
    pending, now, lease = operation.state is OperationState.PENDING, deps.now(), deps.new_id()
    claimed = operation.claim_for_sending(lease, now) if pending else operation.claim_for_reconciling(lease, now)
    events: tuple[OutboxEvent, ...] = ()
    if operation.deferred_by:  # Its card says that it is deferred, which has just ended.
        claimed, event = announced(claimed, now)
        events = (event,)
    audit = audit_entry(claimed, deps, now) if pending and claimed.changes_noyo else None
    deps.operations.claim(operation, claimed, events=events, audit=audit)
    return claimed


def _defer_unclaimed(operation: Operation, pause: Pause, deps: Dependencies) -> None:
    """Deferred operations are listed separately, so they do not delay others, and they keep their order."""
    if operation.deferred_by == pause:
        return
    now = deps.now()
    deferred, event = announced(operation.defer(pause, now), now)
    deps.operations.claim(operation, deferred, events=(event,), audit=audit_entry(deferred, deps, now))
    log_operation(deferred, now)


def _was_abandoned(operation: Operation, deps: Dependencies) -> bool:
    """Whether a worker claimed it and stopped. Then it is reconciled later, since it may have been sent.

    A refresh is simply repeated. If workers have stopped over it for a whole day, a person must decide.
    """
    if operation.state is OperationState.SENDING and operation.kind is OperationKind.REFRESH_RECORD:
        reschedule(operation, deps, why="The worker that took this has stopped; it is done again.")
    elif operation.state is OperationState.SENDING:
        reconcile_later(operation, deps)
    elif operation.lease is not None and is_overdue(operation, deps):
        give_up(operation, deps)
    else:
        return False
    return True


def reconcile_later(operation: Operation, deps: Dependencies, answer: UnconfirmedAnswer | None = None) -> None:
    """No answer came, or one that does not confirm it. Ask Noyo when it has had time to finish."""
    due = deps.now() + deps.reconcile_after_seconds
    _save(operation, operation.await_reconciliation(due, answer=answer), deps, publish=True)


def reconcile_again(operation: Operation, deps: Dependencies, *, pause: int | None = None) -> None:
    """Still unknown: ask once more after `pause` seconds. After a day a person must decide."""
    if is_overdue(operation, deps):
        give_up(operation, deps)
        return
    due = deps.now() + (operation.retry_seconds if pause is None else pause)
    _save(operation, operation.await_reconciliation(due, operation.reconciliations), deps)


def reschedule(
    operation: Operation, deps: Dependencies, *, why: str, retry_after: int | None = None, anew: bool = False
) -> None:
    """Nothing was sent, or Noyo asked us to wait: send it later. After a day a person must decide.

    `anew`: give up only if the same reason occurs twice, since the first time may follow a long pause of our own.
    """
    if is_overdue(operation, deps) and not (anew and operation.delay_reason != why):
        give_up(operation.not_sent(), deps, why=why)
        return
    waiting = operation.reschedule(why, deps.now(), retry_after)
    _save(operation, waiting, deps, publish=operation.delay_reason != why, audit=True)


def defer(operation: Operation, pause: Pause, deps: Dependencies) -> None:
    """Nothing was sent, and nothing may be sent now: keep it until sending resumes."""
    _save(operation, operation.defer(pause, deps.now()), deps, publish=True)


def send_again(operation: Operation, deps: Dependencies) -> None:
    """Noyo does not have it, and refuses duplicates itself."""
    _save(operation, operation.send_again(deps.now()), deps, publish=True)


def request_resolution(operation: Operation, kind: OutcomeKind, deps: Dependencies, *, why: str | None = None) -> None:
    """The effect is unknown: alert people, and keep the lock until a person chooses a resolution."""
    _save(operation, operation.request_resolution(kind, why), deps, publish=True)


def give_up(operation: Operation, deps: Dependencies, *, why: str | None = None) -> None:
    """It failed for a day, so a person must decide. A refresh changes nothing at Noyo, so it is cancelled."""
    if operation.kind is OperationKind.REFRESH_RECORD:
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.OVERDUE, message=why), deps)
    else:
        request_resolution(operation, OutcomeKind.OVERDUE, deps, why=why)


def is_overdue(operation: Operation, deps: Dependencies) -> bool:
    """Whether it has been tried for a day, not counting the time in which sending was paused."""
    began, now = operation.first_attempt_at, deps.now()
    if began is None or now - began <= policies.OPERATION_GIVE_UP_SECONDS:
        return False
    return deps.sending_guard.active_seconds(began, now) > policies.OPERATION_GIVE_UP_SECONDS


def _save(
    before: Operation, after: Operation, deps: Dependencies, *, publish: bool = False, audit: bool = False
) -> None:
    """`publish`: put an outbox event and an audit entry; `audit`: the audit entry alone."""
    now = deps.now()
    publish = publish and not after.is_automatic
    audit = (publish or audit) and not after.is_automatic
    events: tuple[OutboxEvent, ...] = ()
    if publish:
        after, event = announced(after, now)
        events = (event,)
    deps.operations.save(
        after, lease=before.lease, events=events, audit=audit_entry(after, deps, now) if audit else None
    )
    log_operation(after, now)


def settle(
    operation: Operation, state: OperationState, outcome: Outcome, deps: Dependencies, *, record: Record | None = None
) -> None:
    """Settle for good, and ingest `record`, which Noyo's answer contained, in the same transaction.

    `LeaseLost` if the lease is no longer ours or, without a lease, if the operation changed.
    """
    for _ in range(policies.INGEST_ATTEMPTS):
        now = deps.now()
        settled = retain_typed(operation.settle(state, outcome, now), now)
        try:
            _settle_once(settled, operation, record, deps, now)
        except ConcurrentUpdate:
            continue
        log_operation(settled, now, record)
        return
    raise TableUnavailable(f"{operation.entity} kept changing while it was saved")


def _settle_once(settled: Operation, before: Operation, record: Record | None, deps: Dependencies, now: int) -> None:
    change = _record_change(settled, record, deps) if record is not None else None
    events: tuple[OutboxEvent, ...] = ()
    audit = None
    if settled.is_automatic:
        change = in_order(change) if change is not None else None
    else:
        (settled, event), audit = announced(settled, now), audit_entry(settled, deps, now)
        if change is not None:
            event, change = announce_both(event, change)
        events = (event,)
    deps.operations.save(settled, lease=before.lease, change=change, events=events, audit=audit, was=before.state)
    if settled.is_automatic and change is not None:
        log_change(change)  # Its events have the record's trace, so its log entry has too.


def settle_confirmed(operation: Operation, record: Record, deps: Dependencies) -> None:
    """Noyo answered with the record."""
    outcome = Outcome(OutcomeKind.CONFIRMED, record=record.entity)
    settle(operation, OperationState.SUCCEEDED, outcome, deps, record=record)


def settle_if_deleted(operation: Operation, deps: Dependencies) -> bool:
    """After Noyo answered 404: if its record is deleted at Noyo, save that and settle the operation."""
    wanted = operation.input
    entity = wanted.connection if isinstance(wanted, DisconnectionRequest) else operation.entity
    try:
        deleted = entity.is_record and ingest_deletion(entity, deps)
    except NoyoError:
        return False  # Only a clear answer counts; a sweep asks again.
    if deleted:
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.DELETED, record=entity), deps)
    return deleted


def settle_operations_on_deleted(entity: EntityRef, deps: Dependencies) -> None:
    """Settle the open operation on a record that Noyo no longer has, and the one that requested the record.

    The worker that holds an operation settles it by itself.
    """
    now, operation = deps.now(), deps.operations.open_on(entity)
    if operation is not None and not _is_leased(operation, now):
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.DELETED, record=entity), deps)
    state = deps.records.record_state(entity)
    requested_by = state.requested_by_operation if state is not None else None
    request = deps.operations.operation(requested_by) if requested_by is not None else None
    if request is not None and request.is_open and not _is_leased(request, now):
        # Noyo had the record, so the request arrived; sent again, it would create another one.
        settle(request, OperationState.SUCCEEDED, Outcome(OutcomeKind.RECONCILED, record=entity), deps)


def _is_leased(operation: Operation, now: int) -> bool:
    return operation.lease_until is not None and operation.lease_until > now


def _record_change(settled: Operation, record: Record, deps: Dependencies) -> RecordChange | None:
    """None if Noyo must be asked again and does not answer: the next poll ingests the change, and we settle anyway."""
    try:
        return plan_change(record, deps, by=settled)
    except NoyoError:
        return None


def audit_entry(operation: Operation, deps: Dependencies, now: int) -> AuditEntry:
    outcome = operation.outcome
    details = {
        **operation.audit_details,
        "state": operation.state.value,
        "second_approver": operation.second_approval.by if operation.second_approval else None,
        "attempt": str(operation.attempts) if operation.state is OperationState.SENDING else None,
        "sent_before": "yes" if sent_before(operation) else None,
        "delay_reason": operation.delay_reason,
        "answer": operation.unconfirmed_answer.problem.value if operation.unconfirmed_answer else None,
        "answer_shows": operation.unconfirmed_answer.shown if operation.unconfirmed_answer else None,
        "outcome": outcome.kind.value if outcome else None,
        "noyo_status": str(outcome.status) if outcome and outcome.status else None,
        "message": outcome.message if outcome else None,
        "deferred_since": str(operation.deferred_by.since) if operation.deferred_by else None,
        "decided_by": outcome.decided_by if outcome else None,
        "record": str(outcome.record) if outcome and outcome.record else None,
    }
    given = tuple((name, value) for name, value in details.items() if value is not None)
    return AuditEntry(
        deps.new_id(), operation.entity, now, operation.actor, f"operation_{operation.state.value}", given
    )


class SendingPaused(Exception):
    """Nothing may be sent to Noyo now."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(pause)
        self.pause = pause


def ensure_may_send(operation: Operation, deps: Dependencies) -> None:
    """Call this right before a write is sent. `SendingPaused` if nothing may be sent.

    `LeaseLost` if our lease expired: another worker may reconcile or send the operation.
    """
    try:
        pause = deps.sending_guard.active_pause()
    except StorageError as error:
        raise NotSent(str(error)) from error
    if pause is not None:
        raise SendingPaused(pause)
    if operation.lease_until is None or operation.lease_until <= deps.now():
        raise LeaseLost(f"The time for {operation.id} ran out before it was sent.")


def decrypted(operation: Operation, deps: Dependencies) -> SensitiveFields:
    """The sensitive fields that were typed. `NotSent` if the key is unavailable or does not fit."""
    wanted, values = operation.input, SensitiveFields()
    try:
        for retained in wanted.retained if isinstance(wanted, ConnectionRequest) else ():
            before = deps.encryptor.decrypt(retained.encrypted, retained.operation_id)
            values = replace(values, **{name: getattr(before, name) for name in retained.names})
        if operation.encrypted is not None:
            typed = deps.encryptor.decrypt(operation.encrypted, operation.id)
            values = replace(values, **{name: getattr(typed, name) for name in typed.names})
        return values
    except StorageError as error:
        raise NotSent(str(error)) from error
