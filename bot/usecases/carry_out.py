"""Use case: carry out one operation, the only way anything is written to Noyo."""

from __future__ import annotations

from bot.domain.effects import with_its_day
from bot.domain.lateness import too_late
from bot.domain.operations import (
    ConnectionRequest,
    DecisionRequest,
    DisconnectRequest,
    LookRequest,
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RetryRequest,
)
from bot.domain.people import ALLOWED, Permission, Verdict, may_decide_on_what
from bot.domain.records import Disconnection, Record
from bot.errors import LeaseLost, NoAnswer, NotSent, Refused, UnreadableAnswer
from bot.usecases.check import check, compare_first, existing
from bot.usecases.disconnect import disconnect
from bot.usecases.observe import read_again
from bot.usecases.operation_life import (
    Shut,
    Tools,
    check_later,
    claim,
    confirmed,
    put_aside,
    put_back,
    settle,
    still_ours,
    unsealed,
)
from bot.usecases.permit import permitted
from bot.usecases.steps import Step, about, tell

CONFLICT = 409
STALE = frozenset({404, 409, 422})


def carry_out(operation_id: str, tools: Tools) -> None:
    """Does what is to be done on the operation now, if anything. Safe to call any number of times."""
    operation = claim(operation_id, tools)
    if operation is None:
        return
    tell(
        Step.CLAIMED,
        kind=operation.kind.value,
        subject=about(operation.subject),
        state=operation.state.value,
        attempt=operation.attempts,
    )
    try:
        if operation.state is OperationState.CHECKING:
            check(operation, tools)
        else:
            _send(operation, tools)
    except LeaseLost:
        return  # Another worker took over after our lease ran out; what became of it is theirs to find out.


def _send(operation: Operation, tools: Tools) -> None:
    if not _still_permitted(operation, tools) or _went_by(operation, tools):
        return
    try:
        match operation.input:
            case ConnectionRequest() as wanted:
                _request(operation, wanted, tools)
            case RetryRequest() as wanted:
                _retry(operation, wanted, tools)
            case DecisionRequest() as wanted:
                _decide(operation, wanted, tools)
            case DisconnectRequest() as wanted:
                disconnect(operation, wanted, tools)
            case LookRequest():
                _look(operation, tools)
    except NotSent as error:
        put_back(operation, tools, why=str(error), retry_after=error.retry_after)
    except Shut as shut:
        put_aside(operation, shut.pause, tools)


def _still_permitted(operation: Operation, tools: Tools) -> bool:
    """A right may have gone between the click and now. What cannot be told yet waits; it is not refused."""
    if operation.kind is OperationKind.LOOK:
        return True
    for person in operation.people:
        permission = permitted(
            operation.needs, person, people=tools.people, policy=tools.policy, now=tools.now()
        )
        if permission.verdict is Verdict.UNKNOWN:
            whom = "you" if len(operation.people) == 1 else "both who asked for it"
            put_back(operation, tools, why=f"Waiting to make sure that {whom} still may do this.", anew=True)
            return False
        if not permission.allowed:
            _not_allowed(operation, person, permission, tools)
            return False
    return _is_not_their_own(operation, tools)


def _went_by(operation: Operation, tools: Tools) -> bool:
    """A day that was ahead when it was asked for may be over after a pause or trouble: nobody asked for a past one.

    Where an earlier sending may have arrived, that is found out first.
    """
    if not too_late(operation, tools.now(), tools.timezone):
        return False
    if operation.sends == 1 or not compare_first(operation, tools):
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.TOO_LATE), tools)
    return True


def _is_not_their_own(operation: Operation, tools: Tools) -> bool:
    """What was asked for through us may have become known as such, or the policy another, since the click."""
    asked_by, decider = operation.actor, operation.second.by if operation.second else None
    if operation.kind is OperationKind.DECIDE_DISCONNECTION:
        tracked = tools.records.tracked(operation.subject)
        asked_by, decider = tracked.asker if tracked else None, operation.actor
    permission = may_decide_on_what(asked_by, decider, tools.policy) if decider else ALLOWED
    if decider and not permission.allowed:
        _not_allowed(operation, decider, permission, tools)
    return permission.allowed


def _not_allowed(operation: Operation, person: str, permission: Permission, tools: Tools) -> None:
    outcome = Outcome(OutcomeKind.NO_RIGHTS, words=permission.why, decided_by=person)
    settle(operation, OperationState.CANCELLED, outcome, tools)


def _request(operation: Operation, wanted: ConnectionRequest, tools: Tools) -> None:
    sensitive = unsealed(operation, wanted.sealed, tools)
    still_ours(operation, tools)
    try:
        made = tools.noyo.request_connection(
            wanted.carrier_id, wanted.carrier_group_id, wanted.group_name, sensitive
        )
    except Refused as refusal:
        _refused(operation, refusal, tools)
    except (NoAnswer, UnreadableAnswer):
        check_later(operation, tools)
    else:
        confirmed(operation, made, tools)


