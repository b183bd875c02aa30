"""Operations, the lock that each holds on its entity, and the conditions under which one changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot import policies
from bot.domain.corrections import is_correctable
from bot.domain.operations import Operation, OperationKind, OperationState
from bot.domain.outbox import ExpectedVersion, OutboxEvent, RecordChange
from bot.domain.people import AuditEntry
from bot.domain.records import EntityRef
from bot.domain.requests import (
    WEBHOOK_ID,
    ConnectionRequest,
    DecisionRequest,
    DisconnectionRequest,
    OperationInput,
    RefreshRequest,
    RetryRequest,
)
from bot.dynamodb import schema
from bot.dynamodb.expressions import ABSENT, Check, Condition, Delete, Item, Key, Put, Update, Write, holds
from bot.dynamodb.repositories.notifications import due_ids, oldest_due, set_aside
from bot.dynamodb.repositories.records import writes_of
from bot.dynamodb.schema import audit_put, event_item, item_at, read_item
from bot.dynamodb.table import ConditionFailed, Repository
from bot.errors import ConcurrentUpdate, LeaseLost, SubmissionConflict, UnknownSchema

INPUT_TYPES: dict[object, type] = {
    OperationKind.REQUEST_CONNECTION.value: ConnectionRequest,
    OperationKind.RETRY_CONNECTION.value: RetryRequest,
    OperationKind.DECIDE_DISCONNECTION.value: DecisionRequest,
    OperationKind.CREATE_DISCONNECTION.value: DisconnectionRequest,
    OperationKind.REFRESH_RECORD.value: RefreshRequest,
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """A lock, or the newest settled operation on an entity: the id of the operation."""

    operation: str


class DynamoOperationRepository(Repository):
    """Implements `bot.usecases.ports.storage.OperationRepository`."""

    def submit(
        self,
        operation: Operation,
        *,
        expected: ExpectedVersion | None,
        events: Sequence[OutboxEvent],
        audit: AuditEntry | None,
    ) -> None:
        writes: list[Write] = [Put(operation_item(operation), ABSENT)]
        if expected is not None:
            writes.append(Check(schema.state(expected.entity), holds(version=expected.version)))
        if operation.changes_noyo:
            lock = item_at(schema.lock(operation.entity), Pointer(operation.id))
            writes.append(Put(lock, ABSENT))
        try:
            self._table.write([*writes, *_events_and_audit(events, audit)])
        except ConditionFailed as failed:
            raise SubmissionConflict("Something was faster than this; nothing was done.") from failed

    def operation(self, operation_id: str) -> Operation | None:
        item = self._table.get(schema.operation(operation_id))
        return operation_from(item) if item else None

    def operations(self, operation_ids: Iterable[str], *, skip_unreadable: bool = False) -> dict[str, Operation]:
        found = {}
        for item in self._table.get_many(map(schema.operation, operation_ids)):
            try:
                operation = operation_from(item)
            except UnknownSchema:
                if not skip_unreadable:
                    raise
                continue
            found[operation.id] = operation
        return found

    def open_on(self, entity: EntityRef) -> Operation | None:
        return self._pointed_to(schema.lock(entity))

    def last_on(self, entity: EntityRef) -> Operation | None:
        return self._pointed_to(schema.last(entity))

    def operations_on(self, entities: Iterable[EntityRef]) -> list[Operation]:
        keys = (key for entity in entities for key in (schema.lock(entity), schema.last(entity)))
        ids = [pointer.operation for pointer in map(_pointer, self._table.get_many(keys)) if pointer is not None]
        return list(self.operations(ids, skip_unreadable=True).values())

    def claim(
        self,
        operation: Operation,
        claimed: Operation,
        *,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
    ) -> None:
        as_read = holds(state=operation.state.value, attempts=operation.attempts, lease=operation.lease)
        claim = [Put(operation_item(claimed), as_read), *_newest_event(claimed)]
        self._change([*claim, *_events_and_audit(events, audit)])

    def save(
        self,
        operation: Operation,
        *,
        lease: str | None,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
        change: RecordChange | None = None,
        was: OperationState = OperationState.NEEDS_RESOLUTION,
        attempts: int | None = None,
    ) -> None:
        writes: list[Write] = [Put(operation_item(operation), _may_change(lease, was, attempts))]
        if operation.state.settled and operation.changes_noyo:
            writes += _unlock(operation)
        own = len(writes)
        by_worker = lease is not None  # The receiver, which saves what people choose, may not change a record's state.
        changed = writes_of(change) if change else _newest_event(operation) if by_worker else []
        others = _events_and_audit(_not_in(change, events), audit)
        self._change([*writes, *changed, *others], own=own)

    def due(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, schema.OPERATION, now, limit)

    def due_refreshes(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, schema.REFRESH, now, limit)

    def unreadable(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, schema.UNREADABLE_OPERATION, now, limit)

    def set_aside(self, operation_id: str, now: int) -> None:
        set_aside(self._table, schema.operation(operation_id), schema.UNREADABLE_OPERATION, now)

    def oldest_due(self, now: int) -> int | None:
        lanes = (oldest_due(self._table, lane, now) for lane in (schema.OPERATION, schema.REFRESH))
        return min((due for due in lanes if due is not None), default=None)

    def awaiting_resolution(self) -> list[int]:
        rows = self._table.query("open_kind = :kind", {":kind": schema.NEEDS_RESOLUTION}, index="open")
        return [int(row["open_order"]) for row in rows]

    def waiting_for_people(self, *, limit: int) -> list[str]:
        resolutions = self._open_ids(schema.NEEDS_RESOLUTION, limit)
        return [*resolutions, *self._open_ids(schema.AWAITING_CONFIRMATION, limit)]

    def awaiting_confirmation(self, *, limit: int) -> list[Operation]:
        ids = self._open_ids(schema.AWAITING_CONFIRMATION, limit)
        found = self.operations(ids)
        listed = (found[operation_id] for operation_id in ids if operation_id in found)
        return [operation for operation in listed if operation.state is OperationState.AWAITING_CONFIRMATION]

    def deferred_due(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, schema.DEFERRED, now, limit)

    def oldest_deferred_due(self, now: int) -> int | None:
        return oldest_due(self._table, schema.DEFERRED, now)

    def _open_ids(self, kind: str, limit: int) -> list[str]:
        rows = self._table.query("open_kind = :kind", {":kind": kind}, index="open", limit=limit)
        return [schema.id_of(row["pk"]) for row in rows]

    def _pointed_to(self, pointer: Key) -> Operation | None:
        found = self._read(Pointer, pointer)
        return self.operation(found.operation) if found else None

    def _change(self, writes: Sequence[Write], *, own: int = 1) -> None:
        """The conditions of the first `own` parts are about the operation, the others about the record."""
        try:
            self._table.write(writes)
        except ConditionFailed as failed:
            if min(failed.failed) < own:
                raise LeaseLost("Another worker has taken over this operation.") from failed
            raise ConcurrentUpdate("The record has changed meanwhile.") from failed


def _pointer(item: Item) -> Pointer | None:
    """None if this release cannot read it."""
    try:
        return read_item(Pointer, item)
    except UnknownSchema:
        return None


def operation_item(operation: Operation) -> Item:
    """A settled operation expires, and has no encrypted input unless it is due, which is when that is dropped."""
    if operation.state.settled and not (operation.due is not None and is_correctable(operation)):
        operation = replace(operation, due=None, input=_without_encrypted(operation.input))
    kind, order = _open_index(operation)
    return item_at(
        schema.operation(operation.id),
        operation,
        due_kind=_lane(operation) if operation.due is not None else None,
        open_kind=kind,
        open_order=order,
        expires=_expires(operation),
    )


def operation_from(item: Item) -> Operation:
    """The role of the public endpoint for webhooks may put items under its own ids only, so what these may contain is
    checked here."""
    input_type = INPUT_TYPES.get(item.get("kind"))
    if input_type is None:
        raise UnknownSchema("This operation is of a kind that this version of Switchboard does not know.")
    operation = read_item(Operation, item, input=input_type)
    if operation.id != schema.id_of(item["pk"]):
        raise UnknownSchema("This operation is stored under the key of another one.")
    if operation.id.startswith(WEBHOOK_ID) and not (operation.is_automatic and input_type is RefreshRequest):
        raise UnknownSchema("This operation has the id of a webhook, which may cause nothing but a refresh.")
    return operation


def _lane(operation: Operation) -> str:
    """Deferred operations and automatic refreshes have their own lanes, so that they delay nobody's operation."""
    if operation.is_automatic:
        return schema.REFRESH
    return schema.DEFERRED if operation.deferred_by else schema.OPERATION


