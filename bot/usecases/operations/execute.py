"""Execute one operation: the only way in which anything is written to Noyo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.people import ALLOWED, Permission, Verdict, authorize_decision_on
from bot.domain.reconciliation import with_end_date
from bot.domain.record_states import has_ended
from bot.domain.records import Connection, ConnectionStatus, Record, is_open
from bot.domain.requests import (
    ConnectionRequest,
    DecisionRequest,
    DisconnectionRequest,
    OperationInput,
    RetryRequest,
    SensitiveFields,
)
from bot.errors import LeaseLost, NoAnswer, NotSent, NoyoRefused, UnreadableAnswer, WrongRecord
from bot.telemetry import LogEvent, entity_label, log_event
from bot.usecases.admin.authorization import authorized_by_table
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.eligibility import eligibility_words
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
    settle_if_deleted,
)
from bot.usecases.operations.reconcile import reconcile, settle_if_duplicate, settle_if_effective, unconfirmed_answer
from bot.usecases.operations.refresh import refresh
from bot.usecases.records.ingest import read_record

CONFLICT = frozenset({409})
STALE = frozenset({404, 409, 422})


def execute(operation_id: str, deps: Dependencies) -> None:
    """Do what the operation needs now, if anything. Safe to call any number of times."""
    try:
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
        if operation.state is OperationState.RECONCILING:
            reconcile(operation, deps)
        else:
            _execute(operation, deps)
    except LeaseLost:
        return  # Another worker claimed it, or took over after our lease expired; it finds out what happened.


def _execute(operation: Operation, deps: Dependencies) -> None:
    try:
        if operation.kind is OperationKind.REFRESH_RECORD:
            refresh(operation, deps)
        elif _people_are_authorized(operation, deps) and not _end_date_passed(operation, deps):
            _send(operation, KINDS[operation.kind], deps)
    except NotSent as error:
        reschedule(operation, deps, why=str(error), retry_after=error.retry_after)
    except SendingPaused as paused:
        defer(operation, paused.pause, deps)


# ---------------------------------------------------------------- before anything is sent


def _people_are_authorized(operation: Operation, deps: Dependencies) -> bool:
    """Rights may have changed since the click. If a right is unknown, the operation waits; it is not refused."""
    for person in operation.people:
        permission = authorized_by_table(operation.required_right, person, deps)
        if permission.verdict is Verdict.UNKNOWN:
            whom = "the person who asked for it" if len(operation.people) == 1 else "both who asked for it"
            reschedule(operation, deps, why=f"Waiting to make sure that {whom} still may do this.", anew=True)
            return False
        if not permission.allowed:
            _settle_not_authorized(operation, person, permission, deps)
            return False
    return _is_not_their_own(operation, deps)


def _is_not_their_own(operation: Operation, deps: Dependencies) -> bool:
    """The requester may have become known, or the policy may have changed, since the click."""
    requester, decider = operation.actor, operation.second_approval.by if operation.second_approval else None
    if operation.kind is OperationKind.DECIDE_DISCONNECTION:
        record_state = deps.records.record_state(operation.entity)
        requester, decider = record_state.requester if record_state else None, operation.actor
    permission = authorize_decision_on(requester, decider, deps.policy) if decider else ALLOWED
    if decider and not permission.allowed:
        _settle_not_authorized(operation, decider, permission, deps)
    return permission.allowed


def _settle_not_authorized(operation: Operation, person: str, permission: Permission, deps: Dependencies) -> None:
    outcome = Outcome(OutcomeKind.NOT_AUTHORIZED, message=permission.reason, decided_by=person)
    settle(operation, OperationState.CANCELLED, outcome, deps)


def _end_date_passed(operation: Operation, deps: Dependencies) -> bool:
    """A pause or an outage may last beyond the requested end date, and nobody asked for a past one.

    If an earlier request may have arrived, find that out first.
    """
    if not operation.end_date_passed(deps.now(), deps.timezone):
        return False
    if operation.sends == 1 or not settle_if_effective(operation, deps):
        settle(operation, OperationState.CANCELLED, Outcome(OutcomeKind.END_DATE_PASSED), deps)
    return True


# ---------------------------------------------------------------- one way to send


Precondition = Callable[[Operation, Any, Dependencies], Record | None]
"""Given the operation and its input, reads the record from Noyo. None if it must not be sent and has been settled."""


@dataclass(frozen=True, slots=True)
class SendingRules:
    """How one kind of operation is sent.

    `call` is given the operation, its input and the sensitive fields, and returns the record in Noyo's answer.
    A refusal with a status in `stale` may mean that the record changed, and one in `duplicate` that Noyo already has
    what was asked for.
    """

    call: Callable[[Operation, Any, SensitiveFields, Dependencies], Record]
    precondition: Precondition | None = None
    stale: frozenset[int] = frozenset()
    duplicate: frozenset[int] = frozenset()


def _send(operation: Operation, rules: SendingRules, deps: Dependencies) -> None:
    sensitive = decrypted(operation, deps)
    before = None
    if rules.precondition is not None:
        before = _before_sending(rules.precondition, operation, deps)
        if before is None:
            return
    ensure_may_send(operation, deps)
    operation = replace(operation, unconfirmed_answer=None)
    try:
        record = rules.call(operation, operation.input, sensitive, deps)
    except NoyoRefused as refusal:
        _process_refusal(operation, rules, refusal, deps)
    except NoAnswer:
        reconcile_later(operation, deps)
    except UnreadableAnswer as error:
        problem = AnswerProblem.RECORD if isinstance(error, WrongRecord) else AnswerProblem.UNREADABLE
        reconcile_later(operation, deps, UnconfirmedAnswer(problem))
    else:
        _settle_if_confirmed(operation, record, before, deps)


def _settle_if_confirmed(operation: Operation, record: Record, before: Record | None, deps: Dependencies) -> None:
    """A success counts only if its record shows what was asked for; otherwise Noyo is asked what it has."""
    answer = unconfirmed_answer(operation, record, before, deps)
    if answer is None:
        settle_confirmed(operation, record, deps)
    else:
        reconcile_later(operation, deps, answer)


def _before_sending(precondition: Precondition, operation: Operation, deps: Dependencies) -> Record | None:
    """The record at Noyo before the call; None if nothing may be sent and it was settled or rescheduled."""
    try:
        return precondition(operation, operation.input, deps)
    except NoyoRefused as refusal:
        _settle_refused(operation, refusal, OutcomeKind.READ_REFUSED, deps)
    except (NoAnswer, UnreadableAnswer) as error:
        reschedule(operation, deps, why=f"Noyo's records must be read first. {error}")
    return None


def _process_refusal(operation: Operation, rules: SendingRules, refusal: NoyoRefused, deps: Dependencies) -> None:
    """After an earlier request, and for some statuses, Noyo may refuse because our own request already took effect.

    Noyo does not document its answer to a stale version, so the current version distinguishes a change from a refusal.
    """
    sent_before = operation.sends > 1
    refused = replace(operation, unconfirmed_answer=UnconfirmedAnswer(AnswerProblem.REFUSED))
    may_have_arrived = sent_before or refusal.status in rules.stale | rules.duplicate
    if may_have_arrived and settle_if_effective(refused, deps, same_name=not sent_before):
        return
    if refusal.status in rules.stale and _before_sending(_unchanged_record, refused, deps) is None:
        return
    if refusal.status not in rules.duplicate or not settle_if_duplicate(operation, refusal, deps):
        _settle_refused(operation, refusal, OutcomeKind.REFUSED, deps)


def _settle_refused(operation: Operation, refusal: NoyoRefused, kind: OutcomeKind, deps: Dependencies) -> None:
    """A refused call had no effect, so it does not count as sent. A refused read refuses nothing that was asked for."""
    if refusal.not_found and settle_if_deleted(operation.not_sent(), deps):
        return
    state = OperationState.REFUSED if kind is OutcomeKind.REFUSED else OperationState.CANCELLED
    record = operation.entity if operation.entity.is_record else None
    eligibility = eligibility_words(operation.input, refusal, deps.noyo)
    outcome = Outcome(kind, refusal.message, record, status=refusal.status, eligibility=eligibility)
    settle(operation, state, outcome, deps)


# ---------------------------------------------------------------- what each kind needs before it is sent


def _unchanged_record(operation: Operation, _wanted: OperationInput, deps: Dependencies) -> Record | None:
    """The record, if it still has the version that was shown.

    A retry and an unversioned rejection have no other guard: a change after this read goes unnoticed.
    """
    current = read_record(operation.entity, deps.noyo)
    if current.version == operation.shown_version:
        return current
    if operation.sends > 1 and settle_if_effective(operation, deps):
        return None
    changed = Outcome(OutcomeKind.CHANGED, record=operation.entity)
    settle(operation, OperationState.CANCELLED, changed, deps, record=current)
    return None


def _connection_to_end(operation: Operation, wanted: DisconnectionRequest, deps: Dependencies) -> Connection | None:
    """Noyo documents no guard against duplicate disconnection requests, so read what exists just before sending."""
    current = deps.noyo.connection(wanted.connection.key)
    still_connected = _is_still_connected(operation, current, wanted, deps)
    return current if still_connected and not _is_already_requested(operation, current, wanted, deps) else None


def _is_still_connected(
    operation: Operation, current: Connection, wanted: DisconnectionRequest, deps: Dependencies
) -> bool:
    """Compares what was meant and not the version, which may have changed for many reasons since the request."""
    if _is_same_connection(current, wanted):
        return True
    if operation.sends > 1 and settle_if_effective(operation, deps):
        return False
    changed = Outcome(OutcomeKind.CHANGED, message=current.status.value if wanted.is_for(current) else None)
    settle(operation, OperationState.CANCELLED, changed, deps)
    return False


def _is_same_connection(current: Connection, wanted: DisconnectionRequest) -> bool:
    return wanted.is_for(current) and current.status is ConnectionStatus.COMPLETED


def _is_already_requested(
    operation: Operation, connection: Connection, wanted: DisconnectionRequest, deps: Dependencies
) -> bool:
    """Whether anybody's request for this group and carrier is open, or ended this connection (still `completed`)."""
    if operation.sends > 1 and settle_if_effective(operation, deps):
        return True
    found = deps.noyo.disconnections_at(wanted.group_id, wanted.carrier_id)
    existing = [record for record in found if is_open(record.status) or has_ended(connection, record)]
    if not existing:
        return False
    newest = max(existing, key=lambda record: (is_open(record.status), record.modified))
    settle(operation, OperationState.REFUSED, Outcome(OutcomeKind.DUPLICATE, record=newest.entity), deps)
    return True


