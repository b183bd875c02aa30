"""Store: operations, the lock that each holds on its subject, and the conditions under which one moves."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.news import News
from bot.domain.operations import Operation, OperationState
from bot.domain.subjects import Subject
from bot.errors import LeaseLost, NotPlaced, RecordMoved
from bot.ports import AuditEntry, Change, Expected
from bot.store import keys
from bot.store.audit import audit_put
from bot.store.due import due_ids, longest_due
from bot.store.items import KEPT_SECONDS, item_at, read_item, text
from bot.store.keys import Key
from bot.store.news import news_item
from bot.store.operation_items import WAITING_FOR_PERSON, operation_from, operation_item
from bot.store.records import writes_of
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item
from bot.store.writes import ABSENT, Check, Condition, Delete, Put, Write, holds


class OperationStore:
    """`bot.ports.KeepsOperations` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def place(
        self,
        operation: Operation,
        *,
        expected: Expected | None,
        news: Sequence[News],
        audit: AuditEntry | None,
    ) -> None:
        writes: list[Write] = [Put(operation_item(operation), ABSENT)]
        if expected is not None:
            writes.append(Check(keys.state(expected.subject), holds(version=expected.version)))
        if operation.locks:
            writes.append(Put(_lock_item(operation), ABSENT))
        try:
            self._table.write([*writes, *_told(news, audit)])
        except ConditionFailed as failed:
            raise NotPlaced("Something was faster than this; nothing was done.") from failed

    def operation(self, operation_id: str) -> Operation | None:
        item = self._table.get(keys.operation(operation_id))
        return read_item(item, operation_from) if item else None

    def open_on(self, subject: Subject) -> Operation | None:
        return self._pointed_to(keys.lock(subject))

    def last_on(self, subject: Subject) -> Operation | None:
        return self._pointed_to(keys.last(subject))

    def claim(
        self,
        operation: Operation,
        claimed: Operation,
        *,
        news: Sequence[News] = (),
        audit: AuditEntry | None = None,
    ) -> None:
        as_it_was = holds(state=operation.state.value, attempts=operation.attempts, lease=operation.lease)
        self._move([Put(operation_item(claimed), as_it_was), *_told(news, audit)])

    def keep(
        self,
        operation: Operation,
        *,
        lease: str | None,
        news: Sequence[News] = (),
        audit: AuditEntry | None = None,
        was: OperationState = OperationState.NEEDS_PERSON,
    ) -> None:
        self._move([Put(operation_item(operation), _may_change(lease, was)), *_told(news, audit)])

    def settle(
        self,
        operation: Operation,
        *,
        lease: str | None,
        change: Change | None,
        news: Sequence[News],
        audit: AuditEntry | None,
        was: OperationState = OperationState.NEEDS_PERSON,
    ) -> None:
        writes: list[Write] = [Put(operation_item(operation), _may_change(lease, was))]
        if operation.locks:
            writes += _unlock(operation)
        own = len(writes)
        changed = writes_of(change) if change else []
        told = _told(_not_in(change, news), audit)
        self._move([*writes, *changed, *told], own=own)

    def due(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.OPERATION, now, limit)

    def looks(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.LOOK, now, limit)

    def longest_due(self, now: int) -> int | None:
        lanes = (longest_due(self._table, lane, now) for lane in (keys.OPERATION, keys.LOOK))
        return min((due for due in lanes if due is not None), default=None)

    def waiting_for_person(self) -> list[int]:
        rows = self._table.query("open_kind = :kind", {":kind": WAITING_FOR_PERSON}, index="open")
        return [int(text(row, "open_order")) for row in rows]

    def held(self, *, limit: int) -> list[Operation]:
        rows = self._table.query("open_kind = :kind", {":kind": keys.HELD}, index="open", limit=limit)
        listed = [text(row, "pk") for row in rows]
        items = self._table.get_many(Key(pk, "STATE") for pk in listed)
        found = {text(item, "pk"): read_item(item, operation_from) for item in items}
        return [found[pk] for pk in listed if pk in found and found[pk].state is OperationState.HELD]

    def kept(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, keys.KEPT, now, limit)

    def longest_kept(self, now: int) -> int | None:
        return longest_due(self._table, keys.KEPT, now)

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
            raise RecordMoved("The record has changed meanwhile.") from failed


def _may_change(lease: str | None, was: OperationState) -> Condition:
    if lease is None:
        return holds(state=was.value, lease=None)
    return holds(lease=lease)


def _unlock(operation: Operation) -> list[Write]:
    last = item_at(keys.last(operation.subject), operation=operation.id, expires=_end(operation))
    return [
        Delete(keys.lock(operation.subject), Condition({"operation": operation.id}, or_absent=True)),
        Put(last),
    ]


def _end(operation: Operation) -> int | None:
    return None if operation.settled_at is None else operation.settled_at + KEPT_SECONDS


def _lock_item(operation: Operation) -> Item:
    return item_at(keys.lock(operation.subject), operation=operation.id)


def _operation_id(item: Item) -> str:
    return text(item, "operation")


def _told(news: Sequence[News], audit: AuditEntry | None) -> list[Write]:
    pieces = {piece.id: piece for piece in news}
    writes: list[Write] = [Put(news_item(piece)) for piece in pieces.values()]
    return [*writes, audit_put(audit)] if audit else writes


def _not_in(change: Change | None, news: Sequence[News]) -> list[News]:
    """One transaction may hold an item only once."""
    told = {piece.id for piece in change.news} if change else set()
    return [piece for piece in news if piece.id not in told]
