"""Take in anything learnt of a Noyo record: from polls, looks and answers to our own requests."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import entities
from bot.domain import outbox as telling
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.operations import ConnectionRequest, DisconnectionRequest, Operation
from bot.domain.outbox import OutboxEvent
from bot.domain.reconciliation import created_since_sent, is_requested_disconnection
from bot.domain.record_changes import RecordChange
from bot.domain.record_states import (
    RecordState,
    VersionOrder,
    advance,
    compare_versions,
    link_to_operation,
    new_record_state,
)
from bot.domain.records import Connection, DisconnectionSource, DisconnectionStatus, Record, Status
from bot.errors import ConcurrentUpdate, NoyoRefused, TableUnavailable
from bot.telemetry import LogEvent, entity_label, log_event, trace_context, version_trace
from bot.usecases.ports.noyo import NoyoReader
from bot.usecases.ports.storage import OperationRepository, RecordRepository

ROUNDS = 6


def ingest(
    record: Record,
    *,
    records: RecordRepository,
    operations: OperationRepository,
    noyo: NoyoReader,
    now: int,
    silent: bool = False,
) -> bool:
    """Whether anything was new. `silent` takes in what is older than we are, without telling anyone.

    Raises what reading again from Noyo raises, and `TableUnavailable` where the state will not stand still.
    """
    for _ in range(ROUNDS):
        try:
            change = plan_change(record, records=records, operations=operations, noyo=noyo, now=now)
            if change is None:
                return False
            records.write(replace(change, events=()) if silent and _concerns_nobody(change) else change)
        except ConcurrentUpdate:
            continue
        log_change(change, told=not silent)
        return True
    raise TableUnavailable(f"{record.entity} changed faster than it could be written")


def plan_change(
    record: Record,
    *,
    records: RecordRepository,
    operations: OperationRepository,
    noyo: NoyoReader,
    now: int,
    by: Operation | None = None,
) -> RecordChange | None:
    """What `record` changes in what we hold, as one write; None where it changes nothing.

    `by` is the operation that asked for it, if the caller knows; else the one that is open for the same carrier and
    carrier group id, or the same group and carrier, is looked for, so that a request's card goes on even when a poll
    sees its record first.
    """
    held = records.record_state(record.entity)
    if held is None:
        asked = (
            by if by is not None and isinstance(by.input, ConnectionRequest | DisconnectionRequest) else None
        )
        after = _linked(new_record_state(record, now), asked or _asking(record, operations))
        return RecordChange(record.entity, None, after, record, _told(record, None, now))
    order = compare_versions(held, record)
    if order is VersionOrder.UNCLEAR:
        return _unclear(record, held, by, records=records, noyo=noyo, now=now)
    if order is VersionOrder.NEWER:
        return _moved(held, record, by, now)
    if order is VersionOrder.OLDER:
        return _older(record, held, by, records=records, noyo=noyo, now=now)
    return _link_alone(held, by)


def log_change(change: RecordChange, *, told: bool = True) -> None:
    """Under the trace that the news of it has."""
    seen = change.version or (change.after.record if change.after is not None else None)
    if seen is None:
        return
    with trace_context(version_trace(change.entity, seen.version)):
        log_event(
            LogEvent.RECORD_CHANGED,
            entity=entity_label(change.entity),
            change="newer" if change.before and change.after else "first" if change.after else "older",
            modified=seen.modified,
            published="yes" if told else "no",
        )


def _concerns_nobody(change: RecordChange) -> bool:
    """Not where a record that we held already moves on, nor where somebody asked for it through us."""
    return change.after is None or (change.before is None and change.after.requested_by_operation is None)


def _moved(held: RecordState, record: Record, by: Operation | None, now: int) -> RecordChange:
    after = advance(held, record, now)
    told = _told(record, held.status, now)
    return RecordChange(record.entity, held, _newly_linked(after, by) or after, record, told)


def _told(record: Record, before: Status | None, now: int) -> tuple[OutboxEvent, ...]:
    """With what waits begin its days; in the same transaction, so that they cannot be lost."""
    days = (telling.first_day(record, now),) if record.status is DisconnectionStatus.NEEDS_REVIEW else ()
    return (telling.record_changed(record, before, now), *days)


def _older(
    record: Record,
    held: RecordState,
    by: Operation | None,
    *,
    records: RecordRepository,
    noyo: NoyoReader,
    now: int,
) -> RecordChange | None:
    """History; but what Noyo goes on showing is how things are, by whatever clock of Noyo's it was dated."""
    if not records.has_version(record.entity, record):
        late = telling.late_version(record, now)
        return RecordChange(record.entity, held, _newly_linked(held, by), record, (late,))
    try:
        current = read_again(record.entity, noyo)
    except NoyoRefused:
        return _link_alone(held, by)
    if current.version != record.version:
        return _link_alone(held, by)
    return _moved(held, current, by, now)


def _link_alone(held: RecordState, by: Operation | None) -> RecordChange | None:
    after = _newly_linked(held, by)
    return RecordChange(held.entity, held, after, None) if after is not None else None


def _unclear(
    record: Record,
    held: RecordState,
    by: Operation | None,
    *,
    records: RecordRepository,
    noyo: NoyoReader,
    now: int,
) -> RecordChange | None:
    """Two versions of one second: the order is never guessed; what Noyo shows when asked again counts."""
    if not records.has_version(record.entity, record):
        records.write(RecordChange(record.entity, held, None, record))
    try:
        current = read_again(record.entity, noyo)
    except NoyoRefused:
        return _link_alone(held, by)
    if current.version == held.record.version or current.modified < held.record.modified:
        return _link_alone(held, by)
    return _moved(held, current, by, now)


def read_again(entity: EntityRef, noyo: NoyoReader) -> Record:
    """The record as Noyo shows it now."""
    if entity.kind is EntityKind.CONNECTION:
        return noyo.connection(entity.key)
    return noyo.disconnection(entity.key)


def _asking(record: Record, operations: OperationRepository) -> Operation | None:
    if isinstance(record, Connection):
        if not record.carrier_group_id:
            return None
        operation = operations.open_on(
            entities.pending_connection_ref(record.carrier_id, record.carrier_group_id)
        )
        return operation if operation is not None and created_since_sent(record, operation) else None
    if record.source_type is not DisconnectionSource.PLATFORM or not record.group_id:
        return None
    operation = operations.open_on(entities.pending_disconnection_ref(record.group_id, record.carrier_id))
    return operation if operation is not None and is_requested_disconnection(record, operation) else None


def _linked(record_state: RecordState, by: Operation | None) -> RecordState:
    if by is None or by.actor is None:
        return record_state
    wanted = ConnectionRequest if isinstance(record_state.record, Connection) else DisconnectionRequest
    return (
        link_to_operation(record_state, by.id, by.actor, by.input.group_name)
        if isinstance(by.input, wanted)
        else record_state
    )


def _newly_linked(held: RecordState, by: Operation | None) -> RecordState | None:
    """None where the link adds nothing. A card that may hang already stays the record's card, so that it stays true."""
    linked = replace(_linked(held, by), card_key=held.card_key)
    return linked if linked != held else None
