"""The steps in an operation's life: claimed, put back, checked, settled, handed to a person.

The claim is conditional and comes before the call, so a redelivery or a second worker sends nothing. A claim whose
holder vanished means *unknown*, and is checked at Noyo, never simply sent again.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain import outbox as telling
from bot.domain.audit import AuditEntry
from bot.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    SensitiveFields,
)
from bot.domain.pauses import Pause
from bot.domain.record_changes import RecordChange
from bot.domain.records import Record
from bot.errors import ConcurrentUpdate, LeaseLost, NotSent, NoyoError, StorageError, TableUnavailable
from bot.telemetry import log_operation
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.ingest import UPDATE_ATTEMPTS, log_change, plan_change

LEASE_SECONDS = 330
"""Longer than the worker may run (template.yaml: 300 s), so that a lease that ran out has no holder any more."""
LONGEST_SECONDS = 240
"""What one operation may take: reading two things again, a token, the write, that once more after a 401, at Noyo's
slowest."""
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 900
GIVE_UP_SECONDS = 24 * 3600
RECONCILIATIONS = 2


def claim(operation_id: str, deps: Dependencies) -> Operation | None:
    """The operation, claimed for this worker alone; None where there is nothing to do on it now.

    It comes back as `sending` (to be sent) or `checking` (to be asked about at Noyo).
    """
    operation = deps.operations.operation(operation_id)
    if operation is None or not _may_be_taken(operation, deps.now()):
        return None
    shut = deps.sending_guard.active_pause() if _waits_to_be_sent(operation) else None
    if shut is not None:
        _put_aside(operation, shut, deps)
        return None
    if operation.due is None or operation.due > deps.now():
        return None
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        _expire(operation, deps)
        return None
    if _abandoned(operation, deps):
        return None
    return _claimed(operation, deps)


def _may_be_taken(operation: Operation, now: int) -> bool:
    if operation.state.settled or operation.state is OperationState.NEEDS_RESOLUTION:
        return False
    return operation.lease_until is None or operation.lease_until <= now


def _waits_to_be_sent(operation: Operation) -> bool:
    """Reading goes on whatever the switch says: looks, and checks of what has left already."""
    return operation.changes_noyo and operation.state is OperationState.PENDING


def _claimed(operation: Operation, deps: Dependencies) -> Operation | None:
    pending = operation.state is OperationState.PENDING
    claimed = _sending(operation, deps) if pending else _asking(operation, deps)
    # Its card says that it is kept, which is over now.
    event = (telling.operation_changed(claimed, deps.now()),) if operation.deferred_by else ()
    goes_out = pending and claimed.changes_noyo
    audit = audit_entry(claimed, deps, deps.now()) if goes_out else None
    try:
        deps.operations.claim(operation, claimed, events=event, audit=audit)
    except LeaseLost:
        return None
    return claimed


def _expire(operation: Operation, deps: Dependencies) -> None:
    """No second approver confirmed it in time, so it is never sent; unless one is confirming at this very moment."""
    try:
        settle(operation, OperationState.EXPIRED, Outcome(OutcomeKind.EXPIRED), deps)
    except LeaseLost:
        return  # Confirmed or withdrawn just now: it goes on from there.


def _sending(operation: Operation, deps: Dependencies) -> Operation:
    now = deps.now()
    return replace(
        _leased(operation, deps),
        state=OperationState.SENDING,
        attempts=operation.attempts + 1,
        first_attempt_at=operation.first_attempt_at or now,
        sends=operation.sends + 1,
        first_sent_at=operation.first_sent_at or now,
        deferred_by=None,
    )


def _asking(operation: Operation, deps: Dependencies) -> Operation:
    return replace(_leased(operation, deps), attempts=operation.attempts + 1)


def _leased(operation: Operation, deps: Dependencies) -> Operation:
    until = deps.now() + LEASE_SECONDS
    return replace(operation, lease=deps.new_id(), lease_until=until, due=until)


def _abandoned(operation: Operation, deps: Dependencies) -> bool:
    """Whether a worker took it and never came back, so that it must not simply be gone on with.

    Whether it was sent cannot be told, so Noyo is asked after a quiet time; a look is just done again. Where workers
    have vanished over it for a whole day, a person has to say.
    """
    try:
        if operation.state is OperationState.SENDING and operation.kind is OperationKind.REFRESH_RECORD:
            reschedule(operation, deps, why="The worker that took this has stopped; it is done again.")
        elif operation.state is OperationState.SENDING:
            reconcile_later(operation, deps)
        elif operation.lease is not None and is_overdue(operation, deps):
            give_up(operation, deps)
        else:
            return False
    except LeaseLost:
        return True
    return True


def reconcile_later(operation: Operation, deps: Dependencies) -> None:
    """No answer came: it may have arrived. Noyo is asked once it had time to finish."""
    checking = replace(
        operation,
        state=OperationState.RECONCILING,
        due=deps.now() + deps.reconcile_after_seconds,
        reconciliations=0,
        delay_reason=None,
        lease=None,
        lease_until=None,
    )
    _keep(operation, checking, deps, tell=True)


def reconcile_again(operation: Operation, deps: Dependencies, *, pause: int | None = None) -> None:
    """Still `checking`: asked once more later. After a day a person has to say."""
    now = deps.now()
    if is_overdue(operation, deps):
        give_up(operation, deps)
        return
    due = now + (pause if pause is not None else _pause(operation))
    _keep(operation, replace(operation, due=due, lease=None, lease_until=None), deps)


def reschedule(
    operation: Operation, deps: Dependencies, *, why: str, retry_after: int | None = None, anew: bool = False
) -> None:
    """Nothing left us, or Noyo said "not now": to be sent later. After a day it is given to a person.

    `anew`: what is in the way has to be met twice for that, since it may have come with a long pause of our own.
    """
    now = deps.now()
    unsent = _unsent(operation)
    if is_overdue(operation, deps) and not (anew and operation.delay_reason != why):
        give_up(unsent, deps, why=why)
        return
    waiting = replace(
        unsent,
        state=OperationState.PENDING,
        due=now + max(_pause(operation), retry_after or 0),
        delay_reason=why,
        lease=None,
        lease_until=None,
    )
    _keep(operation, waiting, deps, tell=operation.delay_reason != why, note=True)


def defer(operation: Operation, pause: Pause, deps: Dependencies) -> None:
    """Nothing left us, and nothing may for now: kept as it is, and sent once sending is on again."""
    waiting = replace(
        _unsent(operation),
        state=OperationState.PENDING,
        due=min(operation.submitted_at, deps.now()),  # Its place among those that are kept.
        lease=None,
        lease_until=None,
        deferred_by=pause,
    )
    _keep(operation, waiting, deps, tell=True)


def _put_aside(operation: Operation, pause: Pause, deps: Dependencies) -> None:
    """The same for one that nobody has claimed. Out of the way of what goes on, and still in its order."""
    if operation.deferred_by == pause:
        return
    kept, now = replace(operation, deferred_by=pause), deps.now()
    event, audit = telling.operation_changed(kept, now), audit_entry(kept, deps, now)
    try:
        deps.operations.claim(operation, kept, events=(event,), audit=audit)
    except LeaseLost:
        return  # Somebody took it meanwhile, and meets the switch as well.
    log_operation(kept, now)


def _unsent(operation: Operation) -> Operation:
    """As it was before it was claimed: this time it did not leave us."""
    sends = max(operation.sends - 1, 0)
    return replace(operation, sends=sends, first_sent_at=operation.first_sent_at if sends else None)


def send_again(operation: Operation, deps: Dependencies) -> None:
    """Certainly not there, and Noyo itself refuses a double: it is sent once more."""
    pending = replace(
        operation,
        state=OperationState.PENDING,
        due=deps.now(),
        reconciliations=0,
        lease=None,
        lease_until=None,
    )
    _keep(operation, pending, deps, tell=True)


def request_resolution(
    operation: Operation, kind: OutcomeKind, deps: Dependencies, *, why: str | None = None
) -> None:
    """Nobody can tell from here: loud, with the lock still on, until a person takes a way out."""
    waiting = replace(
        operation,
        state=OperationState.NEEDS_RESOLUTION,
        due=None,
        outcome=Outcome(kind, message=why),
        delay_reason=None,
        lease=None,
        lease_until=None,
    )
    _keep(operation, waiting, deps, tell=True)


def give_up(operation: Operation, deps: Dependencies, *, why: str | None = None) -> None:
    """A day of trouble: a person has to say. A look changes nothing at Noyo, so nobody has to be asked about it."""
    if operation.kind is OperationKind.REFRESH_RECORD:
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.OVERDUE, message=why), deps)
    else:
        request_resolution(operation, OutcomeKind.OVERDUE, deps, why=why)


def is_overdue(operation: Operation, deps: Dependencies) -> bool:
    """Whether its day of patience is over; the day stands still while nothing is sent."""
    began, now = operation.first_attempt_at, deps.now()
    if began is None or now - began <= GIVE_UP_SECONDS:
        return False
    return deps.sending_guard.active_seconds(began, now) > GIVE_UP_SECONDS


def _pause(operation: Operation) -> int:
    growing: int = FIRST_PAUSE_SECONDS * 2 ** min(max(operation.attempts - 1, 0), 10)
    return min(growing, LONGEST_PAUSE_SECONDS)


def _keep(
    before: Operation, after: Operation, deps: Dependencies, *, tell: bool = False, note: bool = False
) -> None:
    """`note`: the trail keeps it, though nobody is told anew. What is told is kept in any case."""
    now = deps.now()
    tell = tell and not after.is_automatic
    deps.operations.save(
        after,
        lease=before.lease,
        events=(telling.operation_changed(after, now),) if tell else (),
        audit=audit_entry(after, deps, now) if (tell or note) and not after.is_automatic else None,
    )
    log_operation(after, now)


def settle(
    operation: Operation,
    state: OperationState,
    outcome: Outcome,
    deps: Dependencies,
    *,
    record: Record | None = None,
) -> None:
    """Settles for good, together with what the answer taught us of `record`, in one transaction.

    On condition that the operation's lease still holds; without a lease, that it still waits for people as it did.
    """
    for _ in range(UPDATE_ATTEMPTS):
        now = deps.now()
        settled = replace(
            operation,
            state=state,
            outcome=outcome,
            due=None,
            delay_reason=None,
            settled_at=now,
            lease=None,
            lease_until=None,
        )
        try:
            _settle_once(settled, operation, record, deps, now)
        except ConcurrentUpdate:
            continue
        log_operation(settled, now, record)
        return
    raise TableUnavailable(f"{operation.entity} kept changing while it was saved")


def _settle_once(
    settled: Operation, before: Operation, record: Record | None, deps: Dependencies, now: int
) -> None:
    change = _learnt(settled, record, deps, now) if record is not None else None
    if settled.is_automatic:
        deps.operations.settle(settled, lease=before.lease, change=change, events=(), audit=None)
        if change is not None:
            log_change(change)  # Its news is the record's own, and so is the trace from here.
        return
    event = telling.operation_changed(settled, now)
    if change is not None:
        event = telling.with_record_change(event, change.events)
        change = replace(change, events=telling.without_record_events(change.events))
    deps.operations.settle(
        settled,
        lease=before.lease,
        change=change,
        events=(event,),
        audit=audit_entry(settled, deps, now),
        was=before.state,
    )


def settle_confirmed(operation: Operation, made: Record, deps: Dependencies) -> None:
    """Noyo answered with the record."""
    outcome = Outcome(OutcomeKind.CONFIRMED, record=made.entity)
    settle(operation, OperationState.SUCCEEDED, outcome, deps, record=made)


def _learnt(settled: Operation, record: Record, deps: Dependencies, now: int) -> RecordChange | None:
    """Where Noyo has to be asked once more and does not answer, the next poll learns it: what is settled stays so."""
    try:
        return plan_change(record, deps, by=settled)
    except NoyoError:
        return None


def audit_entry(operation: Operation, deps: Dependencies, now: int) -> AuditEntry:
    outcome = operation.outcome
    details = {
        "operation": operation.id,
        "kind": operation.kind.value,
        "state": operation.state.value,
        "shown_version": operation.shown_version,
        **operation.audit_details,
        "second_approver": operation.second_approval.by if operation.second_approval else None,
        "attempt": str(operation.attempts) if operation.state is OperationState.SENDING else None,
        "delay_reason": operation.delay_reason,
        "outcome": outcome.kind.value if outcome else None,
        "noyo_status": str(outcome.status) if outcome and outcome.status else None,
        "message": outcome.message if outcome else None,
        "deferred_since": str(operation.deferred_by.since) if operation.deferred_by else None,
        "decided_by": outcome.decided_by if outcome else None,
        "record": str(outcome.record) if outcome and outcome.record else None,
    }
    kept = tuple((key, value) for key, value in details.items() if value is not None)
    return AuditEntry(
        deps.new_id(), operation.entity, now, operation.actor, f"operation_{operation.state.value}", kept
    )


class SendingPaused(Exception):
    """Nothing may be sent to Noyo for now."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(pause)
        self.pause = pause


def ensure_may_send(operation: Operation, deps: Dependencies) -> None:
    """Called right before a write leaves. `Shut` where nothing may leave any more.

    `LeaseLost` where our time ran out: it may be checked or sent elsewhere.
    """
    try:
        pause = deps.sending_guard.active_pause()
    except StorageError as error:
        raise NotSent(str(error)) from error
    if pause is not None:
        raise SendingPaused(pause)
    if operation.lease_until is None or operation.lease_until <= deps.now():
        raise LeaseLost(f"The time for {operation.id} ran out before it was sent.")


def decrypted(operation: Operation, encrypted: str | None, deps: Dependencies) -> SensitiveFields:
    """What was typed. `NotSent` where the key does not answer or does not fit: nothing has left us yet."""
    if encrypted is None:
        return SensitiveFields()
    try:
        return deps.encryptor.decrypt(encrypted, operation.id)
    except StorageError as error:
        raise NotSent(str(error)) from error
