"""Operations, the lock that each holds on its subject, and the conditions under which one moves."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.audit import AuditEntry
from bot.domain.entities import EntityRef
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import OutboxEvent
from bot.domain.record_changes import ExpectedVersion, RecordChange
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item
from bot.dynamodb.expressions import ABSENT, Check, Condition, Delete, Put, Write, holds
from bot.dynamodb.items import KEPT_SECONDS, item_at, read_item, text
from bot.dynamodb.keys import Key
from bot.dynamodb.repositories.audit import audit_put
from bot.dynamodb.repositories.due import due_ids, longest_due
from bot.dynamodb.repositories.operation_items import WAITING_FOR_PERSON, operation_from, operation_item
from bot.dynamodb.repositories.outbox import event_item
from bot.dynamodb.repositories.records import writes_of
from bot.dynamodb.table import ConditionFailed, Table
from bot.errors import ConcurrentUpdate, LeaseLost, SubmissionConflict


class DynamoOperationRepository:
    """`bot.usecases.ports.storage.KeepsOperations` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

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
            writes.append(Check(keys.state(expected.entity), holds(version=expected.version)))
        if operation.takes_lock:
            writes.append(Put(_lock_item(operation), ABSENT))
        try:
            self._table.write([*writes, *_told(events, audit)])
        except ConditionFailed as failed:
            raise SubmissionConflict("Something was faster than this; nothing was done.") from failed

    def operation(self, operation_id: str) -> Operation | None:
        item = self._table.get(keys.operation(operation_id))
        return read_item(item, operation_from) if item else None

    def open_on(self, entity: EntityRef) -> Operation | None:
        return self._pointed_to(keys.lock(entity))

    def last_on(self, entity: EntityRef) -> Operation | None:
        return self._pointed_to(keys.last(entity))

    def claim(
        self,
        operation: Operation,
        claimed: Operation,
        *,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
    ) -> None:
        as_it_was = holds(state=operation.state.value, attempts=operation.attempts, lease=operation.lease)
        self._move([Put(operation_item(claimed), as_it_was), *_told(events, audit)])

    def save(
        self,
        operation: Operation,
        *,
        lease: str | None,
        events: Sequence[OutboxEvent] = (),
        audit: AuditEntry | None = None,
        was: OperationState = OperationState.NEEDS_RESOLUTION,
    ) -> None:
        self._move([Put(operation_item(operation), _may_change(lease, was)), *_told(events, audit)])

    def settle(
        self,
        operation: Operation,
        *,
        lease: str | None,
        change: RecordChange | None,
        events: Sequence[OutboxEvent],
        audit: AuditEntry | None,
        was: OperationState = OperationState.NEEDS_RESOLUTION,
    ) -> None:
        writes: list[Write] = [Put(operation_item(operation), _may_change(lease, was))]
        if operation.takes_lock:
            writes += _unlock(operation)
        own = len(writes)
        changed = writes_of(change) if change else []
        told = _told(_not_in(change, events), audit)
        self._move([*writes, *changed, *told], own=own)

    def due(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.OPERATION, now, limit)

    def due_refreshes(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.REFRESH, now, limit)

    def oldest_due(self, now: int) -> int | None:
        lanes = (longest_due(self._table, lane, now) for lane in (keys.OPERATION, keys.REFRESH))
        return min((due for due in lanes if due is not None), default=None)

    def awaiting_resolution(self) -> list[int]:
        rows = self._table.query("open_kind = :kind", {":kind": WAITING_FOR_PERSON}, index="open")
        return [int(text(row, "open_order")) for row in rows]

    def awaiting_confirmation(self, *, limit: int) -> list[Operation]:
        rows = self._table.query(
            "open_kind = :kind", {":kind": keys.AWAITING_CONFIRMATION}, index="open", limit=limit
        )
        listed = [text(row, "pk") for row in rows]
        items = self._table.get_many(Key(pk, "STATE") for pk in listed)
        found = {text(item, "pk"): read_item(item, operation_from) for item in items}
        return [
            found[pk]
            for pk in listed
            if pk in found and found[pk].state is OperationState.AWAITING_CONFIRMATION
        ]

    def deferred_due(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.DEFERRED, now, limit)

    def oldest_deferred_due(self, now: int) -> int | None:
        return longest_due(self._table, keys.DEFERRED, now)

    def _pointed_to(self, pointer: Key) -> Operation | None:
        item = self._table.get(pointer)
        return self.operation(read_item(item, _operation_id)) if item else None

    def _move(self, writes: Sequence[Write], *, own: int = 1) -> None:
        """The first `own` parts guard the operation itself, what follows guards the record."""
        try:
            self._table.write(writes)
        except ConditionFailed as failed:
            if min(failed.failed) < own:
                raise LeaseLost("Somebody else has taken this over.") from failed
            raise ConcurrentUpdate("The record has changed meanwhile.") from failed


def _may_change(lease: str | None, was: OperationState) -> Condition:
    if lease is None:
        return holds(state=was.value, lease=None)
    return holds(lease=lease)


def _unlock(operation: Operation) -> list[Write]:
    last = item_at(keys.last(operation.entity), operation=operation.id, expires=_end(operation))
    return [
        Delete(keys.lock(operation.entity), Condition({"operation": operation.id}, or_absent=True)),
        Put(last),
    ]


def _end(operation: Operation) -> int | None:
    return None if operation.settled_at is None else operation.settled_at + KEPT_SECONDS


def _lock_item(operation: Operation) -> Item:
    return item_at(keys.lock(operation.entity), operation=operation.id)


def _operation_id(item: Item) -> str:
    return text(item, "operation")


def _told(events: Sequence[OutboxEvent], audit: AuditEntry | None) -> list[Write]:
    pieces = {piece.id: piece for piece in events}
    writes: list[Write] = [Put(event_item(piece)) for piece in pieces.values()]
    return [*writes, audit_put(audit)] if audit else writes


def _not_in(change: RecordChange | None, events: Sequence[OutboxEvent]) -> list[OutboxEvent]:
    """One transaction may hold an item only once."""
    told = {piece.id for piece in change.events} if change else set()
    return [piece for piece in events if piece.id not in told]