def _retry(operation: Operation, wanted: RetryRequest, tools: Tools) -> None:
    sensitive = unsealed(operation, wanted.sealed, tools)
    if not _unchanged(operation, tools):
        return
    still_ours(operation, tools)
    try:
        made = tools.noyo.retry_connection(
            operation.subject.key, carrier_group_id=wanted.carrier_group_id, sensitive=sensitive
        )
    except Refused as refusal:
        _refused(operation, refusal, tools)
    except (NoAnswer, UnreadableAnswer):
        check_later(operation, tools)
    else:
        confirmed(operation, made, tools)


def _decide(operation: Operation, wanted: DecisionRequest, tools: Tools) -> None:
    """Noyo takes a decision for one version only, the one that the person saw."""
    if not _unchanged(operation, tools):
        return
    still_ours(operation, tools)
    try:
        made = _decided(operation, wanted, tools)
    except Refused as refusal:
        _decision_refused(operation, refusal, tools)
    except (NoAnswer, UnreadableAnswer):
        check_later(operation, tools)
    else:
        confirmed(operation, with_its_day(made, _shown(operation, tools), wanted), tools)


def _shown(operation: Operation, tools: Tools) -> Record | None:
    """The version that was decided on, as far as it is still the newest we hold."""
    held = tools.records.tracked(operation.subject)
    return held.record if held is not None and held.record.version == operation.shown_version else None


def _decided(operation: Operation, wanted: DecisionRequest, tools: Tools) -> Disconnection:
    if operation.unversioned:
        # Noyo takes it for whatever is there by then, so what `_unchanged` read is all that is known.
        return tools.noyo.reject_disconnection(
            operation.subject.key, reason=wanted.reason, context=wanted.context
        )
    return tools.noyo.decide_disconnection(
        operation.subject.key,
        operation.shown_version or "",
        wanted.decision,
        effective_end_date=wanted.effective_end_date,
        reason=wanted.reason,
        context=wanted.context,
    )


def _decision_refused(operation: Operation, refusal: Refused, tools: Tools) -> None:
    """How Noyo answers a stale version is not documented: what it shows now tells a change from a refusal."""
    if (operation.sends > 1 or refusal.status in STALE) and compare_first(operation, tools):
        return
    if refusal.status in STALE and not _unchanged(operation, tools):
        return
    outcome = Outcome(
        OutcomeKind.REFUSED, words=refusal.words, record=operation.subject, status=refusal.status
    )
    settle(operation, OperationState.REFUSED, outcome, tools)


def _unchanged(operation: Operation, tools: Tools) -> bool:
    """Read once more just before: for a retry, which takes no version, there is no other guard, and its gap remains."""
    try:
        current = read_again(operation.subject, tools.noyo)
    except Refused as refusal:
        settle(
            operation,
            OperationState.REFUSED,
            Outcome(
                OutcomeKind.REFUSED, words=refusal.words, record=operation.subject, status=refusal.status
            ),
            tools,
        )
        return False
    except (NoAnswer, UnreadableAnswer) as error:
        put_back(operation, tools, why=str(error))
        return False
    if current.version == operation.shown_version:
        return True
    if operation.sends > 1 and compare_first(operation, tools):
        return False
    changed = Outcome(OutcomeKind.CHANGED, record=operation.subject)
    settle(operation, OperationState.CANCELLED, changed, tools, record=current)
    return False


def _refused(operation: Operation, refusal: Refused, tools: Tools) -> None:
    """A clear no; but after an earlier sending, or as a duplicate, it may be the echo of our own success."""
    sent_before = operation.sends > 1
    if (sent_before or refusal.status == CONFLICT) and compare_first(operation, tools, named=not sent_before):
        return
    duplicate = existing(operation, tools) if refusal.status == CONFLICT else None
    kind = OutcomeKind.DUPLICATE if refusal.status == CONFLICT else OutcomeKind.REFUSED
    outcome = Outcome(
        kind,
        words=refusal.words,
        record=duplicate.subject if duplicate else None,
        status=refusal.status,
    )
    settle(operation, OperationState.REFUSED, outcome, tools)


def _look(operation: Operation, tools: Tools) -> None:
    try:
        record: Record = read_again(operation.subject, tools.noyo)
    except Refused as refusal:
        outcome = Outcome(OutcomeKind.NOT_FOUND, words=refusal.words, status=refusal.status)
        settle(operation, OperationState.REFUSED, outcome, tools)
    except (NoAnswer, UnreadableAnswer) as error:
        put_back(operation, tools, why=str(error))
    else:
        found = Outcome(OutcomeKind.CONFIRMED, record=record.subject)
        settle(operation, OperationState.SUCCEEDED, found, tools, record=record)
