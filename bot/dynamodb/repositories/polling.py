"""How far polling has come, and the rows that could not be read."""

from __future__ import annotations

from bot.domain.entities import EntityKind
from bot.domain.polling import ParkedRow, PassProgress, PollCursor
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item
from bot.dynamodb.expressions import ABSENT, Delete, Put, holds
from bot.dynamodb.items import (
    item_at,
    mapping,
    maybe_mapping,
    maybe_number,
    maybe_text,
    number,
    read_item,
    text,
)
from bot.dynamodb.table import ConditionFailed, Table


class DynamoPollingRepository:
    """`bot.usecases.ports.storage.KeepsCursors` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def cursor(self, kind: EntityKind) -> PollCursor | None:
        item = self._table.get(keys.cursor(kind))
        return read_item(item, _cursor_from) if item else None

    def save(self, kind: EntityKind, cursor: PollCursor) -> bool:
        unmoved = holds(revision=cursor.revision) if cursor.revision else ABSENT
        return self._written(Put(_cursor_item(kind, cursor), unmoved))

    def park(self, kind: EntityKind, parked: ParkedRow) -> bool:
        item = item_at(
            keys.parked(kind, parked.row_id), row_id=parked.row_id, why=parked.reason, seen_at=parked.seen_at
        )
        return self._written(Put(item, ABSENT))

    def unpark(self, kind: EntityKind, row_id: str) -> None:
        self._table.write([Delete(keys.parked(kind, row_id))])

    def parked(self, kind: EntityKind) -> list[ParkedRow]:
        rows = self._table.query("pk = :pk", {":pk": keys.parked_of(kind)})
        return [read_item(row, _parked_from) for row in rows]

    def _written(self, put: Put) -> bool:
        try:
            self._table.write([put])
        except ConditionFailed:
            return False
        return True


def _cursor_item(kind: EntityKind, cursor: PollCursor) -> Item:
    return item_at(
        keys.cursor(kind),
        born=cursor.started_at,
        since=cursor.since,
        reached=_reached_map(cursor.progress) if cursor.progress else None,
        swept_at=cursor.swept_at,
        revision=cursor.revision + 1,
        risen_at=cursor.advanced_at,
        settled=cursor.overlap_settled,
        finished_at=cursor.finished_at,
    )


def _cursor_from(item: Item) -> PollCursor:
    return PollCursor(
        started_at=number(item, "born"),
        since=maybe_number(item, "since"),
        progress=_reached(mapping(item, "reached")) if maybe_mapping(item, "reached") else None,
        swept_at=maybe_number(item, "swept_at"),
        revision=number(item, "revision"),
        advanced_at=maybe_number(item, "risen_at") or 0,
        overlap_settled=item.get("settled") is True,
        finished_at=maybe_number(item, "finished_at"),
    )


def _reached_map(reached: PassProgress) -> Item:
    return {
        "offset": reached.offset,
        "top": reached.top,
        "floor": reached.floor,
        "confirming": reached.confirming,
        "by_status": reached.by_status,
        "read_up_to": reached.last_id_read,
    }


def _reached(found: Item) -> PassProgress:
    return PassProgress(
        number(found, "offset"),
        number(found, "top"),
        number(found, "floor"),
        confirming=found.get("confirming") is True,
        by_status=found.get("by_status") is True,
        last_id_read=maybe_text(found, "read_up_to"),
    )


def _parked_from(item: Item) -> ParkedRow:
    return ParkedRow(text(item, "row_id"), text(item, "why"), number(item, "seen_at"))
