"""Whether Noyo's records show the effect that an operation was meant to have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from bot import policies
from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
    Status,
)
from bot.domain.requests import ConnectionRequest, Decision, DecisionRequest, DisconnectionRequest, RetryRequest


def created_since_sent(record: Record, operation: Operation) -> bool:
    """Whether the record was created since the operation may first have left us."""
    sent = operation.first_sent_at
    return sent is not None and record.created >= sent - policies.RECONCILE_CLOCK_TOLERANCE_SECONDS


def find_retry_effect(operation: Operation, versions: Iterable[Record], before: Record | None) -> Record | None:
    """The version that proves that the retry took effect, among those known since it was sent.

    With a new carrier group id, that is a version with this id; otherwise a version that was `processing`. A change of
    the record alone proves nothing. `before` is the version that the person saw, if it is known.
    """
    wanted = operation.input
    if not isinstance(wanted, RetryRequest) or operation.first_sent_at is None:
        return None
    since = operation.first_sent_at - policies.RECONCILE_CLOCK_TOLERANCE_SECONDS
    new_id = _new_carrier_group_id(wanted, before)
    return next((version for version in versions if _shows_retry(version, operation, new_id, since)), None)


def find_decision_effect(operation: Operation, versions: Iterable[Record]) -> Disconnection | None:
    """The newest version whose status follows from the decision, among those known since it was sent.

    Noyo does not say who decided, so somebody may have made the same decision elsewhere, with another last managed day.
    """
    wanted = operation.input
    if not isinstance(wanted, DecisionRequest):
        return None
    others = [each for each in versions if isinstance(each, Disconnection) and each.version != operation.shown_version]
    effects = [each for each in others if status_matches_decision(wanted.decision, each.status)]
    return effects[-1] if effects else None


def with_end_date(answered: Record, before: Record | None, wanted: DecisionRequest) -> Record:
    """Noyo leaves the end date out of its answer to a decision. It is the one that was sent, or else the one of
    `before`, the version that was decided on."""
    if not isinstance(answered, Disconnection) or answered.effective_end_date is not None:
        return answered
    previous_date = before.effective_end_date if isinstance(before, Disconnection) else None
    return replace(answered, effective_end_date=wanted.effective_end_date or previous_date)


def contradiction(operation: Operation, record: Record, before: Record | None) -> UnconfirmedAnswer | None:
    """What in the record of Noyo's answer is not as requested; None if nothing contradicts the request.

    A field that Noyo leaves out contradicts nothing. `before` is the record right before the call, if it was read.
    """
    for problem, as_requested, shown in _compared(operation, record, before):
        if not as_requested:
            return UnconfirmedAnswer(problem, None if shown is None else str(shown))
    return None


def _compared(
    operation: Operation, record: Record, before: Record | None
) -> Iterator[tuple[AnswerProblem, bool, object]]:
    """For each field that matters: the problem if it differs, whether it is as requested, and what it shows."""
    match operation.input, record:
        case ConnectionRequest() as wanted, Connection():
            yield AnswerProblem.CARRIER, record.carrier_id == wanted.carrier_id, record.carrier_id
            yield AnswerProblem.GROUP, wanted.is_for(record), record.group_id
            yield _carrier_group_id(record, wanted.carrier_group_id, new=created_since_sent(record, operation))
        case RetryRequest() as wanted, Connection():
            new_id = _new_carrier_group_id(wanted, before)
            corrected = new_id is not None and _is_same_id(record.carrier_group_id, new_id)
            failed = {ConnectionStatus.UNABLE_TO_CONNECT} | ({before.status} if before is not None else set())
            still_failed = record.status in failed and not corrected
            yield AnswerProblem.VERSION, record.version != operation.shown_version, record.version
            yield AnswerProblem.STATUS, not still_failed, record.status.value
            yield _carrier_group_id(record, wanted.carrier_group_id)
        case DecisionRequest() as wanted, Disconnection():
            yield AnswerProblem.STATUS, status_matches_decision(wanted.decision, record.status), record.status.value
            yield AnswerProblem.VERSION, record.version != operation.shown_version, record.version
            yield _end_date(record, wanted.effective_end_date)
        case DisconnectionRequest() as wanted, Disconnection():
            yield AnswerProblem.CARRIER, record.carrier_id == wanted.carrier_id, record.carrier_id
            yield AnswerProblem.GROUP, record.group_id in (None, wanted.group_id), record.group_id
            yield AnswerProblem.STATUS, record.status is not DisconnectionStatus.REJECTED, record.status.value
            yield _end_date(record, wanted.effective_end_date)


def _carrier_group_id(
    record: Connection, wanted: str | None, *, new: bool = False
) -> tuple[AnswerProblem, bool, object]:
    """`new`: the record was created since the request was sent."""
    shown, is_same = record.carrier_group_id, is_same_number if new else _is_same_id
    return AnswerProblem.CARRIER_GROUP_ID, wanted is None or shown is None or is_same(shown, wanted), shown


def _is_same_id(shown: str | None, wanted: str) -> bool:
    """Whether Noyo shows the carrier group id that was sent. Noyo may write it in another case."""
    return (shown or "").casefold() == wanted.strip().casefold()


def is_same_number(shown: str, wanted: str) -> bool:
    """The same apart from leading zeros, which an id loses where it is stored as a number."""
    return _is_same_id(shown.lstrip("0"), wanted.strip().lstrip("0"))


def _end_date(record: Disconnection, wanted: date | None) -> tuple[AnswerProblem, bool, object]:
    shown = record.effective_end_date
    return AnswerProblem.END_DATE, wanted is None or shown in (None, wanted), shown


def is_requested_connection(record: Record, operation: Operation) -> bool:
    """Whether the operation may have created this connection: it is for the requested group, and was created since the
    request was sent. The caller has compared the carrier and the carrier group id."""
    wanted = operation.input
    return isinstance(wanted, ConnectionRequest) and wanted.is_for(record) and created_since_sent(record, operation)


def is_requested_disconnection(record: Record, operation: Operation) -> bool:
    """Whether this disconnection request is the operation's: for its group and carrier, from our platform, created
    since it was sent and, if it has an end date, with the requested one."""
    wanted = operation.input
    if not isinstance(wanted, DisconnectionRequest) or not isinstance(record, Disconnection):
        return False
    if record.carrier_id != wanted.carrier_id or record.group_id not in (None, wanted.group_id):
        return False
    has_requested_end = record.effective_end_date in (None, wanted.effective_end_date)
    return (
        has_requested_end
        and record.source_type is DisconnectionSource.PLATFORM
        and created_since_sent(record, operation)
    )


def status_matches_decision(decision: Decision, status: Status) -> bool:
    """Whether a request that was decided so may be in this status."""
    return status in _AFTER[decision]


_AFTER = {
    Decision.APPROVE: (DisconnectionStatus.PROCESSING, DisconnectionStatus.COMPLETED),
    Decision.REJECT: (DisconnectionStatus.REJECTED,),
}


def _new_carrier_group_id(wanted: RetryRequest, before: Record | None) -> str | None:
    """The carrier group id that the retry corrects; None if it keeps the one of `before`."""
    typed, known = wanted.carrier_group_id, before.carrier_group_id if isinstance(before, Connection) else None
    return None if typed is None or _is_same_id(known, typed) else typed


def _shows_retry(version: Record, operation: Operation, new_id: str | None, since: int) -> bool:
    if not isinstance(version, Connection) or version.version == operation.shown_version:
        return False
    if version.modified < since:
        return False
    if new_id is not None:
        return _is_same_id(version.carrier_group_id, new_id)
    return version.status is ConnectionStatus.PROCESSING


def answer_is_due(operation: Operation) -> bool:
    """Whether Noyo's answer is expected at any moment: nothing delays the operation, and no attempt is unanswered."""
    undisturbed = operation.deferred_by is None and operation.delay_reason is None
    return undisturbed and operation.state in (OperationState.PENDING, OperationState.SENDING)


def was_refused(operation: Operation) -> bool:
    """Whether it was settled by a refusal, and nothing of it can exist at Noyo."""
    kind = operation.outcome.kind if operation.outcome is not None and operation.state.settled else None
    return kind in _REFUSALS and not sent_before(operation)


_REFUSALS = frozenset({OutcomeKind.REFUSED, OutcomeKind.DUPLICATE, OutcomeKind.NOT_AUTHORIZED})


def sent_before(operation: Operation) -> bool:
    """Whether it may have been sent before its newest attempt; while it is pending, before the next one.

    Also true if Noyo refused that, although a refused call does not count in `sends`.
    """
    answer, newest = operation.unconfirmed_answer, 0 if operation.state is OperationState.PENDING else 1
    return operation.sends > newest or (answer is not None and answer.problem is AnswerProblem.REFUSED)
