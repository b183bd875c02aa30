"""Ingest a record that Noyo showed us: from a poll, a refresh, or the answer to our own call."""

from __future__ import annotations

from dataclasses import replace

from bot import policies
from bot.domain import outbox
from bot.domain.operations import Operation
from bot.domain.outbox import OutboxEvent, RecordChange, in_order
from bot.domain.reconciliation import is_requested_connection, is_requested_disconnection
from bot.domain.record_states import (
    RecordState,
    VersionOrder,
    advance,
    compare_versions,
    contradicts_known,
    deleted_version,
    link_to_operation,
    new_record_state,
)
from bot.domain.records import (
    Connection,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    EntityKind,
    EntityRef,
    Record,
    is_deleted,
    pending_connection_ref,
    pending_disconnection_ref,
)
from bot.domain.requests import ConnectionRequest, DisconnectionRequest
from bot.errors import ConcurrentUpdate, NoyoRefused, TableUnavailable
from bot.telemetry import LogEvent, entity_label, log_event, trace_context, version_trace
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.noyo import NoyoReader


def ingest(record: Record, deps: Dependencies, *, silent: bool = False) -> bool:
    """Save what is new about a record, with its outbox events, in one transaction. Returns whether anything was new.

    `silent` saves without events, for records older than our first run. Raises `NoyoError` if the record has to be read
    again and cannot be, and `TableUnavailable` if the state keeps changing.
    """
    for _ in range(policies.INGEST_ATTEMPTS):
        try:
            change = plan_change(record, deps)
            if change is None:
                return False
            unpublished = silent and _is_known_to_nobody(change)
            deps.records.write(replace(change, events=()) if unpublished else in_order(change))
        except ConcurrentUpdate:
            continue
        log_change(change, published=not silent)
        return True
    raise TableUnavailable(f"{record.entity} kept changing while it was saved")


def plan_change(record: Record, deps: Dependencies, *, by: Operation | None = None) -> RecordChange | None:
    """The change that `record` makes to the saved state; None if it makes none.

    `by` is the operation that requested the record, if the caller knows it. Otherwise it is searched by carrier and
    carrier group id, or group and carrier, so that a request keeps its card even if a poll sees its record first.
    """
    state = deps.records.record_state(record.entity)
    if state is None:
        requested_by = by if by is not None and isinstance(by.input, ConnectionRequest | DisconnectionRequest) else None
        if requested_by is None:
            record = _with_group(record, deps)
        after = _link(new_record_state(record, deps.now()), requested_by or _requesting_operation(record, deps))
        return RecordChange(record.entity, None, after, record, _events(record, None, deps.now()))
    order = compare_versions(state, record)
    if order is VersionOrder.RETURNED:
        return _ingest_if_current(record, state, by, deps)
    if order is VersionOrder.UNCLEAR:
        return _ingest_same_second(record, state, by, deps)
    if order is VersionOrder.NEWER:
        return _advance(state, record, by, deps.now())
    if order is VersionOrder.OLDER:
        return _ingest_older(record, state, by, deps)
    if contradicts_known(state, record):
        return _ingest_same_version(state, by, deps)
    return _link_only(state, by)


def log_change(change: RecordChange, *, published: bool = True) -> None:
    """Log the change under the trace of its outbox event."""
    record = change.version or (change.after.record if change.after is not None else None)
    if record is None:
        return
    with trace_context(version_trace(change.entity, record.version)):
        log_event(
            LogEvent.RECORD_CHANGED,
            entity=entity_label(change.entity),
            change="newer" if change.before and change.after else "first" if change.after else "older",
            modified=record.modified,
            published="yes" if published else "no",
        )


def _is_known_to_nobody(change: RecordChange) -> bool:
    """Whether the record is new or history, and nobody requested it through us."""
    return change.after is None or (change.before is None and change.after.requested_by_operation is None)


def _advance(
    state: RecordState, record: Record, by: Operation | None, now: int, *, known: bool = False
) -> RecordChange:
    """`known`: Noyo showed this version before and shows it again, as after a deletion or from a backup."""
    after = advance(state, record, now)
    announced = _events(after.record, state.record, now, returned=known or is_deleted(state.record))
    return RecordChange(record.entity, state, _new_link(after, by) or after, record, announced)


def _events(record: Record, before: Record | None, now: int, *, returned: bool = False) -> tuple[OutboxEvent, ...]:
    """The events of a new version. A request that awaits a decision also gets its first daily timer."""
    waits = record.status is DisconnectionStatus.NEEDS_REVIEW
    days = (outbox.first_day(record, now, returned=returned),) if waits else ()
    return (outbox.record_changed(record, before, now, returned=returned), *days)


def _ingest_older(record: Record, state: RecordState, by: Operation | None, deps: Dependencies) -> RecordChange | None:
    """Save an older version as history, unless Noyo keeps showing it as the current one."""
    if not deps.records.has_version(record.entity, record):
        late = outbox.late_version(record, deps.now())
        return RecordChange(record.entity, state, _new_link(state, by), record, (late,))
    current = _read_if_present(record.entity, deps)
    if current is None or current.version != record.version:
        return _link_only(state, by)
    return _advance(state, current, by, deps.now(), known=True)


def _ingest_same_version(state: RecordState, by: Operation | None, deps: Dependencies) -> RecordChange | None:
    """What a read by id shows counts, even if Noyo did not change the version.

    Noyo leaves the last managed day out of some answers, and may have chosen another one than was assumed then.
    """
    current = _read_if_present(state.entity, deps)
    if current is None or current.version != state.record.version or not contradicts_known(state, current):
        return _link_only(state, by)
    return _advance(state, current, by, deps.now(), known=True)


