"""Store: how far polling has come, and the rows that could not be read."""

from __future__ import annotations

from bot.domain.cursors import Cursor, Parked, Reached
from bot.domain.subjects import Kind
from bot.store import keys
from bot.store.items import item_at, mapping, maybe_mapping, maybe_number, maybe_text, number, read_item, text
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item
from bot.store.writes import ABSENT, Delete, Put, holds


class CursorStore:
    """`bot.ports.KeepsCursors` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def cursor(self, kind: Kind) -> Cursor | None:
        item = self._table.get(keys.cursor(kind))
        return read_item(item, _cursor_from) if item else None

    def move(self, kind: Kind, cursor: Cursor) -> bool:
        unmoved = holds(revision=cursor.revision) if cursor.revision else ABSENT
        return self._written(Put(_cursor_item(kind, cursor), unmoved))

    def park(self, kind: Kind, parked: Parked) -> bool:
        item = item_at(
            keys.parked(kind, parked.row_id), row_id=parked.row_id, why=parked.why, seen_at=parked.seen_at
        )
        return self._written(Put(item, ABSENT))

    def unpark(self, kind: Kind, row_id: str) -> None:
        self._table.write([Delete(keys.parked(kind, row_id))])

    def parked(self, kind: Kind) -> list[Parked]:
        rows = self._table.query("pk = :pk", {":pk": keys.parked_of(kind)})
        return [read_item(row, _parked_from) for row in rows]

    def _written(self, put: Put) -> bool:
        try:
            self._table.write([put])
        except ConditionFailed:
            return False
        return True


def _cursor_item(kind: Kind, cursor: Cursor) -> Item:
    return item_at(
        keys.cursor(kind),
        born=cursor.born,
        since=cursor.since,
        reached=_reached_map(cursor.reached) if cursor.reached else None,
        swept_at=cursor.swept_at,
        revision=cursor.revision + 1,
        risen_at=cursor.risen_at,
        settled=cursor.settled,
        finished_at=cursor.finished_at,
    )


def _cursor_from(item: Item) -> Cursor:
    return Cursor(
        born=number(item, "born"),
        since=maybe_number(item, "since"),
        reached=_reached(mapping(item, "reached")) if maybe_mapping(item, "reached") else None,
        swept_at=maybe_number(item, "swept_at"),
        revision=number(item, "revision"),
        risen_at=maybe_number(item, "risen_at") or 0,
        settled=item.get("settled") is True,
        finished_at=maybe_number(item, "finished_at"),
    )


def _reached_map(reached: Reached) -> Item:
    return {
        "offset": reached.offset,
        "top": reached.top,
        "floor": reached.floor,
        "confirming": reached.confirming,
        "by_status": reached.by_status,
        "read_up_to": reached.read_up_to,
    }


def _reached(found: Item) -> Reached:
    return Reached(
        number(found, "offset"),
        number(found, "top"),
        number(found, "floor"),
        confirming=found.get("confirming") is True,
        by_status=found.get("by_status") is True,
        read_up_to=maybe_text(found, "read_up_to"),
    )


def _parked_from(item: Item) -> Parked:
    return Parked(text(item, "row_id"), text(item, "why"), number(item, "seen_at"))
