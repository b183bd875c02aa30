"""The index of what is due, for operations and for news."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dynamodb.attribute_values import Item
from bot.dynamodb.items import number, text
from bot.dynamodb.keys import id_of
from bot.dynamodb.table import Table


def due_ids(table: Table, kind: str, now: int, limit: int) -> list[str]:
    """The longest due first; `kind` is the beginning of their partition keys. May lag by a moment."""
    return [id_of(text(row, "pk")) for row in _due(table, kind, now, limit)]


def longest_due(table: Table, kind: str, now: int) -> int | None:
    """Since when the one that is longest due is due; None where none is."""
    return next((number(row, "due") for row in _due(table, kind, now, 1)), None)


def _due(table: Table, kind: str, now: int, limit: int) -> Iterator[Item]:
    return table.query(
        "due_kind = :kind AND due <= :now", {":kind": kind, ":now": now}, index="due", limit=limit
    )
