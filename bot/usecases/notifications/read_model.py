"""Read, consistently, what a card, an alert or an answer has to show."""

from __future__ import annotations

from bot.domain.content import RecordCard, RequestCard
from bot.domain.entities import EntityRef
from bot.domain.operations import (
    ConnectionRequest,
    DisconnectionRequest,
    Operation,
    OperationState,
    OutcomeKind,
)
from bot.domain.record_states import RecordState, operation_card_key
from bot.domain.reminders import awaits_decision
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.related import related_records

CANDIDATES = 20


def record_of(operation: Operation, deps: Dependencies) -> RecordState | None:
    """The record an operation is about: its subject, what it made, or what a poll already linked to it."""
    if operation.entity.is_record:
        return deps.records.record_state(operation.entity)
    made = operation.outcome.record if operation.outcome else None
    if operation.state is OperationState.SUCCEEDED and made is not None:
        return deps.records.record_state(made)
    known_by = _known_by(operation)
    if known_by is None or (operation.state.settled and not _said_by_a_person(operation)):
        return None
    found = deps.records.find(known_by, limit=CANDIDATES)
    return next(
        (record_state for record_state in found if record_state.requested_by_operation == operation.id), None
    )


def _said_by_a_person(operation: Operation) -> bool:
    """What a person says of it names no record; a poll may have found it all the same."""
    return operation.outcome is not None and operation.outcome.kind in (
        OutcomeKind.REPORTED_ARRIVED,
        OutcomeKind.CLOSED,
    )


def _known_by(operation: Operation) -> str | None:
    """What the record that was asked for is found by."""
    match operation.input:
        case ConnectionRequest() as wanted:
            return wanted.carrier_group_id
        case DisconnectionRequest() as wanted:
            return wanted.group_id
    return None


def open_operation(record_state: RecordState, deps: Dependencies) -> Operation | None:
    """The operation that is open on a record, or the one that asked for it while that is not settled yet."""
    return deps.operations.open_on(record_state.entity) or _asking(record_state, deps, settled=False)


def record_card(entity: EntityRef, deps: Dependencies) -> RecordCard | None:
    """The card of a record as the table has it now.

    The operation is read before the record: one that settles in between shows as open on a newer record, which the
    news of its settling puts right, and never the other way round.
    """
    record_state = deps.records.record_state(entity)
    if record_state is None:
        return None
    operation = open_operation(record_state, deps)
    last = deps.operations.last_on(entity) or _asking(record_state, deps, settled=True)
    record_state = deps.records.record_state(entity) or record_state
    if not awaits_decision(record_state):
        return RecordCard(record_state, operation, last)
    beside = related_records(record_state, deps.records)
    return RecordCard(record_state, operation, last, deps.today(), beside)


def request_card(operation_id: str, deps: Dependencies) -> RecordCard | RequestCard | None:
    """The card of a request: the request itself, and from when there is a record for it, that."""
    operation = deps.operations.operation(operation_id)
    if operation is None:
        return None
    record_state = record_of(operation, deps)
    if record_state is not None and record_state.card_key == operation_card_key(operation_id):
        return record_card(record_state.entity, deps)
    return RequestCard(operation, duplicate_of(operation, deps))


def duplicate_of(operation: Operation, deps: Dependencies) -> RecordState | None:
    """What is at Noyo already, and was in the way, as far as we hold it."""
    other = operation.outcome.record if operation.outcome else None
    if operation.state is not OperationState.REFUSED or other is None or other == operation.entity:
        return None
    return deps.records.record_state(other)


def _asking(record_state: RecordState, deps: Dependencies, *, settled: bool) -> Operation | None:
    if record_state.requested_by_operation is None:
        return None
    operation = deps.operations.operation(record_state.requested_by_operation)
    return operation if operation is not None and operation.state.settled is settled else None
