"""Use cases: the steps in an operation's life: claimed, put back, checked, settled, handed to a person.

The claim is conditional and comes before the call, so a redelivery or a second worker sends nothing. A claim whose
holder vanished means *unknown*, and is checked at Noyo, never simply sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo

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
from bot.domain.sending import Pause
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
from bot.usecases.gate import Gate
from bot.usecases.observe import ROUNDS, learn, tell_change
from bot.usecases.steps import tell_operation

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
    gate: Gate
    timezone: tzinfo
    """Where the business is, by which days begin and end."""

    def now(self) -> int:
        return int(self.clock())


def claim(operation_id: str, tools: Tools) -> Operation | None:
    """The operation, claimed for this worker alone; None where there is nothing to do on it now.

    It comes back as `sending` (to be sent) or `checking` (to be asked about at Noyo).
    """
    operation = tools.operations.operation(operation_id)
    if operation is None or not _may_be_taken(operation, tools.now()):
        return None
    shut = tools.gate.shut() if _waits_to_be_sent(operation) else None
    if shut is not None:
        _put_aside(operation, shut, tools)
        return None
    if operation.due is None or operation.due > tools.now():
        return None
    if operation.state is OperationState.HELD:
        _expire(operation, tools)
        return None
    if _abandoned(operation, tools):
        return None
    return _claimed(operation, tools)


def _may_be_taken(operation: Operation, now: int) -> bool:
    if operation.state.settled or operation.state is OperationState.NEEDS_PERSON:
        return False
    return operation.lease_until is None or operation.lease_until <= now


def _waits_to_be_sent(operation: Operation) -> bool:
    """Reading goes on whatever the switch says: looks, and checks of what has left already."""
    return operation.writes and operation.state is OperationState.PENDING


def _claimed(operation: Operation, tools: Tools) -> Operation | None:
    pending = operation.state is OperationState.PENDING
    claimed = _sending(operation, tools) if pending else _asking(operation, tools)
    # Its card says that it is kept, which is over now.
    news = (telling.of_operation(claimed, tools.now()),) if operation.kept else ()
    goes_out = pending and claimed.writes
    audit = audit_of(claimed, tools, tools.now()) if goes_out else None
    try:
        tools.operations.claim(operation, claimed, news=news, audit=audit)
    except LeaseLost:
        return None
    return claimed


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
        kept=None,
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
        elif operation.lease is not None and overdue(operation, tools):
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
    if overdue(operation, tools):
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
    unsent = _unsent(operation)
    if overdue(operation, tools) and not (anew and operation.trouble != why):
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
    _keep(operation, waiting, tools, tell=operation.trouble != why, note=True)


def put_aside(operation: Operation, pause: Pause, tools: Tools) -> None:
    """Nothing left us, and nothing may for now: kept as it is, and sent once sending is on again."""
    waiting = replace(
        _unsent(operation),
        state=OperationState.PENDING,
        due=min(operation.placed_at, tools.now()),  # Its place among those that are kept.
        lease=None,
        lease_until=None,
        kept=pause,
    )
    _keep(operation, waiting, tools, tell=True)


def _put_aside(operation: Operation, pause: Pause, tools: Tools) -> None:
    """The same for one that nobody has claimed. Out of the way of what goes on, and still in its order."""
    if operation.kept == pause:
        return
    kept, now = replace(operation, kept=pause), tools.now()
    news, audit = telling.of_operation(kept, now), audit_of(kept, tools, now)
    try:
        tools.operations.claim(operation, kept, news=(news,), audit=audit)
    except LeaseLost:
        return  # Somebody took it meanwhile, and meets the switch as well.
    tell_operation(kept, now)


def _unsent(operation: Operation) -> Operation:
    """As it was before it was claimed: this time it did not leave us."""
    sends = max(operation.sends - 1, 0)
    return replace(operation, sends=sends, first_sent_at=operation.first_sent_at if sends else None)


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


def overdue(operation: Operation, tools: Tools) -> bool:
    """Whether its day of patience is over; the day stands still while nothing is sent."""
    began, now = operation.first_attempt_at, tools.now()
    if began is None or now - began <= PATIENCE_SECONDS:
        return False
    return tools.gate.worked(began, now) > PATIENCE_SECONDS


def _pause(operation: Operation) -> int:
    growing: int = FIRST_PAUSE_SECONDS * 2 ** min(max(operation.attempts - 1, 0), 10)
    return min(growing, LONGEST_PAUSE_SECONDS)


def _keep(
    before: Operation, after: Operation, tools: Tools, *, tell: bool = False, note: bool = False
) -> None:
    """`note`: the trail keeps it, though nobody is told anew. What is told is kept in any case."""
    now = tools.now()
    tell = tell and not after.unasked
    tools.operations.keep(
        after,
        lease=before.lease,
        news=(telling.of_operation(after, now),) if tell else (),
        audit=audit_of(after, tools, now) if (tell or note) and not after.unasked else None,
    )
    tell_operation(after, now)


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
        tell_operation(settled, now, record)
        return
    raise TableUnavailable(f"{operation.subject} changed faster than it could be written")


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
        "attempt": str(operation.attempts) if operation.state is OperationState.SENDING else None,
        "trouble": operation.trouble,
        "outcome": outcome.kind.value if outcome else None,
        "noyo_status": str(outcome.status) if outcome and outcome.status else None,
        "words": outcome.words if outcome else None,
        "kept_since": str(operation.kept.since) if operation.kept else None,
        "decided_by": outcome.decided_by if outcome else None,
        "record": str(outcome.record) if outcome and outcome.record else None,
    }
    kept = tuple((key, value) for key, value in details.items() if value is not None)
    return AuditEntry(
        tools.new_id(), operation.subject, now, operation.actor, f"operation_{operation.state.value}", kept
    )


class Shut(Exception):
    """Nothing may be sent to Noyo for now."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(pause)
        self.pause = pause


def still_ours(operation: Operation, tools: Tools) -> None:
    """Called right before a write leaves. `Shut` where nothing may leave any more.

    `LeaseLost` where our time ran out: it may be checked or sent elsewhere.
    """
    try:
        pause = tools.gate.shut()
    except StoreError as error:
        raise NotSent(str(error)) from error
    if pause is not None:
        raise Shut(pause)
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