def _open_index(operation: Operation) -> tuple[str | None, str | None]:
    """Lists what waits for people: resolutions by submission, confirmations by end date."""
    wanted = operation.input
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return schema.NEEDS_RESOLUTION, schema.in_order(operation.submitted_at)
    if operation.state is OperationState.AWAITING_CONFIRMATION and isinstance(wanted, DisconnectionRequest):
        return schema.AWAITING_CONFIRMATION, f"{wanted.effective_end_date.isoformat()}#{operation.id}"
    return None, None


def _expires(operation: Operation) -> int | None:
    return None if operation.settled_at is None else operation.settled_at + policies.SETTLED_RETENTION_SECONDS


def _without_encrypted(input_: OperationInput) -> OperationInput:
    return input_.without_sensitive() if isinstance(input_, ConnectionRequest | RetryRequest) else input_


def _may_change(lease: str | None, was: OperationState, attempts: int | None) -> Condition:
    if lease is not None:
        return holds(lease=lease)
    unchanged = {"state": was.value, "lease": None} | ({} if attempts is None else {"attempts": attempts})
    return holds(**unchanged)


def _newest_event(operation: Operation) -> list[Write]:
    """The record's next event follows that of an operation which is sent, needs a resolution, or is settled.

    Counts as a change of the record's state, so that a concurrent change is made again and does not overwrite it.
    """
    created = operation.outcome.record if operation.outcome and operation.state is OperationState.SUCCEEDED else None
    record = operation.entity if operation.entity.is_record else created
    is_newest = operation.state in (OperationState.SENDING, OperationState.NEEDS_RESOLUTION) or operation.state.settled
    if record is None or not (is_newest and operation.changes_noyo and operation.last_events):
        return []
    newest = {"operation_event": operation.last_events[-1]}
    return [Update(schema.state(record), newest, Condition({}, exists=("pk",)), counts="revision")]


def _unlock(operation: Operation) -> list[Write]:
    last = item_at(schema.last(operation.entity), Pointer(operation.id), expires=_expires(operation))
    return [Delete(schema.lock(operation.entity), Condition({"operation": operation.id}, or_absent=True)), Put(last)]


def _events_and_audit(events: Sequence[OutboxEvent], audit: AuditEntry | None) -> list[Write]:
    """A transaction may contain an item only once."""
    distinct = {event.id: event for event in events}
    writes: list[Write] = [Put(event_item(event)) for event in distinct.values()]
    return [*writes, audit_put(audit)] if audit else writes


def _not_in(change: RecordChange | None, events: Sequence[OutboxEvent]) -> list[OutboxEvent]:
    changed = {event.id for event in change.events} if change else set()
    return [event for event in events if event.id not in changed]
