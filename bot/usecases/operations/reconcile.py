"""Compare Noyo's records with the wanted effect of an operation whose answer was lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypeVar

from bot import policies
from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.reconciliation import (
    contradiction,
    find_decision_effect,
    find_retry_effect,
    is_requested_connection,
    is_requested_disconnection,
    is_same_number,
)
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, Record, pending_connection_ref
from bot.domain.requests import ConnectionRequest, DecisionRequest, DisconnectionRequest, RetryRequest
from bot.errors import NoAnswer, NotSent, NoyoRefused, UnreadableAnswer
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations.lifecycle import (
    reconcile_again,
    reconcile_later,
    request_resolution,
    send_again,
    settle,
    settle_if_deleted,
)

GUARDED_BY_NOYO = frozenset({OperationKind.REQUEST_CONNECTION, OperationKind.DECIDE_DISCONNECTION})
"""Noyo itself refuses a second one: a connection request as a duplicate, a decision by its version if that is sent."""
R = TypeVar("R", Connection, Disconnection)
CREATING = frozenset({OperationKind.REQUEST_CONNECTION, OperationKind.CREATE_DISCONNECTION})


def reconcile(operation: Operation, deps: Dependencies) -> None:
    """Found: succeeded. Not found twice: send it again where Noyo refuses duplicates; otherwise a person decides."""
    try:
        if _settle_if_found(operation, deps):
            return
    except NoyoRefused as refusal:
        if not (refusal.not_found and settle_if_deleted(operation, deps)):
            reconcile_again(operation, deps)
        return
    except (NotSent, NoAnswer, UnreadableAnswer):
        reconcile_again(operation, deps)
        return
    asked = replace(operation, reconciliations=operation.reconciliations + 1)
    if asked.reconciliations < policies.OPERATION_RECONCILIATIONS:
        reconcile_again(asked, deps, pause=deps.reconcile_after_seconds)
    elif operation.kind in GUARDED_BY_NOYO and not operation.unversioned and not _was_contradicted(operation):
        send_again(asked, deps)
    else:
        request_resolution(asked, OutcomeKind.UNCLEAR, deps)


def unconfirmed_answer(
    operation: Operation, record: Record, before: Record | None, deps: Dependencies
) -> UnconfirmedAnswer | None:
    """How the record in Noyo's answer contradicts what was asked for; None if it shows the wanted effect.

    `before`: the record that Noyo showed right before the call.
    """
    if operation.kind in CREATING and _belongs_to_another(deps.records.record_state(record.entity), operation):
        return UnconfirmedAnswer(AnswerProblem.RECORD, record.id)
    found = contradiction(operation, record, before)
    if found is None and before is not None and before.entity == record.entity and _is_older(record, before, deps):
        return UnconfirmedAnswer(AnswerProblem.VERSION, record.version)
    return found


def _is_older(record: Record, before: Record, deps: Dependencies) -> bool:
    """By Noyo's own clock, which may differ from ours. Within one second, a version that we know is the older one."""
    if record.modified == before.modified:
        return deps.records.has_version(record.entity, record)
    return record.modified < before.modified


def _was_refused(operation: Operation) -> bool:
    return operation.unconfirmed_answer is not None and operation.unconfirmed_answer.problem is AnswerProblem.REFUSED


def _was_contradicted(operation: Operation) -> bool:
    return operation.unconfirmed_answer is not None and operation.unconfirmed_answer.contradicts


def settle_if_effective(operation: Operation, deps: Dependencies, *, same_name: bool = False) -> bool:
    """Whether our own request took effect in spite of a refusal; then the operation is settled as succeeded.

    `same_name`: accept a new connection only with the requested name, since we know of no earlier request. If Noyo
    cannot be asked now, the operation is left to be reconciled, and the result is True.
    """
    try:
        return _settle_if_found(operation, deps, same_name=same_name)
    except (NotSent, NoAnswer, UnreadableAnswer, NoyoRefused) as error:
        if isinstance(error, NoyoRefused) and error.not_found and operation.sends == 1:
            return False  # Sent once and refused, and the record on which it could take effect does not exist.
        reconcile_later(operation, deps)
        return True


