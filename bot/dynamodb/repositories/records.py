"""The newest state of each record, its history and indexes, and how far polling has come."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote, unquote

from bot.domain.outbox import RecordChange
from bot.domain.polling import ParkedRow, PollCursor
from bot.domain.record_filter import OpenRecord
from bot.domain.record_states import Claim, RecordState
from bot.domain.records import Connection, Disconnection, EntityKind, EntityRef, Record, is_deleted, is_open
from bot.domain.search_text import resemble
from bot.dynamodb import schema
from bot.dynamodb.expressions import ABSENT, Check, Delete, Item, Put, Write, holds, unchanged
from bot.dynamodb.owner_index import changed_people, claims_of, records_of
from bot.dynamodb.schema import audit_put, event_item, item_at, read_item
from bot.dynamodb.search_index import (
    best_first,
    candidates,
    changed_words,
    closest_first,
    misspelled,
    resembling,
    with_all_words,
)
from bot.dynamodb.table import ConditionFailed, Repository
from bot.errors import ConcurrentUpdate, UnknownSchema

logger = logging.getLogger("switchboard")

MOST_MENTIONED = 200
"""How many records are read of those that a message may mention."""
NO_END_DATE = "9999-12-31"
STATUS_LENGTH = 100
CARRIER, CARRIER_LENGTH = "@", 100
"""What precedes the carrier's id in `open_order`, and the longest quoted id that is added."""
RECORD_TYPES: dict[EntityKind, type] = {EntityKind.CONNECTION: Connection, EntityKind.DISCONNECTION: Disconnection}


class DynamoRecordRepository(Repository):
    """Implements `bot.usecases.ports.storage.RecordRepository`."""

    def record_state(self, entity: EntityRef) -> RecordState | None:
        item = self._table.get(schema.state(entity))
        return record_state_from(item) if item else None

    def record_states(
        self, wanted: Iterable[EntityRef], *, skip_unreadable: bool = False
    ) -> dict[EntityRef, RecordState]:
        states = {}
        for item in self._table.get_many(schema.state(entity) for entity in wanted):
            try:
                state = record_state_from(item)
            except UnknownSchema:
                if not skip_unreadable:
                    raise
                logger.warning("a record's state cannot be read", extra={"record_id": item["pk"]})
                continue
            states[state.entity] = state
        return states

    def write(self, change: RecordChange) -> None:
        try:
            self._table.write(writes_of(change))
        except ConditionFailed as failed:
            raise ConcurrentUpdate("The record has changed meanwhile.") from failed

    def has_version(self, entity: EntityRef, record: Record) -> bool:
        return self._table.get(schema.version(entity, record.modified, record.version)) is not None

    def history(self, entity: EntityRef, *, since: int, limit: int | None = None) -> list[Record]:
        newest_first = self._table.query(
            "pk = :pk AND sk >= :since",
            {":pk": schema.versions(entity), ":since": schema.in_order(since)},
            limit=limit,
            newest_first=True,
        )
        return [read_item(RECORD_TYPES[entity.kind], row) for row in reversed(list(newest_first))]

    def newest_modified(self, kind: EntityKind) -> tuple[int, EntityRef] | None:
        rows = self._table.query(
            "recent_kind = :kind", {":kind": kind.value}, index="recent", limit=1, newest_first=True
        )
        row = next(rows, None)
        return (int(row["recent_modified"]), schema.entity_of_state(row["pk"])) if row else None

    def in_status(self, kind: EntityKind, status: str, *, limit: int) -> list[EntityRef]:
        return [schema.entity_of_state(row["pk"]) for row in self._in_status(kind, status, limit)]

    def open_records(self, kind: EntityKind, status: str | None = None) -> list[OpenRecord]:
        if status is not None:
            return [_open_record(row) for row in self._in_status(kind, status)]
        rows = self._table.query("open_kind = :kind", {":kind": kind.value}, index="open")
        return [_open_record(row) for row in rows]

    def _in_status(self, kind: EntityKind, status: str, limit: int | None = None) -> Iterator[Item]:
        return self._table.query(
            "open_kind = :kind AND begins_with(open_order, :status)",
            {":kind": kind.value, ":status": status_prefix(status)},
            index="open",
            limit=limit,
        )

    def in_group(self, group_id: str, *, limit: int) -> list[EntityRef]:
        rows = self._table.query("in_group = :group", {":group": schema.in_group(group_id)}, index="group", limit=limit)
        return [schema.entity_of_state(row["pk"]) for row in rows]

    def owned_by(self, user_id: str) -> list[Claim]:
        return claims_of(self._table, user_id)

    def of_person(self, user_id: str) -> list[EntityRef]:
        return records_of(self._table, user_id)

    def find(self, text: str, *, limit: int) -> list[RecordState]:
        states = self.record_states(candidates(self._table, text))
        return best_first(list(states.values()), text)[:limit]

    def find_with_words(self, searches: Sequence[Sequence[str]]) -> tuple[list[RecordState], bool]:
        found = [with_all_words(self._table, words) for words in searches]
        entities = list(dict.fromkeys(entity for each, _ in found for entity in each))
        is_complete = all(complete for _, complete in found) and len(entities) <= MOST_MENTIONED
        states = self.record_states(entities[:MOST_MENTIONED], skip_unreadable=True)
        return [states[entity] for entity in entities if entity in states], is_complete

    def find_misspelled(self, text: str) -> list[RecordState]:
        return closest_first(list(self.record_states(misspelled(self._table, text)).values()), text)

    def find_similar(self, name: str) -> list[RecordState]:
        states = self.record_states(resembling(self._table, name)).values()
        return [state for state in states if resemble(state.record.group_name or "", name)]


