"""Store: who held which right when it was last noted: one item, written together with what changed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.people import Right
from bot.domain.rights import Noted
from bot.ports import AuditEntry
from bot.store import keys
from bot.store.audit import audit_put
from bot.store.items import item_at, mapping, number, read_item, texts
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item, Value
from bot.store.writes import ABSENT, Put, holds


class RightsStore:
    """`bot.ports.KeepsRights` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def noted(self) -> Noted | None:
        item = self._table.get(keys.RIGHTS)
        return read_item(item, _noted_from) if item else None

    def note(self, noted: Noted, entries: Sequence[AuditEntry]) -> bool:
        before = noted.revision - 1
        condition = holds(revision=before) if before else ABSENT
        try:
            self._table.write([Put(_item(noted), condition), *map(audit_put, entries)])
        except ConditionFailed:
            return False
        return True


def _item(noted: Noted) -> Item:
    held: Item = {}
    for right, users in noted.holders.items():
        names: list[Value] = [*sorted(users)]
        held[right.value] = names
    return item_at(keys.RIGHTS, holders=held, revision=noted.revision)


def _noted_from(item: Item) -> Noted:
    held = mapping(item, "holders")
    return Noted({Right(name): frozenset(texts(held, name)) for name in held}, number(item, "revision"))