def _link_only(state: RecordState, by: Operation | None) -> RecordChange | None:
    after = _new_link(state, by)
    return RecordChange(state.entity, state, after, None) if after is not None else None


def _ingest_same_second(
    record: Record, state: RecordState, by: Operation | None, deps: Dependencies
) -> RecordChange | None:
    """Two versions with the same `modified`: never guess their order, read the record again."""
    known = deps.records.has_version(record.entity, record)
    if not known:
        deps.records.write(RecordChange(record.entity, state, None, record))
    return _ingest_if_current(record, state, by, deps, known=known)


def _ingest_if_current(
    record: Record, state: RecordState, by: Operation | None, deps: Dependencies, *, known: bool = False
) -> RecordChange | None:
    """What Noyo shows now counts, if it has the record and a version at least as new as the one we have."""
    current = _read_if_present(record.entity, deps)
    if current is None or current.version == state.record.version:
        return _link_only(state, by)
    if current.modified < state.record.modified and not is_deleted(state.record):
        return _link_only(state, by)
    return _advance(state, current, by, deps.now(), known=known and current.version == record.version)


def _read_if_present(entity: EntityRef, deps: Dependencies) -> Record | None:
    try:
        return read_record(entity, deps.noyo)
    except NoyoRefused:
        return None


def ingest_deletion(entity: EntityRef, deps: Dependencies) -> bool:
    """Save that Noyo no longer has a known record, if Noyo says so. Returns whether the record is known as deleted.

    The state is read before Noyo is, so that a version ingested in between is not overwritten. Raises `NoyoError` if
    the record cannot be read for another reason.
    """
    for _ in range(policies.INGEST_ATTEMPTS):
        state = deps.records.record_state(entity)
        if state is None or is_deleted(state.record):
            return state is not None
        if _is_at_noyo(entity, deps):
            return False
        version = deleted_version(state.record, deps.now())
        change = _advance(state, version, None, deps.now())
        try:
            deps.records.write(in_order(change))
        except ConcurrentUpdate:
            continue
        log_change(change)
        return True
    raise TableUnavailable(f"{entity} kept changing while it was saved")


def _is_at_noyo(entity: EntityRef, deps: Dependencies) -> bool:
    try:
        read_record(entity, deps.noyo)
    except NoyoRefused as refusal:
        if not refusal.not_found:
            raise
        return False
    return True


def read_record(entity: EntityRef, noyo: NoyoReader) -> Record:
    """The record as Noyo shows it now."""
    if entity.kind is EntityKind.CONNECTION:
        return noyo.connection(entity.key)
    return noyo.disconnection(entity.key)


def _with_group(record: Record, deps: Dependencies) -> Record:
    """Noyo leaves the group out of a completed disconnection request, but lists the request for its group. So Noyo is
    asked for each group that has a connection with the same name and carrier."""
    if not isinstance(record, Disconnection) or record.group_id is not None or record.group_name is None:
        return record
    groups = _groups_named(record.group_name, record.carrier_id, deps)
    listed_for = [group for group in groups if _is_listed_for(group, record, deps)]
    return replace(record, group_id=listed_for[0]) if len(listed_for) == 1 else record


def _groups_named(name: str, carrier_id: str, deps: Dependencies) -> list[str]:
    """The ids of the groups with a known connection that has this name and carrier."""
    found = (state.record for state in deps.records.find(name, limit=policies.MAX_RELATED_RECORDS))
    at_carrier = (each for each in found if isinstance(each, Connection) and each.carrier_id == carrier_id)
    named = (each for each in at_carrier if (each.group_name or "").casefold() == name.casefold())
    return list(dict.fromkeys(each.group_id for each in named if each.group_id is not None))


def _is_listed_for(group_id: str, request: Disconnection, deps: Dependencies) -> bool:
    try:
        return any(each.id == request.id for each in deps.noyo.disconnections_at(group_id, request.carrier_id))
    except NoyoRefused:
        return False


def _requesting_operation(record: Record, deps: Dependencies) -> Operation | None:
    if isinstance(record, Connection):
        if not record.carrier_group_id:
            return None
        operation = deps.operations.open_on(pending_connection_ref(record.carrier_id, record.carrier_group_id))
        return operation if operation is not None and is_requested_connection(record, operation) else None
    if record.source_type is not DisconnectionSource.PLATFORM or not record.group_id:
        return None
    operation = deps.operations.open_on(pending_disconnection_ref(record.group_id, record.carrier_id))
    return operation if operation is not None and is_requested_disconnection(record, operation) else None


def _link(record_state: RecordState, by: Operation | None) -> RecordState:
    wanted = ConnectionRequest if isinstance(record_state.record, Connection) else DisconnectionRequest
    if by is None or by.actor is None or not isinstance(by.input, wanted):
        return record_state
    linked_state = link_to_operation(record_state, by.id, by.actor, by.input.group_name, by.input.group_id)
    return replace(linked_state, operation_event=next(iter(by.last_events), record_state.operation_event))


def _new_link(state: RecordState, by: Operation | None) -> RecordState | None:
    """The state linked to the operation, or None if nothing changes. A posted card stays the record's card."""
    linked_state = replace(_link(state, by), card_key=state.card_key)
    return linked_state if linked_state != state else None