def settle_if_duplicate(operation: Operation, refusal: NoyoRefused, deps: Dependencies) -> bool:
    """Whether Noyo refused it as a duplicate; then the operation is settled as refused for that reason.

    Noyo documents this for a new request only. To a retry the same status may mean anything, so a retry is a duplicate
    only if another connection has the ids.
    """
    duplicate = find_duplicate(operation, deps)
    if duplicate is None and operation.kind is not OperationKind.REQUEST_CONNECTION:
        return False
    record = duplicate.entity if duplicate else None
    outcome = Outcome(OutcomeKind.DUPLICATE, refusal.message, record, status=refusal.status)
    settle(operation, OperationState.REFUSED, outcome, deps)
    return True


def find_duplicate(operation: Operation, deps: Dependencies) -> Connection | None:
    """The connection that makes this request a duplicate, if Noyo lets us see it."""
    carrier_and_group_id = _wanted_connection(operation, deps)
    if carrier_and_group_id is None:
        return None
    try:
        found = deps.noyo.connections_at(*carrier_and_group_id)
    except (NotSent, NoAnswer, UnreadableAnswer, NoyoRefused):
        return None
    others = [connection for connection in found if connection.entity != operation.entity]
    return max(others, key=lambda connection: connection.modified, default=None)


def _wanted_connection(operation: Operation, deps: Dependencies) -> tuple[str, str] | None:
    """Carrier id and carrier group id that were asked for."""
    wanted = operation.input
    if isinstance(wanted, ConnectionRequest):
        return wanted.carrier_id, wanted.carrier_group_id
    if isinstance(wanted, RetryRequest) and wanted.carrier_group_id is not None:
        known = deps.records.record_state(operation.entity)
        return (known.record.carrier_id, wanted.carrier_group_id) if known else None
    return None


def _settle_if_found(operation: Operation, deps: Dependencies, *, same_name: bool = False) -> bool:
    record, end_date = _effect(operation, deps)
    if record is None or (same_name and _is_another_group(record, operation)):
        return False
    outcome = Outcome(OutcomeKind.RECONCILED, end_date.isoformat() if end_date else None, record.entity)
    settle(operation, OperationState.SUCCEEDED, outcome, deps, record=record)
    return True


def _is_another_group(record: Record, operation: Operation) -> bool:
    """By the groups' ids if both are known, otherwise by their names."""
    wanted = operation.input
    if not isinstance(wanted, ConnectionRequest):
        return False
    if record.group_name is None or None not in (wanted.group_id, record.group_id):
        return not wanted.is_for(record)
    return record.group_name.casefold().split() != wanted.group_name.casefold().split()


def _effect(operation: Operation, deps: Dependencies) -> tuple[Record | None, date | None]:
    """The record at Noyo if it shows, or has shown, the wanted effect; and its last managed day if another was sent."""
    match operation.input:
        case ConnectionRequest() as wanted:
            return _requested_connection(operation, wanted, deps), None
        case RetryRequest():
            return _retried_connection(operation, deps), None
        case DecisionRequest() as wanted:
            return _decided_disconnection(operation, wanted, deps)
        case DisconnectionRequest() as wanted:
            return _requested_disconnection(operation, wanted, deps), None
        case _:
            return None, None


def _requested_connection(operation: Operation, wanted: ConnectionRequest, deps: Dependencies) -> Connection | None:
    """A connection with these ids, created since we sent, that no other operation of ours created."""
    for connection in deps.noyo.connections_at(wanted.carrier_id, wanted.carrier_group_id):
        known = deps.records.record_state(connection.entity)
        if not _is_excluded(known, operation, wanted, deps) and is_requested_connection(connection, operation):
            return connection
    return _linked_record(Connection, operation, wanted.carrier_group_id, deps)


