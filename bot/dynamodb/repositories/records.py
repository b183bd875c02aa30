"""The newest state of each record, its history, and the indexes over what is open and what moved last."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.record_changes import RecordChange
from bot.domain.record_states import RecordState
from bot.domain.records import Record
from bot.dynamodb import keys
from bot.dynamodb.expressions import ABSENT, Check, Condition, Put, Write, holds
from bot.dynamodb.items import number, read_item
from bot.dynamodb.repositories.audit import audit_put
from bot.dynamodb.repositories.outbox import event_item
from bot.dynamodb.repositories.record_items import (
    in_status,
    record_from,
    record_state_from,
    state_item,
    subject_of,
    version_item,
)
from bot.dynamodb.search import best_first, candidates
from bot.dynamodb.search_index import moved_words
from bot.dynamodb.table import ConditionFailed, Table
from bot.errors import ConcurrentUpdate


class DynamoRecordRepository:
    """`bot.usecases.ports.storage.KeepsRecords` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record_state(self, entity: EntityRef) -> RecordState | None:
        item = self._table.get(keys.state(entity))
        return read_item(item, record_state_from) if item else None

    def record_states(self, wanted: Iterable[EntityRef]) -> dict[EntityRef, RecordState]:
        items = self._table.get_many(keys.state(entity) for entity in wanted)
        states = (read_item(item, record_state_from) for item in items)
        return {record_state.entity: record_state for record_state in states}

    def write(self, change: RecordChange) -> None:
        try:
            self._table.write(writes_of(change))
        except ConditionFailed as failed:
            raise ConcurrentUpdate("The record has changed meanwhile.") from failed

    def has_version(self, entity: EntityRef, record: Record) -> bool:
        return self._table.get(keys.version(entity, record.modified, record.version)) is not None

    def history(self, entity: EntityRef, *, since: int) -> list[Record]:
        rows = self._table.query(
            "pk = :pk AND sk >= :since",
            {":pk": keys.versions(entity), ":since": keys.in_order(since)},
        )
        return [read_item(row, record_from(entity.kind)) for row in rows]

    def newest_modified(self, kind: EntityKind) -> tuple[int, EntityRef] | None:
        rows = self._table.query(
            "recent_kind = :kind", {":kind": kind.value}, index="recent", limit=1, newest_first=True
        )
        row = next(rows, None)
        return (number(row, "recent_modified"), subject_of(row)) if row else None

    def in_status(self, kind: EntityKind, status: str, *, limit: int) -> list[EntityRef]:
        rows = self._table.query(
            "open_kind = :kind AND begins_with(open_order, :status)",
            {":kind": kind.value, ":status": in_status(status)},
            index="open",
            limit=limit,
        )
        return [subject_of(row) for row in rows]

    def open_entities(self, kind: EntityKind) -> list[EntityRef]:
        rows = self._table.query("open_kind = :kind", {":kind": kind.value}, index="open")
        return [subject_of(row) for row in rows]

    def in_group(self, group_id: str, *, limit: int) -> list[EntityRef]:
        # Records written before there was this index are in it from their next version on.
        rows = self._table.query(
            "in_group = :group", {":group": keys.in_group(group_id)}, index="group", limit=limit
        )
        return [subject_of(row) for row in rows]

    def find(self, text: str, *, limit: int) -> list[RecordState]:
        states = self.record_states(candidates(self._table, text))
        return best_first(list(states.values()), text)[:limit]


def writes_of(change: RecordChange) -> list[Write]:
    """The parts of a change; the first of them is the one that carries its condition."""
    writes: list[Write] = [_state_write(change)]
    if change.after is not None:
        writes += moved_words(change.before.record if change.before else None, change.after.record)
    if change.version is not None:
        writes.append(Put(version_item(change.version)))
    writes += [Put(event_item(event)) for event in change.events]
    return [*writes, audit_put(change.audit)] if change.audit is not None else writes


def _state_write(change: RecordChange) -> Write:
    condition = _still(change.before)
    if change.after is None:
        return Check(keys.state(change.entity), condition)
    revision = change.before.revision if change.before else 0
    return Put(state_item(change.after, revision + 1), condition)


def _still(before: RecordState | None) -> Condition:
    """The revision grows with every write, so that a link added under the same version is a move too."""
    return ABSENT if before is None else holds(revision=before.revision)
