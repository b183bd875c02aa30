"""Use case: carry out one operation, the only way anything is written to Noyo."""

from __future__ import annotations

from bot.domain.effects import with_its_day
from bot.domain.operations import (
    ConnectionRequest,
    DecisionRequest,
    LookRequest,
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    RetryRequest,
)
from bot.domain.people import Verdict
from bot.domain.records import Record
from bot.errors import LeaseLost, NoAnswer, NotSent, Refused, UnreadableAnswer
from bot.usecases.check import check, compare_first, existing
from bot.usecases.observe import read_again
from bot.usecases.operation_life import Tools, check_later, claim, put_back, settle, still_ours, unsealed
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
    if not _still_permitted(operation, tools):
        return
    try:
        match operation.input:
            case ConnectionRequest() as wanted:
                _request(operation, wanted, tools)
            case RetryRequest() as wanted:
                _retry(operation, wanted, tools)
            case DecisionRequest() as wanted:
                _decide(operation, wanted, tools)
            case LookRequest():
                _look(operation, tools)
    except NotSent as error:
        put_back(operation, tools, why=str(error), retry_after=error.retry_after)


def _still_permitted(operation: Operation, tools: Tools) -> bool:
    """A right may have gone between the click and now. What cannot be told yet waits; it is not refused."""
    if operation.actor is None or operation.kind is OperationKind.LOOK:
        return True
    permission = permitted(
        operation.needs, operation.actor, people=tools.people, policy=tools.policy, now=tools.now()
    )
    if permission.verdict is Verdict.UNKNOWN:
        put_back(operation, tools, why="Waiting to make sure that you still may do this.", anew=True)
    elif permission.verdict is Verdict.DENIED:
        outcome = Outcome(OutcomeKind.NO_RIGHTS, words=permission.why)
        settle(operation, OperationState.CANCELLED, outcome, tools)
    return permission.allowed


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
        _confirmed(operation, made, tools)


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
        _confirmed(operation, made, tools)


def _decide(operation: Operation, wanted: DecisionRequest, tools: Tools) -> None:
    """Noyo takes a decision for one version only, the one that the person saw."""
    if not _unchanged(operation, tools):
        return
    still_ours(operation, tools)
    try:
        made = tools.noyo.decide_disconnection(
            operation.subject.key,
            operation.shown_version or "",
            wanted.decision,
            effective_end_date=wanted.effective_end_date,
            reason=wanted.reason,
            context=wanted.context,
        )
    except Refused as refusal:
        _decision_refused(operation, refusal, tools)
    except (NoAnswer, UnreadableAnswer):
        check_later(operation, tools)
    else:
        _confirmed(operation, with_its_day(made, _shown(operation, tools), wanted), tools)


def _shown(operation: Operation, tools: Tools) -> Record | None:
    """The version that was decided on, as far as it is still the newest we hold."""
    held = tools.records.tracked(operation.subject)
    return held.record if held is not None and held.record.version == operation.shown_version else None


def _decision_refused(operation: Operation, refusal: Refused, tools: Tools) -> None:
    """How Noyo answers a stale version is not documented: what it shows now tells a change from a refusal."""
    if (operation.sends > 1 or refusal.status in STALE) and compare_first(operation, tools):
        return
    if refusal.status in STALE and not _unchanged(operation, tools):
        return
    outcome = Outcome(OutcomeKind.REFUSED, words=refusal.words, record=operation.subject)
    settle(operation, OperationState.REFUSED, outcome, tools)


def _unchanged(operation: Operation, tools: Tools) -> bool:
    """Read once more just before: for a retry, which takes no version, there is no other guard, and its gap remains."""
    try:
        current = read_again(operation.subject, tools.noyo)
    except Refused as refusal:
        settle(
            operation,
            OperationState.REFUSED,
            Outcome(OutcomeKind.REFUSED, words=refusal.words, record=operation.subject),
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


def _confirmed(operation: Operation, made: Record, tools: Tools) -> None:
    confirmed = Outcome(OutcomeKind.CONFIRMED, record=made.subject)
    settle(operation, OperationState.SUCCEEDED, confirmed, tools, record=made)


def _refused(operation: Operation, refusal: Refused, tools: Tools) -> None:
    """A clear no; but after an earlier sending, or as a duplicate, it may be the echo of our own success."""
    sent_before = operation.sends > 1
    if (sent_before or refusal.status == CONFLICT) and compare_first(operation, tools, named=not sent_before):
        return
    duplicate = existing(operation, tools) if refusal.status == CONFLICT else None
    kind = OutcomeKind.DUPLICATE if refusal.status == CONFLICT else OutcomeKind.REFUSED
    outcome = Outcome(kind, words=refusal.words, record=duplicate.subject if duplicate else None)
    settle(operation, OperationState.REFUSED, outcome, tools)


def _look(operation: Operation, tools: Tools) -> None:
    try:
        record: Record = read_again(operation.subject, tools.noyo)
    except Refused as refusal:
        outcome = Outcome(OutcomeKind.NOT_FOUND, words=refusal.words)
        settle(operation, OperationState.REFUSED, outcome, tools)
    except (NoAnswer, UnreadableAnswer) as error:
        put_back(operation, tools, why=str(error))
    else:
        found = Outcome(OutcomeKind.CONFIRMED, record=record.subject)
        settle(operation, OperationState.SUCCEEDED, found, tools, record=record)
