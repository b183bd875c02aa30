"""Use case: read, consistently, what a card, an alert or an answer has to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.domain.operations import ConnectionRequest, DisconnectRequest, Operation, OperationState, OutcomeKind
from bot.domain.showing import RecordCard, RequestCard
from bot.domain.subjects import Subject
from bot.domain.tracking import Tracked, operation_card
from bot.domain.waiting import waits
from bot.ports import KeepsOperations, KeepsRecords
from bot.usecases.surroundings import around

CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Library:
    """Where scenes are read from."""

    records: KeepsRecords
    operations: KeepsOperations
    today: Callable[[], date]


def record_of(operation: Operation, library: Library) -> Tracked | None:
    """The record an operation is about: its subject, what it made, or what a poll already linked to it."""
    if operation.subject.is_record:
        return library.records.tracked(operation.subject)
    made = operation.outcome.record if operation.outcome else None
    if operation.state is OperationState.SUCCEEDED and made is not None:
        return library.records.tracked(made)
    known_by = _known_by(operation)
    if known_by is None or (operation.state.settled and not _said_by_a_person(operation)):
        return None
    found = library.records.find(known_by, limit=CANDIDATES)
    return next((tracked for tracked in found if tracked.asked_by == operation.id), None)


def _said_by_a_person(operation: Operation) -> bool:
    """What a person says of it names no record; a poll may have found it all the same."""
    return operation.outcome is not None and operation.outcome.kind in (
        OutcomeKind.ARRIVED,
        OutcomeKind.CLOSED,
    )


def _known_by(operation: Operation) -> str | None:
    """What the record that was asked for is found by."""
    match operation.input:
        case ConnectionRequest() as wanted:
            return wanted.carrier_group_id
        case DisconnectRequest() as wanted:
            return wanted.group_id
    return None


def open_operation(tracked: Tracked, library: Library) -> Operation | None:
    """The operation that is open on a record, or the one that asked for it while that is not settled yet."""
    return library.operations.open_on(tracked.subject) or _asking(tracked, library, settled=False)


def record_card(subject: Subject, library: Library) -> RecordCard | None:
    """The card of a record as the table has it now.

    The operation is read before the record: one that settles in between shows as open on a newer record, which the
    news of its settling puts right, and never the other way round.
    """
    tracked = library.records.tracked(subject)
    if tracked is None:
        return None
    operation = open_operation(tracked, library)
    last = library.operations.last_on(subject) or _asking(tracked, library, settled=True)
    tracked = library.records.tracked(subject) or tracked
    if not waits(tracked):
        return RecordCard(tracked, operation, last)
    beside = around(tracked, library.records)
    return RecordCard(tracked, operation, last, library.today(), beside)


def request_card(operation_id: str, library: Library) -> RecordCard | RequestCard | None:
    """The card of a request: the request itself, and from when there is a record for it, that."""
    operation = library.operations.operation(operation_id)
    if operation is None:
        return None
    tracked = record_of(operation, library)
    if tracked is not None and tracked.card == operation_card(operation_id):
        return record_card(tracked.subject, library)
    return RequestCard(operation, duplicate_of(operation, library))


def duplicate_of(operation: Operation, library: Library) -> Tracked | None:
    """What is at Noyo already, and was in the way, as far as we hold it."""
    other = operation.outcome.record if operation.outcome else None
    if operation.state is not OperationState.REFUSED or other is None or other == operation.subject:
        return None
    return library.records.tracked(other)


def _asking(tracked: Tracked, library: Library, *, settled: bool) -> Operation | None:
    if tracked.asked_by is None:
        return None
    operation = library.operations.operation(tracked.asked_by)
    return operation if operation is not None and operation.state.settled is settled else None