# ---------------------------------------------------------------- the call of each kind


def _request(
    _operation: Operation, wanted: ConnectionRequest, sensitive: SensitiveFields, deps: Dependencies
) -> Record:
    carrier_id, carrier_group_id, options = wanted.carrier_id, wanted.carrier_group_id, wanted.options
    if wanted.group_id is not None:
        return deps.noyo.request_connection_of_group(wanted.group_id, carrier_id, carrier_group_id, sensitive, options)
    return deps.noyo.request_connection(carrier_id, carrier_group_id, wanted.group_name, sensitive, options)


def _retry(operation: Operation, wanted: RetryRequest, sensitive: SensitiveFields, deps: Dependencies) -> Record:
    return deps.noyo.retry_connection(operation.entity.key, wanted, sensitive)


def _decide(operation: Operation, wanted: DecisionRequest, _sensitive: SensitiveFields, deps: Dependencies) -> Record:
    """Noyo accepts a decision for one version only, the one that the person saw, unless it is sent unversioned."""
    key = operation.entity.key
    if operation.unversioned:
        answer = deps.noyo.reject_disconnection(key, reason=wanted.reason, context=wanted.context)
    else:
        answer = deps.noyo.decide_disconnection(
            key,
            operation.shown_version or "",
            wanted.decision,
            effective_end_date=wanted.effective_end_date,
            reason=wanted.reason,
            context=wanted.context,
        )
    known = deps.records.record_state(operation.entity)
    shown = known.record if known is not None and known.record.version == operation.shown_version else None
    return with_end_date(answer, shown, wanted)


def _disconnect(
    _operation: Operation, wanted: DisconnectionRequest, _sensitive: SensitiveFields, deps: Dependencies
) -> Record:
    answer = deps.noyo.request_disconnection(
        wanted.carrier_id, wanted.group_id, wanted.effective_end_date, reason=wanted.reason, context=wanted.context
    )
    # Noyo leaves the end date out of some answers; it is the one that was sent.
    return replace(answer, effective_end_date=answer.effective_end_date or wanted.effective_end_date)


KINDS = {
    OperationKind.REQUEST_CONNECTION: SendingRules(_request, duplicate=CONFLICT),
    OperationKind.RETRY_CONNECTION: SendingRules(_retry, _unchanged_record, duplicate=CONFLICT),
    OperationKind.DECIDE_DISCONNECTION: SendingRules(_decide, _unchanged_record, stale=STALE),
    OperationKind.CREATE_DISCONNECTION: SendingRules(_disconnect, _connection_to_end),
}
