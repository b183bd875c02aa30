"""Use cases: the steps in an operation's life: claimed, put back, checked, settled, handed to a person.

The claim is conditional and comes before the call, so a redelivery or a second worker sends nothing. A claim whose
holder vanished means *unknown*, and is checked at Noyo, never simply sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain import news as telling
from bot.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    Sensitive,
)
from bot.domain.people import Policy
from bot.domain.records import Record
from bot.errors import LeaseLost, NotSent, NoyoError, RecordMoved, StoreError, TableUnavailable
from bot.ports import (
    AuditEntry,
    Change,
    Clock,
    KeepsOperations,
    KeepsPeople,
    KeepsRecords,
    NewId,
    Sealer,
    WritesNoyo,
)
from bot.usecases import steps
from bot.usecases.observe import ROUNDS, learn, tell_change
from bot.usecases.steps import Step, about

LEASE_SECONDS = 330
"""Longer than the worker may run (template.yaml: 300 s), so that a lease that ran out has no holder any more."""
LONGEST_SECONDS = 240
"""What one operation may take: reading two things again, a token, the write, that once more after a 401, at Noyo's
slowest."""
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 900
PATIENCE_SECONDS = 24 * 3600
CHECKS = 2


@dataclass(frozen=True, slots=True)
class Tools:
    """What carrying out touches. `quiet_seconds` is how long to wait before asking what became of a lost answer."""

    operations: KeepsOperations
    records: KeepsRecords
    people: KeepsPeople
    noyo: WritesNoyo
    sealer: Sealer
    policy: Policy
    quiet_seconds: int
    clock: Clock
    new_id: NewId

    def now(self) -> int:
        return int(self.clock())


def claim(operation_id: str, tools: Tools) -> Operation | None:
    """The operation, claimed for this worker alone; None where there is nothing to do on it now.

    It comes back as `sending` (to be sent) or `checking` (to be asked about at Noyo).
    """
    operation = tools.operations.operation(operation_id)
    if operation is None or not _wants_attention(operation, tools.now()):
        return None
    if operation.state is OperationState.HELD:
        _expire(operation, tools)
        return None
    if _abandoned(operation, tools):
        return None
    claimed = (
        _sending(operation, tools) if operation.state is OperationState.PENDING else _asking(operation, tools)
    )
    try:
        tools.operations.claim(operation, claimed)
    except LeaseLost:
        return None
    return claimed


def _wants_attention(operation: Operation, now: int) -> bool:
    if operation.state.settled or operation.state is OperationState.NEEDS_PERSON:
        return False
    if operation.lease_until is not None and operation.lease_until > now:
        return False
    return operation.due is not None and operation.due <= now


def _expire(operation: Operation, tools: Tools) -> None:
    """No second approver confirmed it in time, so it is never sent; unless one is confirming at this very moment."""
    try:
        settle(operation, OperationState.EXPIRED, Outcome(OutcomeKind.EXPIRED), tools)
    except LeaseLost:
        return  # Confirmed or withdrawn just now: it goes on from there.


def _sending(operation: Operation, tools: Tools) -> Operation:
    now = tools.now()
    return replace(
        _leased(operation, tools),
        state=OperationState.SENDING,
        attempts=operation.attempts + 1,
        first_attempt_at=operation.first_attempt_at or now,
        sends=operation.sends + 1,
        first_sent_at=operation.first_sent_at or now,
    )


def _asking(operation: Operation, tools: Tools) -> Operation:
    return replace(_leased(operation, tools), attempts=operation.attempts + 1)


def _leased(operation: Operation, tools: Tools) -> Operation:
    until = tools.now() + LEASE_SECONDS
    return replace(operation, lease=tools.new_id(), lease_until=until, due=until)


def _abandoned(operation: Operation, tools: Tools) -> bool:
    """Whether a worker took it and never came back, so that it must not simply be gone on with.

    Whether it was sent cannot be told, so Noyo is asked after a quiet time; a look is just done again. Where workers
    have vanished over it for a whole day, a person has to say.
    """
    try:
        if operation.state is OperationState.SENDING and operation.kind is OperationKind.LOOK:
            put_back(operation, tools, why="The worker that took this has stopped; it is done again.")
        elif operation.state is OperationState.SENDING:
            check_later(operation, tools)
        elif operation.lease is not None and overdue(operation, tools.now()):
            give_up(operation, tools)
        else:
            return False
    except LeaseLost:
        return True
    return True


def check_later(operation: Operation, tools: Tools) -> None:
    """No answer came: it may have arrived. Noyo is asked once it had time to finish."""
    checking = replace(
        operation,
        state=OperationState.CHECKING,
        due=tools.now() + tools.quiet_seconds,
        checks=0,
        trouble=None,
        lease=None,
        lease_until=None,
    )
    _keep(operation, checking, tools, tell=True)


def check_again(operation: Operation, tools: Tools, *, pause: int | None = None) -> None:
    """Still `checking`: asked once more later. After a day a person has to say."""
    now = tools.now()
    if overdue(operation, now):
        give_up(operation, tools)
        return
    due = now + (pause if pause is not None else _pause(operation))
    _keep(operation, replace(operation, due=due, lease=None, lease_until=None), tools)


def put_back(
    operation: Operation, tools: Tools, *, why: str, retry_after: int | None = None, anew: bool = False
) -> None:
    """Nothing left us, or Noyo said "not now": to be sent later. After a day it is given to a person.

    `anew`: what is in the way has to be met twice for that, since it may have come with a long pause of our own.
    """
    now = tools.now()
    sends = max(operation.sends - 1, 0)
    unsent = replace(operation, sends=sends, first_sent_at=operation.first_sent_at if sends else None)
    if overdue(operation, now) and not (anew and operation.trouble != why):
        give_up(unsent, tools, why=why)
        return
    waiting = replace(
        unsent,
        state=OperationState.PENDING,
        due=now + max(_pause(operation), retry_after or 0),
        trouble=why,
        lease=None,
        lease_until=None,
    )
    _keep(operation, waiting, tools, tell=operation.trouble != why)


def send_again(operation: Operation, tools: Tools) -> None:
    """Certainly not there, and Noyo itself refuses a double: it is sent once more."""
    pending = replace(
        operation, state=OperationState.PENDING, due=tools.now(), checks=0, lease=None, lease_until=None
    )
    _keep(operation, pending, tools, tell=True)


def needs_person(operation: Operation, kind: OutcomeKind, tools: Tools, *, why: str | None = None) -> None:
    """Nobody can tell from here: loud, with the lock still on, until a person takes a way out."""
    waiting = replace(
        operation,
        state=OperationState.NEEDS_PERSON,
        due=None,
        outcome=Outcome(kind, words=why),
        trouble=None,
        lease=None,
        lease_until=None,
    )
    _keep(operation, waiting, tools, tell=True)


def give_up(operation: Operation, tools: Tools, *, why: str | None = None) -> None:
    """A day of trouble: a person has to say. A look changes nothing at Noyo, so nobody has to be asked about it."""
    if operation.kind is OperationKind.LOOK:
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.OVERDUE, words=why), tools)
    else:
        needs_person(operation, OutcomeKind.OVERDUE, tools, why=why)


def overdue(operation: Operation, now: int) -> bool:
    return operation.first_attempt_at is not None and now - operation.first_attempt_at > PATIENCE_SECONDS


def _pause(operation: Operation) -> int:
    growing: int = FIRST_PAUSE_SECONDS * 2 ** min(max(operation.attempts - 1, 0), 10)
    return min(growing, LONGEST_PAUSE_SECONDS)


def _keep(before: Operation, after: Operation, tools: Tools, *, tell: bool = False) -> None:
    now = tools.now()
    tell = tell and not after.unasked
    tools.operations.keep(
        after,
        lease=before.lease,
        news=(telling.of_operation(after, now),) if tell else (),
        audit=audit_of(after, tools, now) if tell else None,
    )
    steps.tell(
        Step.KEPT,
        kind=after.kind.value,
        state=after.state.value,
        pause=max(after.due - now, 0) if after.due is not None else None,
        outcome=after.outcome.kind.value if after.outcome else None,
    )


def settle(
    operation: Operation,
    state: OperationState,
    outcome: Outcome,
    tools: Tools,
    *,
    record: Record | None = None,
) -> None:
    """Settles for good, together with what the answer taught us of `record`, in one transaction.

    On condition that the operation's lease still holds; without a lease, that it still waits for people as it did.
    """
    for _ in range(ROUNDS):
        now = tools.now()
        settled = replace(
            operation,
            state=state,
            outcome=outcome,
            due=None,
            trouble=None,
            settled_at=now,
            lease=None,
            lease_until=None,
        )
        try:
            _settle_once(settled, operation, record, tools, now)
        except RecordMoved:
            continue
        tell_settled(settled, record)
        return
    raise TableUnavailable(f"{operation.subject} changed faster than it could be written")


def tell_settled(settled: Operation, record: Record | None = None) -> None:
    steps.tell(
        Step.SETTLED,
        kind=settled.kind.value,
        subject=about(record.subject if record is not None else settled.subject),
        state=settled.state.value,
        outcome=settled.outcome.kind.value if settled.outcome else None,
        version=record.version if record is not None else None,
        seconds=(settled.settled_at or settled.placed_at) - settled.placed_at,
    )


def _settle_once(
    settled: Operation, before: Operation, record: Record | None, tools: Tools, now: int
) -> None:
    change = _learnt(settled, record, tools, now) if record is not None else None
    if settled.unasked:
        tools.operations.settle(settled, lease=before.lease, change=change, news=(), audit=None)
        if change is not None:
            tell_change(change)  # Its news is the record's own, and so is the trace from here.
        return
    news = telling.of_operation(settled, now)
    if change is not None:
        news = telling.with_change(news, change.news)
        change = replace(change, news=telling.without_record_news(change.news))
    tools.operations.settle(
        settled,
        lease=before.lease,
        change=change,
        news=(news,),
        audit=audit_of(settled, tools, now),
        was=before.state,
    )


def confirmed(operation: Operation, made: Record, tools: Tools) -> None:
    """Noyo answered with the record."""
    outcome = Outcome(OutcomeKind.CONFIRMED, record=made.subject)
    settle(operation, OperationState.SUCCEEDED, outcome, tools, record=made)


def _learnt(settled: Operation, record: Record, tools: Tools, now: int) -> Change | None:
    """Where Noyo has to be asked once more and does not answer, the next poll learns it: what is settled stays so."""
    try:
        return learn(
            record, records=tools.records, operations=tools.operations, noyo=tools.noyo, now=now, by=settled
        )
    except NoyoError:
        return None


def audit_of(operation: Operation, tools: Tools, now: int) -> AuditEntry:
    outcome = operation.outcome
    details = {
        "operation": operation.id,
        "kind": operation.kind.value,
        "state": operation.state.value,
        "shown_version": operation.shown_version,
        **operation.decides,
        "second": operation.second.by if operation.second else None,
        "outcome": outcome.kind.value if outcome else None,
        "words": outcome.words if outcome else None,
        "decided_by": outcome.decided_by if outcome else None,
        "record": str(outcome.record) if outcome and outcome.record else None,
    }
    kept = tuple((key, value) for key, value in details.items() if value is not None)
    return AuditEntry(
        tools.new_id(), operation.subject, now, operation.actor, f"operation_{operation.state.value}", kept
    )


def still_ours(operation: Operation, tools: Tools) -> None:
    """Called right before a write leaves. `LeaseLost` where our time ran out: it may be checked or sent elsewhere."""
    if operation.lease_until is None or operation.lease_until <= tools.now():
        raise LeaseLost(f"The time for {operation.id} ran out before it was sent.")


def unsealed(operation: Operation, sealed: str | None, tools: Tools) -> Sensitive:
    """What was typed. `NotSent` where the key does not answer or does not fit: nothing has left us yet."""
    if sealed is None:
        return Sensitive()
    try:
        return tools.sealer.unseal(sealed, operation.id)
    except StoreError as error:
        raise NotSent(str(error)) from error