def _linked_record(kind: type[R], operation: Operation, search_text: str, deps: Dependencies) -> R | None:
    """A record that was linked to this operation earlier and that Noyo no longer lists: the request did arrive."""
    found = deps.records.find(search_text, limit=policies.MAX_RELATED_RECORDS)
    linked = (state.record for state in found if state.requested_by_operation == operation.id)
    return next((record for record in linked if isinstance(record, kind)), None)


def _requested_disconnection(
    operation: Operation, wanted: DisconnectionRequest, deps: Dependencies
) -> Disconnection | None:
    """A request to disconnect as it was wanted, created since we sent, that no other operation of ours created."""
    for found in deps.noyo.disconnections_at(wanted.group_id, wanted.carrier_id):
        known = deps.records.record_state(found.entity)
        if is_requested_disconnection(found, operation) and not _belongs_to_another(known, operation):
            return found
    return _linked_record(Disconnection, operation, wanted.group_id, deps)


def _belongs_to_another(known: RecordState | None, operation: Operation) -> bool:
    """Whether another operation created it, or it existed before we sent."""
    if known is None or known.requested_by_operation == operation.id:
        return False
    sent = operation.first_sent_at
    return known.requested_by_operation is not None or (sent is not None and known.seen_at < sent)


def _is_excluded(
    known: RecordState | None, operation: Operation, wanted: ConnectionRequest, deps: Dependencies
) -> bool:
    """Whether this operation cannot have created it: another one did, or a retry of ours gave it these ids."""
    if known is None or known.requested_by_operation == operation.id:
        return False
    if _belongs_to_another(known, operation):
        return True
    if operation.entity != pending_connection_ref(wanted.carrier_id, wanted.carrier_group_id):
        return False  # An earlier release stored the id as typed, so its record was not linked when we saw it.
    first = next(iter(deps.records.history(known.entity, since=0)), None)
    return isinstance(first, Connection) and _was_created_otherwise(first, wanted)


def _was_created_otherwise(first: Connection, wanted: ConnectionRequest) -> bool:
    """With the wanted id from the start it would have been linked when we saw it; with another, a retry changed it.

    Unclear if Noyo left the id out at first, or writes it with other capital letters or without its leading zeros.
    """
    initial = first.carrier_group_id
    if initial is None:
        return False
    return initial == wanted.carrier_group_id or not is_same_number(initial, wanted.carrier_group_id)


def _retried_connection(operation: Operation, deps: Dependencies) -> Connection | None:
    """The current connection, if it or a version that we saw since we sent shows the effect of the retry."""
    current = deps.noyo.connection(operation.entity.key)
    before, since = _versions(operation, deps)
    return current if find_retry_effect(operation, [*since, current], before) is not None else None


def _decided_disconnection(
    operation: Operation, wanted: DecisionRequest, deps: Dependencies
) -> tuple[Disconnection | None, date | None]:
    """The current request, if it or a version that we saw since we sent shows the decision; and another day than ours.

    Noyo may have asked for a decision again since.
    """
    current = deps.noyo.disconnection(operation.entity.key)
    _, since = _versions(operation, deps)
    effect = find_decision_effect(operation, [*since, current])
    if effect is None:
        return None, None
    end_date, sent = effect.effective_end_date, wanted.effective_end_date
    if sent is None or end_date in (None, sent):
        return current, None
    # Noyo refused ours, so somebody decided with another day elsewhere.
    return (None, None) if _was_refused(operation) else (current, end_date)


def _versions(operation: Operation, deps: Dependencies) -> tuple[Record | None, list[Record]]:
    """The version that the person saw, if it is known, and those that we saw since the operation was sent.

    A record may have been in the wanted status before, so versions before the one that the person saw prove nothing.
    """
    history = deps.records.history(operation.entity, since=0)
    shown = next((known for known in history if known.version == operation.shown_version), None)
    sent = (operation.first_sent_at or deps.now()) - policies.RECONCILE_CLOCK_TOLERANCE_SECONDS
    since = [known for known in history if known.modified >= sent]
    return shown, since if shown is None else [known for known in since if known.modified > shown.modified]
