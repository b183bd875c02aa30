"""Store: the index of what is due, for operations and for news."""

from __future__ import annotations

from bot.store.items import text
from bot.store.keys import id_of
from bot.store.table import Table


def due_ids(table: Table, kind: str, now: int, limit: int) -> list[str]:
    """The longest due first; `kind` is the beginning of their partition keys. May lag by a moment."""
    rows = table.query(
        "due_kind = :kind AND due <= :now", {":kind": kind, ":now": now}, index="due", limit=limit
    )
    return [id_of(text(row, "pk")) for row in rows]