def writes_of(change: RecordChange) -> list[Write]:
    """The parts of a change; the first of them carries its condition."""
    writes: list[Write] = [_state_write(change)]
    if change.after is not None:
        writes += changed_people(change.before, change.after)
        writes += changed_words(change.before.record if change.before else None, change.after.record)
    if change.version is not None:
        writes.append(Put(version_item(change.version)))
    writes += [Put(event_item(event)) for event in change.events]
    return [*writes, audit_put(change.audit)] if change.audit is not None else writes


def _state_write(change: RecordChange) -> Write:
    """The revision grows with every write, so a link added to the same version is a change too."""
    revision = change.before.revision if change.before else 0
    condition = holds(revision=revision) if change.before else ABSENT
    if change.after is None:
        return Check(schema.state(change.entity), condition)
    return Put(state_item(replace(change.after, revision=revision + 1)), condition)


def state_item(record_state: RecordState) -> Item:
    record, kind = record_state.record, record_state.entity.kind.value
    open_ = is_open(record.status)
    return item_at(
        schema.state(record.entity),
        record_state,
        version=record.version,
        in_group=schema.in_group(record.group_id) if record.group_id else None,
        recent_kind=None if is_deleted(record) else kind,  # Its `modified` is not Noyo's.
        recent_modified=record.modified,
        open_kind=kind if open_ else None,
        open_order=open_order(record) if open_ else None,
    )


def record_state_from(item: Item) -> RecordState:
    return read_item(RecordState, item, record=RECORD_TYPES[schema.entity_of_state(item["pk"]).kind])


def version_item(record: Record) -> Item:
    return item_at(schema.version(record.entity, record.modified, record.version), record)


def open_order(record: Record) -> str:
    """Sorts within a status: connections the longest unchanged first, disconnections the soonest end date first.

    The carrier's id at its end spares reading the records of the other carriers.
    """
    since = schema.in_order(record.modified)
    if isinstance(record, Disconnection):
        end = record.effective_end_date
        since = f"{end.isoformat() if end else NO_END_DATE}#{since}"
    carrier = quote(record.carrier_id, safe="")
    named = f"{CARRIER}{carrier}" if len(carrier) <= CARRIER_LENGTH else ""
    return f"{status_prefix(record.status.value)}{since}{named}"


def status_prefix(status: str) -> str:
    """The beginning of `open_order`. Quoted, because an unknown status may contain any character."""
    return f"{quote(status[:STATUS_LENGTH], safe='')}#"


def _open_record(row: Item) -> OpenRecord:
    """The inverse of `open_order`. Earlier releases did not add the carrier."""
    order, _, carrier = row["open_order"].partition(CARRIER)
    status, *end, modified = order.split("#")
    end_date = date.fromisoformat(end[0]) if end and end[0] != NO_END_DATE else None
    entity = schema.entity_of_state(row["pk"])
    return OpenRecord(entity, unquote(status), int(modified), end_date, unquote(carrier) or None)


class DynamoPollingRepository(Repository):
    """Implements `bot.usecases.ports.storage.PollingRepository`."""

    def cursor(self, kind: EntityKind) -> PollCursor | None:
        return self._read(PollCursor, schema.cursor(kind))

    def replace_cursor(self, kind: EntityKind, cursor: PollCursor) -> None:
        self._table.write([Put(item_at(schema.cursor(kind), cursor))])

    def save(self, kind: EntityKind, cursor: PollCursor) -> bool:
        item = item_at(schema.cursor(kind), cursor, revision=cursor.revision + 1)
        return self._table.write_if([Put(item, unchanged(cursor.revision))])

    def park(self, kind: EntityKind, parked: ParkedRow) -> bool:
        return self._table.write_if([Put(item_at(schema.parked(kind, parked.row_id), parked), ABSENT)])

    def unpark(self, kind: EntityKind, row_id: str) -> None:
        self._table.write([Delete(schema.parked(kind, row_id))])

    def parked(self, kind: EntityKind) -> list[ParkedRow]:
        rows = self._table.query("pk = :pk", {":pk": schema.parked_of(kind)})
        return [_parked_row(row) for row in rows]


def _parked_row(item: Item) -> ParkedRow:
    try:
        return read_item(ParkedRow, item)
    except UnknownSchema as error:
        seen_at = item.get("seen_at")
        return ParkedRow(item["sk"], str(error), seen_at if isinstance(seen_at, int) else 0)
